"""A small workspace made through the public API: two teams by language, a chat channel, reasons, a survey."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from deploy.demo.client import Client
from tests.support.processes import ROOT, SECRET_KEY

PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Workspace:
    """Ids of what was made, and a client with an API key of all scopes."""

    client: Client
    chat: str
    users: dict[str, str]
    reason: str

    @property
    def demo_page(self) -> str:
        """Where a visitor writes."""
        return f"/widget/{self.chat}/demo"


def api_key(**settings: str) -> str:
    """An API key made by the command line, which is told the servers by ``settings``."""
    ours = {f"SWITCHBOARD_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "services.cli", "api-key", "create", "test"]
    made = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **ours, "SWITCHBOARD_SECRET_KEY": SECRET_KEY},
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip().splitlines()[-1]


def furnished(client: Client) -> Workspace:
    """Ana and Bea answer Spanish, Carl English; a reason that means a solution; a survey right after a resolve."""
    users = {name: _person(client, name) for name in ("Ana", "Bea", "Carl")}
    teams = {
        language: client.ensure(
            "teams", {"name": f"Team {language}", "members": [{"user": users[n]} for n in names], "capacity": 3}
        )["id"]
        for language, names in (("es", ("Ana", "Bea")), ("en", ("Carl",)))
    }
    for language, team in teams.items():
        rule = {"field": "language", "values": [language]}
        client.ensure("skill-sets", {"name": f"Writes {language}", "groups": [{"rules": [rule]}], "teams": [team]})
    client.set_singleton("language-detection", {"enabled": True, "languages": ["en", "es"]})
    reason = client.ensure("resolve-reasons", {"name": "Solved", "solution_provided": True})["id"]
    client.set_singleton("workflow", {"resolve_reasons": {"enabled": True}})
    chat = client.ensure("channels", {"name": "Chat", "config": {"medium": "webchat"}})["id"]
    topic = client.ensure("topics", {"name": "Orders"})["id"]
    client.ensure(
        "rules",
        {
            "name": "Orders",
            "conditions": [{"keywords": "pedido, order"}],
            "actions": [{"act": "change_topics", "add": [topic]}],
        },
    )
    client.set_singleton("priority", {"entries": [{"what": "topic", "id": topic}]})
    client.ensure("policies", {"name": "Chat", "channels": [chat], "first_minutes": 30, "next_minutes": 30})
    client.ensure(
        "surveys",
        {
            "name": "How was it",
            "channels": [chat],
            "default_language": "en",
            "versions": [
                {"language": "en", "question": "How did we do?"},
                {"language": "es", "question": "¿Qué tal lo hicimos?"},
            ],
        },
    )
    return Workspace(client, chat, users, reason)


def _person(client: Client, name: str) -> str:
    value: dict[str, Any] = {"name": name, "email": f"{name.lower()}@example.org", "language": "en"}
    made = client.ensure("users", value)
    token = str(made["invite"]["link"]).rpartition("#token=")[2]
    client.post("/api/password", {"token": token, "password": PASSWORD})
    return str(made["id"])
