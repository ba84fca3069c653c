"""What people choose for themselves, and what admins may not do to each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.gateway.owning import GatewayOwner
from services.gateway.resources import DECLARATIONS
from shared.contracts.base import Meta
from shared.contracts.resources import CreateResource, DeleteResource, Stored, UpdateResource
from shared.contracts.settings import User
from shared.contracts.words import Role
from shared.errors import SwitchboardError, Unprocessable
from shared.ids import new_id
from tests.support.gateway import Running, running_gateway
from tests.support.neighbours import NOW
from tests.support.premises import only, premises

pytestmark = pytest.mark.integration


@pytest.fixture
async def gateway(mongo_url: str, prefix: str) -> AsyncIterator[Running]:
    async with running_gateway(mongo_url, prefix) as running:
        yield running


async def test_PR_02_WF_30_preferences_are_a_persons_own_on_every_device(gateway: Running) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva")
    assert (await eva("GET", "/api/me/preferences")).json() == {"values": {}}
    put = await eva("PUT", "/api/me/preferences", {"values": {"trail_hidden": True, "filters": {"team": "t1"}}})
    assert put.status_code == 200, put.text
    await asyncio.gather(
        eva("PATCH", "/api/me/preferences", {"values": {"filters": {"owner": "mine"}}}),
        eva("PATCH", "/api/me/preferences", {"values": {"sort": "newest", "trail_hidden": None}}),
    )
    wanted = {"filters": {"owner": "mine"}, "sort": "newest"}
    assert (await eva("GET", "/api/me/preferences")).json() == {"values": wanted}
    assert (await admin("GET", "/api/me/preferences")).json() == {"values": {}}
    assert (await eva("PATCH", "/api/me/preferences", {"values": {"big": "x" * 70_000}})).status_code == 422
    assert (await eva("PATCH", "/api/me/preferences", {"values": {"$bad": 1}})).status_code == 422


async def test_AG_06_availability_at_sign_in_is_everybodys_own_choice(gateway: Running) -> None:
    admin = await gateway.admin()
    eva = await gateway.user(admin, "eva")
    changed = await eva("PATCH", "/api/me", {"default_availability": "away"})
    assert changed.json() == {"default_availability": "away", "language": "en"}
    session = (await eva("GET", "/api/session")).json()
    assert session["user"]["default_availability"] == "away"
    assert (await eva("PATCH", "/api/me", {"default_availability": "asleep"})).status_code == 422
    assert (await eva("PATCH", "/api/me", {"role": "admin"})).json()["default_availability"] == "away"
    assert (await eva("GET", "/api/session")).json()["user"]["role"] == "agent"


async def test_AG_01_two_admins_who_demote_each_other_at_once_leave_one(mongo_url: str, prefix: str) -> None:
    async with premises(mongo_url, prefix, only(services=("gateway",))) as place:
        owners = []
        for _ in range(2):
            bus = await place.bus("gateway")
            owners.append(
                GatewayOwner(place.database("gateway"), DECLARATIONS, bus=bus, vault=place.vault, clock=place.clock)
            )
            place.exits.push_async_callback(owners[-1].stop)
            await owners[-1].start()

        def asked() -> Meta:
            return Meta(event_id=new_id(), type="command", occurred_at=NOW, correlation_id="c")

        async def made(name: str) -> Stored:
            value = User(name=name, email=f"{name}@example.org", role=Role.ADMIN).model_dump(mode="json")
            return await owners[0].create(CreateResource(kind="users", value=value), asked())

        async def demote(owner: GatewayOwner, who: Stored) -> bool:
            value = {**who.value, "role": "agent"}
            try:
                await owner.update(UpdateResource(kind="users", id=who.id, version=who.version, value=value), asked())
            except SwitchboardError:
                return False
            return True

        ana, ben = await made("ana"), await made("ben")
        for owner in owners:
            await owner.reload()
        done = await asyncio.gather(demote(owners[0], ben), demote(owners[1], ana))
        assert sorted(done) == [False, True]
        await owners[0].reload()
        admins = [id for id, user in owners[0].book(User).all().items() if user.role is Role.ADMIN]
        assert len(admins) == 1
        with pytest.raises(Unprocessable, match="admin"):
            await owners[1].delete(DeleteResource(kind="users", id=admins[0], version=1), asked())
