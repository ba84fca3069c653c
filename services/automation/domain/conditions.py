"""The tree of a rule's conditions compiled to functions; all keywords of all rules are found in one pass. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from services.automation.domain.fields import Test, test_of
from services.automation.domain.keywords import KeywordIndex, Wanted, wanted, wanted_by
from services.automation.domain.looking import Seen
from shared.contracts.rules import ConditionResult
from shared.contracts.settings import FieldCondition, Group, KeywordCondition
from shared.contracts.settings.conditions import (
    OPERATOR_TITLES,
    TYPES,
    Condition,
    FieldName,
    FieldType,
    Operator,
    nodes,
)

Found: TypeAlias = Callable[[str, Seen], set[int]]
"""Which keyword conditions of an index (by the name of its text) what is seen meets."""

Holds: TypeAlias = Callable[[Seen, "Looked"], bool]

_CONTAINS = (Operator.CONTAINS_ANY_OF, Operator.CONTAINS_ALL_OF)
_ATTRIBUTE = "attribute:"
MOST_DESCRIBED = 20
LONGEST_DESCRIBED = 200


class Looked:
    """What the keyword indexes found in one snapshot, each looked at when it is first asked."""

    __slots__ = ("_found", "_indexes", "_seen")

    def __init__(self, indexes: dict[str, KeywordIndex], seen: Seen) -> None:
        self._indexes = indexes
        self._seen = seen
        self._found: dict[str, set[int]] = {}

    @property
    def places(self) -> Iterator[Place]:
        """Every keyword condition that is met, in any text."""
        return ((source, place) for source in self._indexes for place in self.met(source))

    def met(self, source: str) -> set[int]:
        """The places of the keyword conditions on this text that it meets."""
        found = self._found.get(source)
        if found is None:
            found = self._indexes[source].matching(_text_of(source, self._seen))
            self._found[source] = found
        return found


Place: TypeAlias = tuple[str, int]
"""A keyword condition: the text it is about, and its place in that text's index."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition as a function, with those below it.

    ``needs``: it can hold only if one of these keyword conditions is met; None: nothing is known.
    """

    condition: Condition
    holds: Holds
    below: tuple[Compiled, ...] = ()
    needs: frozenset[Place] | None = None

    def explain(self, seen: Seen, looked: Looked) -> ConditionResult:
        """Condition by condition, what held."""
        return ConditionResult(
            condition=describe(self.condition),
            held=self.holds(seen, looked),
            of=tuple(one.explain(seen, looked) for one in self.below),
        )

    def matched(self, seen: Seen, looked: Looked) -> tuple[str, ...]:
        """In words, the conditions (not groups) that held, at most 20."""
        leaves = (one for one in self._leaves() if one.holds(seen, looked))
        return tuple(describe(one.condition) for one, _ in zip(leaves, range(MOST_DESCRIBED), strict=False))

    def _leaves(self) -> list[Compiled]:
        if not isinstance(self.condition, Group):
            return [self]
        return [leaf for one in self.below for leaf in one._leaves()]


class Compiler:
    """Compiles trees; afterwards ``looked`` gives what the keywords of all of them found."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Wanted]] = {}
        self._indexes: dict[str, KeywordIndex] | None = None

    def compile(self, condition: Condition) -> Compiled:
        """The tree as functions. Raises BadPattern for an expression that RE2 does not take."""
        match condition:
            case Group():
                below = tuple(self.compile(one) for one in condition.of)
                return Compiled(condition, _joined(condition, below), below, _needs(condition, below))
            case KeywordCondition():
                place = self._place(condition.about, wanted_by(condition))
                return Compiled(condition, _at(place), needs=frozenset({place}))
            case FieldCondition() if condition.operator in _CONTAINS and _is_text(condition):
                return self._contains(condition)
            case FieldCondition():
                test = test_of(condition)
                return Compiled(condition, lambda seen, _looked: test(seen))
            case unknown:
                assert_never(unknown)

    def looked(self, seen: Seen) -> Looked:
        """What the keywords find in one snapshot."""
        if self._indexes is None:
            self._indexes = {source: KeywordIndex(rows) for source, rows in self._rows.items()}
        return Looked(self._indexes, seen)

    def _place(self, source: str, row: Wanted) -> Place:
        rows = self._rows.setdefault(source, [])
        rows.append(row)
        self._indexes = None
        return source, len(rows) - 1

    def _contains(self, condition: FieldCondition) -> Compiled:
        row = wanted(condition.words, every=condition.operator is Operator.CONTAINS_ALL_OF)
        if condition.field is not FieldName.CONTACT_ATTRIBUTE:
            place = self._place(condition.field.value, row)
            return Compiled(condition, _at(place), needs=frozenset({place}))
        words = _at(self._place(f"{_ATTRIBUTE}{condition.attribute}", row))
        among: Test = test_of(condition)

        def holds(seen: Seen, looked: Looked) -> bool:
            """An attribute is a text, or a list."""
            listed = isinstance(seen.attributes.get(condition.attribute), tuple)
            return among(seen) if listed else words(seen, looked)

        return Compiled(condition, holds)


