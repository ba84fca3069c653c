"""Webhooks out: who is told what, retries, lanes, redelivery, masking, dead endpoints (automation.md)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.automation.domain.deliveries import (
    LEASE,
    LONGEST_PAUSE,
    RETRIED_FOR,
    Result,
    attempted,
    came_out,
    made,
    pause,
)
from services.automation.domain.lanes import FAILURES_IN_A_ROW, FIRST_REST
from services.automation.domain.telling import of_rule, of_test
from services.automation.resources.webhooks import declarations, url_problem
from shared.contracts.acts import AssignOwner, Owner, Resolve
from shared.contracts.base import SYSTEM, Meta
from shared.contracts.conversations import ConversationChanged
from shared.contracts.messages import MessageMasked
from shared.contracts.webhooks import (
    DeliveryStatus,
    ListDeliveries,
    PublicEvent,
    ReadDelivery,
    Redeliver,
    SendTestEvent,
    SpecialEvent,
)
from shared.errors import Conflict, NotFound
from shared.outside import Answer
from shared.webhooks import verify
from tests.support.clock import START
from tests.support.conversations import ANA, Story, accepted, contact, failed, inbound, outbound, run, uncertain
from tests.support.eventually import eventually
from tests.support.webhooks import SECRET, HooksInMemory, webhook

RECEIVED = PublicEvent.MESSAGE_RECEIVED
HOUR = timedelta(hours=1)


def arrival(name: str = "m1", text: str = "hello") -> ConversationChanged:
    """The first message of an episode."""
    story = Story().message(name, 0, text)
    return ConversationChanged(
        conversation=story.now, changes=story.facts, message=inbound(name, 0, text).message, contact=contact()
    )


def asked(name: str = "command") -> Meta:
    return Meta(event_id=name, type="command", occurred_at=START, correlation_id=name)


async def test_a_subscriber_is_told_signed_and_nobody_else() -> None:
    hooks = HooksInMemory(
        crm=webhook(RECEIVED), other=webhook(PublicEvent.SLA_BREACHED), off=webhook(RECEIVED, enabled=False)
    )
    await hooks.tell(arrival(text="¿Hola?"))
    ((url, headers, body),) = hooks.endpoint.calls
    assert url == "https://crm.example.org/in"
    assert verify(headers, body, [SECRET], hooks.clock.now()) == headers["webhook-id"]
    (told,) = hooks.endpoint.bodies()
    assert (told["id"], told["type"], told["timestamp"][-1]) == (headers["webhook-id"], "message.received", "Z")
    assert told["data"]["message"]["text"] == "¿Hola?"
    assert told["data"]["conversation"]["status"] == "new"
    assert told["data"]["contact"]["name"] == "Carla"
    state = await hooks.only()
    assert (state.webhook, state.status, state.attempts, state.code) == ("crm", DeliveryStatus.DELIVERED, 1, 200)


async def test_an_event_heard_again_is_told_once_under_the_same_id() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED))
    for _ in range(3):
        await hooks.tell(arrival(), id="e1")
    assert len(hooks.endpoint.calls) == 1


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (PublicEvent.CONVERSATION_OPENED, {"message_id": "m1", "proactive": False}),
        (PublicEvent.MESSAGE_RECEIVED, {"message_id": "m1", "first": True}),
    ],
)
async def test_what_an_arrival_tells(wanted: PublicEvent, told: dict[str, object]) -> None:
    hooks = HooksInMemory(crm=webhook(wanted))
    await hooks.tell(arrival())
    (body,) = hooks.endpoint.bodies()
    assert body["type"] == wanted
    assert told.items() <= body["data"].items()


async def test_what_people_do_is_told_by_fact_and_as_a_change() -> None:
    kinds = (PublicEvent.CONVERSATION_ASSIGNED, PublicEvent.CONVERSATION_RESOLVED, PublicEvent.CONVERSATION_CHANGED)
    hooks = HooksInMemory(crm=webhook(*kinds))
    story = Story().message("m1", 0).act(AssignOwner(owner=Owner(id="ben")), 5)
    await hooks.tell(ConversationChanged(conversation=story.now, changes=story.facts))
    story.act(Resolve(), 9)
    await hooks.tell(ConversationChanged(conversation=story.now, changes=story.facts))
    bodies = hooks.endpoint.bodies()
    assigned = next(body for body in bodies if body["type"] == "conversation.assigned")
    assert assigned["data"]["owner"] == {"before": None, "after": {"id": "ben", "kind": "agent"}}
    assert assigned["data"]["by"]["id"] == "ana"
    resolved = next(body for body in bodies if body["type"] == "conversation.resolved")
    assert resolved["data"]["closed_by"] == "agent"
    assert resolved["data"]["conversation"]["status"] == "resolved"
    changed = [body["data"]["changes"] for body in bodies if body["type"] == "conversation.changed"]
    assert [("resolved" in names) for names in changed] == [False, True]
    assert len({body["id"] for body in bodies}) == len(bodies)


async def test_sendings_are_told_with_their_outcome() -> None:
    hooks = HooksInMemory(crm=webhook(PublicEvent.MESSAGE_SENT, PublicEvent.MESSAGE_FAILED))
    queued = outbound("r1", 1)
    for event in (accepted("r1", 2, queued), failed("r1", 3, queued), uncertain("r1", 4, queued)):
        await hooks.tell(event)
    found = [(body["type"], body["data"].get("uncertain")) for body in hooks.endpoint.bodies()]
    assert found == [("message.sent", None), ("message.failed", False), ("message.failed", True)]


async def test_what_fails_is_tried_again_with_the_same_id_and_body_until_it_is_taken() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED))
    hooks.endpoint.answers = [500, None, Answer(302, {"location": "https://elsewhere.example.org"}, b"moved")]
    await hooks.tell(arrival())
    first = await hooks.only()
    assert (first.status, first.code, first.error) == (DeliveryStatus.WAITING, 500, "It answered 500.")
    for _ in range(3):
        await hooks.wake(HOUR)
    state = await hooks.only()
    assert (state.status, state.attempts, state.code, state.error) == (DeliveryStatus.DELIVERED, 4, 200, "")
    assert len(set(hooks.endpoint.ids())) == 1
    assert len({body for _, _, body in hooks.endpoint.calls}) == 1


async def test_a_process_killed_while_it_calls_leaves_the_delivery_to_the_next() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED))
    hooks.endpoint.gates = {"crm": asyncio.Event()}
    await hooks.handlers.tell(arrival(), asked("e1"))
    await eventually(lambda: hooks.endpoint.calls)
    hooks.endpoint.gates = {}
    dead = hooks.deliverer
    hooks.restart()
    assert await hooks.wake(LEASE - timedelta(seconds=1)) == 0
    assert await hooks.wake(timedelta(seconds=1)) == 1
    state = await hooks.only()
    assert (state.status, state.attempts, len(set(hooks.endpoint.ids()))) == (DeliveryStatus.DELIVERED, 2, 1)
    await dead.stop(0)


async def test_a_slow_endpoint_has_a_few_calls_at_once_and_holds_up_nobody_else() -> None:
    slow = webhook(RECEIVED, url="https://slow.example.org/")
    hooks = HooksInMemory(places=2, slow=slow, crm=webhook(RECEIVED))
    gate = asyncio.Event()
    hooks.endpoint.gates = {"slow": gate}
    for n in range(10):
        await hooks.handlers.tell(arrival(f"m{n}"), asked(f"e{n}"))

    async def taken(hook: str) -> int:
        return sum(one.status is DeliveryStatus.DELIVERED for one in await hooks.all() if one.webhook == hook)

    async def the_quick_one_has_all() -> bool:
        return await taken("crm") == 10

    await eventually(the_quick_one_has_all)
    assert (hooks.endpoint.most, await taken("slow")) == (2, 0)
    gate.set()
    await hooks.quiet()
    assert (hooks.endpoint.most, await taken("slow")) == (2, 10)


async def test_what_a_dead_process_held_is_taken_up_at_the_next_start() -> None:
    hooks = HooksInMemory(places=1, crm=webhook(RECEIVED))
    hooks.endpoint.gates = {"crm": asyncio.Event()}
    for n in range(4):
        await hooks.handlers.tell(arrival(f"m{n}"), asked(f"e{n}"))
    hooks.endpoint.gates = {}
    dead = hooks.deliverer
    hooks.restart(places=1)
    hooks.deliverer.start()
    await hooks.quiet()
    assert sorted(one.status for one in await hooks.all()) == ["delivered", "delivered", "delivered", "waiting"]
    await dead.stop(0)


async def test_an_event_that_comes_thrice_at_once_keeps_no_place() -> None:
    hooks = HooksInMemory(places=2, crm=webhook(RECEIVED))
    await asyncio.gather(*(hooks.handlers.tell(arrival(), asked("e1")) for _ in range(3)))
    await hooks.quiet()
    assert len(hooks.endpoint.calls) == 1
    hooks.endpoint.gates = {"crm": asyncio.Event()}
    for n in range(3):
        await hooks.handlers.tell(arrival(f"m{n}"), asked(f"e2 {n}"))
    await eventually(lambda: hooks.endpoint.inside == 2)
    hooks.endpoint.gates["crm"].set()
    await hooks.quiet()
    assert [one.status for one in await hooks.all()] == [DeliveryStatus.DELIVERED] * 4


async def test_what_finds_no_place_because_of_others_goes_as_soon_as_there_is_one() -> None:
    slow = webhook(RECEIVED, url="https://slow.example.org/")
    hooks = HooksInMemory(calls=1, patience=0.01, slow=slow, crm=webhook())
    gate = asyncio.Event()
    hooks.endpoint.gates = {"slow": gate}
    await hooks.handlers.tell(arrival(), asked("e1"))
    await eventually(lambda: hooks.endpoint.inside)
    await hooks.handlers.test(SendTestEvent(webhook="crm", by=ANA), asked("try"))

    async def was_given_back_and_taken_up() -> bool:
        return any(one.webhook == "crm" and one.version >= 3 for one in await hooks.all())

    await eventually(was_given_back_and_taken_up)
    gate.set()
    await hooks.quiet()
    assert [(one.status, one.attempts) for one in await hooks.all()] == [(DeliveryStatus.DELIVERED, 1)] * 2


async def test_what_is_said_to_be_held_and_cannot_be_taken_up_does_not_keep_it_busy() -> None:
    hooks = HooksInMemory(places=1, crm=webhook(RECEIVED))
    await hooks.tell(arrival())
    hooks.deliveries.stale = [await hooks.only()]
    hooks.restart(places=1)
    hooks.deliverer.start()
    await hooks.quiet()
    assert len(hooks.endpoint.calls) == 1


async def test_an_endpoint_that_keeps_failing_gets_one_call_at_a_time_with_rests() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED))
    hooks.endpoint.usual = 500
    for n in range(20):
        await hooks.tell(arrival(f"m{n}"))
    assert len(hooks.endpoint.calls) == FAILURES_IN_A_ROW
    await hooks.wake(HOUR)
    assert len(hooks.endpoint.calls) < 3 * FAILURES_IN_A_ROW


async def test_what_comes_while_an_endpoint_rests_goes_when_it_has_rested() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED))
    hooks.endpoint.usual = 500
    for n in range(FAILURES_IN_A_ROW):
        await hooks.tell(arrival(f"m{n}"))
    hooks.endpoint.usual = 200
    hooks.clock.advance(FIRST_REST - timedelta(milliseconds=50))
    await hooks.tell(arrival("late"))
    assert len(hooks.endpoint.calls) == FAILURES_IN_A_ROW
    hooks.clock.advance(timedelta(milliseconds=50))
    await eventually(lambda: len(hooks.endpoint.calls) > FAILURES_IN_A_ROW)
    assert hooks.endpoint.bodies()[-1]["data"]["message"]["id"] == "late"
    await hooks.quiet()


async def test_a_dead_endpoint_is_switched_off_after_24_hours_and_admins_are_told() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED))
    hooks.endpoint.usual = None
    await hooks.tell(arrival())
    for _ in range(40):
        await hooks.wake(HOUR)
    state = await hooks.only()
    assert state.status is DeliveryStatus.FAILED
    assert state.attempts >= 8
    assert not hooks.hooks["crm"].enabled
    assert [(one.notice, one.kind, one.id, one.name) for one in hooks.notices] == [
        ("webhook_off", "webhooks", "crm", "CRM")
    ]


async def test_one_payload_that_is_refused_for_24_hours_does_not_switch_off_what_takes_others() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED))
    hooks.endpoint.usual = 400
    await hooks.tell(arrival("bad"))
    for n in range(30):
        await hooks.wake(HOUR)
        hooks.endpoint.answers = [200] if n == 20 else []
        if n == 20:
            await hooks.tell(arrival("good"))
    assert [one.status for one in await hooks.all()] == [DeliveryStatus.FAILED, DeliveryStatus.DELIVERED]
    assert hooks.hooks["crm"].enabled
    assert hooks.notices == []


async def test_410_switches_off_at_once() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED))
    hooks.endpoint.usual = 410
    await hooks.tell(arrival())
    assert (await hooks.only()).status is DeliveryStatus.FAILED
    assert not hooks.hooks["crm"].enabled


async def test_what_waits_for_a_webhook_that_is_switched_off_is_given_up_and_can_be_redelivered() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED))
    hooks.endpoint.answers = [500]
    await hooks.tell(arrival())
    hooks.hooks["crm"] = webhook(RECEIVED, enabled=False)
    await hooks.wake(HOUR)
    state = await hooks.only()
    assert (state.status, len(hooks.endpoint.calls)) == (DeliveryStatus.FAILED, 1)
    with pytest.raises(Conflict):
        await hooks.handlers.redeliver(Redeliver(webhook="crm", delivery=state.id), asked())
    hooks.hooks["crm"] = webhook(RECEIVED)
    line = await hooks.handlers.redeliver(Redeliver(webhook="crm", delivery=state.id), asked())
    assert line.status is DeliveryStatus.WAITING
    await hooks.wake()
    assert (await hooks.only()).status is DeliveryStatus.DELIVERED


async def test_redelivery_keeps_the_event_id_and_happens_once_a_command() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED))
    await hooks.tell(arrival())
    state = await hooks.only()
    for _ in range(2):
        await hooks.handlers.redeliver(Redeliver(webhook="crm", delivery=state.id), asked("again"))
        await hooks.wake()
    assert hooks.endpoint.ids() == [state.event, state.event]
    with pytest.raises(NotFound):
        await hooks.handlers.redeliver(Redeliver(webhook="other", delivery=state.id), asked())


async def test_the_log_is_paged_newest_first_and_narrowed_by_status() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED))
    hooks.endpoint.answers = [500]
    for n in range(5):
        await hooks.tell(arrival(f"m{n}"))
        hooks.clock.advance(timedelta(milliseconds=1))
    first = await hooks.handlers.list(ListDeliveries(webhook="crm", limit=3), asked())
    rest = await hooks.handlers.list(ListDeliveries(webhook="crm", limit=3, after=first.next), asked())
    assert (len(first.items), len(rest.items), rest.next) == (3, 2, None)
    assert [line.created_at for line in (*first.items, *rest.items)] == sorted(
        (one.created_at for one in await hooks.all()), reverse=True
    )
    waiting = await hooks.handlers.list(ListDeliveries(webhook="crm", status=DeliveryStatus.WAITING), asked())
    assert [(line.code, line.attempts, line.payload) for line in waiting.items] == [(500, 1, None)]
    assert waiting.items[0].next_at is not None
    whole = await hooks.handlers.read(ReadDelivery(webhook="crm", delivery=waiting.items[0].id), asked())
    assert whole.payload is not None
    assert whole.payload["data"]["message"]["text"] == "hello"
    with pytest.raises(NotFound):
        await hooks.handlers.list(ListDeliveries(webhook="gone"), asked())


async def test_a_test_event_is_sent_once_a_command() -> None:
    hooks = HooksInMemory(crm=webhook())
    for _ in range(2):
        line = await hooks.handlers.test(SendTestEvent(webhook="crm", by=ANA), asked("try"))
    await hooks.quiet()
    assert [(body["type"], body["id"]) for body in hooks.endpoint.bodies()] == [("webhook.test", line.event)]


async def test_PR_03_a_queued_payload_loses_the_text_of_a_masked_message() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED, PublicEvent.CONVERSATION_CHANGED))
    hooks.endpoint.usual = 500
    event = arrival(text="my card is 4111")
    await hooks.tell(event)
    assert event.message is not None
    shell = event.message.model_copy(update={"text": "", "masked_at": START, "masked_by": ANA})
    await hooks.handlers.on_masked(MessageMasked(message=shell), asked("masked"))
    hooks.endpoint.usual = 200
    await hooks.wake(HOUR)
    assert all("4111" not in one.model_dump_json() for one in await hooks.all())
    told = next(body for body in reversed(hooks.endpoint.bodies()) if body["type"] == "message.received")
    assert (told["data"]["message"]["id"], told["data"]["message"]["text"]) == ("m1", "")
    assert told["data"]["message"]["masked"] is True


async def test_PR_03_text_that_comes_after_the_masking_is_not_told() -> None:
    hooks = HooksInMemory(crm=webhook(RECEIVED))
    event = arrival(text="my card is 4111")
    assert event.message is not None
    await hooks.handlers.on_masked(MessageMasked(message=event.message), asked("masked"))
    await hooks.tell(event, age=30)
    assert "4111" not in hooks.endpoint.calls[0][2].decode()
    assert hooks.endpoint.bodies()[0]["data"]["message"]["masked"] is True


async def test_a_rule_calls_the_webhook_it_names_whatever_that_subscribes_to() -> None:
    hooks = HooksInMemory(crm=webhook(), off=webhook(enabled=False))
    event = arrival()
    telling = of_rule(run(name="Escalate"), 0, event.conversation, event.message, event.contact, START)
    assert [await hooks.handlers.call(id, telling) for id in ("crm", "off", "gone")] == [True, False, False]
    await hooks.quiet()
    (body,) = hooks.endpoint.bodies()
    assert (body["type"], body["data"]["message"]["text"]) == (SpecialEvent.RULE_CALLED, "hello")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://crm.example.org/hook", True),
        ("http://crm.example.org/hook", False),
        ("https://127.0.0.1/", False),
        ("https://[::ffff:10.0.0.1]/", False),
        ("https://localhost/", False),
        ("https://db.internal/", False),
        ("https://user:secret@crm.example.org/", False),
        ("https://crm.example.org/#here", False),
        ("https://localhost./hook", False),
    ],
)
def test_only_https_addresses_outside_are_accepted(url: str, allowed: bool) -> None:
    assert (url_problem(url, allow_private=False) is None) is allowed


def test_the_operator_may_allow_private_addresses() -> None:
    assert url_problem("http://127.0.0.1:8000/", allow_private=True) is None


def test_a_secret_is_made_kept_and_long_enough() -> None:
    (declared,) = declarations(allow_private=False)
    made_here = declared.prepare(webhook(secret=None), None)
    assert made_here.secret.startswith("whsec_")
    kept = declared.prepare(webhook(secret=None), made_here)
    assert kept.secret == made_here.secret
    assert declared.check("", webhook(secret="short"), {})[0].field == "secret"


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=60))
def test_retries_go_on_for_24_hours_and_no_longer(chances: list[float]) -> None:
    state = made("crm", of_test("e", START, "crm", "CRM", SYSTEM), START)
    now, before = START, START
    for chance in [*chances, *[0.5] * 60]:
        state = came_out(attempted(state, now, "me"), Result(500, 3), now, chance)
        if state.status is DeliveryStatus.FAILED:
            break
        assert state.wake_at is not None
        assert now < state.wake_at <= now + 1.5 * LONGEST_PAUSE
        before, now = now, state.wake_at
    assert state.status is DeliveryStatus.FAILED
    assert (before < now, now) == (True, START + RETRIED_FOR)
    assert 8 <= state.attempts <= 40


def test_pauses_grow_are_spread_and_obey_the_endpoint() -> None:
    assert [pause(tries, None, 0.5).total_seconds() for tries in (1, 2, 3, 4, 5, 6, 7, 99)] == [
        5, 20, 80, 320, 1280, 5120, 10800, 10800,
    ]  # fmt: skip
    assert pause(1, None, 0.0) == timedelta(seconds=2.5)
    assert pause(1, None, 0.999) < timedelta(seconds=7.5)
    assert pause(1, timedelta(seconds=60), 0.5) == timedelta(seconds=60)
    assert pause(1, timedelta(days=9), 0.5) == LONGEST_PAUSE
