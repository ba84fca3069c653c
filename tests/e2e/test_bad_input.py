"""What strangers send to the webhook channel and the chat: refused clearly or stored clean; no good message is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.webhooks import sign
from tests.support.hostile import SCRIPT, pieces, sound, spoiled, together
from tests.support.product import Caller, Product
from tests.support.shop import Network, Shop, message, new_secret

pytestmark = pytest.mark.integration

MEGABYTE = "m" * 2**20


# --- the webhook channel ------------------------------------------------------------------------------------------


async def test_a_delivery_that_nobody_signed_as_it_is_gets_401_and_stores_nothing(
    stranger: Caller, machine: Caller, network: Network, shop: Shop
) -> None:
    body = json.dumps({"messages": [message("a forger", "Forged")]}).encode()
    now = datetime.now(UTC)
    good = sign(shop.inbound, "msg_1", now, body)
    signature = good["webhook-signature"]
    for wrong in (
        {},
        sign(new_secret(), "msg_1", now, body),
        sign(shop.inbound, "msg_1", now, body + b" "),
        sign(shop.inbound, "msg_1", now - timedelta(minutes=6), body),
        sign(shop.inbound, "msg_1", now + timedelta(minutes=6), body),
        {**good, "webhook-id": "msg_2"},
        {**good, "webhook-timestamp": "soon"},
        {**good, "webhook-timestamp": "9" * 400},
        {**good, "webhook-timestamp": "-1"},
        {**good, "webhook-timestamp": "１７"},
        {**good, "webhook-signature": signature.removeprefix("v1,")},
        {**good, "webhook-signature": signature.replace("v1,", "v2,")},
        {**good, "webhook-signature": "v1,\xff\xfe"},
        {**good, "webhook-signature": "v1," * 2000},
    ):
        headers = {name.encode(): value.encode("utf-8") for name, value in wrong.items()}
        answer = await stranger.http.post(network.path, content=body, headers=headers)
        assert sound(answer, str(wrong))["status"] == 401, wrong
    for path in ("/hooks/never-was", f"/hooks/{SCRIPT}", "/hooks/%00", "/hooks/%ff%fe", f"/hooks/{'x' * 5000}"):
        assert sound(await stranger.http.post(path, content=body, headers=good))["status"] == 404
    assert (await machine.ask("GET", f"/api/conversations/{network.conversation('a forger')}")).status_code == 404


async def test_a_body_over_the_limit_gets_413_whether_or_not_its_length_is_declared(
    stranger: Caller, machine: Caller, network: Network, shop: Shop
) -> None:
    body = json.dumps({"messages": [message("too much", "x" * 3_000_000)]}).encode()
    assert sound(await network.send(body))["status"] == 413
    signed = sign(shop.inbound, "msg_1", datetime.now(UTC), body)
    answer = await stranger.http.post(network.path, content=pieces(body), headers=signed)
    assert sound(answer)["status"] == 413
    for path in ("/api/session", "/api/conversations/acts", "/api/settings/topics"):
        for content in (body, pieces(body)):
            assert sound(await machine.send("POST", path, content))["status"] == 413


async def test_a_delivery_that_is_no_delivery_is_refused_as_a_whole(network: Network) -> None:
    one = json.dumps(message("nobody", "x"))
    for body, status in (
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe\x00", 400),
        (b"\x80\x81", 400),
        (b"null", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'"messages"', 400),
        (b'{"messages": NaN}', 400),
        (b'{"messages": "all"}', 400),
        (b'{"messages": {"a": 1}}', 400),
        (f'{{"messages": [{"1" * 5000}]}}'.encode(), 400),
        (b"[" * 100_000, 400),
        (b'{"messages": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
        (b'{"messages": [' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"]}", 400),
        (b'{"messages": [1, null, "a", [], {}, true]}', 422),
        (b'{"receipts": [{"message_id": "never-was", "status": "read"}]}', 422),
        (f'{{"messages": [{",".join([one] * 1001)}]}}'.encode(), 422),
    ):
        assert sound(await network.send(body), repr(body[:40]))["status"] == status, body[:40]


async def test_whatever_is_wrong_with_one_message_costs_no_other(machine: Caller, network: Network) -> None:
    worst = {
        **message("worst", "Hello"),
        "root": "r",
        "subject": "s",
        "link": "https://example.org/1",
        "attachments": [{"url": "http://127.0.0.1:9/a.png", "name": "a.png", "type": "image/png"}],
    }
    bad = [text.replace(worst["external_id"], f"w-{number}") for number, (_, text) in enumerate(spoiled(worst))]
    assert len(bad) > 300
    good = [message("good beside bad", f"number {number}") for number in range(len(bad) // 20 + 1)]
    stored = 0
    for number, one in enumerate(good):
        beside = bad[number * 20 : number * 20 + 20]
        body = f'{{"messages": [{",".join([*beside, json.dumps(one)])}]}}'
        answer = sound(await network.send(body.encode()), f"delivery {number}")
        assert len(answer["rejected"]) + answer["stored"] + answer["known"] == len(beside) + 1, answer
        assert f"messages.{len(beside)}" not in [one["where"] for one in answer["rejected"]]
        stored += answer["stored"]
    assert stored > len(good) + 100  # most is cleaned rather than refused

    conversation = network.conversation("good beside bad")
    await machine.becomes(conversation, preview=f"number {len(good) - 1}", within=30)
    assert [one["text"] for one in await machine.timeline(conversation)] == [one["text"] for one in good]
    await _everything_reads(machine)


async def _everything_reads(machine: Caller) -> None:
    """Every conversation that came of it can be listed, opened and told, in JSON that any reader takes."""
    after, ids = "", []
    while True:
        page = sound(await machine.ask("GET", f"/api/conversations?limit=200{after}"))
        ids += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    contacts = {row["contact"] for row in page["items"]}
    paths = [f"/api/conversations/{id}{part}" for id in ids for part in ("", "/timeline", "/trail")]
    paths += [f"/api/contacts/{id}" for id in contacts]
    for answer in await together(machine.ask("GET", path) for path in paths):
        sound(answer)
        assert answer.status_code == 200, answer.text[:300]


async def test_absurd_dates_are_brought_into_reason(machine: Caller, network: Network) -> None:
    for sent_at in ("1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "2026-01-01", "9999-12-31T23:59:59Z"):
        await network.says("a time traveller", sent_at, sent_at=sent_at)
    conversation = network.conversation("a time traveller")
    await machine.becomes(conversation, preview="9999-12-31T23:59:59Z")
    now = datetime.now(UTC)
    for one in await machine.timeline(conversation):
        assert datetime(2000, 1, 1, tzinfo=UTC) <= datetime.fromisoformat(one["sent_at"]) <= now
        assert now - datetime.fromisoformat(one["received_at"]) < timedelta(minutes=5)


async def test_markup_and_odd_characters_stay_text_and_nul_and_half_characters_go(
    machine: Caller, network: Network
) -> None:
    said = {"text": f'{SCRIPT}\u202e"quoted" \\ 👩‍👩‍👧 \u0000\ud800end', "subject": SCRIPT, "name": SCRIPT}
    one = {**message("a writer of markup", said["text"]), "subject": said["subject"]}
    one["sender"] = {"address": "a writer of markup", "name": said["name"], "attributes": {SCRIPT: SCRIPT}}
    await network.deliver({"messages": [one]})
    conversation = network.conversation("a writer of markup")
    row = await machine.becomes(conversation, contact_name=SCRIPT)
    (shown,) = await machine.timeline(conversation)
    assert shown["text"] == f'{SCRIPT}\u202e"quoted" \\ 👩‍👩‍👧 \ufffdend'
    assert shown["html"] is None
    assert (row["subject"], row["preview"][: len(SCRIPT)]) == (SCRIPT, SCRIPT)
    answer = await machine.ask("GET", f"/api/contacts/{row['contact']}")
    assert answer.json()["contact"]["attributes"] == {SCRIPT: SCRIPT}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_megabyte_of_text_is_refused_by_name_and_the_message_beside_it_is_kept(
    machine: Caller, network: Network, conversation: str
) -> None:
    big, small = message("a novelist", MEGABYTE), message("a novelist", "Did you get it?")
    told = await network.deliver({"messages": [big, small]})
    assert (told["stored"], [one["id"] for one in told["rejected"]]) == (1, [big["external_id"]])
    assert told["rejected"][0]["errors"][0]["field"] == "text"
    longest = "ñ" * 100_000
    await network.says("a novelist", longest)
    novel = network.conversation("a novelist")
    await machine.becomes(novel, preview=longest[:140])
    assert [one["text"] for one in await machine.timeline(novel)] == ["Did you get it?", longest]
    for part in ("messages", "notes"):
        answer = await machine.ask("POST", f"/api/conversations/{conversation}/{part}", {"text": MEGABYTE})
        assert sound(answer)["status"] == 422


async def test_content_types_and_duplicate_keys(machine: Caller, network: Network) -> None:
    body = json.dumps({"messages": [message("typed", "Signed bytes are JSON, whatever they are called")]}).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "\xff", ""):
        sound(await network.send(body, content_type=kind), kind)
    typed = network.conversation("typed")
    await machine.becomes(typed, status="new")
    assert len(await machine.timeline(typed)) == 1
    one = json.dumps(message("twice", "last"))[:-1] + ', "text": "first", "text": "last"}'
    assert sound(await network.send(f'{{"messages": [], "messages": [{one}]}}'.encode()))["stored"] == 1
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "a" * 5000):
        answer = await machine.send("POST", "/api/conversations/acts", b"a=b", Content_Type=kind)
        assert sound(answer, kind)["status"] == 415


# --- the chat ------------------------------------------------------------------------------------------------------


async def test_the_chat_takes_nothing_odd(stranger: Caller, machine: Caller, shop: Shop) -> None:
    chat = next(
        item["id"]
        for item in (await machine.get("/api/settings/channels"))["items"]
        if item["value"]["config"]["medium"] == "webchat"
    )
    base = f"/widget/{chat}"
    visitor = await stranger.post(f"{base}/session", None)
    mine = {"Authorization": f"Bearer {visitor['token']}"}
    said = {"id": "first", "text": "Hello", "language": "en", "name": "Olu"}
    bodies = [text.replace('"first"', f'"n{number}"') for number, (_, text) in enumerate(spoiled(said))]
    bodies += [text for _, text in spoiled({"delivered": ["x"], "read": ["y"]})]
    bodies += ["", "{", "[]", "null", '"x"', "[" * 100_000, json.dumps({**said, "text": MEGABYTE})]
    asked = [
        stranger.send("POST", f"{base}/{part}", body.encode(), **mine)
        for body in bodies
        for part in ("messages", "receipts")
    ]
    taken = [answer for answer in await together(asked) if sound(answer) is not None and answer.is_success]
    assert taken
    for path in (f"{base}/messages?after=x", f"{base}/messages?after=-1", f"{base}/messages?after={2**80}"):
        assert sound(await stranger.ask("GET", path, **mine))["status"] == 422
    token = visitor["token"]
    for wrong in ("x", token[:-2], token + "x", "\xff", "." * 50, f"{token}.{token}", "x" * 9000):
        headers = {b"Authorization": f"Bearer {wrong}".encode("latin-1")}
        answer = await stranger.http.get(f"{base}/messages", headers=headers)
        assert sound(answer, wrong)["status"] == 401
    for other in ("never-was", shop.channel, "%00", SCRIPT):
        for part in ("session", "messages", "receipts"):
            answer = await stranger.ask("POST", f"/widget/{other}/{part}", said, **mine)
            assert sound(answer)["status"] == 404
    answer = await stranger.send("POST", f"{base}/messages", pieces(b"x" * 3_000_000), **mine)
    assert sound(answer)["status"] == 413
    history = sound(await stranger.ask("GET", f"{base}/messages", **mine))
    assert {one["text"] for one in history["messages"]} >= {"Hello", SCRIPT}
    assert all("\x00" not in one["text"] for one in history["messages"])


async def test_nothing_of_all_this_was_a_bug_or_lost_on_the_way(product: Product) -> None:
    assert await product.dead() == []
    assert product.bugs() == []
