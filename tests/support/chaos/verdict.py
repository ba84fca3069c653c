"""Whether everything is as it must be, after the storm. Each check gives what differs, in lines to be read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.csat.domain.invitations import Invitation, Stage
from services.gateway.domain.row import conversation_fields
from services.ingest.domain.message import StoredMessage
from services.routing.domain.decision import holder
from shared.contracts.clocks import ClockSnapshot
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.facts import OwnerChanged
from shared.contracts.words import Delivery, Direction
from shared.ids import conversation_id, message_id
from tests.support.chaos.agents import Work
from tests.support.chaos.letters import Servers
from tests.support.chaos.network import Endpoint
from tests.support.chaos.office import CAPACITY, Office
from tests.support.chaos.plan import Plan, Said
from tests.support.chaos.replay import Changed

OFFERING = timedelta(seconds=5)
"""Between reading what an agent holds and giving him one more; within it he may get others by hand (workflow.md)."""


@dataclass(frozen=True)
class Stored:
    """What lies in the stores."""

    messages: Sequence[StoredMessage]
    conversations: Mapping[str, ConversationSnapshot]
    invitations: Sequence[Invitation]
    clocks: Mapping[str, Sequence[ClockSnapshot]]


@dataclass(frozen=True)
class Expected:
    """What a contact said by one message, and where it belongs."""

    name: str
    conversation: str
    text: str


def expected(plan: Plan, office: Office, stored: Stored) -> dict[str, Expected]:
    """By the id that each must have. A mail has that of its place in the mailbox, so it is looked for by Message-ID."""
    mails = {one.mail.message_id: one.id for one in inbound(stored) if one.mail is not None}
    found = {
        message_id(office.channel, said.external_id): Expected(
            said.external_id, thread_of(office, said), str(said.body["text"])
        )
        for said in plan.said
    }
    for letter in plan.letters:
        conversation = conversation_id(office.mailbox, letter.address, "private", letter.root)
        found[mails.get(letter.name, letter.name)] = Expected(letter.name, conversation, letter.text)
    return found


def inbound(stored: Stored) -> Iterator[StoredMessage]:
    """Those of contacts."""
    return (one for one in stored.messages if one.message.direction is Direction.INBOUND)


def every_message_once(wanted: Mapping[str, Expected], stored: Stored) -> Iterator[str]:
    """Each distinct message is stored once, with its own text, in the conversation of its thread; and no other."""
    found = {one.id: one.message for one in inbound(stored)}
    for id, said in wanted.items():
        message = found.get(id)
        if message is None:
            yield f"{said.name} is not stored"
        elif message.text != said.text or message.conversation != said.conversation:
            yield f"{said.name} is stored as {message.text!r} in {message.conversation}"
    yield from (f"{found[id].external_id} was never said" for id in found.keys() - wanted.keys())
    yield from (f"{one.id} still waits to be taken" for one in stored.messages if one.announce is not None)


def one_conversation_a_thread(wanted: Mapping[str, Expected], stored: Stored) -> Iterator[str]:
    """The conversations are those of the thread keys, and each has taken each of its messages once."""
    threads: dict[str, set[str]] = defaultdict(set)
    for id, said in wanted.items():
        threads[said.conversation].add(id)
    yield from (f"no conversation {id} for {len(threads[id])} messages" for id in threads.keys() - stored.conversations)
    for id, conversation in stored.conversations.items():
        taken = Counter(ref.id for ref in conversation.inbound)
        if id not in threads:
            yield f"{id} is of no thread: {conversation.thread}"
        elif taken != Counter(threads[id]):
            yield f"{id} has taken {sorted(taken.elements())} of {sorted(threads[id])}"


def timelines_show_it(stored: Stored, timelines: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """The API's timeline of each conversation has each of its stored messages once."""
    by_conversation: dict[str, set[str]] = defaultdict(set)
    for one in stored.messages:
        by_conversation[one.message.conversation].add(one.id)
    for id, ours in by_conversation.items():
        shown = Counter(item["id"] for item in timelines.get(id, ()))
        if shown != Counter(ours):
            yield f"{id} shows {dict(shown)}, stored are {sorted(ours)}"


