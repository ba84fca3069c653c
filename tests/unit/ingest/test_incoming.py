"""What the generic webhook says: any JSON becomes clean items and named rejections, never an exception of ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.domain.incoming import MAX_TEXT, OLDEST, Incoming, attachments, parse, when
from services.ingest.domain.message import arrived
from shared.contracts.messages import ContactSnapshot, ThreadKey
from shared.contracts.words import Medium, MessageKind, Visibility
from shared.errors import InvalidInput, SwitchboardError, Unprocessable
from shared.text import clean_tree

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None, categories=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "external_id": st.text(max_size=20) | ANYTHING,
        "visibility": st.sampled_from(["private", "public", "secret"]) | ANYTHING,
        "kind": st.sampled_from([kind.value for kind in MessageKind]) | ANYTHING,
        "root": st.text(max_size=600) | ANYTHING,
        "sender": st.fixed_dictionaries(
            {"address": st.text(max_size=20) | ANYTHING},
            optional={"name": ANYTHING, "attributes": st.dictionaries(st.text(max_size=9), ANYTHING) | ANYTHING},
        )
        | ANYTHING,
        "text": st.text(max_size=50) | ANYTHING,
        "attachments": st.lists(
            st.fixed_dictionaries({"url": st.just("https://a.example/b") | ANYTHING}, optional={"name": ANYTHING}),
            max_size=3,
        )
        | ANYTHING,
        "sent_at": st.datetimes().map(datetime.isoformat) | st.integers() | ANYTHING,
    },
)
RECEIPT = st.fixed_dictionaries({}, optional={"message_id": ANYTHING, "status": ANYTHING, "at": ANYTHING})


def stored_form(incoming: Incoming) -> list[str]:
    """Every good message as it would be stored and sent."""
    forms = []
    for _, item in incoming.messages:
        thread = ThreadKey(channel="c", address=item.sender.address, visibility=item.visibility, root=item.thread_root)
        state = arrived(
            thread=thread,
            medium=Medium.WEBHOOK,
            contact=ContactSnapshot(id="x", version=1, name=item.sender.name),
            external_id=item.external_id,
            kind=item.known_kind,
            text=item.text,
            sent_at=when(item.sent_at or NOW, NOW),
            received_at=NOW,
            attachments=attachments(item.attachments),
        )
        forms.append(state.model_dump_json())
    return forms


@settings(max_examples=300)
@given(
    st.fixed_dictionaries(
        {}, optional={"messages": st.lists(LIKELY | ANYTHING, max_size=4), "receipts": st.lists(RECEIPT, max_size=3)}
    )
    | ANYTHING
)
def test_any_json_is_taken_or_refused_clearly(body: Any) -> None:
    try:
        incoming = parse(clean_tree(body))
    except (InvalidInput, Unprocessable):
        return
    shown = json.dumps([one.shown() for one in incoming.rejected], ensure_ascii=False)
    for text in (shown, *stored_form(incoming)):
        text.encode("utf-8")
        assert "\x00" not in text
        assert "\\u0000" not in text
    places = [place for place, _ in incoming.messages]
    assert places == sorted(places)
    count = sum(len(body.get(name) or []) for name in ("messages", "receipts"))
    assert len(incoming.messages) + len(incoming.receipts) + len(incoming.rejected) == count


@given(st.datetimes(timezones=st.timezones() | st.none()))
def test_CH_04_the_networks_time_is_never_after_now_nor_before_2000(said: datetime) -> None:
    assert OLDEST <= when(said, NOW) <= NOW


def item(**fields: Any) -> dict[str, Any]:
    return {"external_id": "e", "sender": {"address": "a"}, **fields}


@pytest.mark.parametrize(
    ("fields", "kind", "root"),
    [
        ({}, MessageKind.DIRECT, ""),
        ({"root": "ignored"}, MessageKind.DIRECT, ""),
        ({"kind": "mail", "root": "<m@x>"}, MessageKind.MAIL, "<m@x>"),
        ({"visibility": "public", "root": "post-1"}, MessageKind.COMMENT, "post-1"),
        ({"visibility": "public", "kind": "review"}, MessageKind.REVIEW, ""),
    ],
)
def test_CH_03_kind_and_root_follow_the_visibility(fields: dict[str, Any], kind: MessageKind, root: str) -> None:
    ((_, message),) = parse({"messages": [item(**fields)]}).messages
    assert (message.known_kind, message.thread_root) == (kind, root)


@pytest.mark.parametrize(("kind", "visibility"), [("comment", "private"), ("direct", "public"), ("note", "private")])
def test_CH_03_a_kind_of_the_other_visibility_is_refused(kind: str, visibility: str) -> None:
    (rejected,) = parse({"messages": [item(kind=kind, visibility=visibility)]}).rejected
    assert rejected.errors[0]["field"] == "kind"


def test_a_text_at_the_limit_is_taken_and_one_more_is_refused() -> None:
    incoming = parse({"messages": [item(text="x" * MAX_TEXT), item(text="x" * (MAX_TEXT + 1))]})
    assert (len(incoming.messages), len(incoming.rejected)) == (1, 1)


def test_attribute_names_cannot_be_paths_of_the_store() -> None:
    sender = {"address": "a", "attributes": {"$where": 1, "a.b": "x"}}
    ((_, message),) = parse({"messages": [item(sender=sender)]}).messages
    assert message.sender.attributes == {"where": 1, "a b": "x"}


def test_too_many_items_are_refused_as_a_whole() -> None:
    with pytest.raises(SwitchboardError):
        parse({"messages": [item()] * 1001})


def test_a_thread_is_one_conversation_however_it_is_told() -> None:
    first = ThreadKey(channel="c", address="a", visibility=Visibility.PRIVATE)
    second = ThreadKey(channel="c", address="a", visibility=Visibility.PRIVATE, root="")
    assert first.conversation == second.conversation
    assert when(NOW + timedelta(days=1), NOW) == NOW
