"""What settings objects promise, over a bus in memory and on a real broker, always on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pymongo
import pytest
import structlog

from services.sla.resources import declarations as sla_declarations
from shared.bus import Bus, consumes, metadata
from shared.clock import SystemClock
from shared.contracts.base import Actor, Meta
from shared.contracts.resources import (
    CompareResources,
    CreateResource,
    DeleteResource,
    ListResources,
    ReadResource,
    ResourceChanged,
    Stored,
    UpdateResource,
)
from shared.contracts.settings import Channel, Policy, ScheduleSettings, WebhookConfig, WorkflowSettings
from shared.contracts.words import ActorKind
from shared.errors import Conflict, NotFound, StaleVersion, Unprocessable
from shared.ids import new_id
from shared.resources import Declaration, Replicas, ResourceOwner, settings_table, unique_name
from tests.support.eventually import eventually
from tests.support.premises import Premises, only, premises

pytestmark = pytest.mark.integration
ADMIN = Actor(kind=ActorKind.AGENT, id="ana", name="Ana")
MADE = "made for the admin"


def _with_secret(value: Channel, _former: Channel | None) -> Channel:
    if not isinstance(value.config, WebhookConfig) or value.config.inbound_secret:
        return value
    return value.model_copy(update={"config": value.config.model_copy(update={"inbound_secret": MADE + new_id()})})


DECLARATIONS = (
    *sla_declarations(),
    Declaration(Channel, claims=unique_name, prepare=_with_secret),
    Declaration(
        WorkflowSettings,
        warnings=lambda value: ["Auto-resolve wins."] if value.default_boomerang else [],
        keep=lambda _id, _value, _others: "The workspace needs its settings.",
    ),
)


@dataclass
class Office:
    """An owner of settings (sla, for the sake of the test) and who asks it."""

    place: Premises
    asking: Bus
    mongo_url: str
    buses: dict[int, Bus] = field(default_factory=dict)

    async def owner(self) -> ResourceOwner:
        """Another process of the owner."""
        bus = await self.place.bus("sla")
        owner = ResourceOwner(
            self.place.database("sla"), DECLARATIONS, bus=bus, vault=self.place.vault, clock=SystemClock()
        )
        await owner.start()
        self.place.exits.push_async_callback(owner.stop)
        await bus.start(settings_table(owner, None))
        self.buses[id(owner)] = bus
        return owner

    async def end(self, owner: ResourceOwner) -> None:
        """That process ends."""
        await owner.stop()
        await self.buses.pop(id(owner)).close()

    async def replicas(self, within: float = 5.0) -> Replicas:
        """Copies in another service."""
        bus = await self.place.bus("routing")
        replicas = Replicas(
            self.place.database("routing"), (Channel, Policy, WorkflowSettings), bus=bus, log=structlog.get_logger()
        )
        await bus.start(settings_table(None, replicas))
        await replicas.start(within)
        self.place.exits.push_async_callback(replicas.stop)
        return replicas

    async def create(self, kind: str, value: dict[str, Any], meta: Meta | None = None) -> Stored:
        return await self.asking.ask(CreateResource(kind=kind, value=value, by=ADMIN), service="sla", meta=meta)

    async def update(self, stored: Stored, **changes: Any) -> Stored:
        command = UpdateResource(
            kind=stored.kind, id=stored.id, version=stored.version, value={**stored.value, **changes}, by=ADMIN
        )
        return await self.asking.ask(command, service="sla")

    async def delete(self, stored: Stored) -> None:
        command = DeleteResource(kind=stored.kind, id=stored.id, version=stored.version, by=ADMIN)
        await self.asking.ask(command, service="sla")

    async def read(self, kind: str, id: str) -> Stored:
        return await self.asking.ask(ReadResource(kind=kind, id=id), service="sla")

    async def names(self, kind: str, **how: Any) -> list[str]:
        found, after = [], None
        while True:
            page = await self.asking.ask(ListResources(kind=kind, after=after, **how), service="sla")
            found += [item.value["name"] for item in page.items]
            after = page.next
            if after is None:
                return found

    async def document(self, kind: str, id: str) -> str:
        """The stored object as text, whatever is in it."""
        with pymongo.MongoClient[dict[str, Any]](self.mongo_url) as client:
            return repr(client[f"{self.place.prefix}_sla"]["settings"].find_one({"_id": f"{kind}/{id}"}))


@pytest.fixture(params=["memory", "broker"])
async def office(request: pytest.FixtureRequest, mongo_url: str, prefix: str) -> AsyncIterator[Office]:
    rabbit_url = request.getfixturevalue("rabbit_url") if request.param == "broker" else None
    services = ("sla", "routing", "gateway")
    async with premises(mongo_url, prefix, only(ResourceChanged, services=services), rabbit_url=rabbit_url) as place:
        yield Office(place, await place.bus("gateway"), mongo_url)


def policy(name: str, *visibilities: str, channel: str = "ch-1", **fields: Any) -> dict[str, Any]:
    value = {"name": name, "channels": [channel], "first_minutes": 10, **fields}
    return {**value, "visibilities": visibilities} if visibilities else value


def channel(name: str, **config: Any) -> dict[str, Any]:
    return {"name": name, "config": {"medium": "webhook", **config}}


async def test_created_changed_deleted_with_versions(office: Office) -> None:
    owner = await office.owner()
    made = await office.create("policies", policy("Care"))
    assert (made.version, made.changed_by, made.value["first_minutes"]) == (1, ADMIN, 10)
    changed = await office.update(made, first_minutes=20)
    assert (changed.version, changed.created_at) == (2, made.created_at)
    assert owner.book(Policy).all()[made.id].first_minutes == 20
    with pytest.raises(StaleVersion) as stale:
        await office.update(made, first_minutes=30)
    assert stale.value.extra["current"]["version"] == 2
    with pytest.raises(StaleVersion):
        await office.delete(made)
    await office.delete(changed)
    assert owner.book(Policy).all() == {}
    with pytest.raises(NotFound):
        await office.read("policies", made.id)
    with pytest.raises(NotFound):
        await office.update(changed)
    await office.delete(changed)


async def test_the_same_command_twice_creates_one(office: Office) -> None:
    await office.owner()
    command = CreateResource(kind="channels", value=channel("Shop"), by=ADMIN)
    meta = metadata(command, cause=None, event_id=new_id(), now=SystemClock().now())
    first, again = [await office.create("channels", channel("Shop"), meta) for _ in range(2)]
    assert first == again
    assert first.revealed["config.inbound_secret"].startswith(MADE)
    assert await office.names("channels") == ["Shop"]


async def test_two_processes_of_the_owner_know_the_same(office: Office) -> None:
    one, two = await office.owner(), await office.owner()
    made = await office.create("policies", policy("Care"))
    await eventually(lambda: all(made.id in owner.book(Policy).all() for owner in (one, two)), within=20)
    await office.delete(made)
    await eventually(lambda: not any(owner.book(Policy).all() for owner in (one, two)), within=20)
    compared = await office.asking.ask(CompareResources(), service="sla")
    assert compared.revisions["policies"] == one.book(Policy).revision == two.book(Policy).revision


async def test_pages_are_by_name_and_searched(office: Office) -> None:
    await office.owner()
    for name in ("beta", "Alpha", "gamma", "alphabet"):
        await office.create("policies", policy(name, channel=name))
    assert await office.names("policies", limit=3) == ["Alpha", "alphabet", "beta", "gamma"]
    assert await office.names("policies", search="ALPHA") == ["Alpha", "alphabet"]


async def test_what_a_rule_of_the_product_forbids_is_refused_by_field(office: Office) -> None:
    await office.owner()
    for value, place in (
        (policy("Care", first_minutes=None), "first_minutes"),
        (policy("Care", first_minutes=-1), "first_minutes"),
        (policy("Care", colour="red"), "colour"),
    ):
        with pytest.raises(Unprocessable) as refused:
            await office.create("policies", value)
        assert refused.value.extra["errors"][0]["field"] == place
    with pytest.raises(NotFound):
        await office.create("spells", {})
    assert await office.names("policies") == []


@pytest.mark.parametrize("processes", [1, 2])
async def test_SL_03_two_at_once_for_one_channel_and_visibility_exactly_one_wins(
    office: Office, processes: int
) -> None:
    for _ in range(processes):
        await office.owner()
    wanted = [office.create("policies", policy(f"Care {number}", "private")) for number in range(4)]
    done = await asyncio.gather(*wanted, return_exceptions=True)
    (winner,) = [one for one in done if isinstance(one, Stored)]
    refused = [one for one in done if isinstance(one, Conflict)]
    assert len(refused) == 3
    for one in refused:
        assert one.extra["conflict"] == {
            "id": winner.id,
            "kind": "policies",
            "name": winner.value["name"],
            "claim": "channel:ch-1:private",
            "movable": False,
        }
        assert winner.value["name"] in one.detail
    await office.create("policies", policy("Public", "public"))
    await office.create("policies", policy("Both"))
    await office.create("policies", policy("Asleep", "private", enabled=False))
    await office.update(winner, enabled=False)
    await office.create("policies", policy("Heir", "private"))


async def test_SL_09_a_schedule_per_channel_and_no_overlapping_shifts(office: Office) -> None:
    await office.owner()
    hours = {"zone": "Europe/Madrid", "week": {"mon": ["09:00-17:00"]}}
    await office.create("schedules", {"name": "Day", "hours": hours, "channels": ["ch-1"]})
    with pytest.raises(Conflict) as taken:
        await office.create("schedules", {"name": "Night", "hours": hours, "channels": ["ch-2", "ch-1"]})
    assert taken.value.extra["conflict"]["name"] == "Day"
    overlapping = {**hours, "week": {"mon": ["09:00-17:00", "16:00-20:00"]}}
    with pytest.raises(Unprocessable, match="overlap"):
        await office.create("schedules", {"name": "Odd", "hours": overlapping})


async def test_SL_09_a_second_schedule_takes_over_a_channel_once_that_is_confirmed(office: Office) -> None:
    owner = await office.owner()
    hours = {"zone": "Europe/Madrid", "week": {"mon": ["09:00-17:00"]}}
    day = await office.create("schedules", {"name": "Day", "hours": hours, "channels": ["ch-1", "ch-2"]})
    noon = await office.create("schedules", {"name": "Noon", "hours": hours, "channels": ["ch-3"]})
    value = {"name": "Night", "hours": hours, "channels": ["ch-2", "ch-3"]}
    with pytest.raises(Conflict, match="Confirm to move") as taken:
        await office.create("schedules", value)
    assert taken.value.extra["conflict"]["movable"] is True
    night = await office.asking.ask(CreateResource(kind="schedules", value=value, move=True, by=ADMIN), service="sla")
    held = {id: one.channels for id, one in owner.book(ScheduleSettings).all().items()}
    assert held == {day.id: ("ch-1",), noon.id: (), night.id: ("ch-2", "ch-3")}
    with pytest.raises(Conflict) as named:  # a name is nothing to give up
        await office.asking.ask(
            CreateResource(kind="schedules", value={**value, "name": "Day"}, move=True, by=ADMIN), service="sla"
        )
    assert named.value.extra["conflict"]["movable"] is False


async def test_a_name_is_taken_whatever_its_case_until_its_object_is_gone(office: Office) -> None:
    await office.owner()
    first = await office.create("channels", channel("Shop"))
    with pytest.raises(Conflict, match="Shop"):
        await office.create("channels", channel(" shop "))
    await office.delete(first)
    await office.create("channels", channel("shop"))


async def test_secrets_are_sealed_at_rest_hidden_and_kept(office: Office) -> None:
    owner = await office.owner()
    made = await office.create("channels", channel("Shop", inbound_secret="open sesame", outbound_secret="tell no one"))
    assert made.value["config"]["inbound_secret"] is None
    assert set(made.secrets) == {"config.inbound_secret", "config.outbound_secret"}
    assert made.revealed == {}
    stored = await office.document("channels", made.id)
    assert "Shop" in stored
    assert "sesame" not in stored
    assert "no one" not in stored
    config = {**made.value["config"], "outbound_secret": "another"}
    changed = await office.update(made, config=config)
    kept = owner.book(Channel).all()[made.id].config
    assert isinstance(kept, WebhookConfig)
    assert (kept.inbound_secret, kept.outbound_secret) == ("open sesame", "another")
    assert "sesame" not in repr(changed)
    assert "another" not in await office.document("channels", made.id)
    fresh = await office.owner()
    assert fresh.book(Channel).all()[made.id].config == kept


async def test_a_singleton_reads_as_its_defaults_until_saved_and_stays(office: Office) -> None:
    owner = await office.owner()
    defaults = await office.read("workflow", "-")
    assert (defaults.version, defaults.value["on_reply"]) == (0, "stay")
    saved = await office.update(defaults, default_boomerang=60)
    assert (saved.version, saved.warnings) == (1, ("Auto-resolve wins.",))
    assert owner.book(WorkflowSettings).current().default_boomerang == 60
    with pytest.raises(Unprocessable, match="needs"):
        await office.delete(saved)


async def test_changes_tell_before_and_after_without_secrets(office: Office) -> None:
    await office.owner()
    heard: list[ResourceChanged] = []

    async def listen(event: ResourceChanged, _meta: Meta) -> None:
        heard.append(event)

    await office.asking.start([consumes(ResourceChanged, listen)])
    made = await office.create("channels", channel("Shop", inbound_secret="open sesame"))
    changed = await office.update(made, name="Store")
    await office.delete(changed)
    await eventually(lambda: len(heard) == 3)
    created, renamed, gone = sorted(heard, key=lambda event: event.stored.version)
    assert created.before is None
    assert created.after is not None
    assert (renamed.before or {})["name"] == "Shop"
    assert (renamed.after or {})["name"] == "Store"
    assert (gone.after, gone.stored.deleted, gone.stored.changed_by) == (None, True, ADMIN)
    assert "sesame" not in repr(heard)


async def test_a_copy_is_there_at_start_and_fresh_within_a_second(office: Office) -> None:
    owner = await office.owner()
    early = await office.create("policies", policy("Early"))
    replicas = await office.replicas()
    assert set(replicas.book(Policy).all()) == {early.id}
    heard: list[int] = []
    replicas.book(Policy).on_change(lambda: heard.append(len(replicas.book(Policy).all())))
    late = await office.create("policies", policy("Late", channel="ch-2"))
    await eventually(lambda: late.id in replicas.book(Policy).all(), within=20)
    await office.update(late, first_minutes=99)
    await eventually(lambda: replicas.book(Policy).all()[late.id].first_minutes == 99, within=20)
    await office.delete(early)
    await eventually(lambda: set(replicas.book(Policy).all()) == {late.id}, within=20)
    assert replicas.book(Policy).revision == owner.book(Policy).revision
    assert heard == [2, 2, 1]


async def test_a_start_with_the_owner_down_uses_the_copy_kept_last(office: Office) -> None:
    owner = await office.owner()
    first = await office.replicas()
    made = await office.create("policies", policy("Care"))
    changed = await office.update(made, first_minutes=20)
    await eventually(lambda: first.book(Policy).all().get(made.id) is not None)
    await eventually(lambda: first.book(Policy).all()[made.id].first_minutes == 20)
    await first.stop()
    await office.end(owner)
    second = await office.replicas(within=0.3)
    assert second.book(Policy).all()[made.id].first_minutes == 20
    await office.owner()
    await office.update(changed, first_minutes=30)
    await eventually(lambda: second.book(Policy).all()[made.id].first_minutes == 30)


async def test_services_that_copy_from_one_another_start_together(mongo_url: str, prefix: str) -> None:
    async with premises(mongo_url, prefix, only(services=("sla", "routing"))) as place:

        async def start(name: str, own: Sequence[Declaration[Any]], copied: type[Any]) -> Replicas:
            bus = await place.bus(name)
            database = place.database(name)
            owner = ResourceOwner(database, own, bus=bus, vault=place.vault, clock=SystemClock())
            replicas = Replicas(database, (copied,), bus=bus, log=structlog.get_logger())
            await owner.start()
            place.exits.push_async_callback(owner.stop)
            await bus.start(settings_table(owner, replicas))
            await replicas.start(within=120)  # so that only an answer ends the waiting, never the giving up
            place.exits.push_async_callback(replicas.stop)
            return replicas

        async with asyncio.timeout(60):
            await asyncio.gather(
                start("sla", sla_declarations(), WorkflowSettings),
                start("routing", (Declaration(WorkflowSettings),), ScheduleSettings),
            )
