"""What a run does, all drawn from one seed: what is said and delivered when, and what is killed when. Pure."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

SERVICES = ("ingest", "routing 1", "routing 2", "sla", "automation", "csat", "gateway")
COPYING = ("routing 1", "routing 2", "sla")
"""Services that copy others' settings: (re)started once all is set up, so that no replica begins with less."""
SERVERS = ("broker", "database", "mailboxes")
KEYWORD = {"en": "refund", "es": "reembolso"}
TAGGED = ("order", "pedido", "news", "novedad")
TEXTS = {
    "en": (
        "Hello, my order has not arrived yet. Can you tell me where it is, please?",
        "I was charged twice for the same thing and would like a refund.",
        "The website shows an error whenever I try to pay with my card.",
        "Any news about this? I have been waiting since this morning.",
    ),
    "es": (
        "Hola, todavía no ha llegado mi pedido. ¿Me pueden decir dónde está?",
        "Quiero un reembolso porque el producto llegó roto y sin la caja.",
        "¿Cómo puedo cambiar la dirección de entrega de mi compra?",
        "¿Alguna novedad? Llevo esperando una respuesta desde esta mañana.",
    ),
}
SURVEY_ANSWERS = ("5", "4", "1")


@dataclass(frozen=True)
class Form:
    """How much of everything. ``seconds`` is how long the messages and the kills are spread over, at least.

    ``correspondents`` write by mail: each begins a thread, and follows it up once or twice.
    """

    messages: int
    contacts: int
    correspondents: int
    seconds: float
    kills: int
    acts: int


FORMS = {"short": Form(240, 60, 10, 50, 14, 150), "long": Form(500, 100, 24, 150, 26, 600)}


@dataclass(frozen=True)
class Said:
    """One distinct message of a contact, as its network delivers it."""

    external_id: str
    address: str
    visibility: str
    root: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """One request of the network, ``after`` so many seconds: messages in the order they are listed."""

    after: float
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Letter:
    """One mail of a contact, ``after`` so many seconds. ``root``: the mail that its conversation begins with.

    ``answers``: the mail that it names, if it names any; or with ``ours_to`` our latest one to that address, as soon as
    there is one. Where these are not its own thread's, it is forged: it names a stranger's.
    """

    name: str
    address: str
    root: str
    text: str
    subject: str
    after: float
    answers: str | None = None
    ours_to: str | None = None

    @property
    def begins_with(self) -> str:
        """The mail that must have come before it."""
        return self.answers or self.root


@dataclass(frozen=True)
class Outage:
    """SIGKILL ``after`` so many seconds, once this ``share`` of the agents' acts is done; begun again ``down`` later.

    The share keeps kills among the work where a machine is slow.
    """

    after: float
    share: float
    name: str
    down: float


@dataclass(frozen=True)
class Plan:
    """A whole run."""

    seed: str
    form: Form
    said: tuple[Said, ...]
    deliveries: tuple[Delivery, ...]
    letters: tuple[Letter, ...]
    outages: tuple[Outage, ...]

    @classmethod
    def drawn(cls, seed: str, form: Form, killable: Sequence[str]) -> Plan:
        """The same seed, form and killable processes give the same plan."""
        said = tuple(_said(Random(f"{seed} said"), form))
        deliveries = tuple(_deliveries(Random(f"{seed} deliveries"), said, form.seconds))
        letters = tuple(sorted(_letters(Random(f"{seed} letters"), form), key=lambda letter: letter.after))
        return cls(seed, form, said, deliveries, letters, tuple(_outages(Random(f"{seed} outages"), form, killable)))


def seed_of_environment() -> str:
    """``CHAOS_SEED``, else a new one."""
    return os.environ.get("CHAOS_SEED") or str(Random().randrange(10**6))


