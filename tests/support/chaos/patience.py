"""HTTP as a patient client does it: again on 5xx, 429 and broken connections, the same request each time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import httpx2

GIVE_UP = 150.0
LONGEST_PAUSE = 2.0


class Patience:
    """``answers`` counts what was heard on the way: statuses, and ``lost`` for no answer at all."""

    def __init__(self, client: httpx2.AsyncClient, seed: str) -> None:
        self.answers: Counter[str] = Counter()
        self._client = client
        self._chance = Random(seed)

    async def ask(
        self,
        method: str,
        url: Callable[[], str],
        *,
        content: bytes | None = None,
        headers: Callable[[], Mapping[str, str]],
    ) -> httpx2.Response:
        """The first answer below 500. TimeoutError when there is none for ``GIVE_UP`` seconds."""
        deadline, tries = time.monotonic() + GIVE_UP, 0
        while True:
            tries += 1
            try:
                answer = await self._client.request(method, url(), content=content, headers=dict(headers()))
            except httpx2.HTTPError:
                self.answers["lost"] += 1
            else:
                self.answers[str(answer.status_code)] += 1
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} {url()} got no good answer in {tries} tries: {dict(self.answers)}")
            await asyncio.sleep(self._chance.uniform(0.1, min(LONGEST_PAUSE, 0.2 * 2**tries)))


def json_of(answer: httpx2.Response) -> Any:
    """The body. AssertionError with what was said when it is a refusal."""
    assert answer.is_success, f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None
