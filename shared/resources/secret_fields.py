"""Finding, sealing and opening the secret fields of a settings object, wherever they are nested."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from shared.secrets import Vault

SEALED = "$sealed"


def secret_paths(model: BaseModel, prefix: str = "") -> Iterator[str]:
    """Dotted paths of the secret fields of this value that exist in its shape, set or not."""
    for name, field in type(model).model_fields.items():
        extra = field.json_schema_extra
        value = getattr(model, name)
        if isinstance(extra, Mapping) and extra.get("secret"):
            yield prefix + name
        elif isinstance(value, BaseModel):
            yield from secret_paths(value, f"{prefix}{name}.")


def sealed(model: BaseModel, vault: Vault) -> dict[str, Any]:
    """The model's JSON with every set secret as ``{"$sealed": …}``."""
    value = model.model_dump(mode="json")
    for path in secret_paths(model):
        _replace(value, path, lambda plain: {SEALED: vault.seal(plain)} if plain else None)
    return value


def opened(value: Any, vault: Vault) -> Any:
    """A stored value with its secrets in plain text, ready for the model."""
    if isinstance(value, dict):
        if set(value) == {SEALED}:
            return vault.open(value[SEALED])
        return {key: opened(part, vault) for key, part in value.items()}
    if isinstance(value, list):
        return [opened(part, vault) for part in value]
    return value


def public(value: Any) -> Any:
    """A stored value as the API shows it: secrets read as null."""
    if isinstance(value, dict):
        if set(value) == {SEALED}:
            return None
        return {key: public(part) for key, part in value.items()}
    if isinstance(value, list):
        return [public(part) for part in value]
    return value


def set_secrets(value: Any, prefix: str = "") -> Iterator[str]:
    """Dotted paths of the secrets that a stored value has."""
    if isinstance(value, dict):
        for key, part in value.items():
            if isinstance(part, dict) and set(part) == {SEALED}:
                yield prefix + key
            else:
                yield from set_secrets(part, f"{prefix}{key}.")


def keeping_secrets(new: dict[str, Any], old: Mapping[str, Any], vault: Vault) -> dict[str, Any]:
    """``new`` with the secrets of the stored ``old`` value where the caller left them out (null or absent).

    An empty text clears a secret.
    """
    kept = copy.deepcopy(new)
    for path in set_secrets(old):
        head, _, name = path.rpartition(".")
        target: Any = kept
        source: Any = old
        for step in head.split(".") if head else ():
            target = target.get(step) if isinstance(target, dict) else None
            source = source[step]
        if isinstance(target, dict) and target.get(name) is None:
            target[name] = vault.open(source[name][SEALED])
    return kept


def _replace(value: dict[str, Any], path: str, change: Callable[[Any], Any]) -> None:
    *steps, name = path.split(".")
    for step in steps:
        value = value[step]
    value[name] = change(value[name])
