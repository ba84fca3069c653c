"""The event catalogue, ``docs/events.md``, written from the contracts: ``python -m shared.bus.catalogue``."""

from __future__ import annotations

import enum
import importlib
import inspect
import pkgutil
import sys
import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from shared import contracts
from shared.contracts.base import Command, Event, Meta
from shared.contracts.topology import HEARD_BY, ONLY_ABOUT, SERVICES, SINGLE_ACTIVE

T = TypeVar("T")

WORDS = {
    "AwareDatetime": "instant",
    "datetime": "instant",
    "timedelta": "seconds",
    "str": "text",
    "bool": "yes or no",
    "int": "whole number",
    "float": "number",
    "Any": "anything",
}

HEAD = """\
# Events and commands

Written from `shared/contracts` by `python -m shared.bus.catalogue > docs/events.md`; a test keeps it
current. Do not edit.

Events are past facts, delivered at least once to every service that hears them, in no order. They are never renamed and
their fields only added; a break is a `v2` beside the old one. Commands are imperatives with an answer; asking again
with the same `event_id` is safe. Beside each travels its metadata:
"""


def catalogue() -> str:
    """The whole page."""
    events, commands = sorted(_named(Event), key=_type), sorted(_named(Command), key=_type)
    lines = [HEAD, *_fields(Meta), "\n## Who hears what\n", "| event | heard by | |", "|---|---|---|"]
    for event_type, services in HEARD_BY.items():
        known = any(event.type == event_type for event in events)
        note = _note(event_type, services)
        link = f"[`{event_type}`](#{_anchor(event_type)})" if known else f"`{event_type}`"
        lines.append(f"| {link} | {', '.join(services)} | {note if known else f'internal; {note}'.rstrip('; ')} |")
    lines.append("\n## Events")
    for event in events:
        live = "" if event.type in HEARD_BY else " Only over the live fanout, to whoever is connected."
        lines += ["", f"### {event.type}", "", _summary(event) + live, "", *_fields(event)]
    lines.append("\n## Commands")
    for service in (*SERVICES, ""):
        owned = [command for command in commands if command.service == service]
        if owned:
            lines += ["", f"### Answered by {service or 'each service, for the settings objects it owns'}"]
        for command in owned:
            reply = _words(command.reply_type())
            lines += ["", f"#### {command.type}", "", f"{_summary(command)} Answer: {reply}.", "", *_fields(command)]
    lines.append("\n## Shapes")
    for shape in sorted(_shapes((Meta, *events, *commands)), key=lambda shape: shape.__name__):
        lines += ["", f"### {shape.__name__}", "", _summary(shape), "", *_shape(shape)]
    return "\n".join(lines) + "\n"


def _note(event_type: str, services: tuple[str, ...]) -> str:
    notes = ["one process at a time"] if event_type in SINGLE_ACTIVE else []
    spared = {service: word for service in services if (word := ONLY_ABOUT.get((event_type, service)))}
    return "; ".join([*notes, *(f"{service} only what is about {word}" for service, word in spared.items())])


def _named(base: type[T]) -> Iterator[type[T]]:
    """Classes of ``shared.contracts`` with a ``type`` of their own."""
    for module in pkgutil.iter_modules(contracts.__path__):
        for found in vars(importlib.import_module(f"{contracts.__name__}.{module.name}")).values():
            if (
                inspect.isclass(found)
                and issubclass(found, base)
                and isinstance(vars(found).get("type"), str)
                and found.__module__.endswith(f".{module.name}")
            ):
                yield found


def _type(kind: type[Event] | type[Command[Any]]) -> str:
    return kind.type


def _anchor(heading: str) -> str:
    return heading.replace(".", "").lower()


def _summary(kind: type) -> str:
    return " ".join((vars(kind).get("__doc__") or "").split()).replace("``", "`")


def _shape(shape: type) -> list[str]:
    if issubclass(shape, enum.Enum):
        return [", ".join(f"`{member.value}`" for member in shape)]
    return _fields(shape) if issubclass(shape, BaseModel) else []


def _fields(model: type[BaseModel]) -> list[str]:
    if not model.model_fields:
        return ["No fields."]
    rows = [
        f"| `{name}` | {_words(field.annotation)} | {_default(field)} |" for name, field in model.model_fields.items()
    ]
    return ["| field | type | unless given |", "|---|---|---|", *rows]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel):
        return f"{type(value).__name__}"
    return f"`{value.value if isinstance(value, enum.Enum) else value!r}`".replace("|", "\\|")


def _words(annotation: Any) -> str:
    """A type in words, with links to shapes."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join("absent" if one is type(None) else _words(one) for one in arguments)
    if origin in (tuple, list, frozenset, set) or (origin is not None and issubclass(origin, Sequence)):
        return f"list of {_words(arguments[0])}"
    if origin is not None and arguments:
        return f"map of {' to '.join(map(_words, arguments))}"
    if _is_shape(annotation):
        return f"[{annotation.__name__}](#{_anchor(annotation.__name__)})"
    name = getattr(annotation, "__name__", str(annotation))
    return WORDS.get(name, name)


def _is_shape(annotation: Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, BaseModel | enum.Enum)


def _shapes(roots: Iterable[type[BaseModel]]) -> set[type]:
    """Every model and choice that the roots are made of, without the roots."""
    found: set[type] = set()
    models = list(roots)
    while models:
        model = models.pop()
        annotations = [field.annotation for field in model.model_fields.values()]
        if issubclass(model, Command):
            annotations.append(model.reply_type())
        for shape in (leaf for annotation in annotations for leaf in _leaves(annotation)):
            if _is_shape(shape) and shape not in found:
                found.add(shape)
                models += [shape] if issubclass(shape, BaseModel) else []
    return found


def _leaves(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Annotated:
        yield from _leaves(get_args(annotation)[0])
    elif get_origin(annotation) is not None and get_origin(annotation) is not Literal:
        for argument in get_args(annotation):
            yield from _leaves(argument)
    else:
        yield annotation


if __name__ == "__main__":
    sys.stdout.write(catalogue())
