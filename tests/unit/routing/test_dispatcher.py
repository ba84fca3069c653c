"""The dispatcher: who gets what, never above capacity, whoever else is at work."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import pytest

from services.routing.dispatcher import HELD_FOR, Dispatcher
from services.routing.domain import assignment
from services.routing.domain.desk import Desk
from services.routing.domain.presence import HOLD, Agent
from services.routing.repository import WAITING, derived_fields
from shared.contracts.acts import Owner
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationSnapshot, Priority
from shared.contracts.looks import LookAgain
from shared.contracts.settings import Team
from shared.contracts.words import Availability, Medium, MessageKind, Status, Substatus
from tests.support.clock import ManualClock
from tests.support.conversations import at, desk, team, thread, user
from tests.support.eventually import eventually
from tests.support.store import MemoryAggregates

NOW = at(1000)


def meta(id: str = "look") -> Meta:
    return Meta(event_id=id, type="routing.look.v1", occurred_at=NOW, correlation_id=id)


def waiting(
    name: str, *, since: float = 0, score: int = 0, teams: Sequence[str] = ("support",)
) -> ConversationSnapshot:
    return ConversationSnapshot(
        id=name,
        version=1,
        thread=thread(),
        medium=Medium.WEBHOOK,
        kind=MessageKind.DIRECT,
        contact="maria",
        status=Status.NEW,
        substatus=Substatus.UNTOUCHED,
        teams=tuple(teams),
        episode=1,
        episode_opened_at=at(since),
        status_since=at(since),
        waiting_since=at(since),
        priority=Priority(score=score),
        created_at=at(since),
        changed_at=at(since),
    )


class World:
    """Conversations and agents in memory, read as the dispatcher reads them."""

    def __init__(self, found: Iterable[ConversationSnapshot], people: Iterable[str], groups: Iterable[Team]) -> None:
        self.conversations = {one.id: one for one in found}
        self.clock = ManualClock(NOW)
        self.agents_store = MemoryAggregates(Agent, clock=self.clock)
        self.people = list(people)
        teams = {one.name: one for one in groups}
        self.desk = desk(
            users={name: user(name) for name in self.people},
            teams=teams,
            availability=dict.fromkeys(self.people, Availability.AVAILABLE),
        )
        self.takes_fail: set[str] = set()
        self.slow: dict[str, asyncio.Event] = {}
        self.meanwhile: list[Callable[[], None]] = []

    async def start(self) -> None:
        for name in self.people:
            await self.agents_store.insert(
                Agent(id=name, availability=Availability.AVAILABLE, since=at(0)), meta(f"sign in {name}")
            )

    def current(self) -> Desk:
        return self.desk

    @property
    def agents(self) -> Mapping[str, Agent]:
        return {}

    async def get(self, id: str) -> ConversationSnapshot | None:
        return self.conversations.get(id)

    async def waiting(self, *, after: str | None, limit: int) -> tuple[Sequence[ConversationSnapshot], str | None]:
        found = sorted(
            (one for one in self.conversations.values() if derived_fields(one).get("hands") == WAITING),
            key=assignment.waiting_order,
        )
        return found[:limit], None

    async def held(self, agents: Iterable[str]) -> Mapping[str, frozenset[str]]:
        return {
            name: frozenset(
                one.id
                for one in self.conversations.values()
                if one.status is Status.NEW and one.owner is not None and one.owner.id == name
            )
            for name in agents
        }

    async def take(self, seen: ConversationSnapshot, agent: str, _cause: Meta, _until: datetime) -> bool:
        await asyncio.sleep(0)
        if self.meanwhile:
            self.meanwhile.pop()()
        if seen.id in self.slow:
            await self.slow[seen.id].wait()
        current = self.conversations[seen.id]
        if current.owner is not None or seen.id in self.takes_fail:
            return current.owner == Owner(id=agent)
        self.conversations[seen.id] = current.model_copy(update={"owner": Owner(id=agent)})
        return True

    def owners(self) -> dict[str, str | None]:
        return {id: one.owner.id if one.owner else None for id, one in sorted(self.conversations.items())}

    def dispatcher(self, take_seconds: float = 3.0) -> Dispatcher:
        return Dispatcher(self, self.agents_store, self.take, self, self.clock, window=100, take_seconds=take_seconds)  # type: ignore[arg-type]  # the desk's two readers are all it uses


async def test_RT_08_the_highest_score_then_the_longest_waiting_goes_first() -> None:
    world = World(
        [waiting("late", since=10), waiting("early", since=5), waiting("urgent", since=20, score=2)],
        ["ana"],
        [team("support", "ana", capacity=2)],
    )
    await world.start()
    await world.dispatcher().on_look(LookAgain(agent="ana"), meta())
    assert world.owners() == {"early": "ana", "late": None, "urgent": "ana"}


async def test_RT_09_round_robin_goes_in_member_order_and_skips_who_is_full() -> None:
    world = World(
        [waiting(f"c{n}", since=n) for n in range(5)],
        ["ana", "bea", "eva"],
        [team("support", "ana", "bea", "eva", capacity=2)],
    )
    await world.start()
    dispatcher = world.dispatcher()
    for number in range(5):
        await dispatcher.on_look(LookAgain(conversation=f"c{number}"), meta(f"look {number}"))
    assert list(world.owners().values()) == ["ana", "bea", "eva", "ana", "bea"]


async def test_a_conversation_that_another_took_gives_the_place_back() -> None:
    world = World([waiting("c1"), waiting("c2", since=1)], ["ana"], [team("support", "ana", capacity=1)])
    world.takes_fail.add("c1")
    await world.start()
    await world.dispatcher().on_look(LookAgain(), meta())
    assert world.owners() == {"c1": None, "c2": "ana"}


async def test_nobody_above_capacity_with_two_dispatchers_at_once() -> None:
    """A single active consumer can be replaced while the former one still works: the reservation holds all the same."""
    world = World(
        [waiting(f"c{n:02}", since=n) for n in range(40)],
        ["ana", "bea"],
        [team("support", "ana", "bea", capacity=3)],
    )
    await world.start()
    looks = [
        dispatcher.on_look(LookAgain(), meta(f"look {number} {who}"))
        for who, dispatcher in enumerate((world.dispatcher(), world.dispatcher()))
        for number in range(5)
    ]
    await asyncio.gather(*looks)
    held = await world.held(["ana", "bea"])
    assert {name: len(ids) for name, ids in held.items()} == {"ana": 3, "bea": 3}


async def test_what_an_agent_gets_by_hand_during_a_long_round_counts() -> None:
    """A slow store: what he held when the round began is not what he holds when it comes to the next conversation."""
    world = World(
        [waiting("c1"), waiting("c2", since=1), waiting("mine", since=2, teams=())],
        ["ana"],
        [team("support", "ana", capacity=2)],
    )
    await world.start()

    def by_hand() -> None:
        world.clock.advance(HELD_FOR * 2)
        mine = world.conversations["mine"]
        world.conversations["mine"] = mine.model_copy(update={"owner": Owner(id="ana")})

    world.meanwhile.append(by_hand)
    await world.dispatcher().on_look(LookAgain(), meta())
    assert world.owners() == {"c1": "ana", "c2": None, "mine": "ana"}


async def test_a_take_that_outlasts_its_reservation_still_counts() -> None:
    """A slow store: the agent's place is kept until it is known whether he got the conversation."""
    world = World([waiting("c1"), waiting("c2", since=1)], ["ana"], [team("support", "ana", capacity=1)])
    world.slow["c1"] = asyncio.Event()
    await world.start()
    dispatcher = world.dispatcher(take_seconds=0.01)
    await dispatcher.on_look(LookAgain(conversation="c1"), meta("first"))
    world.clock.advance(HOLD * 3)
    await dispatcher.on_look(LookAgain(conversation="c2"), meta("second"))
    assert world.owners() == {"c1": None, "c2": None}
    world.slow["c1"].set()
    await eventually(lambda: world.owners()["c1"] == "ana")
    await dispatcher.on_look(LookAgain(conversation="c2"), meta("third"))
    assert world.owners() == {"c1": "ana", "c2": None}


