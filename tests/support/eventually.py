"""Wait for a condition instead of sleeping."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(condition: Callable[[], T | Awaitable[T]], within: float = 10.0) -> T:
    """Ask until the answer is true, and return it. TimeoutError after ``within`` seconds."""
    async with asyncio.timeout(within):
        while True:
            answer = condition()
            result: T = await answer if inspect.isawaitable(answer) else answer
            if result:
                return result
            await asyncio.sleep(0.02)
