"""A conversation as ingest knows it: its thread key, its contact, and the tags of its messages. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field

from shared.contracts.base import Contract, Instant
from shared.contracts.messages import ThreadKey
from shared.contracts.words import Medium
from shared.errors import Unprocessable
from shared.text import one_line

MAX_TAGS = 50
MAX_TAG = 64


class Thread(Contract):
    """``tags`` are by message id: one document, so that their union has one order (``version``).

    ``reply_to`` is where the mail that opened it wanted its answers; a later mail cannot change that.
    """

    id: str
    version: int = 0
    thread: ThreadKey
    medium: Medium
    contact: str
    reply_to: str | None = None
    tags: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    created_at: Instant

    def union(self) -> tuple[str, ...]:
        """All tags of the conversation, sorted (decisions.md)."""
        return tuple(sorted({tag for tags in self.tags.values() for tag in tags}))


def tidy(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as one line of at most 64 characters each, once."""
    return tuple(dict.fromkeys(tag for raw in tags if (tag := one_line(raw, MAX_TAG))))


def tagged(thread: Thread, message_id: str, add: Sequence[str], remove: Sequence[str]) -> Thread:
    """The tags of a message added and removed; the very same thread when nothing changes."""
    before = thread.tags.get(message_id, ())
    gone = set(remove)
    after = tuple(dict.fromkeys(tag for tag in (*before, *add) if tag not in gone))
    if after == before:
        return thread
    if len(after) > MAX_TAGS:
        raise Unprocessable(f"A message may have at most {MAX_TAGS} tags.")
    tags = {id: kept for id, kept in thread.tags.items() if id != message_id}
    if after:
        tags[message_id] = after
    return thread.model_copy(update={"tags": tags})
