"""The public API as the verdict reads it, and the desk that its settings make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import httpx2

from services.routing.domain.desk import Desk, inception_scopes, opening_scopes
from services.sla.domain.terms import Settings
from shared.contracts.settings import (
    AutoResponder,
    Distribution,
    Label,
    LanguageSettings,
    Policy,
    PrioritySettings,
    ResolveReason,
    ResourceModel,
    Rule,
    ScheduleSettings,
    SkillSet,
    Survey,
    Team,
    Topic,
    User,
    VirtualAgent,
    WorkflowSettings,
)
from shared.contracts.words import Status
from tests.support.chaos.patience import json_of

M = TypeVar("M", bound=ResourceModel)


class Reading:
    """GETs with a key."""

    def __init__(self, client: httpx2.AsyncClient, url: str, key: str) -> None:
        self._client = client
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}"}

    async def get(self, path: str) -> Any:
        return json_of(await self._client.get(f"{self._url}{path}", headers=self._headers))

    async def rows(self) -> dict[str, dict[str, Any]]:
        """Every row of every list, by conversation."""
        found: dict[str, dict[str, Any]] = {}
        for status in Status:
            for row in await self._pages(f"/api/conversations?status={status}&limit=200"):
                assert row["id"] not in found, f"{row['id']} stands in two lists"
                found[row["id"]] = row
        return found

    async def whole(self, conversation: str) -> dict[str, Any]:
        """One conversation, as its owner has it."""
        found: dict[str, Any] = await self.get(f"/api/conversations/{conversation}")
        return found

    async def timeline(self, conversation: str) -> list[dict[str, Any]]:
        """Every message and note."""
        return await self._pages(f"/api/conversations/{conversation}/timeline?limit=200", cursor="before")

    async def desk(self) -> tuple[Desk, tuple[str, ...]]:
        """The settings as routing sees them; and the languages it tells apart."""
        teams = await self._objects(Team)
        virtual_agents: dict[str, AutoResponder | VirtualAgent] = {
            **await self._objects(AutoResponder),
            **await self._objects(VirtualAgent),
        }
        desk = Desk(
            workflow=await self._singleton(WorkflowSettings),
            topics=_by_name(await self._objects(Topic)),
            labels=_by_name(await self._objects(Label)),
            reasons=await self._objects(ResolveReason),
            skill_sets=await self._objects(SkillSet),
            priority=await self._singleton(PrioritySettings),
            teams=dict(sorted(teams.items(), key=lambda entry: (entry[1].position, entry[1].name))),
            users=await self._objects(User),
            openings=opening_scopes((await self._objects(Rule)).values()),
            inceptions=inception_scopes(virtual_agents.values()),
            virtual_agents=virtual_agents,
        )
        languages = await self._singleton(LanguageSettings)
        return desk, languages.languages if languages.enabled else ()

    async def sla(self) -> Settings:
        """The settings as sla sees them."""
        return Settings(
            policies=await self._objects(Policy),
            schedules=await self._objects(ScheduleSettings),
            distributions=await self._objects(Distribution),
            workflow=await self._singleton(WorkflowSettings),
        )

    async def survey(self) -> Survey:
        """The one survey."""
        (survey,) = (await self._objects(Survey)).values()
        return survey

    async def _objects(self, model: type[M]) -> Mapping[str, M]:
        items = (await self.get(f"/api/settings/{model.kind}?limit=1000"))["items"]
        return {item["id"]: model.model_validate(item["value"]) for item in items}

    async def _singleton(self, model: type[M]) -> M:
        return model.model_validate((await self.get(f"/api/settings/{model.kind}/-"))["value"])

    async def _pages(self, path: str, *, cursor: str = "after") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = await self.get(f"{path}{after}")
            found += page["items"]
            if page["next"] is None:
                return found
            after = f"&{cursor}={page['next']}"


def _by_name(objects: Mapping[str, Topic] | Mapping[str, Label]) -> dict[str, Any]:
    return dict(sorted(objects.items(), key=lambda entry: entry[1].name))
