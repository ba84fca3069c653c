"""What people run by hand as a list (AU-22), and what automation says of itself (AU-07). Pure."""

from __future__ import annotations

from datetime import datetime

from services.routing.domain import guards
from services.routing.domain.acts import GUARDED, apply, is_so
from services.routing.domain.decision import Change, Decision
from services.routing.domain.desk import Desk
from services.routing.domain.triage import INGEST, OTHERS
from services.routing.domain.turns import settle
from shared.contracts.acts import Resolve
from shared.contracts.base import SYSTEM
from shared.contracts.conversation_commands import RunMacro
from shared.contracts.conversations import AutomationHalted, ConversationSnapshot
from shared.contracts.facts import AutomationStopped, RuleApplied
from shared.errors import Unprocessable


def run_macro(
    conversation: ConversationSnapshot, command: RunMacro, desk: Desk, now: datetime
) -> tuple[Decision, tuple[str, ...]]:
    """A macro's acts take the row of an agent's, in listed order, resolve last; and what of it was refused.

    Raises StaleVersion (409) by the guard, where an act of it is guarded, before anything is done.
    """
    change = Change(conversation, conversation, desk=desk, at=now, now=now, by=command.by)
    own = [act for act in command.run.actions if not isinstance(act, OTHERS)]
    if any(isinstance(act, GUARDED) and not is_so(conversation, act) for act in own):
        guards.check(conversation, command.seen, command.status_number)
    refused = list(command.failed)
    for act in sorted(own, key=lambda one: isinstance(one, Resolve)):
        if is_so(change.conversation, act):
            continue
        before, facts = change.conversation, list(change.facts)
        try:
            apply(change, act, bulk=command.bulk)
        except Unprocessable as refusal:
            change.conversation, change.facts = before, facts
            refused.append(f"{act.act}: {refusal.detail}")
    left = tuple(act for act in command.run.actions if isinstance(act, OTHERS) and not isinstance(act, INGEST))
    change.say(
        RuleApplied,
        run=command.run.run,
        rule=command.run.rule,
        name=command.run.name,
        failed=tuple(refused),
        left=left,
        macro=True,
    )
    change.set(changed_at=now)
    settle(change)
    return change.decide(), tuple(refused)


def halted(conversation: ConversationSnapshot, event: AutomationHalted, desk: Desk, now: datetime) -> Decision:
    """The budget is spent: a line in the trail says until when rules and virtual agents stop."""
    change = Change(conversation, conversation, desk=desk, at=event.at, now=now, by=SYSTEM)
    change.say(AutomationStopped, limit=event.limit, until=event.until)
    change.set(changed_at=now)
    return change.decide()