async def test_a_take_that_ends_in_nothing_frees_the_place() -> None:
    world = World([waiting("c1"), waiting("c2", since=1)], ["ana"], [team("support", "ana", capacity=1)])
    world.slow["c1"] = asyncio.Event()
    world.takes_fail.add("c1")
    await world.start()
    dispatcher = world.dispatcher(take_seconds=0.01)
    await dispatcher.on_look(LookAgain(conversation="c1"), meta("first"))
    world.slow["c1"].set()
    world.clock.advance(HOLD * 3)

    numbers = itertools.count()

    async def given() -> bool:
        await dispatcher.on_look(LookAgain(conversation="c2"), meta(f"again {next(numbers)}"))
        return world.owners()["c2"] == "ana"

    await eventually(given)


async def test_RT_15_an_away_agent_and_one_of_another_team_are_passed_over() -> None:
    world = World(
        [waiting("c1", teams=("spanish",))],
        ["ana", "bea"],
        [team("support", "ana"), team("spanish", "bea")],
    )
    await world.start()
    world.desk = desk(
        users={name: user(name) for name in world.people},
        teams=world.desk.teams,
        availability={"ana": Availability.AVAILABLE, "bea": Availability.AWAY},
    )
    await world.dispatcher().on_look(LookAgain(), meta())
    assert world.owners() == {"c1": None}


async def test_the_sweep_asks_only_while_something_waits_and_somebody_is_available() -> None:
    world = World([waiting("c1")], ["ana"], [team("support", "ana")])
    await world.start()
    dispatcher = world.dispatcher()
    assert await dispatcher.sweep()
    await dispatcher.on_look(LookAgain(), meta())
    assert not await dispatcher.sweep()


@pytest.mark.parametrize("score", [0, 3])
def test_in_whose_hands_an_open_conversation_is_and_where_it_waits_its_place(score: int) -> None:
    found = derived_fields(waiting("c1", score=score))
    assert (found["hands"], found["rank"]) == ("waiting", -score)
    assert isinstance(found["since"], datetime)
    pending = {"status": Status.PENDING, "substatus": Substatus.ANSWERED}
    for fields, hands in (
        ({"owner": Owner(id="ana")}, {"hands": "agent:ana"}),
        ({"owner": Owner(id="ana"), **pending}, {"hands": "agent:ana"}),
        (pending, {"hands": "nobody"}),
        ({"status": Status.TRIAGE}, {}),
        ({"status": Status.RESOLVED}, {}),
    ):
        assert derived_fields(waiting("c1").model_copy(update=fields)) == hands
