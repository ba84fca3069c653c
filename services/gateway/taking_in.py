"""Taking snapshots into the rows and telling every gateway process which rows that touched."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from services.gateway.rows import Rows
from shared.contracts.base import Event
from shared.contracts.clocks import ClockSnapshot
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.facts import Fact, OwnerChanged, TeamChanged
from shared.contracts.live import RowPlace, RowsTouched, TouchedRow
from shared.contracts.messages import ContactSnapshot, MessageSnapshot
from shared.contracts.surveys import AnswerSnapshot
from shared.contracts.words import OwnerKind
from shared.jobs import Jobs

GATHER_SECONDS = 0.03


class TakingIn:
    """The one way into the rows: from events, and from the replies to commands (people read their own writes)."""

    def __init__(
        self,
        rows: Rows,
        *,
        origin: str,
        touch: Callable[[Sequence[TouchedRow]], None],
        broadcast: Callable[[Event], Coroutine[Any, Any, None]],
        jobs: Jobs,
    ) -> None:
        self._rows = rows
        self._origin = origin
        self._touch = touch
        self._broadcast = broadcast
        self._jobs = jobs
        self._waiting: list[TouchedRow] = []

    async def conversation(
        self,
        snapshot: ConversationSnapshot,
        *,
        changes: Sequence[Fact] = (),
        message: MessageSnapshot | None = None,
        contact: ContactSnapshot | None = None,
    ) -> None:
        """A conversation, with the message and the contact that came with it."""
        landed = await self._rows.fold(
            conversation=snapshot,
            message=message,
            contact=(contact, (snapshot.id,)) if contact is not None else None,
        )
        if landed:
            now = _place(snapshot)
            self._tell(
                TouchedRow(
                    conversation=snapshot.id,
                    placed=now,
                    before=_before(now, changes),
                    message=message.id if message is not None else None,
                )
            )

    async def message(self, message: MessageSnapshot) -> None:
        """A message alone: sent, masked, edited."""
        await self._rows.fold(message=message)
        self._tell(TouchedRow(conversation=message.conversation, message=message.id))

    async def contact(self, contact: ContactSnapshot, conversations: Sequence[str]) -> None:
        """A contact, into the rows of its conversations."""
        for id in await self._rows.fold(contact=(contact, conversations)):
            self._tell(TouchedRow(conversation=id))

    async def clock(self, clock: ClockSnapshot) -> None:
        """An SLA clock."""
        if await self._rows.fold(clock=clock):
            self._tell(TouchedRow(conversation=clock.conversation))

    async def answer(self, answer: AnswerSnapshot) -> None:
        """A survey answer."""
        if await self._rows.fold(answer=answer):
            self._tell(TouchedRow(conversation=answer.conversation))

    def _tell(self, touched: TouchedRow) -> None:
        self._touch((touched,))
        self._waiting.append(touched)
        if len(self._waiting) == 1:
            self._jobs.begin("touched rows", self._tell_others())

    async def _tell_others(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(GATHER_SECONDS)
        touched, self._waiting = self._waiting, []
        await self._broadcast(RowsTouched(origin=self._origin, rows=tuple(touched)))


def _place(snapshot: ConversationSnapshot) -> RowPlace:
    owner = snapshot.owner.id if snapshot.owner and snapshot.owner.kind is OwnerKind.AGENT else None
    return RowPlace(channel=snapshot.channel, owner=owner, team=snapshot.team, teams=snapshot.teams)


def _before(now: RowPlace, changes: Sequence[Fact]) -> RowPlace | None:
    """Where it stood before these facts, as far as they say."""
    before = now
    for fact in reversed(changes):
        match fact:
            case OwnerChanged(before=owner):
                agent = owner.id if owner is not None and owner.kind is OwnerKind.AGENT else None
                before = before.model_copy(update={"owner": agent})
            case TeamChanged(before=team):
                before = before.model_copy(update={"team": team})
            case _:
                pass
    return before if before != now else None
