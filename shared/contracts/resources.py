"""Commands and events that every settings object shares (architecture, Resources)."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from shared.contracts.base import SYSTEM, Actor, Command, Contract, Done, Event, Instant


class Stored(Contract):
    """A settings object as stored. ``version`` is its ETag; ``value`` is the model's JSON, secrets left out.

    ``secrets`` lists the dotted paths of secrets that are set, ``revealed`` those made at creation (shown once).
    ``warnings`` are sentences about things saved all the same (for example a default boomerang that never fires).
    """

    id: str
    kind: str
    version: int
    value: dict[str, Any]
    created_at: Instant
    changed_at: Instant
    changed_by: Actor = SYSTEM
    deleted: bool = False
    secrets: tuple[str, ...] = ()
    revealed: dict[str, str] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class StoredPage(Contract):
    """A page in order of name; ``next`` is the cursor of the next one."""

    items: tuple[Stored, ...]
    next: str | None = None


class ResourceChanged(Event):
    """A settings object was created, changed or deleted; ``before`` and ``after`` are its public values (PR-04).

    The same is said over the live fanout, so that copies are refreshed at once.
    """

    type: ClassVar[str] = "resource.changed.v1"

    stored: Stored
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class Revisions(Contract):
    """By kind, a word that changes when any object of the kind does, to compare copies with their owner."""

    revisions: dict[str, str]


class _ResourceCommand(Contract):
    kind: str


class ListResources(Command[StoredPage], _ResourceCommand):
    """Objects of a kind by name, with an optional search in the name."""

    type: ClassVar[str] = "resource.list"
    service: ClassVar[str] = ""

    search: str = ""
    after: str | None = None
    limit: int = Field(default=100, ge=1, le=1000)


class ReadResource(Command[Stored], _ResourceCommand):
    """One object; a singleton that was never saved reads as its defaults, version 0."""

    type: ClassVar[str] = "resource.read"
    service: ClassVar[str] = ""

    id: str


class CreateResource(Command[Stored], _ResourceCommand):
    """A new object; 422 with ``errors`` by field when a check refuses it.

    What only one may have and another holds is 409 with ``conflict`` (id, name, claim). ``move`` takes it from the
    other, where the kind allows that (SL-09, CS-09): ``conflict.movable`` says so.
    """

    type: ClassVar[str] = "resource.create"
    service: ClassVar[str] = ""

    value: dict[str, Any]
    by: Actor = SYSTEM
    move: bool = False


class UpdateResource(Command[Stored], _ResourceCommand):
    """Replace the value if ``version`` is current (409 else). Absent secrets keep theirs. ``move`` as above."""

    type: ClassVar[str] = "resource.update"
    service: ClassVar[str] = ""

    id: str
    version: int
    value: dict[str, Any]
    by: Actor = SYSTEM
    move: bool = False


class DeleteResource(Command[Done], _ResourceCommand):
    """Delete if ``version`` is current."""

    type: ClassVar[str] = "resource.delete"
    service: ClassVar[str] = ""

    id: str
    version: int
    by: Actor = SYSTEM


class CompareResources(Command[Revisions]):
    """The revisions of all kinds that the asked service owns."""

    type: ClassVar[str] = "resource.compare"
    service: ClassVar[str] = ""
