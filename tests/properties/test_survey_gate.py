"""The survey gate agrees with a plain reading of csat.md, over any history of resolves, reopenings and repetitions."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from services.csat.domain.invitations import Invitation, Stage, invitation_id
from shared.contracts.base import Meta
from shared.contracts.conversation_commands import ConversationReply, OpenInvitation
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot
from shared.contracts.facts import Fact, Resolved, StatusChanged
from shared.contracts.settings import Survey
from shared.contracts.words import ClosedBy, Status, Substatus, Visibility
from tests.support.clock import ManualClock
from tests.support.conversations import START, Story
from tests.support.surveys import CsatInMemory, survey

DAY = 86_400
SYSTEM = (ClosedBy.AUTOMATION, ClosedBy.INACTIVITY, ClosedBy.IDLE_ANSWERED, ClosedBy.MUTED)
VERSIONS = [{"language": "en", "question": "How was it?"}, {"language": "es-ES", "question": "¿Qué tal?"}]


@dataclass(frozen=True)
class Step:
    """A resolve of conversation ``number``, ``after`` seconds after the step before; then perhaps reopened."""

    after: int
    number: int
    contact: str
    channel: str
    public: bool
    apply: bool
    solution: bool
    closed_by: ClosedBy
    human: int
    virtual: int
    language: str | None
    reopened: bool


STEPS = st.builds(
    Step,
    after=st.sampled_from([0, 1, 600, DAY - 1, DAY, DAY + 1, 3 * DAY]),
    number=st.integers(0, 3),
    contact=st.sampled_from(["a", "a", "b"]),
    channel=st.sampled_from(["ch-1", "ch-1", "ch-2", "ch-9"]),
    public=st.sampled_from([False] * 9 + [True]),
    apply=st.sampled_from([True] * 9 + [False]),
    solution=st.sampled_from([True] * 9 + [False]),
    closed_by=st.sampled_from([*[ClosedBy.AGENT] * 6, *ClosedBy]),
    human=st.sampled_from([0, 9, 10, 10, 11]),
    virtual=st.sampled_from([0, 9, 10]),
    language=st.sampled_from([None, "en", "EN-gb", "es", "es-MX", "fr"]),
    reopened=st.booleans(),
)
SURVEYS = st.builds(
    survey,
    channels=st.just(["ch-1", "ch-2"]),
    enabled=st.sampled_from([True] * 9 + [False]),
    percent=st.sampled_from([0, 25, 50, 100, 100, 100]),
    delay_minutes=st.sampled_from([0, 10]),
    frequency_days=st.sampled_from([0, 1, 2]),
    minimum_length=st.sampled_from([0, 10]),
    include_virtual_agents=st.booleans(),
    only_contact_language=st.booleans(),
    versions=st.just(VERSIONS),
)


@dataclass
class Reading:
    """csat.md read line by line; ``asked`` are the instants at which each contact was or is to be asked."""

    survey: Survey
    asked: dict[str, dict[tuple[str, int], datetime]] = field(default_factory=dict)

    def reason(self, step: Step, conversation: str, episode: int, at: datetime) -> str | None:
        """The first failing test."""
        one = self.survey
        languages = {version.language.split("-")[0] for version in one.versions}
        counted = max(step.human, step.virtual) if one.include_virtual_agents else step.human
        window = timedelta(hours=24 * one.frequency_days)
        others = [when for key, when in self.asked.get(step.contact, {}).items() if key != (conversation, episode)]
        digest = hashlib.sha256(f"srv:{conversation}:{episode}".encode()).hexdigest()
        failing = {
            "no_survey": not one.enabled or step.channel not in one.channels,
            "public": step.public,
            "reasons_disabled": not step.apply,
            "reason_not_solution": not step.solution,
            "bulk": step.closed_by is ClosedBy.BULK,
            "system": step.closed_by in SYSTEM,
            "resolver": step.closed_by is ClosedBy.VIRTUAL_AGENT and not one.include_virtual_agents,
            "too_short": counted < one.minimum_length,
            "language": one.only_contact_language and (step.language or "").lower().split("-")[0] not in languages,
            "frequency": one.frequency_days > 0 and any(at - when <= window for when in others),
            "sampling": int(digest[:8], 16) % 10_000 >= one.percent * 100,
        }
        return next((name for name, fails in failing.items() if fails), None)


@cache
def _conversation() -> ConversationSnapshot:
    return Story().message("m1", 0).now.model_copy(update={"status": Status.RESOLVED, "substatus": Substatus.CLOSED})


def changed(step: Step, episode: int, version: int, at: datetime, *, back: bool = False) -> ConversationChanged:
    """What routing says of the resolve, or of its reopening."""
    fact: Fact = Resolved(
        at=at,
        episode=episode,
        closed_by=step.closed_by,
        reason="r",
        reason_is_solution=step.solution,
        reasons_apply=step.apply,
        visibility=Visibility.PUBLIC if step.public else Visibility.PRIVATE,
        channel=step.channel,
        contact=step.contact,
        owner=None,
        team=None,
        topics=(),
        resolver=None,
        episode_spans=(),
        language=step.language,
        longest_reply_human=step.human,
        longest_reply_virtual=step.virtual,
        opened_at=at,
    )
    if back:
        fact = StatusChanged(at=at, episode=episode, row="T14", before=Status.RESOLVED, after=Status.NEW)
    fields = {"id": f"c{step.number}", "version": version, "episode": episode, "contact": step.contact}
    return ConversationChanged(conversation=_conversation().model_copy(update=fields), changes=(fact,))


async def played(given: Survey, steps: list[Step]) -> None:
    """Each step at csat and at the reading; every delivery comes twice."""
    service = CsatInMemory({"srv": given}, clock=ManualClock(START))

    async def open_it(command: OpenInvitation, _meta: Meta) -> ConversationReply:
        fields = {"id": command.conversation, "episode": command.invitation.episode}
        return ConversationReply(conversation=_conversation().model_copy(update=fields))

    service.bus.answer_with(OpenInvitation, open_it)
    reading, at = Reading(given), START
    waiting: dict[tuple[str, int], tuple[str, datetime]] = {}
    expected: dict[tuple[str, int], str | None] = {}

    async def due(now: datetime) -> None:
        await service.wake(now)
        for key, (contact, when) in tuple(waiting.items()):
            if when <= now:
                reading.asked[contact][key] = now
                del waiting[key]

    for version, step in enumerate(steps, start=1):
        at += timedelta(seconds=step.after)
        await due(at)
        key = (f"c{step.number}", version)
        event = changed(step, version, 2 * version, at)
        reason = expected[key] = reading.reason(step, *key, at)
        await service.hear_again(event)
        await service.hear_again(event)
        if reason is None:
            when = at + timedelta(minutes=given.delay_minutes)
            reading.asked.setdefault(step.contact, {})[key] = when
            waiting[key] = (step.contact, when)
        if step.reopened:
            await service.hear_again(changed(step, version, 2 * version + 1, at, back=True))
            if waiting.pop(key, None) is not None:
                del reading.asked[step.contact][key]
                expected[key] = "reopened"
    await due(at + timedelta(days=9))
    found = {key: await service.invitations.get(invitation_id(*key)) for key in expected}
    assert {key: _told(one) for key, one in found.items()} == expected
    assert len(service.sent) == sum(reason is None for reason in expected.values())


def _told(invitation: Invitation | None) -> str | None:
    assert invitation is not None
    assert (invitation.stage is Stage.SENT) == (invitation.reason is None)
    return None if invitation.reason is None else invitation.reason.value


@settings(max_examples=150, deadline=None)
@given(SURVEYS, st.lists(STEPS, min_size=1, max_size=8))
def test_CS_02_to_CS_08_the_gate_agrees_with_a_plain_reading(given: Survey, steps: list[Step]) -> None:
    asyncio.run(played(given, steps))
