"""Repeating any event changes nothing and says nothing, whenever it comes again (architecture, Causes)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from services.routing.domain.desk import Desk
from services.routing.handlers.acts import Acts
from services.routing.handlers.changing import Changing
from services.routing.handlers.messages import Messages
from services.routing.handlers.rules import Rules
from shared.bus import Envelope
from shared.contracts.acts import (
    Act,
    AssignOwner,
    AssignTeam,
    ChangeLabels,
    ChangeTopics,
    Owner,
    Resolve,
    RuleAction,
    SetBoomerang,
    SetNew,
    SetPending,
    SetPriorityBoost,
)
from shared.contracts.acts import BoomerangTime as Time
from shared.contracts.base import Meta
from shared.contracts.contacts import ContactChanged
from shared.contracts.conversation_commands import ActOnConversation, AnswerInvitation, OpenInvitation, RunMacro
from shared.contracts.conversations import AutomationHalted, ConversationSnapshot, Invitation
from shared.contracts.messages import MessageTagged
from shared.contracts.surveys import SurveyDecision
from shared.errors import Conflict, NotFound, RetryLater, Unprocessable
from tests.support.clock import ManualClock
from tests.support.conversations import (
    ANA,
    BEN,
    accepted,
    answer,
    at,
    contact,
    desk,
    failed,
    inbound,
    options,
    outbound,
    rule_act,
    run,
    team,
    uncertain,
)
from tests.support.store import MemoryAggregates

CONVERSATION = inbound("m0", 0).thread.conversation
LATER = at(100)
Delivery = Callable[["Routing", Meta], Awaitable[object]]
REFUSALS = (Conflict, NotFound, RetryLater, Unprocessable)
ACTS: tuple[Act, ...] = (
    SetNew(),
    SetPending(boomerang=Time(after_seconds=900)),
    Resolve(reason="solved"),
    AssignOwner(owner=Owner(id="ben")),
    AssignTeam(team="support"),
    ChangeTopics(add=("error",), remove=("billing",)),
    SetBoomerang(boomerang=Time(after_seconds=60)),
)
RULE_ACTS: tuple[RuleAction, ...] = (
    ChangeTopics(add=("billing",)),
    ChangeLabels(add=("gold",)),
    SetPriorityBoost(boost=2),
    AssignTeam(team="support"),
    SetPending(),
    Resolve(reason="solved"),
)


class Routing:
    """Routing's handlers on a conversation in memory."""

    languages: tuple[str, ...] = ()

    def __init__(self, *, triage: bool) -> None:
        self.clock = ManualClock(at(0))
        self.conversations = MemoryAggregates(ConversationSnapshot, clock=self.clock)
        self.looks = 0
        self._desk = desk(triage=triage, teams={"support": team("support", "ana")})
        changing = Changing(self.conversations, self, self._publish, self.clock)  # type: ignore[arg-type]  # all it asks of the source is the desk
        self.messages = Messages(changing, self, self.clock)  # type: ignore[arg-type]  # as above
        self.rules = Rules(changing, self, self.clock)  # type: ignore[arg-type]  # as above
        self.acts = Acts(changing, self.conversations, self, self.clock, window=10)  # type: ignore[arg-type]  # as above; no query is asked

    def current(self) -> Desk:
        return self._desk

    async def _publish(self, _entry: Envelope) -> None:
        self.looks += 1

    async def state(self) -> tuple[ConversationSnapshot | None, int, int]:
        """The conversation, how much was said of it, and how often the dispatcher was asked to look."""
        return await self.conversations.get(CONVERSATION), len(self.conversations.published), self.looks


