"""Replies are kept without the state they show, so that neither grows old nor large with them."""

from __future__ import annotations

from shared.contracts.base import Contract, Done
from shared.store.replies import keep, recall, replaced, successors
from tests.support.store_examples import Case, CaseChanged, CaseReply


class Shell(Contract):
    """A state whose own part is what replies show."""

    id: str
    inner: Case


def test_a_reply_that_shows_the_state_is_recalled_with_the_current_one() -> None:
    state = Case(id="a", version=3, count=3)
    kept = keep(CaseReply(case=state, note="n"), state)
    assert kept["body"] == {"note": "n"}
    assert recall(kept, Case(id="a", version=9)) == CaseReply(case=Case(id="a", version=9), note="n")


def test_a_reply_that_shows_a_part_of_the_state_is_recalled_with_the_current_part() -> None:
    state = Shell(id="a", inner=Case(id="a", version=1))
    kept = keep(CaseReply(case=state.inner), state)
    assert recall(kept, Shell(id="a", inner=Case(id="a", version=5))) == CaseReply(case=Case(id="a", version=5))


def test_another_object_is_kept_as_it_was() -> None:
    kept = keep(CaseReply(case=Case(id="other", count=4)), Case(id="a"))
    assert recall(kept, Case(id="a", version=9)) == CaseReply(case=Case(id="other", count=4))
    assert recall(keep(Done(), Case(id="a")), Case(id="a")) == Done()


def test_a_reply_of_a_class_that_is_no_more_is_forgotten() -> None:
    assert recall({"kind": "nowhere:Gone", "body": {}, "state": {}}, Case(id="a")) is None


def test_saved_objects_take_the_place_of_decided_ones() -> None:
    decided, saved = Case(id="a"), Case(id="a", version=4)
    event = replaced(CaseChanged(case=decided, note="n"), successors(decided, saved))
    assert event == CaseChanged(case=saved, note="n")
    other = CaseChanged(case=Case(id="a"), note="n")
    assert replaced(other, successors(decided, saved)) is other
