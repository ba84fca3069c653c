"""Agents at work through the API: they reply, note, set pending, set new, label and resolve, and never give up."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx2
from pydantic import TypeAdapter

from shared.contracts.acts import Act
from shared.contracts.base import Actor
from shared.contracts.conversation_commands import ActOnConversation
from shared.contracts.words import ActorKind
from shared.ids import derived
from tests.support.chaos.office import PASSWORD, Office
from tests.support.chaos.patience import Patience, json_of

ANSWERS = ("Here is what we found out, and how it goes on.", "Thank you for waiting: it is on its way to you now.")
MOVED_ON = (404, 409)
"""It changed since the page was drawn, or is not his to see any more."""
HANDS = 2
"""Pages that one person has open and works in."""
ACTS: TypeAdapter[Act] = TypeAdapter(Act)


@dataclass
class Work:
    """What all agents did. ``commands`` are the acts asked for, by the id that routing knows them by."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    replies: set[str] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)
    commands: dict[str, ActOnConversation] = field(default_factory=dict)


class Agent:
    """One person with a browser: a session, a live stream, and a hand on the queue."""

    def __init__(
        self, client: httpx2.AsyncClient, door: Callable[[], str], office: Office, user: str, seed: str, work: Work
    ) -> None:
        self.rows_pushed = 0
        self.patience = Patience(client, f"{seed} {office.agents[user]} patience")
        self._client = client
        self._door = door
        self._office = office
        self._user = user
        self._work = work
        self._chance = Random(f"{seed} {office.agents[user]}")
        self._actor = Actor(kind=ActorKind.AGENT, id=user)
        self._headers: dict[str, str] = {}

    async def sign_in(self) -> None:
        """By password, as a page does."""
        body = {"email": self._office.agents[self._user], "password": PASSWORD}
        answer = await self._client.post(f"{self._door()}/api/session", json=body)
        view = json_of(answer)
        cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
        self._client.cookies.clear()
        self._headers = {"Cookie": cookie, "X-CSRF-Token": view["csrf"], "Content-Type": "application/json"}
        self._actor = Actor(kind=ActorKind.AGENT, id=self._user, name=view["user"]["name"])

    async def work(self, until: asyncio.Event) -> None:
        """Take what is in the queue, with both hands."""
        await asyncio.gather(*(self._hand(until) for _ in range(HANDS)))

    async def _hand(self, until: asyncio.Event) -> None:
        while not until.is_set():
            status = "pending" if self._chance.random() < 0.2 else "new"
            page = await self._get(f"/api/conversations?owner=me&status={status}&limit=50")
            if page["items"]:
                row = self._chance.choice(page["items"])
                await (self._on_pending(row) if status == "pending" else self._on_new(row))
            await asyncio.sleep(self._chance.uniform(0, 0.2))

    async def watch(self, until: asyncio.Event) -> None:
        """Keep the page's live stream open, from the last event it saw."""
        last = ""
        while not until.is_set():
            try:
                headers = {**self._headers, **({"Last-Event-ID": last} if last else {})}
                async with self._client.stream("GET", f"{self._door()}/api/live", headers=headers, timeout=60) as live:
                    async for line in live.aiter_lines():
                        last = line.removeprefix("id: ") if line.startswith("id: ") else last
                        self.rows_pushed += line == "event: row"
            except httpx2.HTTPError:
                await asyncio.sleep(0.5)

    async def _on_new(self, row: dict[str, Any]) -> None:
        drawn = self._chance.random()
        if drawn < 0.35:
            await self._reply(row)
        elif drawn < 0.42 and row["visibility"] == "private":
            bot = {"kind": "virtual_agent", "id": self._office.bot}
            await self._act(row, {"act": "assign_owner", "owner": bot})
        elif drawn < 0.6:
            await self._reply(row)
            reason = self._office.solved if self._chance.random() < 0.8 else self._office.other
            await self._act(row, {"act": "resolve", "reason": reason})
        elif drawn < 0.8:
            boomerang = {"after_seconds": self._chance.randint(2, 8)} if self._chance.random() < 0.5 else None
            await self._act(row, {"act": "set_pending", "boomerang": boomerang})
        elif drawn < 0.9:
            note = await self._write(f"/api/conversations/{row['id']}/notes", {"text": "Asked the warehouse."}, "note")
            self._work.notes |= {note["message"]["id"]} if note else set()
        else:
            await self._act(row, {"act": "change_topics", "add": [self._chance.choice(self._office.topics)]})

    async def _on_pending(self, row: dict[str, Any]) -> None:
        act = {"act": "set_new"} if self._chance.random() < 0.5 else {"act": "resolve", "reason": self._office.solved}
        await self._act(row, act)

    async def _reply(self, row: dict[str, Any]) -> None:
        body = {"text": self._chance.choice(ANSWERS), "seen": row["last_inbound"]}
        sent = await self._write(f"/api/conversations/{row['id']}/messages", body, "reply")
        self._work.replies |= {sent["message"]["id"]} if sent else set()

    async def _act(self, row: dict[str, Any], act: dict[str, Any]) -> None:
        await self._write(
            f"/api/conversations/{row['id']}/acts",
            {"act": act, "seen": row["last_inbound"], "status_number": row["status_number"]},
            act["act"],
            of=row["id"],
        )

    async def _write(
        self, path: str, body: dict[str, Any], what: str, *, of: str | None = None
    ) -> dict[str, Any] | None:
        """One write, whatever it takes: the same key each time, so it is done once. None: it came too late."""
        key = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        if of is not None:
            request = derived("request", self._user, f"POST {path}", key)
            self._work.commands[derived("command", request, ActOnConversation.type, of)] = ActOnConversation(
                conversation=of,
                act=ACTS.validate_python(body["act"]),
                by=self._actor,
                seen=body["seen"],
                status_number=body["status_number"],
            )
        answer = await self.patience.ask(
            "POST",
            lambda: f"{self._door()}{path}",
            content=json.dumps(body).encode(),
            headers=lambda: {**self._headers, "Idempotency-Key": key},
        )
        if answer.status_code in MOVED_ON:
            self._work.refused[answer.status_code] += 1
            return None
        self._work.done[what] += 1
        found: dict[str, Any] = json_of(answer)
        return found

    async def _get(self, path: str) -> Any:
        return json_of(await self.patience.ask("GET", lambda: f"{self._door()}{path}", headers=lambda: self._headers))
