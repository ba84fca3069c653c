"""Acknowledgements slow down before anything grows without end."""

from __future__ import annotations

import time

import pytest
from prometheus_client import Gauge

from services.ingest.http.gate import Gate
from services.ingest.http.limiting import Limiter
from services.ingest.streams import Streams
from shared.contracts.live import TimelineHint
from shared.errors import RetryLater, TooManyRequests


async def test_who_finds_no_place_in_time_is_told_to_come_again() -> None:
    gate = Gate(1, 0.05, 1.0, lambda: 0.0)
    async with gate():
        with pytest.raises(RetryLater) as caught:
            async with gate():
                raise AssertionError("two in one place")
    assert caught.value.extra["retry_after"] == 5
    async with gate():
        pass


async def test_an_acknowledgement_waits_as_long_as_the_oldest_write_has() -> None:
    gate = Gate(1, 1.0, 0.1, lambda: 0.3)
    began = time.monotonic()
    async with gate():
        pass
    assert time.monotonic() - began >= 0.3


async def test_a_place_is_free_again_after_a_failure() -> None:
    gate = Gate(1, 0.05, 1.0, lambda: 0.0)
    for _ in range(3):
        with pytest.raises(ValueError, match="x"):
            async with gate():
                raise ValueError("x")


async def test_a_rule_counts_each_key_by_itself() -> None:
    limiter = Limiter({"r": "1/minute", "s": "1/minute"})
    for rule, key in (("r", "a"), ("r", "b"), ("s", "a")):
        await limiter.hit(rule, key)
    with pytest.raises(TooManyRequests) as caught:
        await limiter.hit("r", "a")
    assert 1 <= caught.value.extra["retry_after"] <= 61


async def test_an_ear_hears_what_was_named_and_only_of_its_conversation() -> None:
    streams = Streams(2, Gauge("streams", "test", registry=None))
    with streams.listening("c") as ear, streams.listening("d") as other:
        for message in ("m1", "m2"):
            await streams.on_hint(TimelineHint(conversation="c", message_id=message))
        assert await ear.heard(1) == frozenset({"m1", "m2"})
        assert await ear.heard(0.01) is None
        assert await other.heard(0.01) is None
        streams.wake_all()
        assert await ear.heard(1) == frozenset()
        assert await other.heard(1) == frozenset()
    assert streams.count == 0