def form_of_environment() -> Form:
    """``SWITCHBOARD_CHAOS_FORM``; CHAOS_KILLS=0 leaves everything alive."""
    form = FORMS[os.environ.get("SWITCHBOARD_CHAOS_FORM", "short")]
    kills = int(os.environ.get("CHAOS_KILLS", form.kills))
    return replace(form, kills=kills)


def _said(chance: Random, form: Form) -> Iterator[Said]:
    start = datetime.now(UTC)
    for number in range(form.messages):
        contact = number if number < form.contacts else chance.randrange(form.contacts)
        language = "es" if contact % 2 else "en"
        public = chance.random() < 0.15
        text = chance.choice(TEXTS[language])
        if number >= form.contacts and chance.random() < 0.12:
            text = chance.choice(SURVEY_ANSWERS)
        sender: dict[str, Any] = {"address": f"contact-{contact}", "name": f"Contact {contact}"}
        if chance.random() < 0.2:
            sender["attributes"] = {"orders": chance.randrange(9)}
        visibility, root = ("public", f"post-{chance.randrange(2)}") if public else ("private", "")
        body = {
            "external_id": f"{contact}-{number}",
            "visibility": visibility,
            "kind": "comment" if public else "direct",
            "root": root,
            "sender": sender,
            "text": text,
            "sent_at": (start + timedelta(milliseconds=number)).isoformat(),
        }
        yield Said(f"{contact}-{number}", sender["address"], visibility, root, body)


def _deliveries(chance: Random, said: Sequence[Said], seconds: float) -> Iterator[Delivery]:
    """Each message three times: in a burst, at about the same moment again, and later; neighbours change places."""
    bursts = [chance.uniform(0, seconds * 0.8) for _ in range(max(4, len(said) // 20))]
    times: list[tuple[float, int]] = []
    for place in range(len(said)):
        first = chance.choice(bursts) + chance.uniform(0, 1.5)
        again, late = first + chance.uniform(0, 0.3), min(first + chance.uniform(2, 20), seconds)
        times += [(first, place), (again, place), (late, place)]
    times.sort()
    while times:
        together = times[: chance.randint(1, 6)]
        del times[: len(together)]
        chance.shuffle(together)
        yield Delivery(max(after for after, _ in together), tuple(said[place] for _, place in together))


def _letters(chance: Random, form: Form) -> Iterator[Letter]:
    """Each correspondent begins a thread, follows it up, and into every third somebody else tries to get."""
    for number in range(form.correspondents):
        language = "es" if number % 2 else "en"
        address, root = f"writer-{number}@post.example", f"{number}.0@post.example"
        after = chance.uniform(0, form.seconds * 0.5)
        yield Letter(root, address, root, chance.choice(TEXTS[language]), f"Subject {number}", after)
        for follow_up in range(1, chance.randint(2, 3)):
            after = min(after + chance.uniform(2, form.seconds / 4), form.seconds)
            text = chance.choice((*TEXTS[language], *SURVEY_ANSWERS))
            name, ours_to = f"{number}.{follow_up}@post.example", address if chance.random() < 0.7 else None
            yield Letter(name, address, root, text, f"Re: Subject {number}", after, root, ours_to)
        if number % 3 == 0:
            forged = f"{number}.forged@evil.example"
            text, stranger = chance.choice(TEXTS[language]), f"stranger-{number}@evil.example"
            yield Letter(forged, stranger, forged, text, f"Re: Subject {number}", after, root, address)


def _outages(chance: Random, form: Form, killable: Sequence[str]) -> Iterator[Outage]:
    """Everything at least once, then anything; each at its own random moment."""
    names = [*killable, *(chance.choice(killable) for _ in range(form.kills))][: max(form.kills, len(killable))]
    if form.kills == 0:
        return
    chance.shuffle(names)
    moments = sorted(chance.uniform(2, form.seconds) for _ in names)
    for after, name in zip(moments, names, strict=True):
        yield Outage(after, after / form.seconds * 0.9, name, chance.uniform(0.1, 3))
