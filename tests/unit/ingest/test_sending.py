"""Attempts, outcomes and receipts in any order: forward only, one acceptance, honest failures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.delivery import (
    LONGEST_PAUSE,
    RETRY_AFTER,
    TAKEN,
    Outcome,
    Postponed,
    Refused,
    Took,
    moves,
    of_answer,
    pause,
)
from services.ingest.domain.message import Step, StoredMessage, masked, stamped, written
from services.ingest.domain.sending import LEASE, again, attempted, came_out, given_back, queued, reported
from services.ingest.domain.waking import woken
from shared.contracts.base import Actor, Event
from shared.contracts.messages import MessageAccepted, MessageFailed, MessageQueued, MessageUncertain, ThreadKey
from shared.contracts.words import ActorKind, Delivery, Medium, Visibility
from shared.errors import Conflict, Unprocessable

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVA = Actor(kind=ActorKind.AGENT, id="eva")
OUTCOMES = st.sampled_from(
    [Took(), Took("x"), Refused("no"), Postponed("later"), Postponed("silence", may_have_arrived=True)]
)
RECEIPTS = st.sampled_from([Delivery.SENT, Delivery.DELIVERED, Delivery.READ, Delivery.FAILED])


def reply(medium: Medium = Medium.WEBHOOK) -> StoredMessage:
    thread = ThreadKey(channel="c", address="a", visibility=Visibility.PRIVATE)
    state = written("m", thread=thread, medium=medium, contact="x", by=EVA, text="hola", now=NOW)
    return queued(state, NOW)


class Story:
    """Applies steps as the store would, and keeps what was said."""

    def __init__(self, state: StoredMessage) -> None:
        self.state = stamped(state, 1)
        self.said: list[Event] = []
        self.now = NOW

    def step(self, step: Step) -> None:
        if step.state is not self.state:
            self.state = stamped(step.state, self.state.version + 1)
            self.said += step.says(self.state)

    def attempt(self) -> int | None:
        """The number of the attempt that the timers begin now, if any."""
        self.now = max(self.now, self.state.wake_at or self.now)
        after = woken(self.state, self.now, "p")
        if after is self.state:
            return None
        self.state = stamped(after, self.state.version + 1)
        return self.state.send.number if self.state.send is not None else None

    def ends(self, attempt: int, outcome: Outcome) -> None:
        self.step(came_out(self.state, attempt, outcome, self.now))

    def of(self, kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for event in self.said)


@given(st.lists(st.tuples(st.booleans(), OUTCOMES, RECEIPTS), max_size=15))
def test_whatever_comes_in_whatever_order_the_acceptance_is_said_at_most_once_and_the_end_is_known(
    script: list[tuple[bool, Outcome, Delivery]],
) -> None:
    story = Story(reply())
    seen = []
    for network_first, outcome, receipt in script:
        attempt = story.attempt()
        if network_first:
            story.step(reported(story.state, receipt, story.now, "said so"))
        if attempt is not None:
            story.ends(attempt, outcome)
        seen.append(story.state.message.delivery)
    taken = [one for one in seen if one in TAKEN]
    assert story.of(MessageAccepted) <= 1 + story.of(MessageFailed) + story.of(MessageUncertain)
    assert bool(taken) <= (story.of(MessageAccepted) >= 1)
    assert (story.state.message.delivery is Delivery.FAILED) <= (story.of(MessageFailed) >= 1)
    if story.state.message.delivery not in (Delivery.QUEUED, Delivery.SENDING):
        assert story.state.wake_at is None
    else:
        assert story.state.wake_at is not None


@given(st.sampled_from(list(Delivery)), st.lists(RECEIPTS, max_size=8))
def test_CH_07_receipts_in_any_order_and_number_end_at_the_furthest(start: Delivery, reports: list[Delivery]) -> None:
    order = [Delivery.SENT, Delivery.DELIVERED, Delivery.READ]
    good = [one for one in reports if one in order]
    current = start
    for report in reports:
        if moves(current, report):
            current = report
    if Delivery.READ in good:
        assert current is Delivery.READ
    if start in (Delivery.DELIVERED, Delivery.READ):
        assert current not in (Delivery.FAILED, Delivery.SENT)


def test_an_attempt_is_recorded_before_the_call_and_only_one_at_a_time() -> None:
    state = reply()
    first = attempted(state, NOW, "p", early=True)
    assert first is not None
    assert (first.message.delivery, first.send is not None and first.send.number) == (Delivery.SENDING, 1)
    assert attempted(first, NOW, "q", early=True) is None
    assert attempted(first, NOW + LEASE, "q") is not None


def test_after_a_crash_a_medium_that_takes_our_id_is_simply_repeated() -> None:
    story = Story(reply())
    story.attempt()
    assert story.attempt() == 2
    story.ends(1, Postponed("late news of the first"))
    assert story.state.send is not None
    assert story.state.send.number == 2
    story.ends(1, Took())
    assert story.of(MessageAccepted) == 1


def test_where_a_repeat_could_double_it_silence_is_uncertain() -> None:
    story = Story(reply(Medium.SMS))
    attempt = story.attempt() or 0
    story.ends(attempt, Postponed("silence", may_have_arrived=True))
    assert story.state.message.delivery is Delivery.UNCERTAIN
    assert story.of(MessageUncertain) == 1
    story.step(reported(story.state, Delivery.DELIVERED, NOW, ""))
    assert (story.state.message.delivery, story.of(MessageAccepted)) == (Delivery.DELIVERED, 1)


def test_an_attempt_that_never_began_does_not_count() -> None:
    story = Story(reply())
    for _ in range(20):
        attempt = story.attempt() or 0
        assert attempt == 1
        story.step(Step(given_back(story.state, attempt, story.now)))
    assert story.state.message.delivery is Delivery.QUEUED
    assert story.said == []


def test_it_gives_up_at_last_and_says_why() -> None:
    story = Story(reply())
    while (attempt := story.attempt()) is not None:
        story.ends(attempt, Postponed("The endpoint answered 503."))
    (failed,) = [event for event in story.said if isinstance(event, MessageFailed)]
    assert failed.reason == "The endpoint answered 503."
    assert failed.queued is not None
    assert story.now - NOW >= sum(RETRY_AFTER, timedelta())


def test_a_retry_is_T9_again() -> None:
    story = Story(reply())
    story.ends(story.attempt() or 0, Refused("no"))
    story.step(again(story.state, story.now))
    assert story.of(MessageQueued) == 1
    story.ends(story.attempt() or 0, Took())
    assert story.of(MessageAccepted) == 1
    with pytest.raises(Conflict):
        again(story.state, story.now)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, Took), (204, Took), (299, Took), (400, Refused), (404, Refused), (301, Refused), (307, Refused)]
    + [(status, Postponed) for status in (408, 425, 429, 500, 502, 503, 599)],
)
def test_what_an_answer_means(status: int, kind: type) -> None:
    assert isinstance(of_answer(status), kind)


def test_what_the_network_asks_for_is_honoured_within_bounds() -> None:
    assert pause(1, timedelta(seconds=20)) == timedelta(seconds=20)
    assert pause(1, timedelta(days=20)) == LONGEST_PAUSE
    assert pause(4, timedelta(seconds=1)) == RETRY_AFTER[3]
    assert pause(len(RETRY_AFTER) + 1) is None


def test_what_is_being_sent_cannot_be_masked_yet() -> None:
    with pytest.raises(Conflict):
        masked(reply(), EVA, NOW)


@pytest.mark.parametrize("text", ["", "  \n ", "\x00", "x" * 100_001])
def test_nothing_and_too_much_are_refused(text: str) -> None:
    thread = ThreadKey(channel="c", address="a", visibility=Visibility.PRIVATE)
    with pytest.raises(Unprocessable):
        written("m", thread=thread, medium=Medium.WEBHOOK, contact="x", by=EVA, text=text, now=NOW)
