"""Conditions of rules: a tree of all / any / none groups over keywords and fields (automation.md, Rules)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from shared.contracts.base import Contract
from shared.contracts.words import Medium, MessageKind, Status, Substatus, Visibility

MOST_LEVELS = 8
MOST_NODES = 200
MOST_PATTERN = 1_000
"""Characters of a regular expression."""
MOST_CHARACTERS = 20_000
"""Characters of all words of a condition."""


class Operator(StrEnum):
    """How a field is compared."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS_ANY_OF = "contains_any_of"
    CONTAINS_ALL_OF = "contains_all_of"
    MATCHES = "matches"
    IS_EMPTY = "is_empty"
    GREATER = "greater"
    AT_LEAST = "at_least"
    LESS = "less"
    AT_MOST = "at_most"
    BEFORE = "before"
    AFTER = "after"
    IN_THE_LAST = "in_the_last"


class FieldType(StrEnum):
    """What kind of value a field has; it decides the operators."""

    TEXT = "text"
    CHOICE = "choice"
    SET = "set"
    FLAG = "flag"
    NUMBER = "number"
    TIME_OF_DAY = "time_of_day"
    DATE = "date"
    ATTRIBUTE = "attribute"


class FieldName(StrEnum):
    """What a condition may ask about. ``owner`` is the id of an agent or virtual agent; ``status`` may be ``new`` or
    ``new.open``; ``time_of_day`` is by the clock of the channel's schedule, else UTC."""

    TEXT = "text"
    SUBJECT = "subject"
    KIND = "kind"
    VISIBILITY = "visibility"
    CHANNEL = "channel"
    MEDIUM = "medium"
    HAS_ATTACHMENT = "has_attachment"
    LANGUAGE = "language"
    BROWSER_LANGUAGE = "browser_language"
    CONTACT_ATTRIBUTE = "contact_attribute"
    GROUPS = "groups"
    CONTACT_LABELS = "contact_labels"
    LABELS = "labels"
    TOPICS = "topics"
    TAGS = "tags"
    STATUS = "status"
    OWNER = "owner"
    TEAM = "team"
    PRIORITY_SCORE = "priority_score"
    WITHIN_BUSINESS_HOURS = "within_business_hours"
    TIME_OF_DAY = "time_of_day"
    EPISODE = "episode"
    FIRST_MESSAGE = "first_message"
    PREVIOUS_SCORE = "previous_score"


_CONTAINS = (Operator.CONTAINS_ANY_OF, Operator.CONTAINS_ALL_OF)
_SAME = (Operator.IS, Operator.IS_NOT)
_SIZES = (Operator.GREATER, Operator.AT_LEAST, Operator.LESS, Operator.AT_MOST)
_WHEN = (Operator.BEFORE, Operator.AFTER)

OPERATORS: Mapping[FieldType, tuple[Operator, ...]] = {
    FieldType.TEXT: (*_SAME, *_CONTAINS, Operator.MATCHES, Operator.IS_EMPTY),
    FieldType.CHOICE: (*_SAME, Operator.IS_EMPTY),
    FieldType.SET: (*_CONTAINS, Operator.IS_EMPTY),
    FieldType.FLAG: (Operator.IS,),
    FieldType.NUMBER: (*_SAME, *_SIZES, Operator.IS_EMPTY),
    FieldType.TIME_OF_DAY: _WHEN,
    FieldType.DATE: (*_SAME, *_WHEN, Operator.IN_THE_LAST, Operator.IS_EMPTY),
    FieldType.ATTRIBUTE: tuple(Operator),
}
"""The operators of each type. Those of an attribute follow from its own type (``ATTRIBUTE_TYPES``)."""

ATTRIBUTE_TYPES: Mapping[str, FieldType] = {
    "text": FieldType.TEXT,
    "url": FieldType.TEXT,
    "number": FieldType.NUMBER,
    "date": FieldType.DATE,
    "list": FieldType.SET,
    "boolean": FieldType.FLAG,
}
"""The type of condition for each type of contact attribute."""

