"""One run: the house, the load on it, what is killed meanwhile, and what is found when it is over."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TypeVar

import httpx2

from shared.contracts.clocks import ClockSnapshot
from shared.contracts.conversations import AutomationHalted
from shared.contracts.words import ActorKind, Delivery
from tests.support.chaos import followers, verdict
from tests.support.chaos.agents import Agent, Work
from tests.support.chaos.house import LONGEST, House
from tests.support.chaos.letters import Correspondents, Servers
from tests.support.chaos.network import Endpoint, Network
from tests.support.chaos.office import Office
from tests.support.chaos.plan import Plan
from tests.support.chaos.reading import Reading
from tests.support.chaos.record import Record, Recorder
from tests.support.chaos.replay import Model, Replayed
from tests.support.chaos.respondents import Respondents
from tests.support.chaos.stores import Stores
from tests.support.eventually import eventually

T = TypeVar("T")

LOOK_SECONDS = 1.0
TELL_SECONDS = 10.0
AT_ONCE = 8
OUTGOING = ("ingest", "csat", "automation")
"""Attempts that a kill cut off are due again when their lease ends (ingest: 60 s, csat: 20 s and more), and virtual
agents that fell silent let go after a minute.
"""
MOST_JUDGEMENTS = 5
ENDINGS = ("replies ended", "surveys sent")
"""Checks that wait for them."""


@dataclass
class Outcome:
    """Findings by check (empty: it holds), figures to print."""

    wrong: dict[str, list[str]] = field(default_factory=dict)
    figures: dict[str, object] = field(default_factory=dict)

    def check(self, name: str, found: Iterable[str]) -> None:
        if lines := verdict.shortened(found):
            self.wrong[name] = lines

    def told(self) -> str:
        """Everything wrong, to be read."""
        return "\n".join(f"{name}:\n    " + "\n    ".join(lines) for name, lines in self.wrong.items())


class Storm:
    """The load and its end."""

    def __init__(self, plan: Plan, house: House, office: Office, endpoint: Endpoint, servers: Servers) -> None:
        self.work = Work()
        self._plan = plan
        self._house = house
        self._office = office
        self._endpoint = endpoint
        self._servers = servers
        self._correspondents = Correspondents(house.mailboxes, servers)
        self._agents: list[Agent] = []
        self._network: Network | None = None
        self._respondents: Respondents | None = None

    async def rage(self) -> None:
        """Deliver, work and kill at once; returns when all is delivered, done and started again."""
        plan, over = self._plan, asyncio.Event()
        async with AsyncExitStack() as clients, asyncio.TaskGroup() as group:
            network = self._network = self._network_on(await clients.enter_async_context(_client()))
            watching = []
            for user in self._office.agents:
                client = await clients.enter_async_context(_client())
                agent = Agent(client, self._gateway, self._office, user, plan.seed, self.work)
                await agent.sign_in()
                self._agents.append(agent)
                group.create_task(agent.work(over))
                watching.append(group.create_task(agent.watch(over)))
            telling = group.create_task(self._tell())
            self._respondents = Respondents(await clients.enter_async_context(_client()), plan.seed, self._gateway)
            pages = group.create_task(self._respondents.answer(self._endpoint, over))
            receipts = group.create_task(network.tell_receipts(self._endpoint, over))
            suffering = group.create_task(self._house.suffer(plan.outages, self._share))
            letters = group.create_task(self._correspondents.write(plan.letters, self._share))
            await network.deliver(plan.deliveries, self._share)
            await letters
            await suffering
            await eventually(lambda: self._share() >= 1, within=LONGEST)
            over.set()
            self._endpoint.calm = self._servers.calm = True
            await receipts
            await pages
            for task in (telling, *watching):
                task.cancel()

    async def settle(self, recorder: Recorder, stores: Stores, within: float, *, but: tuple[str, ...] = ()) -> float:
        """Seconds until nothing is under way any more. TimeoutError with what is."""
        began = time.monotonic()
        quiet = 0
        while True:
            moving = await self._moving(recorder, stores, but)
            quiet = 0 if moving else quiet + 1
            if quiet == 2:
                return time.monotonic() - began
            if moving and time.monotonic() - began > within:
                raise TimeoutError(f"after {within} s there is still: {moving}")
            await asyncio.sleep(LOOK_SECONDS)

    async def judge(
        self, recorder: Recorder, stores: Stores, record: Record, within: float, *, but: tuple[str, ...] = ()
    ) -> Outcome:
        """Every check of the verdict, again where an attempt that was due meanwhile changed what was being read."""
        for _ in range(MOST_JUDGEMENTS):
            before = _versions(await self._stored(stores))
            outcome = await self._judged(recorder, stores, record)
            if _versions(await self._stored(stores)) == before:
                return outcome
            await self.settle(recorder, stores, within, but=but)
        raise TimeoutError("it does not come to rest")

    async def _judged(self, recorder: Recorder, stores: Stores, record: Record) -> Outcome:
        outcome = Outcome()
        await recorder.read(record)
        stored = await self._stored(stores)
        async with _client() as client:
            api = Reading(client, self._gateway(), self._office.key)
            desk, languages = await api.desk()
            model = Model(desk, languages, record, self.work.commands, stored.invitations)
            trails = await _each(stored.conversations, stores.trail)
            replayed = {id: model.replay(one, trails[id]) for id, one in stored.conversations.items()}
            self._check_stores(outcome, stored, replayed)
            await self._check_api(outcome, stored, replayed, api)
            await self._check_clocks(outcome, stored, model, api)
        outcome.check("timers given up", map(str, (await stores.parked()).items()))
        outcome.check("replies ended", verdict.every_reply_once(self.work, stored, self._endpoint, self._servers))
        outcome.check("mails at most once", verdict.every_mail_at_most_once(stored, self._servers))
        outcome.check("surveys sent", verdict.every_survey_sent(stored))
        outcome.figures = self._figures(stored, record, replayed)
        return outcome

    async def _stored(self, stores: Stores) -> verdict.Stored:
        clocks: dict[str, list[ClockSnapshot]] = defaultdict(list)
        for clock in await stores.clocks():
            clocks[clock.conversation].append(clock)
        conversations = {one.id: one for one in await stores.conversations()}
        return verdict.Stored(await stores.messages(), conversations, await stores.invitations(), clocks)

    def _check_stores(self, outcome: Outcome, stored: verdict.Stored, replayed: Mapping[str, Replayed]) -> None:
        wanted = verdict.expected(self._plan, self._office, stored)
        outcome.check("messages stored once", verdict.every_message_once(wanted, stored))
        outcome.check("one conversation a thread", verdict.one_conversation_a_thread(wanted, stored))
        outcome.check("states as the model's", (f"{id}: {what}" for id, one in replayed.items() for what in one.wrong))
        histories = {id: one.changes for id, one in replayed.items()}
        outcome.check("nobody above capacity", verdict.nobody_above_capacity(histories))
        outcome.check("surveys at most once", verdict.surveys_at_most_once(stored, self._endpoint))

    async def _check_api(
        self, outcome: Outcome, stored: verdict.Stored, replayed: Mapping[str, Replayed], api: Reading
    ) -> None:
        timelines = await _each(stored.conversations, api.timeline)
        outcome.check("timelines", verdict.timelines_show_it(stored, timelines))
        owners, rows = await _each(stored.conversations, api.whole), await api.rows()
        outcome.check("rows are the owners'", verdict.rows_are_the_owners(stored, rows, owners))
        histories = {id: one.changes for id, one in replayed.items()}
        gated = followers.surveys_follow_the_gate(await api.survey(), histories, stored.invitations)
        outcome.check("surveys follow the gate", gated)
        recorded = followers.answers_are_recorded(histories, stored.invitations, rows)
        outcome.check("answers are recorded", recorded)
        outcome.check("greeted once", followers.greeted_once_a_session(histories, stored.messages))
        if self._respondents is not None:
            kept = followers.pages_are_kept(self._respondents, histories, stored.messages)
            outcome.check("pages are kept", kept)

    async def _check_clocks(self, outcome: Outcome, stored: verdict.Stored, model: Model, api: Reading) -> None:
        settings, rows = await api.sla(), await api.rows()
        wrong: list[str] = []
        for id, conversation in stored.conversations.items():
            own = stored.clocks.get(id, ())
            found = followers.clocks_are_the_models(model.said.get(id, {}), own, settings)
            wrong += [f"{id}: {what}" for what in found]
            wrong += followers.row_shows_the_clock(conversation, own, rows.get(id, {}))
        outcome.check("clocks as the model's", wrong)

    async def _moving(self, recorder: Recorder, stores: Stores, but: tuple[str, ...]) -> dict[str, object]:
        found = {
            "queues": await recorder.depths(),
            "outboxes": await stores.unsent(),
            "due": await stores.due(but=but),
            "mails not read": len(self._plan.letters) - await stores.mails(),
        }
        return {name: what for name, what in found.items() if what}

    async def _tell(self) -> None:
        """Where the run stands, for whoever watches."""
        while True:
            await asyncio.sleep(TELL_SECONDS)
            delivered = self._network.delivered if self._network else 0
            killed, plan = self._house.killed.total(), self._plan
            print(f"  acts {self.work.done.total()} of {plan.form.acts}", end=", ")
            print(
                f"deliveries {delivered} of {len(plan.deliveries)}, kills {killed} of {len(plan.outages)}", flush=True
            )

    def _share(self) -> float:
        return self.work.done.total() / self._plan.form.acts

    def _network_on(self, client: httpx2.AsyncClient) -> Network:
        office = self._office
        doors: tuple[Callable[[], str], ...] = (lambda: self._house.url("ingest"), self._gateway)
        return Network(
            client, self._plan.seed, channel=office.channel, secret=office.inbound_secret, doors=(doors[0], *doors)
        )

    def _gateway(self) -> str:
        return self._house.url("gateway")

    def _figures(self, stored: verdict.Stored, record: Record, replayed: dict[str, Replayed]) -> dict[str, object]:
        network, endpoint, servers = self._network, self._endpoint, self._servers
        answers: Counter[str] = Counter()
        for agent in self._agents:
            answers += agent.patience.answers
        return {
            "messages": len(self._plan.said),
            "conversations": len(stored.conversations),
            "episodes": sum(one.episode for one in stored.conversations.values()),
            "stored, as ingest said": network.stored if network else 0,
            "network heard": dict(network.patience.answers) if network else {},
            "receipts": network.receipts if network else 0,
            "acts": dict(self.work.done),
            "came too late": dict(self.work.refused),
            "agents heard": dict(answers),
            "rows pushed live": sum(agent.rows_pushed for agent in self._agents),
            "replies": len(self.work.replies),
            "replies taken": len(endpoint.taken),
            "taken again": sum(endpoint.taken.values()) - len(endpoint.taken),
            "refused": len(endpoint.refused),
            "mails written": f"{self._correspondents.written}, {self._correspondents.naming_ours} naming ours",
            "mails taken": f"{len(servers.taken)}, {len(servers.unheard)} of them unheard",
            "mails turned away": f"{servers.turned_away} for now, {len(servers.refused)} for ever",
            "mails uncertain": sum(one.message.delivery is Delivery.UNCERTAIN for one in stored.messages),
            "surveys": Counter(str(one.stage) for one in stored.invitations),
            "answered by page": len(self._respondents.answers) if self._respondents else 0,
            "comments by page": len(self._respondents.comments) if self._respondents else 0,
            "greetings": sum(one.message.author.kind is ActorKind.VIRTUAL_AGENT for one in stored.messages),
            "told the bot": len(endpoint.told),
            "budgets spent": len(record.of(AutomationHalted.type)),
            "events said": len(record.events),
            "of these looks": len(record.of("routing.look.v1")),
            "said again": record.repeats,
            "changes replayed": sum(len(one.changes) for one in replayed.values()),
            "of these by time": sum(one.wakes for one in replayed.values()),
            "statuses": Counter(str(one.status) for one in stored.conversations.values()),
        }


def _client() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(timeout=30, trust_env=False)


async def _each(ids: Iterable[str], ask: Callable[[str], Awaitable[T]]) -> dict[str, T]:
    """The answers by id, a few asked at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(id: str) -> tuple[str, T]:
        async with gate:
            return id, await ask(id)

    return dict(await asyncio.gather(*map(one, ids)))


def _versions(stored: verdict.Stored) -> dict[str, int]:
    """What would tell a change of anything that is judged."""
    versions = {one.id: one.version for one in stored.conversations.values()}
    versions |= {one.id: one.version for one in stored.invitations}
    return versions | {one.id: one.message.version for one in stored.messages}
