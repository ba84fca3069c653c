"""Guard by meaning: an act on status or owner is refused if something its author had not seen came between. Pure."""

from __future__ import annotations

from services.routing.domain.sendings import position
from shared.contracts.conversations import ConversationSnapshot
from shared.errors import StaleVersion


def check(conversation: ConversationSnapshot, seen: str | None, status_number: int | None) -> None:
    """Raises StaleVersion (409, with the current snapshot); what is None was not said and is not checked.

    A ``seen`` that is not among the latest inbound messages counts as stale: nobody can say what came after it.
    """
    if status_number is not None and status_number != conversation.status_number:
        raise _stale(conversation, "Status or owner changed meanwhile.")
    if seen is None:
        return
    places = {ref.id: position(ref) for ref in conversation.inbound}
    last = max((places[ref.id] for ref in conversation.inbound if not ref.survey), default=None)
    if seen not in places or (last is not None and last > places[seen]):
        raise _stale(conversation, "A customer message arrived meanwhile.")


def _stale(conversation: ConversationSnapshot, what: str) -> StaleVersion:
    return StaleVersion(f"{what} Look again and repeat.", current=conversation.model_dump(mode="json"))
