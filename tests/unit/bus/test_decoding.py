"""Services of one process that hear the same event share what was decoded of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from aio_pika.abc import AbstractIncomingMessage
from pydantic import ValidationError

from shared.bus.decoding import Decoding
from shared.bus.wire import Undecodable, to_message
from tests.support.bells import BellPolished, said


@dataclass
class Delivery:
    """What is read of a delivery."""

    body: bytes
    headers: dict[str, Any]
    redelivered: bool = False


def delivery(bell: str, **more: Any) -> AbstractIncomingMessage:
    message = to_message(said(BellPolished(bell=bell), event_id="e1"), service="tower")
    found = {"body": message.body, "headers": dict(message.headers), **more}
    return cast(AbstractIncomingMessage, Delivery(**found))


def test_the_same_event_is_decoded_once_and_knows_for_each_delivery_whether_it_may_be_a_repeat() -> None:
    decoding = Decoding()
    first, meta = decoding.read(delivery("x"), BellPolished)
    second, again = decoding.read(delivery("x", redelivered=True), BellPolished)
    assert first is second
    assert (meta.redelivered, again.redelivered) == (False, True)


def test_another_body_under_the_same_id_is_read_for_itself() -> None:
    decoding = Decoding()
    decoding.read(delivery("x"), BellPolished)
    assert decoding.read(delivery("y"), BellPolished)[0].bell == "y"


def test_what_cannot_be_read_is_refused_each_time() -> None:
    decoding = Decoding()
    for _ in range(2):
        with pytest.raises(ValidationError):
            decoding.read(delivery("x", body=b"{}"), BellPolished)
        with pytest.raises(Undecodable):
            decoding.read(delivery("x", headers={}), BellPolished)


def test_no_more_is_remembered_than_allowed() -> None:
    decoding = Decoding(remembered=0)
    first = decoding.read(delivery("x"), BellPolished)[0]
    assert decoding.read(delivery("x"), BellPolished)[0] is not first
