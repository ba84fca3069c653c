"""``make demo``: two teams, four agents and thirty conversations, through the public API and the webhook channel."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
import time
import uuid
from typing import Any

import httpx2
from rich.console import Console
from rich.progress import track

from deploy.demo import story
from deploy.demo.client import Client, Refused

CONVERSATIONS = 30
SEEN_WITHIN = 60.0
console = Console()


def main() -> int:
    """Fill it; exit code 1 and one line when it cannot be done."""
    url = os.environ.get("SWITCHBOARD_PUBLIC_URL", f"http://localhost:{os.environ.get('SWITCHBOARD_PORT', '8080')}")
    try:
        with Client(url, _key()) as client:
            _fill(client, url)
    except Refused as error:
        sys.stderr.write(f"The demonstration stopped: {error}\n")
        return 1
    except (httpx2.HTTPError, OSError) as error:
        sys.stderr.write(f"The demonstration stopped: {error or type(error).__name__}. Is Switchboard up at {url}?\n")
        return 1
    return 0


def _key() -> str:
    """An API key from the environment, else one made here (which needs this machine's Switchboard)."""
    given = os.environ.get("SWITCHBOARD_API_KEY")
    if given:
        return given
    command = [sys.executable, "-m", "services.cli", "api-key", "create", "demonstration"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if made.returncode != 0:
        raise Refused(made.stderr.strip() or "no API key could be made; set SWITCHBOARD_API_KEY")
    return made.stdout.strip().splitlines()[-1]


def _fill(client: Client, url: str) -> None:
    console.print("People and teams …")
    people = {email: _person(client, name, email, language) for name, email, language in story.PEOPLE}
    teams = {
        language: client.ensure(
            "teams",
            {
                "name": f"Demo {title}",
                "members": [
                    {"user": people[email], "right": "contributor"}
                    for _, email, spoken in story.PEOPLE
                    if spoken == language
                ],
                "capacity": 5,
            },
        )["id"]
        for language, title in (("en", "English"), ("es", "Español"))
    }
    console.print("Channels, routing, hours, a policy, a rule, a survey …")
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    shop = client.ensure(
        "channels", {"name": "Demo shop", "handle": "@shop", "config": {"medium": "webhook", "inbound_secret": secret}}
    )["id"]
    chat = client.ensure(
        "channels", {"name": "Demo chat", "config": {"medium": "webchat", "greeting": "Hello! ¡Hola!"}}
    )["id"]
    _settings(client, teams, [shop, chat])
    _write(client, shop, secret)
    _work(client, shop)
    console.print(f"\nDone. Open {url} and sign in as any of:")
    for name, email, _ in story.PEOPLE:
        console.print(f"  {name}: {email} / {story.PASSWORD}")
    console.print(f"Write as a visitor at {url}/widget/{chat}/demo")


def _person(client: Client, name: str, email: str, language: str) -> str:
    made = client.ensure("users", {"name": name, "email": email, "language": language})
    if not made["value"]["activated"]:
        invite = made.get("invite") or client.post(f"/api/users/{made['id']}/invite", {})
        token = str(invite["link"]).rpartition("#token=")[2]
        client.post("/api/password", {"token": token, "password": story.PASSWORD})
    return str(made["id"])


def _settings(client: Client, teams: dict[str, str], channels: list[str]) -> None:
    topics = {name: client.ensure("topics", {"name": name})["id"] for name in story.TOPICS}
    client.ensure("labels", {"name": "Wholesale"})
    client.ensure("resolve-reasons", {"name": "Solved", "solution_provided": True, "position": 0})
    client.ensure("resolve-reasons", {"name": "No answer needed", "position": 1})
    for language, team in teams.items():
        rule = {"field": "language", "operator": "any_of", "values": [language]}
        client.ensure("skill-sets", {"name": f"Demo writes {language}", "groups": [{"rules": [rule]}], "teams": [team]})
    client.set_singleton("language-detection", {"enabled": True, "languages": ["en", "es"]})
    client.set_singleton("workflow", {"resolve_reasons": {"enabled": True}, "fallback_teams": [teams["en"]]})
    client.set_singleton("priority", {"entries": [{"what": "topic", "id": topics["Payments"]}]})
    client.ensure("schedules", {**story.SCHEDULE, "channels": channels})
    client.ensure("policies", {"name": "Demo policy", "channels": channels, "first_minutes": 30, "next_minutes": 60})
    client.ensure(
        "rules",
        {
            "name": "Demo payments",
            "scope": {"channels": channels},
            "conditions": [{"match": "any_of", "keywords": "charged, pay, cobrado, reembolso"}],
            "actions": [{"act": "change_topics", "add": [topics["Payments"]]}],
        },
    )
    client.ensure("surveys", story.survey(channels))


def _write(client: Client, channel: str, secret: str) -> None:
    """Thirty openings; every third visitor writes again."""
    run = uuid.uuid4().hex[:8]
    for number in track(range(CONVERSATIONS), "Conversations …", console=console):
        name, language = story.VISITORS[number % len(story.VISITORS)]
        texts = [story.OPENINGS[language][number % len(story.OPENINGS[language])]]
        if number % 3 == 0:
            texts.append(story.FOLLOW_UPS[language])
        messages = [
            {
                "external_id": f"{run}-{number}-{place}",
                "visibility": "private",
                "kind": "direct",
                "sender": {"address": f"{run}-{number}", "name": name},
                "text": text,
            }
            for place, text in enumerate(texts)
        ]
        client.hook(channel, secret, {"messages": messages})


def _work(client: Client, channel: str) -> None:
    """Note on some, set some pending, resolve some, so that every tab has something.

    Nothing is answered: the demonstration has nobody who would receive it.
    """
    rows = _rows(client, channel)
    console.print("Notes, pending and resolved ones …")
    for place, row in enumerate(rows):
        if place % 3 == 2:
            continue
        note = story.NOTES.get(row.get("language") or "en", story.NOTES["en"])
        client.post(f"/api/conversations/{row['id']}/notes", {"text": note})
        act: dict[str, Any] = {"act": "set_pending"} if place % 3 == 0 else {"act": "resolve"}
        try:
            client.post(f"/api/conversations/{row['id']}/acts", {"act": act, "seen": row.get("last_inbound")})
        except Refused:
            continue  # it moved meanwhile: somebody is working here already


def _rows(client: Client, channel: str) -> list[dict[str, Any]]:
    """The new conversations of the channel, once the queue shows most of them."""
    until = time.monotonic() + SEEN_WITHIN
    while True:
        rows: list[dict[str, Any]] = client.get(f"/api/conversations?status=new&channel={channel}&limit=100")["items"]
        if len(rows) >= CONVERSATIONS or time.monotonic() > until:
            return rows
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
