"""Field conditions compiled to functions of what is seen, by the type of the field. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeAlias, assert_never

from services.automation.domain.keywords import MOST_CHARACTERS, folded
from services.automation.domain.looking import Seen
from services.automation.domain.patterns import compiled
from shared.contracts.messages import AttributeValue
from shared.contracts.settings.conditions import TYPES, FieldCondition, FieldName, FieldType, Operator, as_date

Test: TypeAlias = Callable[[Seen], bool]


def test_of(condition: FieldCondition) -> Test:
    """The condition as a function. ``contains`` on texts is not here: those are keywords, found in one pass."""
    name = condition.field
    match TYPES[name]:
        case FieldType.TEXT:
            return _text(condition, lambda seen: seen.text if name is FieldName.TEXT else seen.subject)
        case FieldType.CHOICE:
            return _choice(condition)
        case FieldType.SET:
            return _set(condition, lambda seen: _sets(seen, name))
        case FieldType.FLAG:
            wanted = condition.value is True
            return lambda seen: _flag(seen, name) is wanted
        case FieldType.NUMBER:
            return _number(condition, lambda seen: _amount(seen, name))
        case FieldType.TIME_OF_DAY:
            return _time_of_day(condition)
        case FieldType.DATE:
            raise AssertionError("only attributes are dates")
        case FieldType.ATTRIBUTE:
            return _attribute(condition)
        case unknown:
            assert_never(unknown)


def _text(condition: FieldCondition, read: Callable[[Seen], str]) -> Test:
    wanted = frozenset(map(folded, condition.words))
    match condition.operator:
        case Operator.IS:
            return lambda seen: folded(read(seen)[:MOST_CHARACTERS]) in wanted
        case Operator.IS_NOT:
            return lambda seen: folded(read(seen)[:MOST_CHARACTERS]) not in wanted
        case Operator.MATCHES:
            pattern = compiled(str(condition.value))
            return lambda seen: pattern.search(_clean(read(seen))) is not None
        case _:
            return lambda seen: not read(seen).strip()


def _clean(text: str) -> str:
    """As RE2 takes it: lone surrogates are not UTF-8."""
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode()


def _choice(condition: FieldCondition) -> Test:
    name, wanted = condition.field, frozenset(word.strip().casefold() for word in condition.words)
    match condition.operator:
        case Operator.IS:
            return lambda seen: not wanted.isdisjoint(_names(seen, name))
        case Operator.IS_NOT:
            return lambda seen: wanted.isdisjoint(_names(seen, name))
        case _:
            return lambda seen: not _names(seen, name)


def _names(seen: Seen, name: FieldName) -> frozenset[str]:
    found = seen.names.get(name)
    if found is None:
        found = seen.names[name] = frozenset(one.casefold() for one in _choices(seen, name))
    return found


def _choices(seen: Seen, name: FieldName) -> tuple[str, ...]:
    """What the field is, in each of the ways in which it may be named (``es-mx`` is ``es`` too)."""
    match name:
        case FieldName.LANGUAGE | FieldName.BROWSER_LANGUAGE:
            tag = seen.language if name is FieldName.LANGUAGE else seen.browser_language
            tidy = (tag or "").replace("_", "-").strip()
            return tuple(dict.fromkeys((tidy, tidy.partition("-")[0]))) if tidy else ()
        case FieldName.STATUS:
            return (seen.status, f"{seen.status}.{seen.substatus}") if seen.substatus else (seen.status,)
        case FieldName.KIND:
            found: str | None = seen.kind
        case FieldName.VISIBILITY:
            found = seen.visibility.value
        case FieldName.CHANNEL:
            found = seen.channel
        case FieldName.MEDIUM:
            found = seen.medium
        case FieldName.OWNER:
            found = seen.owner
        case _:
            found = seen.team
    return (found,) if found else ()


def _sets(seen: Seen, name: FieldName) -> tuple[str, ...]:
    match name:
        case FieldName.GROUPS:
            return seen.groups
        case FieldName.CONTACT_LABELS:
            return seen.contact_labels
        case FieldName.LABELS:
            return seen.labels
        case FieldName.TOPICS:
            return seen.topics
        case _:
            return seen.tags


def _set(condition: FieldCondition, read: Callable[[Seen], tuple[str, ...]]) -> Test:
    wanted = frozenset(word.strip().casefold() for word in condition.words)
    match condition.operator:
        case Operator.CONTAINS_ANY_OF:
            return lambda seen: any(one.casefold() in wanted for one in read(seen))
        case Operator.CONTAINS_ALL_OF:
            return lambda seen: wanted <= {one.casefold() for one in read(seen)}
        case _:
            return lambda seen: not read(seen)


def _flag(seen: Seen, name: FieldName) -> bool:
    match name:
        case FieldName.HAS_ATTACHMENT:
            return seen.has_attachment
        case FieldName.WITHIN_BUSINESS_HOURS:
            return seen.open_now
        case _:
            return seen.first


def _amount(seen: Seen, name: FieldName) -> float | None:
    match name:
        case FieldName.PRIORITY_SCORE:
            return seen.priority_score
        case FieldName.EPISODE:
            return seen.episode
        case _:
            return seen.previous_score


def _number(condition: FieldCondition, read: Callable[[Seen], float | None]) -> Test:
    """What has no value is neither more nor less than anything; it *is not* every number."""
    if condition.operator is Operator.IS_EMPTY:
        return lambda seen: read(seen) is None
    wanted, operator = _as_number(condition.value), condition.operator

    def compare(seen: Seen) -> bool:
        value = read(seen)
        if value is None or wanted is None:
            return operator is Operator.IS_NOT
        return _compares(operator, value, wanted)

    return compare


def _compares(operator: Operator, value: float, wanted: float) -> bool:
    match operator:
        case Operator.GREATER:
            return value > wanted
        case Operator.AT_LEAST:
            return value >= wanted
        case Operator.LESS:
            return value < wanted
        case Operator.AT_MOST:
            return value <= wanted
        case Operator.IS_NOT:
            return value != wanted
        case _:
            return value == wanted


def _time_of_day(condition: FieldCondition) -> Test:
    """Before 09:00 is up to and without it; after 18:00 begins with it."""
    wanted = str(condition.value)
    if condition.operator is Operator.BEFORE:
        return lambda seen: seen.clock < wanted
    return lambda seen: seen.clock >= wanted


def _attribute(condition: FieldCondition) -> Test:
    """By the operator, and by what the contact's value is like; a value that does not fit the operator never holds."""
    name, operator = condition.attribute, condition.operator

    def value(seen: Seen) -> AttributeValue | None:
        return seen.attributes.get(name)

    match operator:
        case Operator.IS_EMPTY:
            return lambda seen: value(seen) in (None, "", ())
        case Operator.GREATER | Operator.AT_LEAST | Operator.LESS | Operator.AT_MOST:
            return _number(condition, lambda seen: _as_number(value(seen)))
        case Operator.BEFORE | Operator.AFTER | Operator.IN_THE_LAST:
            return _date(condition)
        case Operator.MATCHES:
            return _text(condition, lambda seen: _plain(value(seen)))
        case Operator.CONTAINS_ANY_OF | Operator.CONTAINS_ALL_OF:
            return _set(condition, lambda seen: _several(value(seen)))
        case _:
            same = _same(condition)
            wanted = operator is Operator.IS
            return lambda seen: same(value(seen)) is wanted