@st.composite
def deliveries(draw: st.DrawFn, second: int) -> tuple[str, Delivery]:
    """One event or command that routing hears at ``second``, and what it is."""
    name = draw(st.sampled_from(("m1", "m2", "m3")))
    reply = draw(st.sampled_from(("r1", "r2")))
    by = draw(st.sampled_from((ANA, BEN)))
    queued = outbound(reply, 50, by)
    rule, wanted = draw(st.sampled_from(RULE_ACTS)), draw(st.sampled_from(ACTS))
    invitation = Invitation(id="inv", episode=1, options=options(), expires_at=at(7 * 86_400))
    act = ActOnConversation(conversation=CONVERSATION, act=wanted, by=by)
    macro = RunMacro(conversation=CONVERSATION, run=run(rule, wanted), by=by)
    renamed = ContactChanged(contact=contact(second + 2, name="Ana"), conversations=(CONVERSATION,))
    tagged = MessageTagged(
        conversation=CONVERSATION, message_id="m0", at=at(second), by=ANA, tags=("angry",), number=second
    )
    halted = AutomationHalted(conversation=CONVERSATION, at=at(second), limit=5, until=at(3600))
    decided = SurveyDecision(
        conversation=CONVERSATION, episode=1, at=at(second), survey="srv", invitation="inv", sent=True
    )
    opening = OpenInvitation(conversation=CONVERSATION, invitation=invitation)
    answered = AnswerInvitation(conversation=CONVERSATION, invitation="inv", option="o1")
    found: dict[str, Delivery] = {
        f"message {name}": lambda to, meta: to.messages.on_received(inbound(name, second), meta),
        f"{by.id} sends {reply}": lambda to, meta: to.messages.on_queued(queued, meta),
        f"{reply} accepted": lambda to, meta: to.messages.on_accepted(accepted(reply, second, queued), meta),
        f"{reply} failed": lambda to, meta: to.messages.on_failed(failed(reply, second, queued), meta),
        f"{reply} uncertain": lambda to, meta: to.messages.on_uncertain(uncertain(reply, second, queued), meta),
        "a tag": lambda to, meta: to.messages.on_tagged(tagged, meta),
        "another name": lambda to, meta: to.messages.on_contact_changed(renamed, meta),
        f"rules answer: {rule.act}": lambda to, meta: to.rules.on_triaged(answer("m0", run(rule)), meta),
        f"a rule acts: {rule.act}": lambda to, meta: to.rules.on_rule_acted(rule_act(rule), meta),
        "rules stop": lambda to, meta: to.rules.on_halted(halted, meta),
        f"a macro: {rule.act}, {wanted.act}": lambda to, meta: to.rules.run_macro(macro, meta),
        f"{by.id}: {wanted.act}": lambda to, meta: to.acts.act(act, meta),
        "a survey opens": lambda to, meta: to.acts.open_invitation(opening, meta),
        "a survey is answered": lambda to, meta: to.acts.answer_invitation(answered, meta),
        "csat has decided": lambda to, meta: to.acts.on_survey_decided(decided, meta),
    }
    chosen = draw(st.sampled_from(sorted(found)))
    return chosen, found[chosen]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, Delivery]]:
    """What routing hears after a conversation began, second by second."""
    return [draw(deliveries(second)) for second in range(1, draw(st.integers(2, 10)))]


async def played(history: Sequence[tuple[str, Delivery]], repeats: Sequence[int], *, triage: bool) -> None:
    """After each delivery one that changed something before comes once more, by the same cause."""
    routing = Routing(triage=triage)
    first = Meta(event_id="first", type="test", occurred_at=at(0), correlation_id="test")
    await routing.messages.on_received(inbound("m0", 0), first)
    taken: list[tuple[Delivery, Meta]] = []
    for place, (told, delivery) in enumerate(history):
        note(told)
        routing.clock.set(at(place + 1))
        by = first.model_copy(update={"event_id": f"cause {place}", "occurred_at": at(place + 1)})
        before = await routing.state()
        with suppress(*REFUSALS):
            await delivery(routing, by)
        if await routing.state() != before:
            taken.append((delivery, by))
        if not taken:
            continue
        again, cause = taken[repeats[place % len(repeats)] % len(taken)]
        note(f"again: {cause.event_id}")
        before = await routing.state()
        await again(routing, cause)
        assert await routing.state() == before
    routing.clock.set(LATER)
    before = await routing.state()
    event(f"{len(taken)} deliveries changed something")
    for again, cause in reversed(taken):
        await again(routing, cause)
        assert await routing.state() == before


@given(histories(), st.lists(st.integers(0, 9), min_size=1, max_size=5), st.booleans())
@settings(max_examples=100, deadline=None)
def test_repeating_any_event_changes_nothing(
    history: list[tuple[str, Delivery]], repeats: list[int], triage: bool
) -> None:
    asyncio.run(played(history, repeats, triage=triage))
