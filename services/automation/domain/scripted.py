"""How a script goes on in a session: statements, questions, answers (AU-13, AU-16). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.automation.domain.deeds import Begin, Read, Send, Store
from services.automation.domain.scripts import escapes, value_of
from services.automation.domain.sessions import (
    RULE_FIRST,
    Session,
    added,
    granted,
    leave_of,
    left,
    noted,
    resting,
    without_first,
)
from shared.contracts.settings import AttributeQuestion, ContactAttribute, Question
from shared.contracts.settings.virtual_agents import ScriptStep
from shared.contracts.words import Leaving

Definitions = Mapping[str, ContactAttribute]
"""Contact attributes by id."""


def equipped(
    session: Session, deed: Begin, steps: Sequence[ScriptStep] | None, filled: Sequence[str], now: datetime
) -> Session:
    """The contact is known and the script chosen; ``steps`` None: none fits, so straight to New."""
    if not session.is_first(deed):
        return session
    if steps is None:
        return left(session, Leaving.NO_SCRIPT, now)
    plan = session.plan.model_copy(update={"steps": tuple(steps)})
    chosen = without_first(session, now).model_copy(update={"plan": plan, "filled": tuple(filled)})
    return _proceed(chosen, now)


def heard(
    session: Session, message: str, text: str, definitions: Definitions, now: datetime, *, rule_resolves: bool = False
) -> Session:
    """A message of the contact: the answer, or queued while sending. ``rule_resolves``: a rule is about to resolve
    the conversation over it, and is waited for."""
    if session.ends or message in session.known:
        return session
    session = noted(session, message)
    if rule_resolves:
        if session.deeds:
            return resting(session.model_copy(update={"inbox": (*session.inbox, message)}), now + RULE_FIRST)
        return resting(added(session, Read(id=session.next_id(), message=message), now), now + RULE_FIRST)
    if escapes(text, session.plan.escape_words):
        return left(session, Leaving.ESCAPE_WORD, now)
    if session.deeds:
        return session.model_copy(update={"inbox": (*session.inbox, message)})
    return _answered(session, text, definitions, now)


def read(session: Session, deed: Read, text: str, definitions: Definitions, now: datetime) -> Session:
    """A message that waited was read."""
    if not session.is_first(deed):
        return session
    if escapes(text, session.plan.escape_words):
        return left(session, Leaving.ESCAPE_WORD, now)
    return _answered(without_first(session, now), text, definitions, now)


def _answered(session: Session, text: str, definitions: Definitions, now: datetime) -> Session:
    """The answer to the question that was asked, empty for an attachment alone.

    It is checked by the attribute's definition; where that is gone nothing is stored.
    """
    step = session.plan.steps[session.place]
    following = session.model_copy(update={"place": session.place + 1, "asked": False, "again": False})
    attribute = definitions.get(step.attribute) if isinstance(step, AttributeQuestion) else None
    if not isinstance(step, AttributeQuestion) or attribute is None:
        return _proceed(following, now)
    value = value_of(text, attribute)
    if value is not None:
        filled = following.model_copy(update={"filled": (*session.filled, step.attribute)})
        stored = Store(id=filled.next_id(), attributes={attribute.name: value})
        return _proceed(added(filled, stored, now), now)
    if session.again:
        return _proceed(following, now)
    asked = Send(id=session.next_id(), text=step.again or step.text)
    return granted(added(session.model_copy(update={"again": True}), asked, now), now)


def _proceed(session: Session, now: datetime) -> Session:
    """The statements that follow and the question after them; an attribute that has a value is not asked for."""
    steps = session.plan.steps
    for place in range(session.place, len(steps)):
        step = steps[place]
        if isinstance(step, AttributeQuestion) and step.attribute in session.filled:
            continue
        session = added(session, Send(id=session.next_id(), text=step.text), now)
        if isinstance(step, Question | AttributeQuestion):
            return granted(session.model_copy(update={"place": place, "asked": True, "again": False}), now)
    over = session.model_copy(update={"place": len(steps), "asked": False, "inbox": ()})
    return granted(added(over, leave_of(over, Leaving.SCRIPT_ENDED), now), now)
