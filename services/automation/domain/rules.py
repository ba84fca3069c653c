"""Which rules a snapshot meets, in list order, and what they are to do (automation.md, Rules). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.automation.domain.conditions import Compiled, Compiler, Looked, Place, asks, asks_text
from services.automation.domain.looking import Seen
from services.automation.domain.patterns import BadPattern
from shared.contracts.acts import Resolve, RuleAction, RuleRun, SendTextAct
from shared.contracts.settings import Rule, RuleEvent
from shared.contracts.settings.automation import TIME_BASED
from shared.contracts.settings.conditions import FieldName
from shared.ids import derived


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched: what it says to do, its event, and which conditions held."""

    run: RuleRun
    event: RuleEvent
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An enabled rule, compiled."""

    id: str
    rule: Rule
    tree: Compiled
    text_condition: bool

    def fits(self, seen: Seen) -> bool:
        """Whether it is the rule's event and place."""
        return self.rule.event in seen.events and self.rule.scope.covers(seen.channel, seen.visibility)

    def holds(self, seen: Seen, looked: Looked) -> bool:
        """Whether its conditions hold; without any they do."""
        return not self.tree.below or self.tree.holds(seen, looked)


class RuleSet:
    """All enabled rules, compiled once per change of the settings.

    A rule that can hold only where one of its keywords is found is looked at only where one is.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        enabled = sorted(
            ((id, rule) for id, rule in rules.items() if rule.enabled),
            key=lambda entry: (entry[1].position, entry[1].name, entry[0]),
        )
        self._compiler = Compiler()
        self._entries: Sequence[Entry] = [
            entry for id, rule in enabled if (entry := _compiled(id, rule, self._compiler)) is not None
        ]
        self._events = frozenset(entry.rule.event for entry in self._entries)
        self._anyway: list[int] = []
        self._by_place: dict[Place, list[int]] = {}
        for number, entry in enumerate(self._entries):
            if entry.tree.needs is None:
                self._anyway.append(number)
            for place in entry.tree.needs or ():
                self._by_place.setdefault(place, []).append(number)
        self.asks_score = any(asks(entry.rule.conditions, FieldName.PREVIOUS_SCORE) for entry in self._entries)
        self.time_based = tuple(entry for entry in self._entries if entry.rule.event in TIME_BASED)

    def has(self, *events: RuleEvent) -> bool:
        """Whether any enabled rule is about one of these events."""
        return not self._events.isdisjoint(events)

    def matches(self, seen: Seen) -> tuple[Match, ...]:
        """The rules that match, in list order. A run's id is the same whenever the same cause is evaluated."""
        if not self.has(*seen.events):
            return ()
        looked = self._compiler.looked(seen)
        called = {number for place in looked.places for number in self._by_place.get(place, ())}
        candidates = (self._entries[number] for number in sorted(called.union(self._anyway)))
        return tuple(
            match
            for entry in candidates
            if entry.fits(seen) and entry.holds(seen, looked)
            if (match := _match(entry, seen, looked)).run.actions
        )

    def due(self, entry: Entry, seen: Seen) -> Match | None:
        """The match of one rule."""
        looked = self._compiler.looked(seen)
        if not (entry.fits(seen) and entry.holds(seen, looked)):
            return None
        match = _match(entry, seen, looked)
        return match if match.run.actions else None

    def entry(self, rule: str) -> Entry | None:
        """An enabled rule by id."""
        return next((entry for entry in self._entries if entry.id == rule), None)


def in_order(rule: Rule, seen: Seen, *, text_condition: bool) -> tuple[tuple[RuleAction, ...], dict[str, str]]:
    """What is to be done, in listed order, resolve last (AU-03); and what is left out, with the reason.

    A text condition resolves only on an episode's first message (AU-04); what a machine wrote is not answered
    (RFC 3834).
    """
    others = tuple(
        action
        for action in rule.actions
        if not isinstance(action, Resolve) and not (seen.automatic_reply and isinstance(action, SendTextAct))
    )
    resolves = tuple(action for action in rule.actions if isinstance(action, Resolve))[:1]
    left_out: dict[str, str] = {}
    if seen.automatic_reply and any(isinstance(action, SendTextAct) for action in rule.actions):
        left_out["send_text"] = "A machine wrote the message: nothing automatic answers it."
    if resolves and text_condition and not seen.first:
        left_out["resolve"] = "Only the first message of an episode resolves it."
        resolves = ()
    return others + resolves, left_out


def _compiled(id: str, rule: Rule, compiler: Compiler) -> Entry | None:
    """None for a rule whose expression is no longer taken: it cannot be evaluated, and stops no other."""
    try:
        tree = compiler.compile(rule.conditions)
    except BadPattern:
        return None
    return Entry(id, rule, tree, asks_text(rule.conditions))


def _match(entry: Entry, seen: Seen, looked: Looked) -> Match:
    actions, _ = in_order(entry.rule, seen, text_condition=entry.text_condition)
    run = RuleRun(
        run=derived("run", entry.id, seen.cause),
        rule=entry.id,
        name=entry.rule.name,
        text_condition=entry.text_condition,
        actions=actions,
    )
    return Match(run, entry.rule.event, entry.tree.matched(seen, looked) if entry.rule.conditions else ())
