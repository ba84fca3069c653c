"""Schedules over HTTP: every worked example of sla.md through the preview, holidays, and what is refused."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.product import Caller, Product, problem, signed_in
from tests.support.shop import Shop

pytestmark = pytest.mark.integration

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "sla_vectors.json").read_text())
PREVIEW = "/api/schedules/preview"
OFFICE = VECTORS["schedules"]["S1"]
MADRID: dict[str, Any] = {**OFFICE, "import": {"country": "ES", "subdivision": "MD"}}

at = datetime.fromisoformat


def schedule(vector: dict[str, Any]) -> dict[str, Any] | None:
    return None if vector["schedule"] is None else VECTORS["schedules"][vector["schedule"]]


async def test_every_vector_of_due_times_holds_over_http(machine: Caller) -> None:
    for vector in VECTORS["due"]:
        body = {"schedule": schedule(vector), "start": vector["start"], "target_seconds": vector["target_min"] * 60}
        found = await machine.post(PREVIEW, body)
        wanted = (at(vector["due_at"]), at(vector["breach_at"]))
        assert (at(found["due_at"]), at(found["breach_at"])) == wanted, vector["id"]
        assert found["working_seconds"] is None
        assert isinstance(found["open_now"], bool)


async def test_every_vector_of_working_time_holds_over_http(machine: Caller) -> None:
    for vector in VECTORS["working_time"]:
        body = {"schedule": schedule(vector), "start": vector["from"], "target_seconds": 60, "until": vector["to"]}
        assert (await machine.post(PREVIEW, body))["working_seconds"] == vector["seconds"], vector["id"]


async def test_a_schedule_may_be_named_by_its_id_by_whoever_is_signed_in(
    product: Product, shop: Shop, machine: Caller
) -> None:
    vector = next(each for each in VECTORS["due"] if each["id"] == "V6")
    value = {"name": "Two shifts", "hours": schedule(vector)}
    made = await machine.post("/api/settings/schedules", value)
    body = {"schedule": made["id"], "start": vector["start"], "target_seconds": vector["target_min"] * 60}
    async with signed_in(product.url, "ana@example.org") as person:
        assert at((await person.post(PREVIEW, body))["due_at"]) == at(vector["due_at"])
    document = await machine.get("/openapi.json")
    assert "post" in document["paths"][PREVIEW]


async def test_special_days_and_a_countrys_holidays_count(machine: Caller) -> None:
    """2 May is a holiday of Madrid's alone, 24 December a short day: 15 minutes of it, the rest on Monday."""
    madrid = {**MADRID, "special_days": {"2024-12-24": ["09:00-12:00"], "2024-12-26": []}}
    body = {"schedule": madrid, "start": "2024-05-01T12:00:00+02:00", "target_seconds": 3600}
    assert at((await machine.post(PREVIEW, body))["due_at"]) == at("2024-05-03T10:00:00+02:00")
    spain = {**madrid, "import": {"country": "ES"}}
    assert at((await machine.post(PREVIEW, {**body, "schedule": spain}))["due_at"]) == at("2024-05-02T10:00:00+02:00")
    body = {"schedule": madrid, "start": "2024-12-24T11:45:00+01:00", "target_seconds": 3600}
    assert at((await machine.post(PREVIEW, body))["due_at"]) == at("2024-12-27T09:45:00+01:00")


@pytest.mark.parametrize(
    ("hours", "field", "says"),
    [
        ({"zone": "Europe/Madrid"}, None, "too little open time"),
        ({**OFFICE, "import": {"country": "ZZ"}}, "country", "AD, AE, AF"),
        ({**OFFICE, "import": {"country": "ES", "subdivision": "ZZ"}}, "subdivision", "MD, ML, NC"),
        ({**OFFICE, "zone": "Mars/Olympus"}, "zone", "IANA name"),
        ({**OFFICE, "week": {"mon": ["09:00-17:00", "16:00-18:00"]}}, "", "overlap"),
    ],
)
async def test_what_can_never_be_is_refused_with_what_to_do(
    machine: Caller, hours: dict[str, Any], field: str | None, says: str
) -> None:
    body = {"schedule": hours, "start": "2026-02-06T16:45:00+01:00", "target_seconds": 1800}
    refused = problem(await machine.ask("POST", PREVIEW, body))
    assert refused["status"] == 422
    assert says in json.dumps(refused, ensure_ascii=False)
    if field is not None:
        saved = await machine.ask("POST", "/api/settings/schedules", {"name": "Never", "hours": hours})
        errors = problem(saved)["errors"]
        assert any(one["field"].endswith(field) and says in one["message"] for one in errors), errors


async def test_a_schedule_nobody_has_is_not_found_and_a_stranger_is_not_answered(
    machine: Caller, stranger: Caller
) -> None:
    body = {"schedule": "nobody's", "start": "2026-02-06T16:45:00+01:00", "target_seconds": 1800}
    assert problem(await machine.ask("POST", PREVIEW, body))["status"] == 404
    assert problem(await stranger.ask("POST", PREVIEW, {**body, "schedule": None}))["status"] == 401


async def test_SL_09_a_second_schedule_asks_before_it_takes_a_channel_over(machine: Caller) -> None:
    hours = {"zone": "UTC", "week": {"mon": ["09:00-17:00"]}}
    day = await machine.post("/api/settings/schedules", {"name": "By day", "hours": hours, "channels": ["gate"]})
    night = {"name": "By night", "hours": hours, "channels": ["gate"]}
    refused = problem(await machine.ask("POST", "/api/settings/schedules", night))
    assert (refused["status"], refused["conflict"]["id"], refused["conflict"]["movable"]) == (409, day["id"], True)
    await machine.post("/api/settings/schedules?move=true", night)
    assert (await machine.get(f"/api/settings/schedules/{day['id']}"))["value"]["channels"] == []


async def test_SL_01_SL_07_what_lacks_hours_is_warned_of_or_refused(machine: Caller) -> None:
    bare = {"name": "Bare", "channels": ["nowhere"], "first_minutes": 10}
    saved = await machine.post("/api/settings/policies", bare)
    assert any("No opening hours" in warning for warning in saved["warnings"])
    workflow = await machine.get("/api/settings/workflow/-")
    value = {**workflow["value"], "vocabulary": "ticket", "agreed_response_minutes": 60, "default_schedule": None}
    answer = await machine.ask("PUT", "/api/settings/workflow/-", value, If_Match=f'"{workflow["version"]}"')
    assert [error["field"] for error in problem(answer)["errors"]] == ["default_schedule"]
