"""Which rules a message meets, in list order, and what they are to do (automation.md, Rules). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.automation.domain.keywords import KeywordIndex
from shared.contracts.acts import Resolve, RuleAction, RuleRun
from shared.contracts.settings import Rule
from shared.contracts.words import Visibility
from shared.ids import derived


@dataclass(frozen=True, slots=True)
class Seen:
    """The inbound message that rules are evaluated on: ``first`` of its episode or not, and where it came."""

    message: str
    text: str
    channel: str
    visibility: Visibility
    first: bool


class RuleSet:
    """All enabled rules, compiled once per change of the settings."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        enabled = [(id, rule) for id, rule in rules.items() if rule.enabled]
        self._rules: Sequence[tuple[str, Rule]] = sorted(
            enabled, key=lambda entry: (entry[1].position, entry[1].name, entry[0])
        )
        self._keywords = KeywordIndex(condition for _, rule in self._rules for condition in rule.conditions)

    def runs(self, seen: Seen) -> tuple[RuleRun, ...]:
        """The rules that match, in list order. The run's id is the same whenever the same message is evaluated."""
        here = [
            (id, rule)
            for id, rule in self._rules
            if rule.scope.covers(seen.channel, seen.visibility) and (seen.first or rule.event != "conversation_opened")
        ]
        if not here:
            return ()
        met = self._keywords.matching(seen.text)
        matching = ((id, rule) for id, rule in here if not rule.conditions or not met.isdisjoint(rule.conditions))
        return tuple(run for id, rule in matching if (run := _run(id, rule, seen)).actions)


def _run(id: str, rule: Rule, seen: Seen) -> RuleRun:
    return RuleRun(
        run=derived("run", id, seen.message),
        rule=id,
        name=rule.name,
        text_condition=bool(rule.conditions),
        actions=_in_order(rule, seen),
    )


def _in_order(rule: Rule, seen: Seen) -> tuple[RuleAction, ...]:
    """Listed order, resolve last (AU-03); a text condition resolves only on an episode's first message (AU-04)."""
    others = tuple(action for action in rule.actions if not isinstance(action, Resolve))
    resolves = tuple(action for action in rule.actions if isinstance(action, Resolve))
    return others + resolves[:1] if seen.first or not rule.conditions else others
