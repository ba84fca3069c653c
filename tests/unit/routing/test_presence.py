"""Presence: leases, availability, reservations."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.routing.domain.presence import (
    HOLD,
    Agent,
    Holding,
    available,
    given_back,
    heartbeat,
    lapsed,
    reserved,
    signed_out,
)
from shared.contracts.words import Availability
from tests.support.conversations import at

LEASE = timedelta(seconds=60)
NOTHING: dict[str, datetime] = {}


def holding(*names: str, read: float = 0) -> Holding:
    return Holding(frozenset(names), at(read))


def signed_in(seconds: float = 0) -> Agent:
    return heartbeat(Agent(id="ana", since=at(0)), "laptop", at(seconds), LEASE, Availability.AVAILABLE)


def test_AG_06_the_first_heartbeat_signs_in_with_the_preferred_availability() -> None:
    away = heartbeat(Agent(id="ana", since=at(0)), "laptop", at(5), LEASE, Availability.AWAY)
    assert away.availability is Availability.AWAY
    assert away.since == at(5)
    assert away.wake_at == at(65)


def test_a_heartbeat_within_half_a_lease_writes_nothing() -> None:
    agent = signed_in()
    assert heartbeat(agent, "laptop", at(20), LEASE, Availability.AVAILABLE) is agent
    assert heartbeat(agent, "laptop", at(40), LEASE, Availability.AVAILABLE).wake_at == at(100)


def test_a_heartbeat_does_not_undo_away() -> None:
    agent = available(signed_in(), Availability.AWAY, "lunch", at(1))
    assert heartbeat(agent, "phone", at(2), LEASE, Availability.AVAILABLE).availability is Availability.AWAY


def test_AG_06_who_chose_to_be_offline_stays_so_until_he_signs_in_again() -> None:
    agent = available(signed_in(), Availability.OFFLINE, None, at(1))
    for second in (2, 35, 80):
        agent = heartbeat(agent, "laptop", at(second), LEASE, Availability.AVAILABLE)
        assert agent.availability is Availability.OFFLINE
    assert agent.wake_at == at(140)
    assert heartbeat(agent, "phone", at(81), LEASE, Availability.AVAILABLE).availability is Availability.AVAILABLE


def test_offline_means_that_every_session_has_ended() -> None:
    agent = heartbeat(signed_in(), "phone", at(1), LEASE, Availability.AVAILABLE)
    one_left = signed_out(agent, "laptop", at(2))
    assert one_left.availability is Availability.AVAILABLE
    assert signed_out(one_left, "phone", at(3)).availability is Availability.OFFLINE


def test_a_lapsed_lease_takes_him_offline_once_others_are_heard() -> None:
    gone = lapsed(signed_in(), at(60), at(59), LEASE)
    assert gone.availability is Availability.OFFLINE
    assert gone.wake_at is None


def test_nobody_is_held_to_be_gone_while_no_heartbeat_at_all_is_heard() -> None:
    for heard in (None, at(-30)):
        agent = lapsed(signed_in(), at(60), heard, LEASE)
        assert agent.availability is Availability.AVAILABLE
        assert agent.wake_at == at(120)


def test_a_wake_before_its_time_changes_nothing() -> None:
    agent = signed_in()
    assert lapsed(agent, at(59), at(59), LEASE) is agent


def test_capacity_counts_what_is_held_in_new_and_what_is_reserved_once_each() -> None:
    first = reserved(signed_in(), "c1", holding(), 2, at(1), NOTHING)
    assert first is not None
    second = reserved(first, "c2", holding("c1", read=1), 2, at(2), NOTHING)
    assert second is not None
    assert reserved(second, "c3", holding("c1", read=2), 2, at(3), NOTHING) is None


def test_a_reservation_counts_until_the_conversations_were_read_after_it_was_taken() -> None:
    full = reserved(signed_in(), "c1", holding(), 1, at(1), NOTHING)
    assert full is not None
    taken = {"c1": at(1)}
    assert reserved(full, "c2", holding(read=1), 1, at(3), taken) is None, "read before: nobody knows what became of it"
    assert reserved(full, "c2", holding(read=2.5), 1, at(3), NOTHING) is None, "not known to be taken"
    assert reserved(full, "c2", holding(read=2.5), 1, at(3), taken) is not None, "taken, and not his any more"
    late = at(1) + HOLD
    assert reserved(full, "c2", holding(read=2.5), 1, late, NOTHING) is None, "read before it had to be taken"
    assert reserved(full, "c2", holding(read=8), 1, at(9), NOTHING) is not None, "nobody takes it so late"
    assert reserved(full, "c2", holding(read=8), 1, at(9), NOTHING, {"c1"}) is None, "but this one is still at it"


def test_what_one_dispatcher_took_is_seen_by_another_that_read_before() -> None:
    first = reserved(signed_in(), "c1", holding(), 2, at(1), NOTHING)
    assert first is not None
    second = reserved(first, "c2", holding("c1"), 2, at(1.2), {"c1": at(1.1)})
    assert second is not None
    assert reserved(second, "c3", holding(read=0.5), 2, at(1.3), NOTHING) is None


def test_a_place_that_was_given_back_is_free() -> None:
    full = reserved(signed_in(), "c1", holding(), 1, at(1), NOTHING)
    assert full is not None
    assert reserved(given_back(full, "c1"), "c2", holding(), 1, at(2), NOTHING) is not None


def test_RT_08_away_and_offline_agents_get_none() -> None:
    away = available(signed_in(), Availability.AWAY, None, at(1))
    assert reserved(away, "c1", holding(), 5, at(2), NOTHING) is None
    assert reserved(signed_out(signed_in(), "laptop", at(1)), "c1", holding(), 5, at(2), NOTHING) is None


def test_capacity_of_nothing_means_picking_by_hand() -> None:
    assert reserved(signed_in(), "c1", holding(), 0, at(1), NOTHING) is None