def rows_are_the_owners(
    stored: Stored, rows: Mapping[str, Mapping[str, Any]], owners: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Every list row says what routing's snapshot says, whether asked of the store or of routing itself."""
    yield from (f"{id} has no row" for id in stored.conversations.keys() - rows.keys())
    yield from (f"row {id} is of no conversation" for id in rows.keys() - stored.conversations.keys())
    for id, conversation in stored.conversations.items():
        told = ConversationSnapshot.model_validate(owners[id]["conversation"])
        if told != conversation:
            yield f"{id}: routing answers version {told.version}, stored is {conversation.version}"
        wanted = conversation_fields(conversation)["shown"]
        row = rows.get(id, {})
        different = [name for name, value in wanted.items() if row.get(name) != value and name != "groups"]
        yield from (f"{id}: row says {name} {row.get(name)!r}, owner {wanted[name]!r}" for name in different)


def nobody_above_capacity(histories: Mapping[str, Sequence[Changed]]) -> Iterator[str]:
    """At each automatic assignment the agent holds at most his capacity in ``new``.

    What came to him otherwise (a reply's own assignment, a return from Pending) while he was being chosen does not
    count against it: workflow.md lets those exceed it.
    """
    held: dict[str, dict[str, tuple[datetime, bool]]] = defaultdict(dict)
    for at, id, place in sorted((one.at, id, place) for id, all in histories.items() for place, one in enumerate(all)):
        now = histories[id][place]
        before = holder(histories[id][place - 1].state) if place else None
        after = holder(now.state)
        if before == after:
            continue
        if before is not None:
            held[before].pop(id, None)
        if after is None:
            continue
        automatic = any(isinstance(fact, OwnerChanged) and fact.how == "automatic" for fact in now.facts)
        held[after][id] = (at, automatic)
        meanwhile = sum(1 for since, pushed in held[after].values() if not pushed and at - since <= OFFERING)
        if automatic and len(held[after]) - meanwhile > CAPACITY:
            yield f"{after} was given {id} at {at.isoformat()} and holds {len(held[after])}: {sorted(held[after])}"


def surveys_at_most_once(stored: Stored, endpoint: Endpoint) -> Iterator[str]:
    """At most one survey message a conversation and episode: no more than there are invitations that go out."""
    surveys = _surveys(stored)
    invited = Counter((one.conversation, one.episode) for one in stored.invitations)
    yield from (f"{key} was invited {count} times" for key, count in invited.items() if count > 1)
    going = Counter(one.conversation for one in stored.invitations if one.stage in (Stage.OPENING, Stage.SENT))
    for id in surveys.keys() | going.keys():
        if surveys[id] > going[id]:
            yield f"{id}: {surveys[id]} survey messages for {going[id]} invitations"
    ours = {one.id for one in stored.messages}
    yield from (f"the endpoint got {id}, which is not stored" for id in endpoint.taken if id not in ours)


def every_survey_sent(stored: Stored) -> Iterator[str]:
    """No invitation is half done, and one that was sent has its message."""
    surveys = _surveys(stored)
    sent = Counter(one.conversation for one in stored.invitations if one.stage is Stage.SENT)
    for id in surveys.keys() | sent.keys():
        if surveys[id] != sent[id]:
            yield f"{id}: {surveys[id]} survey messages for {sent[id]} invitations sent"
    half = (one for one in stored.invitations if one.stage in (Stage.SCHEDULED, Stage.OPENING))
    yield from (f"{one.conversation} is still {one.stage}, attempt {one.attempt}" for one in half)


def _surveys(stored: Stored) -> Counter[str]:
    """Survey messages by conversation."""
    ours = (one.message for one in stored.messages if one.message.author.id.startswith("survey:"))
    surveys = (message for message in ours if message.direction is Direction.OUTBOUND)
    return Counter(message.conversation for message in surveys)


def every_reply_once(work: Work, stored: Stored, endpoint: Endpoint, servers: Servers) -> Iterator[str]:
    """Each reply that the API confirmed is stored once, ended somehow, and arrived unless it was refused.

    Only mail may end as uncertain: of what was not answered nobody knows whether it arrived.
    """
    outbound = {one.id: one for one in stored.messages if one.message.direction is Direction.OUTBOUND}
    yield from (f"reply {id} is not stored" for id in work.replies - outbound.keys())
    people = {id for id, one in outbound.items() if not one.message.automatic}
    yield from (f"{outbound[id].message.text!r} ({id}) was sent by nobody" for id in people - work.replies)
    for id, one in outbound.items():
        name, there = (one.mail.message_id, servers) if one.mail is not None else (id, endpoint)
        match one.message.delivery:
            case Delivery.FAILED:
                if name not in there.refused:
                    yield f"{id} failed, but was never refused: {one.message.failure}"
            case Delivery.UNCERTAIN if one.mail is not None:
                pass
            case Delivery.SENT | Delivery.DELIVERED | Delivery.READ:
                if name not in there.taken:
                    yield f"{id} is {one.message.delivery}, but never arrived"
                elif name in servers.unheard:
                    yield f"{id} is {one.message.delivery}, but nobody can have heard that"
            case other:
                yield f"{id} is still {other}"
    internal = (one.message for one in stored.messages if one.message.direction is Direction.INTERNAL)
    notes = {message.id for message in internal if not message.author.id.startswith("survey:")}
    yield from (f"note {id} differs" for id in notes ^ work.notes)
    yield from endpoint.forged


def every_mail_at_most_once(stored: Stored, servers: Servers) -> Iterator[str]:
    """SMTP drops no repeats, so there are none (ADR 37): no mail of ours arrives twice, or that we do not know of."""
    yield from (f"the mail {name} arrived {count} times" for name, count in servers.taken.items() if count > 1)
    ours = {one.mail.message_id for one in stored.messages if one.mail is not None}
    yield from (f"the mail {name} is not stored" for name in servers.taken.keys() - ours)


def thread_of(office: Office, said: Said) -> str:
    """The conversation that a message belongs to."""
    return conversation_id(office.channel, said.address, said.visibility, said.root)


def shortened(lines: Iterable[str], most: int = 12) -> list[str]:
    """The first few, and how many more."""
    found = list(lines)
    return [*found[:most], *([f"… and {len(found) - most} more"] if len(found) > most else [])]
