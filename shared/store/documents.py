"""Models to documents and back: encoded once, refused alone when they cannot be stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeAlias, TypeVar

import bson
from bson.codec_options import CodecOptions, TypeRegistry
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from shared.errors import InvalidInput, TooLarge

M = TypeVar("M", bound=BaseModel)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The lower bound of ranges: the embedded server scans everything without one."""

LARGEST = 12 * 1024 * 1024
"""Bytes of one value; a document may have 16 MiB, and the outbox lives in it too."""

Upgrade: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


def _plain(value: Any) -> Any:
    """What BSON has no type for, as pydantic reads it back."""
    match value:
        case timedelta():
            return value.total_seconds()
        case date() | time():
            return value.isoformat()
        case Decimal():
            return str(value)
        case set() | frozenset():
            return sorted(value)
        case _:
            raise TypeError(f"{type(value).__name__} cannot be stored")


OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, type_registry=TypeRegistry(fallback_encoder=_plain))


def encoded(value: Mapping[str, Any]) -> RawBSONDocument:
    """The value as it will lie in the store. InvalidInput or TooLarge for what cannot be stored.

    Done before a write joins a bulk: a bulk fails as a whole when one of its documents cannot be encoded.
    """
    try:
        raw = bson.encode(value, codec_options=OPTIONS)
    except (BSONError, UnicodeError, OverflowError, TypeError, PydanticSerializationError) as error:
        raise InvalidInput(f"this cannot be stored: {type(error).__name__}") from error
    if len(raw) > LARGEST:
        raise TooLarge(f"this is too large to store ({len(raw)} bytes)")
    return RawBSONDocument(raw)


def decoded(value: RawBSONDocument) -> dict[str, Any]:
    """The value as a reader of the store finds it."""
    found: dict[str, Any] = bson.decode(value.raw, codec_options=OPTIONS)
    return found


class Form(Generic[M]):
    """How a model is stored. ``upgrades[n]`` turns the stored form n into n + 1 when read."""

    def __init__(self, model: type[M], schema: int = 1, upgrades: Mapping[int, Upgrade] | None = None) -> None:
        self.model = model
        self.schema = schema
        self._upgrades = dict(upgrades or {})
        if missing := set(range(1, schema)) - set(self._upgrades):
            raise ValueError(f"{model.__name__}: no upgrade from stored form {min(missing)}")

    def store(self, value: M) -> RawBSONDocument:
        """Every field, None included: a default may change, what was stored does not."""
        return encoded(value.model_dump())

    def read(self, stored: dict[str, Any], schema: int | None) -> M:
        """The model of a stored value of that form (a form from the future is read as it is)."""
        for form in range(schema or 1, self.schema):
            stored = self._upgrades[form](stored)
        return self.model.model_validate(stored)