_ON = FieldName
TYPES: Mapping[FieldName, FieldType] = {
    **dict.fromkeys((_ON.TEXT, _ON.SUBJECT), FieldType.TEXT),
    **dict.fromkeys((_ON.KIND, _ON.VISIBILITY, _ON.CHANNEL, _ON.MEDIUM), FieldType.CHOICE),
    **dict.fromkeys((_ON.LANGUAGE, _ON.BROWSER_LANGUAGE, _ON.STATUS, _ON.OWNER, _ON.TEAM), FieldType.CHOICE),
    **dict.fromkeys((_ON.GROUPS, _ON.CONTACT_LABELS, _ON.LABELS, _ON.TOPICS, _ON.TAGS), FieldType.SET),
    **dict.fromkeys((_ON.HAS_ATTACHMENT, _ON.WITHIN_BUSINESS_HOURS, _ON.FIRST_MESSAGE), FieldType.FLAG),
    **dict.fromkeys((_ON.PRIORITY_SCORE, _ON.EPISODE, _ON.PREVIOUS_SCORE), FieldType.NUMBER),
    _ON.TIME_OF_DAY: FieldType.TIME_OF_DAY,
    _ON.CONTACT_ATTRIBUTE: FieldType.ATTRIBUTE,
}

_STATUSES = (
    *(status.value for status in Status),
    *(f"{Status.NEW}.{half}" for half in (Substatus.UNTOUCHED, Substatus.OPEN)),
    *(f"{Status.PENDING}.{half}" for half in (Substatus.ANSWERED, Substatus.HOLD)),
    *(f"{Status.RESOLVED}.{half}" for half in (Substatus.CLOSED, Substatus.IGNORED)),
)
_CHOICES: Mapping[FieldName, Sequence[str]] = {
    FieldName.KIND: [kind.value for kind in MessageKind],
    FieldName.VISIBILITY: [one.value for one in Visibility],
    FieldName.MEDIUM: [medium.value for medium in Medium],
    FieldName.STATUS: _STATUSES,
}
_RESOURCES: Mapping[FieldName, str] = {
    FieldName.CHANNEL: "channels",
    FieldName.OWNER: "users",
    FieldName.TEAM: "teams",
    FieldName.TOPICS: "topics",
    FieldName.LABELS: "labels",
    FieldName.CONTACT_LABELS: "labels",
    FieldName.CONTACT_ATTRIBUTE: "contact-attributes",
}
_TITLES: Mapping[FieldName, str] = {
    FieldName.TEXT: "Message text",
    FieldName.HAS_ATTACHMENT: "Message has an attachment",
    FieldName.LANGUAGE: "Language of the conversation",
    FieldName.GROUPS: "Contact groups",
    FieldName.FIRST_MESSAGE: "First message of the episode",
    FieldName.EPISODE: "Episode number",
    FieldName.PREVIOUS_SCORE: "Previous survey score of the contact",
    FieldName.LABELS: "Labels of the conversation",
    FieldName.CONTACT_LABELS: "Labels of the contact",
}
OPERATOR_TITLES: Mapping[Operator, str] = {
    Operator.IS: "is",
    Operator.IS_NOT: "is not",
    Operator.CONTAINS_ANY_OF: "contains any of",
    Operator.CONTAINS_ALL_OF: "contains all of",
    Operator.MATCHES: "matches (regular expression)",
    Operator.IS_EMPTY: "is empty",
    Operator.GREATER: ">",
    Operator.AT_LEAST: "≥",
    Operator.LESS: "<",
    Operator.AT_MOST: "≤",
    Operator.BEFORE: "before",
    Operator.AFTER: "after",
    Operator.IN_THE_LAST: "in the last (days)",
}


