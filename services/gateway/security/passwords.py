"""Passwords: hashed with argon2 in a few threads, checked in the same time whether or not the person exists."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError

from shared.errors import TooManyRequests

T = TypeVar("T")

SHORTEST = 10
LONGEST = 256
_WAITING_PER_THREAD = 16


class Passwords:
    """Each check takes 64 MiB and some tens of milliseconds, so only ``threads`` run at once and few may wait."""

    def __init__(self, threads: int) -> None:
        self._hasher = PasswordHash.recommended()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._room = threads * _WAITING_PER_THREAD
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await self._run(self._hasher.hash, password)

    async def verify(self, password: str, hashed: str | None) -> tuple[bool, str | None]:
        """Whether it fits, and a better hash to store instead, if any. None (no such person) takes as long."""
        if self._nobody is None:
            self._nobody = await self.hash(secrets.token_urlsafe(16))
        fits, better = await self._run(self._check, password, hashed or self._nobody)
        return (fits, better) if hashed is not None else (False, None)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _check(self, password: str, hashed: str) -> tuple[bool, str | None]:
        try:
            return self._hasher.verify_and_update(password, hashed)
        except PwdlibError:
            return False, None

    async def _run(self, function: Callable[..., T], *arguments: str) -> T:
        if self._room <= 0:
            raise TooManyRequests("Too many people are signing in at this moment; try again.", retry_after=2)
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)
        finally:
            self._room += 1
