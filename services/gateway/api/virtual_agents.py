"""Connected virtual agents: their late answers with their own keys, those keys, and how their endpoints do.

The agents themselves are settings; docs/virtual-agents.md describes what they are told and answer.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, StringConstraints

from services.gateway.api.answers import answer, errors, nothing
from services.gateway.api.asking import Asking, IdempotencyKey
from services.gateway.api.asking import Asks as Asked
from services.gateway.api.conversations import ConversationId
from services.gateway.api.models import NewKeyView
from services.gateway.api.parts import PartsOf
from services.gateway.api.principal import Anybody, Manager, documented
from services.gateway.keys import make_agent_key
from shared.contracts.virtual_agents import AgentsHealth, AnswerAsVirtualAgent, BotAnswer, ReadAgentsHealth
from shared.errors import Forbidden, NotFound
from shared.http import CleanRoute

router = APIRouter(
    prefix="/api/virtual-agents", tags=["virtual agents"], route_class=CleanRoute, dependencies=documented
)

Id = Annotated[str, Path(max_length=64)]


class NewAgentKey(BaseModel):
    """What the key is called in the list of keys."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True)]


@router.post("/{id}/conversations/{conversation}/answers", status_code=204, responses=errors(404))
async def answer_later(
    id: Id,
    conversation: ConversationId,
    body: BotAnswer,
    principal: Anybody,
    parts: PartsOf,
    key: IdempotencyKey = None,
) -> Response:
    """A virtual agent's answer, later than at once (AU-20). Only with its own key.

    404 once the conversation is not, or no longer, its own; 429 when too much was said in it within an hour.
    """
    if principal.key is None or principal.key.virtual_agent != id:
        raise Forbidden("Only the virtual agent's own key can answer for it.")
    asks = Asking(parts, principal, f"answer {id} {conversation}", key)
    await asks.ask(AnswerAsVirtualAgent(agent=id, conversation=conversation, answer=body))
    return nothing()


@router.post("/{id}/keys", status_code=201, responses={201: {"model": NewKeyView}, **errors(404)}, response_model=None)
async def create_agent_key(id: Id, body: NewAgentKey, manager: Manager, parts: PartsOf) -> Response:
    """A key of the virtual agent's own. It is in this answer and nowhere else; GET and DELETE /api/keys know it."""
    if parts.workspace.virtual_agent(id) is None:
        raise NotFound("There is no such virtual agent.")
    key, secret = make_agent_key(body.name, id, manager.actor, parts.clock.now())
    await parts.accounts.add_key(key)
    return answer({**key.model_dump(mode="json", exclude={"hash"}), "key": secret}, 201)


@router.get("/health", responses={200: {"model": AgentsHealth}, **errors()}, response_model=None)
async def health(_: Manager, asks: Asked) -> Response:
    """How the endpoints of connected virtual agents do. `open`: new conversations go to agents for now (AU-21)."""
    return answer(await asks.ask(ReadAgentsHealth()))
