"""Replies kept with their cause, so that a repeated command is answered as before."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel

from shared.contracts.base import Contract

Kept = dict[str, Any]
"""``{kind, body, state}``: the reply's class, its JSON, and which of its fields were the aggregate's own state."""

OWN = ""

C = TypeVar("C", bound=Contract)


def keep(reply: Contract, state: BaseModel) -> Kept:
    """The reply without what it shares with the state: a field that *is* the state, or *is* a field of it."""
    own = {id(state): OWN} | {id(part): path for path, part in _parts(state).items()}
    shared = {name: own[id(value)] for name, value in _parts(reply).items() if id(value) in own}
    body = reply.model_dump(mode="json", exclude=set(shared))
    return {"kind": _kind(type(reply)), "body": body, "state": shared}


def recall(kept: Kept, state: BaseModel) -> Contract | None:
    """The reply, with the current state where the former one was; None when its class is no more."""
    found = _find(Contract, kept["kind"])
    if found is None:
        return None
    shared = {name: state if path == OWN else getattr(state, path) for name, path in kept["state"].items()}
    return found.model_validate({**kept["body"], **shared})


def replaced(contract: C, former: dict[int, BaseModel]) -> C:
    """The contract with new objects in its fields for the former ones (by identity), also inside of events."""
    changes: dict[str, Any] = {}
    for name, value in _parts(contract).items():
        if id(value) in former:
            changes[name] = former[id(value)]
        elif isinstance(value, Contract) and hasattr(type(value), "type"):
            inner = replaced(value, former)
            if inner is not value:
                changes[name] = inner
    return contract.model_copy(update=changes) if changes else contract


def successors(before: BaseModel, after: BaseModel) -> dict[int, BaseModel]:
    """Which object takes whose place when ``before`` is saved as ``after``: itself, and its changed fields."""
    found = {id(before): after}
    old, new = _parts(before), _parts(after)
    found |= {id(part): new[name] for name, part in old.items() if name in new and new[name] is not part}
    return found


def _parts(model: BaseModel) -> dict[str, BaseModel]:
    return {name: value for name, value in model.__dict__.items() if isinstance(value, BaseModel)}


def _kind(model: type[Contract]) -> str:
    return f"{model.__module__}:{model.__qualname__}"


def _find(base: type[Contract], kind: str) -> type[Contract] | None:
    if _kind(base) == kind:
        return base
    for child in base.__subclasses__():
        if found := _find(child, kind):
            return found
    return None
