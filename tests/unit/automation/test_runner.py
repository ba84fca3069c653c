"""Who attempts the deeds of sessions: in order, a few at once for each virtual agent."""

from __future__ import annotations

import asyncio

from services.automation.domain import sessions
from services.automation.domain.deeds import Deed, plan_of
from services.automation.domain.sessions import Session
from services.automation.workers.sessions import Runner
from tests.support.eventually import eventually
from tests.support.talks import START, responder


def session(conversation: str, agent: str) -> Session:
    """One that has just begun."""
    return sessions.begun(
        conversation,
        1,
        agent=agent,
        name=agent,
        episode=1,
        channel="ch-1",
        contact="p",
        language=None,
        plan=plan_of(responder("Hello."), delegated=False),
        messages=(),
        at=START,
        now=START,
    )


class Hands:
    """Attempts take until ``gate`` is open, but for those of the agent ``quick``."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.inside = 0
        self.most = 0
        self.done: list[str] = []

    async def perform(self, session: Session, _deed: Deed) -> None:
        if session.agent != "quick":
            self.inside += 1
            self.most = max(self.most, self.inside)
            await self.gate.wait()
            self.inside -= 1
        self.done.append(session.id)


async def test_an_agent_that_hangs_in_many_conversations_holds_up_no_other() -> None:
    hands = Hands()
    runner = Runner(hands.perform, of_one=8)
    for number in range(200):
        runner.saw(session(f"slow {number}", "slow"))
    await eventually(lambda: hands.inside == 8)
    runner.saw(session("c1", "quick"))
    await eventually(lambda: hands.done == ["c1"])
    hands.gate.set()
    await eventually(lambda: len(hands.done) == 201)
    assert hands.most == 8


async def test_the_same_state_seen_twice_is_attempted_once_and_none_after_the_end() -> None:
    hands = Hands()
    runner = Runner(hands.perform, of_one=8)
    for _ in range(2):
        runner.saw(session("c1", "slow"))
    await eventually(lambda: hands.inside)
    runner.saw(session("c1", "slow"))
    hands.gate.set()
    await eventually(lambda: hands.done)
    await runner.stop(5)
    runner.saw(session("c2", "quick"))
    assert hands.done == ["c1"]
