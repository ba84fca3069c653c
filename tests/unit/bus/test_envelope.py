"""Envelopes, their metadata, and the way onto the wire."""

from datetime import UTC, datetime

from shared.bus import envelope, metadata
from shared.bus.wire import META, REPUBLISHED, again, attempt_of, to_message
from shared.contracts.base import SYSTEM, Actor, Meta
from shared.contracts.words import ActorKind
from tests.support.bells import BellRang, RingBell

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CAUSE = Meta(
    event_id="c",
    type="x",
    occurred_at=NOW,
    correlation_id="story",
    by_rule="greeting",
    actor=Actor(kind=ActorKind.SYSTEM, id="someone"),
)


def test_without_a_cause_it_is_its_own_first_cause() -> None:
    meta = envelope(BellRang(bell="Maria"), cause=None, event_id="e", now=NOW).meta
    assert (meta.correlation_id, meta.causation_id, meta.by_rule, meta.actor) == ("e", None, None, SYSTEM)
    assert (meta.type, meta.occurred_at) == ("bell.rang.v1", NOW)


def test_story_rule_and_actor_are_those_of_the_cause() -> None:
    meta = envelope(BellRang(bell="Maria"), cause=CAUSE, event_id="e", now=NOW).meta
    assert (meta.correlation_id, meta.causation_id, meta.by_rule, meta.actor) == ("story", "c", "greeting", CAUSE.actor)


def test_actor_and_rule_may_be_given() -> None:
    meta = metadata(RingBell(bell="x"), cause=CAUSE, event_id="e", actor=SYSTEM, now=NOW, by_rule="other")
    assert (meta.actor, meta.by_rule, meta.type) == (SYSTEM, "other", "tower.ring")


def test_the_body_is_the_event_as_json() -> None:
    entry = envelope(BellRang(bell="Ñandú"), cause=None, event_id="e", now=NOW)
    assert BellRang.model_validate_json(entry.body) == BellRang(bell="Ñandú")


def test_on_the_wire_it_is_persistent_and_carries_its_metadata() -> None:
    message = to_message(envelope(BellRang(bell="Maria"), cause=CAUSE, event_id="e", now=NOW), service="tower")
    assert message.delivery_mode == 2
    assert (message.message_id, message.type, message.correlation_id) == ("e", "bell.rang.v1", "story")
    assert Meta.model_validate_json(str(message.headers[META])).causation_id == "c"
    assert REPUBLISHED not in message.headers


def test_what_a_sweeper_says_again_is_marked() -> None:
    entry = envelope(BellRang(bell="Maria"), cause=None, event_id="e", now=NOW)
    repeated = type(entry)(meta=entry.meta.model_copy(update={"redelivered": True}), body=entry.body)
    assert to_message(repeated, service="tower").headers[REPUBLISHED] is True


def test_said_once_more_it_keeps_its_own_headers_and_loses_the_brokers() -> None:
    message = to_message(envelope(BellRang(bell="Maria"), cause=None, event_id="e", now=NOW), service="tower")
    message.headers |= {"x-death": "a cycle", "attempt": 3}
    assert attempt_of(message) == 3
    once_more = again(message, attempt=4)
    assert once_more.headers == {META: message.headers[META], "attempt": 4}
    assert (once_more.body, once_more.message_id, once_more.delivery_mode) == (message.body, "e", 2)
