"""What the generic webhook says: from decoded JSON to clean messages and receipts, each good one kept. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from services.ingest.domain.attributes import tidy
from shared.contracts.messages import Attachment, AttributeValue
from shared.contracts.words import Delivery, MessageKind, Visibility
from shared.errors import InvalidInput, Unprocessable
from shared.field_errors import field_errors
from shared.text import one_line

MAX_TEXT = 100_000
MAX_ITEMS = 1_000
UNKNOWN_TYPE = "application/octet-stream"
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)

_KINDS = {
    Visibility.PRIVATE: frozenset({MessageKind.DIRECT, MessageKind.CHAT, MessageKind.MAIL}),
    Visibility.PUBLIC: frozenset(
        {MessageKind.COMMENT, MessageKind.POST, MessageKind.MENTION, MessageKind.REPLY, MessageKind.REVIEW}
    ),
}
_USUAL = {Visibility.PRIVATE: MessageKind.DIRECT, Visibility.PUBLIC: MessageKind.COMMENT}


def _named(limit: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        tidy = one_line(value, limit + 1)
        if not tidy:
            raise ValueError("must not be empty")
        if len(tidy) > limit:
            raise ValueError(f"must have at most {limit} characters")
        return tidy

    return check


def _shortened(limit: int) -> Callable[[str], str]:
    return lambda value: one_line(value, limit)


Id = Annotated[str, AfterValidator(_named(512))]
Address = Annotated[str, AfterValidator(_named(512))]
Label = Annotated[str, AfterValidator(_shortened(255))]


class _Item(BaseModel):
    """Unknown fields are ignored, so that a sender may say more than we know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Sender(_Item):
    """The person writing, by address."""

    address: Address
    name: Label = ""
    attributes: Annotated[dict[str, AttributeValue | None], Field(max_length=50), AfterValidator(tidy)] = Field(
        default_factory=dict
    )


class IncomingFile(_Item):
    """A file at the sender's; fetched and kept by us (CH-08)."""

    url: Annotated[str, Field(min_length=1, max_length=4096, pattern="^https?://")]
    name: Label = ""
    type: Annotated[str, AfterValidator(_shortened(127))] = UNKNOWN_TYPE


class IncomingMessage(_Item):
    """One message as the network tells it."""

    external_id: Id
    visibility: Visibility = Visibility.PRIVATE
    kind: MessageKind | None = None
    root: Annotated[str, AfterValidator(_shortened(512))] = ""
    sender: Sender
    text: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    subject: Annotated[str, AfterValidator(_shortened(500))] = ""
    link: Annotated[str, Field(max_length=4096, pattern="^https?://")] | None = None
    attachments: tuple[IncomingFile, ...] = Field(default=(), max_length=20)
    sent_at: datetime | None = None

    @property
    def known_kind(self) -> MessageKind:
        """The kind given, or the usual one of its visibility."""
        return self.kind or _USUAL[self.visibility]

    @property
    def thread_root(self) -> str:
        """What tells public threads apart; a private one has none (workflow.md)."""
        return self.root if self.visibility is Visibility.PUBLIC or self.known_kind is MessageKind.MAIL else ""


class IncomingReceipt(_Item):
    """What became of a message of ours; ``message_id`` is our id or the network's."""

    message_id: Id
    status: Literal[Delivery.SENT, Delivery.DELIVERED, Delivery.READ, Delivery.FAILED]
    at: datetime | None = None
    reason: Annotated[str, AfterValidator(_shortened(500))] = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that cannot be stored as it is: where it stood, what it called itself, what is wrong."""

    where: str
    id: str
    errors: tuple[dict[str, str], ...]

    def shown(self) -> dict[str, Any]:
        """As the answer shows it."""
        return {"where": self.where, "id": self.id, "errors": list(self.errors)}


@dataclass(frozen=True, slots=True)
class Incoming:
    """The good items of a delivery with their place in it, and the others."""

    messages: tuple[tuple[int, IncomingMessage], ...] = ()
    receipts: tuple[tuple[int, IncomingReceipt], ...] = ()
    rejected: tuple[Rejected, ...] = field(default=())


def parse(body: Any) -> Incoming:
    """The items of a decoded, cleaned body. Wrong ones are listed and never cost the others their place.

    ``InvalidInput`` when the body as a whole is no delivery, ``Unprocessable`` when it is too long.
    """
    if not isinstance(body, dict):
        raise InvalidInput("The body must be an object with messages, receipts or both.")
    lists = {name: body.get(name) or [] for name in ("messages", "receipts")}
    for name, items in lists.items():
        if not isinstance(items, list):
            raise InvalidInput(f"{name} must be a list.", errors=[{"field": name, "message": "must be a list"}])
    if not any(lists.values()) and not any(name in body for name in lists):
        raise InvalidInput("The body must have messages, receipts or both.")
    if sum(map(len, lists.values())) > MAX_ITEMS:
        raise Unprocessable(f"A delivery may have at most {MAX_ITEMS} items.")
    messages, bad_messages = _each(IncomingMessage, lists["messages"], "messages", "external_id", _kind_fits)
    receipts, bad_receipts = _each(IncomingReceipt, lists["receipts"], "receipts", "message_id", lambda _: None)
    return Incoming(messages=messages, receipts=receipts, rejected=(*bad_messages, *bad_receipts))


def when(said: datetime, now: datetime) -> datetime:
    """The network's time within reason: not after now, not before 2000; without a zone it is UTC (CH-04)."""
    aware = said if said.tzinfo is not None else said.replace(tzinfo=UTC)
    return min(max(aware, OLDEST), now)


def attachments(files: Sequence[IncomingFile]) -> tuple[Attachment, ...]:
    """As stored before they are fetched."""
    return tuple(
        Attachment(name=file.name, type=file.type or "application/octet-stream", url=file.url) for file in files
    )


T = TypeVar("T", bound=_Item)


def _each(
    model: type[T], items: Sequence[Any], name: str, id_field: str, fits: Callable[[T], dict[str, str] | None]
) -> tuple[tuple[tuple[int, T], ...], tuple[Rejected, ...]]:
    good: list[tuple[int, T]] = []
    bad: list[Rejected] = []
    for place, item in enumerate(items):
        try:
            value = model.model_validate(item)
        except (ValidationError, OverflowError) as error:
            bad.append(_rejected(name, place, item, id_field, _problems(error)))
            continue
        if problem := fits(value):
            bad.append(_rejected(name, place, item, id_field, (problem,)))
        else:
            good.append((place, value))
    return tuple(good), tuple(bad)


def _problems(error: ValidationError | OverflowError) -> tuple[dict[str, str], ...]:
    if isinstance(error, OverflowError):
        return ({"field": "", "message": "a date or number is out of range"},)
    return tuple(field_errors(error))


def _rejected(name: str, place: int, item: Any, id_field: str, errors: tuple[dict[str, str], ...]) -> Rejected:
    id = item.get(id_field) if isinstance(item, dict) else None
    return Rejected(f"{name}.{place}", one_line(id, 512) if isinstance(id, str) else "", errors)


def _kind_fits(message: IncomingMessage) -> dict[str, str] | None:
    if message.kind is None or message.kind in _KINDS[message.visibility]:
        return None
    return {"field": "kind", "message": f"{message.kind.value} is not a {message.visibility.value} kind"}
