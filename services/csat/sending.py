"""Sends a survey that is due: every step is named, so a repeated attempt repeats nothing (csat.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from services.csat.domain import invitations as rules
from services.csat.domain import wording
from services.csat.domain.gate import Skipped
from services.csat.domain.invitations import Invitation, Stage
from services.csat.handlers import Invitations, decided
from shared.bus import Asks
from shared.clock import Clock
from shared.contracts.base import Meta
from shared.contracts.conversation_commands import OpenInvitation
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.messages import QuickReply, ReadMessage, SendMessage
from shared.contracts.settings import Channel, Survey
from shared.contracts.words import Status
from shared.errors import Conflict, Forbidden, NotFound, RetryLater, TimedOut, Unprocessable
from shared.ids import derived
from shared.store import Decision


class Claims(Protocol):
    """What sending asks of the frequency claims."""

    async def sent(self, survey: str, contact: str, invitation: str, at: datetime) -> None: ...

    async def give_back(self, survey: str, contact: str, invitation: str) -> None: ...


class Sending:
    """Opens the invitation in the conversation, sends the survey, and says what came of it."""

    def __init__(
        self,
        invitations: Invitations,
        claims: Claims,
        surveys: Callable[[], Mapping[str, Survey]],
        channels: Callable[[], Mapping[str, Channel]],
        bus: Asks,
        clock: Clock,
        link: Callable[[str], str],
    ) -> None:
        self._invitations = invitations
        self._claims = claims
        self._surveys = surveys
        self._channels = channels
        self._bus = bus
        self._clock = clock
        self._link = link

    async def send(self, invitation: Invitation) -> None:
        """One attempt. Where a neighbour gives no answer it ends without one: its wake_at takes it up again.

        A former attempt may have been cut off after ingest stored the survey, so before one is cancelled ingest is
        asked whether it went: sent is final. What it stored even later is heard of (``Handlers``).
        """
        now = self._clock.now()
        try:
            async with asyncio.timeout(_left(invitation, now)):
                refusal = self._check(invitation, now) or await self._open(invitation, now)
                if refusal is None:
                    refusal = await self._ask_the_contact(invitation)
                if refusal is not None and invitation.attempt > 1 and await self._went(invitation, now):
                    refusal = None
        except (RetryLater, TimedOut, TimeoutError):
            return
        if refusal is None:
            await self._sent(invitation, now)
        else:
            await self._cancel(invitation, refusal)

    async def thank(self, invitation: Invitation) -> None:
        """After an answer in the conversation: the follow-up question, or thanks. Where it cannot be sent, none."""
        word = rules.next_word(invitation)
        if word is not None:
            step, text = word
            await self._say(invitation, step, text)

    def _check(self, invitation: Invitation, now: datetime) -> Skipped | None:
        """What csat can see by itself, before anything is opened in the conversation."""
        survey = self._surveys().get(invitation.survey or "")
        if survey is None or not survey.enabled:
            return Skipped.DISABLED
        channel = self._channels().get(invitation.channel)
        if channel is None:
            return None  # not heard of yet: ingest decides
        hours, latest = channel.reply_window_hours, invitation.last_inbound_at
        shut = hours is not None and (latest is None or now - latest > timedelta(hours=hours))
        return Skipped.WINDOW if shut or not channel.enabled else None

    async def _open(self, invitation: Invitation, now: datetime) -> Skipped | None:
        opening = OpenInvitation(conversation=invitation.conversation, invitation=rules.opened(invitation, now))
        try:
            reply = await self._bus.ask(opening, meta=_own(invitation, "open", now))
        except (Conflict, NotFound):
            return Skipped.REOPENED
        return _still(reply.conversation, invitation)

    async def _ask_the_contact(self, invitation: Invitation) -> Skipped | None:
        survey = self._surveys().get(invitation.survey or "")
        channel = self._channels().get(invitation.channel)
        linked = wording.wants_link(survey, None if channel is None else channel.medium)
        text = wording.message(invitation, self._link(invitation.id) if linked else None)
        return await self._say(invitation, "send", text, buttons=wording.buttons(invitation))

    async def _say(
        self, invitation: Invitation, step: str, text: str, *, buttons: tuple[QuickReply, ...] = ()
    ) -> Skipped | None:
        survey = self._surveys().get(invitation.survey or "")
        message = SendMessage(
            conversation=invitation.conversation,
            text=text,
            by=rules.author(invitation, "" if survey is None else survey.name),
            automatic=True,
            quick_replies=buttons,
            invitation=invitation.id if buttons else None,
        )
        try:
            await self._bus.ask(message, meta=_own(invitation, step, self._clock.now()))
        except (Unprocessable, Forbidden, NotFound):
            return Skipped.WINDOW
        return None

    async def _went(self, invitation: Invitation, now: datetime) -> bool:
        """Whether a former attempt's survey is stored after all."""
        reading = ReadMessage(message_id=rules.survey_message(invitation.id))
        try:
            await self._bus.ask(reading, meta=_own(invitation, f"went {invitation.attempt}", now))
        except NotFound:
            return False
        return True

    async def _sent(self, invitation: Invitation, now: datetime) -> None:
        await self._settle(invitation, lambda one: rules.sent(one, now))
        if invitation.survey is not None:
            await self._claims.sent(invitation.survey, invitation.contact, invitation.id, now)

    async def _cancel(self, invitation: Invitation, reason: Skipped) -> None:
        await self._settle(invitation, lambda one: rules.cancelled(one, reason))
        if invitation.survey is not None:
            await self._claims.give_back(invitation.survey, invitation.contact, invitation.id)

    async def _settle(self, invitation: Invitation, after: Callable[[Invitation], Invitation]) -> None:
        def decide(current: Invitation | None) -> Decision[Invitation] | None:
            if current is None or current.stage is not Stage.OPENING:
                return None
            changed = after(current)
            return Decision(changed, says=decided(changed))

        await self._invitations.change(invitation.id, _own(invitation, "settle", self._clock.now()), decide)


def _still(conversation: ConversationSnapshot, invitation: Invitation) -> Skipped | None:
    """A repeated opening is answered as before, so the conversation is looked at, too."""
    if conversation.status is not Status.RESOLVED or conversation.episode != invitation.episode:
        return Skipped.REOPENED
    return Skipped.MUTED if conversation.muted else None


def _left(invitation: Invitation, now: datetime) -> float | None:
    """Seconds until the next attempt begins: two never run at once."""
    return None if invitation.wake_at is None else max((invitation.wake_at - now).total_seconds(), 0)


def _own(invitation: Invitation, step: str, now: datetime) -> Meta:
    """The cause of a step: the invitation as scheduled for this resolve, the same in every attempt.

    The messages are named by the invitation alone, so that an episode gets each of them once.
    """
    version = () if step in rules.MESSAGES else (invitation.resolved_version,)
    id = rules.step_id(invitation.id, *version, step)
    story = derived("survey", invitation.id, invitation.resolved_version)
    return Meta(event_id=id, type="survey.due", occurred_at=now, correlation_id=story)
