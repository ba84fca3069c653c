"""What a process knows of one aggregate: its state, its last causes, what is unsent. Kept for the hot ones."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic

from shared.store.collection import Document
from shared.store.decision import S
from shared.store.documents import Form
from shared.store.entry import Entry, entry_id
from shared.store.replies import Kept

REMEMBERED_CAUSES = 32


@dataclass(slots=True)
class Unsent:
    """A change in the outbox: since when, and the reply a repeated command gets."""

    at: datetime
    reply: Kept | None


@dataclass(slots=True)
class Known(Generic[S]):
    """An aggregate as of ``version`` (0: there is none). ``fresh``: read from the store for the work at hand."""

    id: str
    state: S | None = None
    version: int = 0
    causes: dict[str, Kept | None] = field(default_factory=dict)
    outbox: dict[str, Unsent] = field(default_factory=dict)
    recalled: dict[str, Kept | None] = field(default_factory=dict)
    parked: bool = False
    fresh: bool = False

    @classmethod
    def read(cls, id: str, document: Document | None, form: Form[S]) -> Known[S]:
        """As the store has it now."""
        if document is None:
            return cls(id, fresh=True)
        return cls(
            id,
            state=form.read(document["state"], document.get("schema")),
            version=document["version"],
            causes={cause["id"]: cause.get("reply") for cause in document.get("causes", ())},
            outbox={key: Unsent(kept["at"], kept.get("reply")) for key, kept in document.get("outbox", {}).items()},
            parked="parked_at" in document,
            fresh=True,
        )

    def remembers(self, cause: str) -> tuple[bool, Kept | None]:
        """Whether this cause has changed the aggregate, and the reply it got."""
        if cause in self.causes:
            return True, self.causes[cause]
        entry = entry_id(self.id, cause)
        if entry in self.outbox:
            return True, self.outbox[entry].reply
        return entry in self.recalled, self.recalled.get(entry)

    def after(self, state: S, version: int, entries: list[Entry], outbox: dict[str, Unsent]) -> Known[S]:
        """As it is once these changes are saved."""
        causes = {**self.causes, **{entry.cause: entry.reply for entry in entries}}
        kept = dict(list(causes.items())[-REMEMBERED_CAUSES:])
        return Known(self.id, state=state, version=version, causes=kept, outbox=outbox)


class Snapshots(Generic[S]):
    """The aggregates last written or read for a change, up to ``most`` of them; the least used goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[str, Known[S]] = OrderedDict()

    def get(self, id: str) -> Known[S] | None:
        """What was last known; it may be stale, which compare-and-set finds out."""
        known = self._held.get(id)
        if known is not None:
            self._held.move_to_end(id)
            known.fresh = False
        return known

    def peek(self, id: str) -> Known[S] | None:
        """As ``get``, without being a use."""
        return self._held.get(id)

    def put(self, known: Known[S]) -> None:
        """Remember."""
        self._held[known.id] = known
        self._held.move_to_end(known.id)
        if len(self._held) > self._most:
            self._held.popitem(last=False)

    def forget(self, id: str) -> None:
        """The next use reads from the store."""
        self._held.pop(id, None)