def vocabulary() -> dict[str, Any]:
    """All that a form needs to draw a condition: fields with type and choices, operators by type, shapes of values.

    ``values`` says per operator what ``value`` is: ``words`` (a list of texts), ``pattern``, ``number``, ``none``, or
    ``own``: as the type has it (``text``: words; ``flag``: true or false; ``time_of_day``: ``HH:MM``;
    ``date``: ``YYYY-MM-DD``; ``number``).
    """
    return {
        "fields": [
            {
                "name": name.value,
                "title": _TITLES.get(name, name.value.replace("_", " ").capitalize()),
                "type": kind.value,
                **({"choices": list(_CHOICES[name])} if name in _CHOICES else {}),
                **({"resource": _RESOURCES[name]} if name in _RESOURCES else {}),
            }
            for name, kind in TYPES.items()
        ],
        "operators": {kind.value: [one.value for one in found] for kind, found in OPERATORS.items()},
        "attribute_types": {name: kind.value for name, kind in ATTRIBUTE_TYPES.items()},
        "operator_titles": {one.value: title for one, title in OPERATOR_TITLES.items()},
        "values": {one.value: _shape(one) for one in Operator},
        "limits": {"levels": MOST_LEVELS, "nodes": MOST_NODES},
    }


def _shape(operator: Operator) -> str:
    if operator is Operator.IS_EMPTY:
        return "none"
    if operator in _CONTAINS:
        return "words"
    if operator in _SIZES or operator is Operator.IN_THE_LAST:
        return "number"
    return "pattern" if operator is Operator.MATCHES else "own"


ConditionValue = bool | int | float | str | tuple[str, ...] | None


class KeywordCondition(Contract):
    """AU-02: comma-separated keywords or phrases in what was written, or in the subject."""

    model_config = ConfigDict(title="Keywords")

    test: Literal["keywords"] = "keywords"
    about: Literal["text", "subject"] = Field(default="text", title="In")
    match: Literal["any_of", "all_of"] = Field(default="any_of", title="Contains")
    keywords: str = Field(min_length=1, max_length=MOST_CHARACTERS, title="Keywords, separated by commas")
    ignore_accents: bool = Field(default=False, title="Ignore accents")


class FieldCondition(Contract):
    """One field against a value. ``attribute`` names the contact attribute where the field is that."""

    model_config = ConfigDict(title="Field", json_schema_extra={"vocabulary": vocabulary()})

    test: Literal["field"] = "field"
    field: FieldName = Field(title="Field")
    attribute: str = Field(default="", max_length=255, title="Attribute")
    operator: Operator = Field(default=Operator.IS, title="Is")
    value: Annotated[ConditionValue, Field(union_mode="smart")] = Field(default=None, title="Value")

    @model_validator(mode="after")
    def _fits(self) -> FieldCondition:
        """The operator is one of the field's, and the value one of the operator's."""
        kind = TYPES[self.field]
        if self.operator not in OPERATORS[kind]:
            known = ", ".join(OPERATORS[kind])
            raise ValueError(f"{self.field} cannot be compared with {self.operator}; choose one of: {known}")
        if kind is FieldType.ATTRIBUTE and not self.attribute.strip():
            raise ValueError("name the contact attribute")
        if problem := _wrong_value(kind, self.operator, self.value):
            raise ValueError(f"{self.field} {self.operator}: {problem}")
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """The value as a list of texts."""
        if isinstance(self.value, tuple):
            return self.value
        return () if self.value is None else (str(self.value),)


class Group(Contract):
    """``all``, ``any`` or ``none`` of its conditions. An empty root matches everything."""

    model_config = ConfigDict(title="Group")

    test: Literal["group"] = "group"
    join: Literal["all", "any", "none"] = Field(default="all", title="Holds when")
    of: tuple[Condition, ...] = Field(default=(), max_length=MOST_NODES, title="Conditions")

    def __bool__(self) -> bool:
        """Whether it asks for anything at all."""
        return bool(self.of)


