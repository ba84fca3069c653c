"""Which rules a message meets, in list order, and what they are to do (automation.md, Rules). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.automation.domain.keywords import KeywordIndex
from shared.contracts.acts import Resolve, RuleAction, RuleRun
from shared.contracts.settings import KeywordCondition, Rule
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


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    rule: Rule
    conditions: frozenset[int]


class RuleSet:
    """All enabled rules, compiled once per change of the settings."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        enabled = sorted(
            ((id, rule) for id, rule in rules.items() if rule.enabled),
            key=lambda entry: (entry[1].position, entry[1].name, entry[0]),
        )
        conditions: list[KeywordCondition] = []
        entries: list[_Entry] = []
        for id, rule in enabled:
            places = range(len(conditions), len(conditions) + len(rule.conditions))
            conditions += rule.conditions
            entries.append(_Entry(id, rule, frozenset(places)))
        self._entries: Sequence[_Entry] = entries
        self._keywords = KeywordIndex(conditions)

    def runs(self, seen: Seen) -> tuple[RuleRun, ...]:
        """The rules that match, in list order. The run's id is the same whenever the same message is evaluated."""
        if not self._entries:
            return ()
        met = self._keywords.matching(seen.text)
        matching = (
            entry
            for entry in self._entries
            if (not entry.conditions or not met.isdisjoint(entry.conditions)) and _applies(entry.rule, seen)
        )
        return tuple(run for entry in matching if (run := _run(entry.id, entry.rule, seen)).actions)


def _applies(rule: Rule, seen: Seen) -> bool:
    return rule.scope.covers(seen.channel, seen.visibility) and (seen.first or rule.event != "conversation_opened")


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
