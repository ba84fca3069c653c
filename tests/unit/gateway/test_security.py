"""Passwords, tokens and rate limits."""

from __future__ import annotations

import time

import pytest

from services.gateway.security.passwords import Passwords
from services.gateway.security.throttle import Throttle
from services.gateway.security.tokens import hashed, new_key, new_password, new_token, same
from shared.errors import TooManyRequests


async def test_a_password_fits_its_own_hash_only() -> None:
    passwords = Passwords(1)
    stored = await passwords.hash("correct horse")
    assert (await passwords.verify("correct horse", stored))[0]
    assert not (await passwords.verify("correct house", stored))[0]
    assert not (await passwords.verify("correct horse", "not a hash"))[0]
    passwords.close()


async def test_nobody_s_password_takes_as_long_as_somebody_s() -> None:
    passwords = Passwords(1)
    stored = await passwords.hash("correct horse")
    await passwords.verify("warm", None)
    started = time.perf_counter()
    await passwords.verify("wrong", stored)
    somebody = time.perf_counter() - started
    started = time.perf_counter()
    assert await passwords.verify("wrong", None) == (False, None)
    assert time.perf_counter() - started > somebody / 10
    passwords.close()


def test_tokens_differ_and_only_their_hash_is_kept() -> None:
    one, other = new_token(), new_token()
    assert one != other
    assert hashed(one) != one
    assert same(one, one)
    assert not same(one, other)
    assert new_key().startswith("sbk_")
    assert len(new_password()) == 19


async def test_what_is_over_the_limit_is_refused_with_the_time_to_wait() -> None:
    throttle = Throttle("test", 3)
    for _ in range(3):
        await throttle.check("a")
    with pytest.raises(TooManyRequests) as refused:
        await throttle.check("b", "a")
    assert 0 < refused.value.extra["retry_after"] <= 60
    await throttle.check("c")
