"""What an owner declares about a kind of settings object, beside its model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from shared.contracts.settings import ResourceModel

M = TypeVar("M", bound=ResourceModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a value: the dotted path of the field, and what to do."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Declaration(Generic[M]):
    """A kind of settings object and its rules. All functions are pure.

    ``check`` is given the id (empty for a new object), the value, and the other live objects by id; what it
    returns refuses the save (422). ``claims`` are words that only one live object of the kind may hold, for
    example ``channel:visibility`` of an enabled policy (409 with ``conflict``, naming the holder). ``prepare``
    completes a value before it is stored (secrets made for the admin). ``warnings`` are shown and saved all the
    same. ``keep`` refuses a deletion with a sentence. ``upgrade`` shows a value that was stored in an older form as
    today's model has it. Kinds that name the same ``family`` share their claims, and
    ``taken`` words a refused claim (the claim, the holder's name), where the plain sentence says too little.
    """

    model: type[M]
    check: Callable[[str, M, Mapping[str, M]], Sequence[Problem]] = field(default=lambda _id, _value, _others: ())
    claims: Callable[[M], Sequence[str]] = field(default=lambda _value: ())
    prepare: Callable[[M, M | None], M] = field(default=lambda value, _former: value)
    warnings: Callable[[M], Sequence[str]] = field(default=lambda _value: ())
    keep: Callable[[str, M, Mapping[str, M]], str | None] = field(default=lambda _id, _value, _others: None)
    yields: Callable[[M, Collection[str]], M | None] = field(default=lambda _value, _claims: None)
    upgrade: Callable[[dict[str, Any]], dict[str, Any]] = field(default=lambda stored: stored)
    family: str = ""
    taken: Callable[[str, str], str | None] = field(default=lambda _claim, _holder: None)


def unique_name(value: ResourceModel) -> Sequence[str]:
    """A claim on the object's name, whatever its case."""
    return (f"name:{str(getattr(value, 'name', '')).strip().casefold()}",)