Condition = Annotated[Group | KeywordCondition | FieldCondition, Field(discriminator="test")]
"""A node of the tree."""

Group.model_rebuild()


def nodes(condition: Condition) -> Iterator[Condition]:
    """The node and all below it, each before what is below it."""
    yield condition
    if isinstance(condition, Group):
        for below in condition.of:
            yield from nodes(below)


def _as_tree(value: Any) -> Any:
    """A list of keyword rows, of which any is enough, is the older form of the tree. Too large a tree is refused."""
    if isinstance(value, list | tuple):
        value = tree_of(value)
    _measure(value)
    return value


def tree_of(rows: Sequence[Any]) -> dict[str, Any]:
    """The tree of a list of keyword rows, the form of before."""
    tagged = [{"test": "keywords", **row} if isinstance(row, dict) else row for row in rows]
    return {"test": "group", "join": "any" if tagged else "all", "of": tagged}


def _measure(root: Any) -> None:
    level, found = [root], 0
    for _ in range(MOST_LEVELS):
        found += len(level)
        if found > MOST_NODES:
            raise ValueError(f"at most {MOST_NODES} conditions and groups; split the rule")
        level = [below for node in level for below in _below(node)]
        if not level:
            return
    raise ValueError(f"groups may be nested at most {MOST_LEVELS} levels deep")


def _below(node: Any) -> Sequence[Any]:
    if isinstance(node, Group):
        return node.of
    found = node.get("of") if isinstance(node, dict) else None
    return found if isinstance(found, list | tuple) else ()


Tree = Annotated[Group, BeforeValidator(_as_tree)]
"""The conditions of a rule: at most 8 levels and 200 nodes. A list of keyword conditions is read as ``any`` of them."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _wrong_value(kind: FieldType, operator: Operator, value: ConditionValue) -> str | None:
    shape = _shape(operator)
    match shape:
        case "none":
            return None
        case "words":
            return None if _texts(value) else f"give at least one word, and at most {MOST_CHARACTERS} characters"
        case "pattern":
            fits = isinstance(value, str) and 0 < len(value) <= MOST_PATTERN
            return None if fits else f"give a regular expression of at most {MOST_PATTERN} characters"
        case "number":
            return _wrong_number(value)
        case _:
            return _wrong_own(kind, value)


def _wrong_own(kind: FieldType, value: ConditionValue) -> str | None:
    match kind:
        case FieldType.FLAG:
            return None if isinstance(value, bool) else "the value is true or false"
        case FieldType.NUMBER:
            return _wrong_number(value)
        case FieldType.TIME_OF_DAY:
            fits = isinstance(value, str) and _CLOCK.fullmatch(value)
            return None if fits else "give a time of day as HH:MM"
        case FieldType.DATE:
            return None if isinstance(value, str) and as_date(value) else "give a date as YYYY-MM-DD"
        case FieldType.ATTRIBUTE:
            return None if value not in (None, "", ()) else "give a value"
        case _:
            return None if _texts(value) else f"give at least one value, and at most {MOST_CHARACTERS} characters"


def _texts(value: ConditionValue) -> bool:
    found = value if isinstance(value, tuple) else (value,)
    texts = [one for one in found if isinstance(one, str) and one.strip()]
    return len(texts) == len(found) > 0 and sum(len(one) + 1 for one in texts) <= MOST_CHARACTERS


def _wrong_number(value: ConditionValue) -> str | None:
    """Whole numbers beyond 2**53 do not survive JSON readers, and what is not finite is not JSON."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "give a number"
    return None if abs(value) <= 2**53 else "the number is too large"


def as_date(text: str) -> date | None:
    """The date that a text begins with, ISO 8601; None when it is none."""
    try:
        return datetime.fromisoformat(text.strip()).date()
    except ValueError:
        return None
