"""Telling a connected virtual agent's endpoint what happens, and reading what it answers (docs/virtual-agents.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import ValidationError

from services.automation.domain.connected import Understood
from services.automation.domain.deeds import Tell
from services.automation.domain.sessions import Session
from services.automation.domain.telling import contact, conversation, public_message
from services.automation.metrics import AgentMetrics
from shared.clock import Clock
from shared.contracts.base import Contract
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.messages import AttributeValue, ContactSnapshot, MessageSnapshot
from shared.contracts.settings import ContactAttribute, ResolveReason, Topic, VirtualAgent
from shared.contracts.virtual_agents import BotAnswer, BotEvent, BotTold
from shared.errors import InvalidInput, RetryLater, Unprocessable
from shared.outside import Answer
from shared.resources import Replicas
from shared.text import clean_json
from shared.webhooks import sign

CALL_SECONDS = 15.0


class NotTaken(RetryLater):
    """The endpoint did not take an event, or its answer cannot be read; ``detail`` goes into the audit line."""

    code = "not_taken"


class Posts(Protocol):
    """``shared.outside.Outside``, as far as this needs it."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer: ...


class Endpoints:
    """Calls of connected virtual agents."""

    def __init__(self, outside: Posts, copies: Replicas, clock: Clock, metrics: AgentMetrics) -> None:
        self._outside = outside
        self._metrics = metrics
        self._topics = copies.book(Topic)
        self._reasons = copies.book(ResolveReason)
        self._attributes = copies.book(ContactAttribute)
        self._clock = clock

    async def tell(self, agent: VirtualAgent, session: Session, deed: Tell, told: BotTold) -> BotAnswer:
        """Post it, signed, under the deed's id. Raises NotTaken for anything but a 2xx answer that can be read."""
        body = told.model_dump_json().encode()
        headers = {**sign(agent.secret or "", deed.id, self._clock.now(), body), "content-type": "application/json"}
        seconds = min(CALL_SECONDS, session.plan.agent_timeout)
        try:
            with self._metrics.seconds.time():
                async with asyncio.timeout(seconds):
                    answer = await self._outside.post(str(agent.endpoint), body, headers)
        except TimeoutError as error:
            raise NotTaken("It gave no answer in time.") from error
        except (Unprocessable, RetryLater) as error:
            raise NotTaken(error.detail) from error
        return read_answer(answer)

    def understood(self, answer: BotAnswer) -> Understood:
        """Names looked up: unknown topics and reasons are ignored."""
        topics = {topic.name.casefold(): id for id, topic in self._topics.all().items()}
        reasons = {reason.name.casefold(): id for id, reason in self._reasons.all().items()}
        wanted = (topics.get(name.casefold()) for name in answer.topics)
        attributes: dict[str, AttributeValue | None] = {
            name: value for name, value in answer.attributes.items() if name.strip()
        }
        return Understood(
            answer,
            topics=tuple(dict.fromkeys(id for id in wanted if id is not None)),
            attributes=attributes,
            reason=reasons.get((answer.reason or "").casefold()),
        )


def read_answer(answer: Answer) -> BotAnswer:
    """What an endpoint said; an empty body is "later". Raises NotTaken for another status or what is not an answer."""
    if not 200 <= answer.status < 300:
        raise NotTaken(f"It answered {answer.status}.")
    if not answer.body.strip():
        return BotAnswer()
    try:
        return BotAnswer.model_validate(clean_json(answer.body))
    except (InvalidInput, ValidationError) as error:
        raise NotTaken("Its answer is not JSON of the form that is documented.") from error


def told_of_start(session: Session, about: ConversationSnapshot, who: ContactSnapshot) -> BotTold:
    """``conversation.started``."""
    data = _about(session, about) | {"contact": _plain(contact(who)), "delegated": session.plan.delegated}
    return BotTold(type=BotEvent.STARTED, timestamp=session.started_at, data=data)


def told_of_message(session: Session, about: ConversationSnapshot, message: MessageSnapshot) -> BotTold:
    """``message.received``."""
    data = _about(session, about) | {"message": _plain(public_message(message))}
    return BotTold(type=BotEvent.MESSAGE, timestamp=message.received_at, data=data)


def _about(session: Session, about: ConversationSnapshot) -> dict[str, Any]:
    return {
        "virtual_agent_id": session.agent,
        "conversation_id": about.id,
        "conversation": _plain(conversation(about)),
    }


def _plain(value: Contract) -> dict[str, Any]:
    return value.model_dump(mode="json")
