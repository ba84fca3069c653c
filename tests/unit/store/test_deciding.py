"""Turns, pure: who waits together is decided in turn."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RetryLater
from shared.store import Decision
from shared.store.deciding import Round, Waiting, decide_all
from shared.store.known import Known, Unsent
from tests.support.store_examples import Case, CaseReply, cause, count

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def turn(known: Known[Case], *names: str, settled: bool = False) -> Round[Case]:
    loop = asyncio.new_event_loop()
    waiting: list[Waiting[Case]] = [Waiting(cause(name), count("a"), loop.create_future()) for name in names]
    loop.close()
    return decide_all(
        known,
        waiting,
        stamp=lambda state, version: state.model_copy(update={"version": version}),
        now=NOW,
        settled=lambda _: settled,
    )


@given(st.lists(st.sampled_from(["c1", "c2", "c3", "c4"]), max_size=12))
def test_each_cause_counts_once_however_often_it_waits(names: list[str]) -> None:
    round = turn(Known("a"), *names)
    distinct = len(set(names))
    assert [entry.version for entry in round.entries] == list(range(1, distinct + 1))
    assert round.version == distinct
    assert (round.state.count if round.state else 0) == distinct
    assert [entry.cause for entry in round.entries] == list(dict.fromkeys(names))


@given(st.lists(st.sampled_from(["c1", "c2", "c3"]), max_size=6), st.lists(st.sampled_from(["c1", "c2", "c3"])))
def test_deciding_in_two_turns_is_deciding_in_one(first: list[str], second: list[str]) -> None:
    once = turn(Known("a"), *first, *second)
    before = turn(Known("a"), *first)
    known: Known[Case] = Known("a")
    if before.state is not None:
        known = known.after(before.state, before.version, before.entries, {})
    after = turn(known, *second)
    assert after.state == once.state
    assert [e.id for e in (*before.entries, *after.entries)] == [e.id for e in once.entries]
    assert [e.envelopes for e in (*before.entries, *after.entries)] == [e.envelopes for e in once.entries]


def test_a_repeat_within_a_turn_gets_the_reply_of_the_first() -> None:
    round = turn(Known("a"), "c1", "c2", "c1")
    told = round.told[2]
    assert not isinstance(told, Exception)
    assert told.repeated
    assert told.reply == CaseReply(case=Case(id="a", version=2, count=2), note="count 1")


def test_only_what_is_really_unsent_counts_against_the_limit() -> None:
    full = {f"e{n}": Unsent(NOW, None) for n in range(99)}
    round = turn(Known("a", outbox=full), "c1", "c2")
    assert [type(told) is RetryLater for told in round.told] == [False, True]
    assert len(turn(Known("a", outbox=full), "c1", "c2", settled=True).entries) == 2


def test_the_actor_and_rule_of_a_decision_go_before_those_of_its_cause() -> None:
    loop = asyncio.new_event_loop()
    acting = Waiting(cause("c1"), lambda _: Decision(Case(id="a"), remember=True, by_rule="r1"), loop.create_future())
    loop.close()
    round = decide_all(Known[Case]("a"), [acting], stamp=lambda s, _: s, now=NOW, settled=lambda _: False)
    assert round.entries[0].by_rule == "r1"
