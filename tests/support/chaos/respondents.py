"""Contacts who open the link of a survey: they answer on its hosted page, and some comment."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Callable, Mapping
from random import Random
from urllib.parse import urlencode, urlsplit

import httpx2

from tests.support.chaos.network import Endpoint
from tests.support.chaos.patience import Patience

ANSWERING, COMMENTING = 0.6, 0.5
PATH = "/survey/"


class Respondents:
    """``answers`` are the options that pages took, by invitation; ``comments`` the texts that were sent."""

    def __init__(self, client: httpx2.AsyncClient, seed: str, door: Callable[[], str]) -> None:
        self.patience = Patience(client, f"{seed} respondents")
        self.answers: dict[str, str] = {}
        self.comments: dict[str, str] = {}
        self._door = door
        self._chance = Random(f"{seed} respondents answers")

    async def answer(self, endpoint: Endpoint, until: asyncio.Event) -> None:
        """Of the surveys that arrived, answer some; each request until it is answered well."""
        seen: set[str] = set()
        while not until.is_set():
            for id, body in [(id, body) for id, body in endpoint.bodies.items() if id not in seen]:
                seen.add(id)
                if PATH in body["text"] and self._chance.random() < ANSWERING:
                    await self._visit(urlsplit(str(body["text"]).rsplit("\n", 1)[-1]).path)
            await asyncio.sleep(0.2)

    async def _visit(self, path: str) -> None:
        invitation, option = _invitation(path), str(self._chance.randint(1, 5))
        await self._post(path, {"option": option})
        self.answers[invitation] = option
        if self._chance.random() < COMMENTING:
            self.comments[invitation] = f"Comment of {invitation}"
            await self._post(path, {"comment": self.comments[invitation]})

    async def _post(self, path: str, fields: Mapping[str, str]) -> None:
        answer = await self.patience.ask(
            "POST", lambda: f"{self._door()}{path}", content=urlencode(fields).encode(), headers=_form
        )
        assert answer.status_code == 200, f"{path}: {answer.status_code}"


def _form() -> Mapping[str, str]:
    return {"content-type": "application/x-www-form-urlencoded"}


def _invitation(path: str) -> str:
    """The token begins with the invitation's id."""
    return str(uuid.UUID(bytes=base64.urlsafe_b64decode(path.removeprefix(PATH) + "=")[:16]))