def _same(condition: FieldCondition) -> Callable[[AttributeValue | None], bool]:
    wanted = frozenset(map(folded, map(_plain, condition.words)))
    number = None if isinstance(condition.value, tuple) else _as_number(condition.value)
    if isinstance(condition.value, bool):
        wanted = frozenset({_plain(condition.value)})

    def same(value: AttributeValue | None) -> bool:
        if isinstance(value, int | float) and not isinstance(value, bool) and number is not None:
            return value == number
        return any(folded(one) in wanted for one in _several(value))

    return same


def _date(condition: FieldCondition) -> Test:
    """By calendar day in UTC; *in the last* n days is from n days ago up to today."""
    name, operator = condition.attribute, condition.operator
    wanted = as_date(condition.value) if isinstance(condition.value, str) else None
    days = _as_number(condition.value) or 0

    def holds(seen: Seen) -> bool:
        text = seen.attributes.get(name)
        found = as_date(text) if isinstance(text, str) else None
        if found is None:
            return False
        if operator is Operator.IN_THE_LAST:
            return _recent(found, seen.at.date(), days)
        if wanted is None:
            return False
        return found < wanted if operator is Operator.BEFORE else found > wanted

    return holds


def _recent(found: date, today: date, days: float) -> bool:
    return timedelta() <= today - found <= timedelta(days=min(days, 1_000_000))


def _several(value: AttributeValue | None) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return () if value is None else (_plain(value),)


def _plain(value: AttributeValue | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value)


def _as_number(value: AttributeValue | None) -> float | None:
    if isinstance(value, bool) or value is None or isinstance(value, tuple):
        return None
    try:
        return float(value)
    except ValueError:
        return None