def asks_text(tree: Condition) -> bool:
    """Whether it asks about the text of the message (AU-04)."""
    return asks(tree, FieldName.TEXT)


def asks(tree: Condition, field: FieldName) -> bool:
    """Whether it asks about this field, by keywords or otherwise."""

    def about(one: Condition) -> bool:
        match one:
            case FieldCondition():
                return one.field is field
            case KeywordCondition():
                return one.about == field.value
            case _:
                return False

    return any(map(about, nodes(tree)))


def describe(condition: Condition) -> str:
    """In words, as an admin reads it."""
    match condition:
        case Group():
            return f"{condition.join} of" if condition.of else "everything"
        case KeywordCondition():
            operator = Operator.CONTAINS_ALL_OF if condition.match == "all_of" else Operator.CONTAINS_ANY_OF
            said = f"{condition.about} {OPERATOR_TITLES[operator]} {condition.keywords}"
        case FieldCondition():
            name = condition.attribute if condition.field is FieldName.CONTACT_ATTRIBUTE else condition.field.value
            value = "" if condition.operator is Operator.IS_EMPTY else " " + ", ".join(condition.words)
            said = f"{name.replace('_', ' ')} {OPERATOR_TITLES[condition.operator]}{value}"
        case unknown:
            assert_never(unknown)
    return said if len(said) <= LONGEST_DESCRIBED else said[: LONGEST_DESCRIBED - 1] + "…"


def _at(place: Place) -> Holds:
    source, number = place
    return lambda _seen, looked: number in looked.met(source)


def _joined(group: Group, below: tuple[Compiled, ...]) -> Holds:
    tests = tuple(one.holds for one in below)
    if group.join == "none":
        return lambda seen, looked: not any(one(seen, looked) for one in tests)
    if len(tests) == 1:
        return tests[0]
    if group.join == "all":
        return lambda seen, looked: all(one(seen, looked) for one in tests)
    return lambda seen, looked: any(one(seen, looked) for one in tests)


def _needs(group: Group, below: tuple[Compiled, ...]) -> frozenset[Place] | None:
    known = [one.needs for one in below if one.needs is not None]
    if group.join == "all" and known:
        return min(known, key=len)
    if group.join == "any" and known and len(known) == len(below):
        return frozenset[Place]().union(*known)
    return None


def _is_text(condition: FieldCondition) -> bool:
    return TYPES[condition.field] in (FieldType.TEXT, FieldType.ATTRIBUTE)


def _text_of(source: str, seen: Seen) -> str:
    if source == "text":
        return seen.text
    if source == "subject":
        return seen.subject
    value = seen.attributes.get(source.removeprefix(_ATTRIBUTE))
    return value if isinstance(value, str) else ""
