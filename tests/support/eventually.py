"""Wait for a condition instead of sleeping."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(condition: Callable[[], Awaitable[T]], within: float = 30.0) -> T: ...


@overload
async def eventually(condition: Callable[[], T], within: float = 30.0) -> T: ...


async def eventually(condition: Callable[[], Any], within: float = 30.0) -> Any:
    """Ask until the answer is true, and return it. TimeoutError after ``within`` seconds."""
    async with asyncio.timeout(within):
        while True:
            answer = condition()
            result = await answer if inspect.isawaitable(answer) else answer
            if result:
                return result
            await asyncio.sleep(0.02)
