"""The workspace of a run, set up through the public API: people, teams, channels, routing, hours, rules, a survey."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.client import Client
from tests.support.chaos.plan import KEYWORD, TAGGED

PASSWORD = "chaos-and-order-2026"
CAPACITY = 3
SCRIPTS = [
    {"language": "es", "steps": [{"step": "statement", "text": "Hola, enseguida le atiende una persona."}]},
    {"steps": [{"step": "statement", "text": "Hello, somebody will be with you in a moment."}]},
]
"""They greet whoever writes in private, and hand over."""
BOT_PATH = "/bot"
BUDGET = 3
"""Runs of rules on a conversation within an hour: some conversations have more to say than that."""
PEOPLE = {"Ana": "en", "Ben": "en", "Carla": "es", "Diego": "es"}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = {"zone": "Europe/Madrid", "week": {day: ["00:00-12:00", "12:30-24:00"] for day in DAYS}}
TARGETS = {"first_minutes": 600, "next_minutes": 900, "resolution_minutes": 2000}
"""So far away that no alarm goes off during a run."""


@dataclass(frozen=True)
class Office:
    """What the load needs to know. ``agents`` are e-mails by user id, ``teams`` ids by language."""

    key: str
    channel: str
    mailbox: str
    inbound_secret: str
    outbound_secret: str
    agents: dict[str, str]
    teams: dict[str, str]
    topics: tuple[str, ...]
    solved: str
    other: str
    survey: str
    bot: str
    bot_secret: str


def furnish(url: str, key: str, receiver: str, mailbox: Mapping[str, Any]) -> Office:
    """Set everything up; replies go to ``receiver``, and those to mail as the ``mailbox`` says."""
    inbound, outbound = _secret(), _secret()
    with Client(url, key) as client:
        agents = {_person(client, name): f"{name.lower()}@chaos.example" for name in PEOPLE}
        teams = {language: _team(client, language, list(agents)) for language in ("en", "es")}
        config = {
            "medium": "webhook",
            "inbound_secret": inbound,
            "outbound_url": f"{receiver}/replies",
            "outbound_secret": outbound,
        }
        channel = str(client.ensure("channels", {"name": "Shop", "config": config})["id"])
        post = str(client.ensure("channels", {"name": "Post", "config": dict(mailbox)})["id"])
        topics = tuple(client.ensure("topics", {"name": name})["id"] for name in ("Payments", "Orders"))
        solved = client.ensure("resolve-reasons", {"name": "Solved", "solution_provided": True})["id"]
        other = client.ensure("resolve-reasons", {"name": "No answer needed", "position": 1})["id"]
        _routing(client, teams, topics)
        survey = _others(client, [channel, post], topics)
        robin = {
            "name": "Robin",
            "activation": "delegation",
            "channels": [channel, post],
            "endpoint": f"{receiver}{BOT_PATH}",
            "secret": (bot_secret := _secret()),
            "agent_timeout_seconds": 5,
        }
        bot = str(client.ensure("virtual-agents", robin)["id"])
    return Office(key, channel, post, inbound, outbound, agents, teams, topics, solved, other, survey, bot, bot_secret)


def _person(client: Client, name: str) -> str:
    email = f"{name.lower()}@chaos.example"
    made = client.ensure("users", {"name": name, "email": email})
    token = str(made["invite"]["link"]).rpartition("#token=")[2]
    client.post("/api/password", {"token": token, "password": PASSWORD})
    return str(made["id"])


def _team(client: Client, language: str, agents: list[str]) -> str:
    spoken = dict(zip(agents, PEOPLE.values(), strict=True))
    members = [{"user": id, "right": "contributor"} for id in agents if spoken[id] == language]
    team = {"name": f"Team {language}", "members": members, "capacity": CAPACITY, "strategy": "least_loaded"}
    return str(client.ensure("teams", team)["id"])


def _routing(client: Client, teams: dict[str, str], topics: tuple[str, ...]) -> None:
    for language, team in teams.items():
        rule = {"field": "language", "operator": "any_of", "values": [language]}
        client.ensure("skill-sets", {"name": f"Writes {language}", "groups": [{"rules": [rule]}], "teams": [team]})
    client.set_singleton("language-detection", {"enabled": True, "languages": ["en", "es"]})
    client.set_singleton("workflow", {"resolve_reasons": {"enabled": True}, "fallback_teams": [teams["en"]]})
    client.set_singleton("priority", {"entries": [{"what": "topic", "id": topics[0]}]})


def _others(client: Client, channels: list[str], topics: tuple[str, ...]) -> str:
    client.ensure("schedules", {"name": "Hours", "hours": HOURS, "channels": channels})
    client.ensure("policies", {"name": "Policy", "channels": channels, **TARGETS})
    rule: dict[str, Any] = {
        "name": "Refunds",
        "scope": {"channels": channels},
        "conditions": [{"match": "any_of", "keywords": ", ".join(KEYWORD.values())}],
        "actions": [{"act": "change_topics", "add": [topics[0]]}],
    }
    client.ensure("rules", rule)
    tagging = {
        "name": "Orders",
        "scope": {"channels": channels},
        "conditions": [{"match": "any_of", "keywords": ", ".join(TAGGED)}],
        "actions": [{"act": "tag_message", "add": ["orders"]}],
        "position": 1,
    }
    client.ensure("rules", tagging)
    client.set_singleton("automation", {"runs_per_hour": BUDGET})
    client.ensure("auto-responders", {"name": "Greeter", "channels": channels, "scripts": SCRIPTS})
    versions = [
        {"language": "en", "question": "How did we do? Answer with a number from 1 to 5."},
        {"language": "es", "question": "¿Qué tal lo hicimos? Responda con un número del 1 al 5."},
    ]
    survey = {"name": "Survey", "channels": channels, "versions": versions, "page_link": "always"}
    made = client.ensure("surveys", survey)
    return str(made["id"])


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
