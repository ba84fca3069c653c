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
from tests.support.chaos.network import Endpoint
from tests.support.chaos.office import CAPACITY, Office
from tests.support.chaos.plan import Plan, Said
from tests.support.chaos.replay import Changed

FINAL = (Delivery.SENT, Delivery.DELIVERED, Delivery.READ, Delivery.FAILED, Delivery.UNCERTAIN)
OFFERING = timedelta(seconds=5)
"""Between reading what an agent holds and giving him one more; within it he may get others by hand (workflow.md)."""


@dataclass(frozen=True)
class Stored:
    """What lies in the stores."""

    messages: Sequence[StoredMessage]
    conversations: Mapping[str, ConversationSnapshot]
    invitations: Sequence[Invitation]
    clocks: Mapping[str, Sequence[ClockSnapshot]]


def every_message_once(plan: Plan, office: Office, stored: Stored) -> Iterator[str]:
    """Each distinct message is stored once, with its own text, in the conversation of its thread; and no other."""
    inbound = {one.id: one.message for one in stored.messages if one.message.direction is Direction.INBOUND}
    expected = {message_id(office.channel, said.external_id): said for said in plan.said}
    for id, said in expected.items():
        message = inbound.get(id)
        if message is None:
            yield f"{said.external_id} is not stored"
        elif message.text != said.body["text"] or message.conversation != thread_of(office, said):
            yield f"{said.external_id} is stored as {message.text!r} in {message.conversation}"
    yield from (f"{message.external_id} was never said" for id, message in inbound.items() if id not in expected)
    yield from (f"{one.id} still waits to be taken" for one in stored.messages if one.announce is not None)


def one_conversation_a_thread(plan: Plan, office: Office, stored: Stored) -> Iterator[str]:
    """The conversations are those of the thread keys, and each has taken each of its messages once."""
    threads: dict[str, set[str]] = defaultdict(set)
    for said in plan.said:
        threads[thread_of(office, said)].add(message_id(office.channel, said.external_id))
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


def every_reply_once(work: Work, stored: Stored, endpoint: Endpoint) -> Iterator[str]:
    """Each reply that the API confirmed is stored once, ended somehow, and arrived unless it was refused."""
    outbound = {one.id: one.message for one in stored.messages if one.message.direction is Direction.OUTBOUND}
    yield from (f"reply {id} is not stored" for id in work.replies - outbound.keys())
    people = {id for id, message in outbound.items() if not message.automatic}
    yield from (f"{outbound[id].text!r} ({id}) was sent by nobody" for id in people - work.replies)
    for id, message in outbound.items():
        if message.delivery not in FINAL:
            yield f"{id} is still {message.delivery}"
        elif message.delivery is Delivery.FAILED:
            if id not in endpoint.refused:
                yield f"{id} failed, but was never refused: {message.failure}"
        elif id not in endpoint.taken:
            yield f"{id} is {message.delivery}, but never arrived"
    internal = (one.message for one in stored.messages if one.message.direction is Direction.INTERNAL)
    notes = {message.id for message in internal if not message.author.id.startswith("survey:")}
    yield from (f"note {id} differs" for id in notes ^ work.notes)
    yield from endpoint.forged


def thread_of(office: Office, said: Said) -> str:
    """The conversation that a message belongs to."""
    return conversation_id(office.channel, said.address, said.visibility, said.root)


def shortened(lines: Iterable[str], most: int = 12) -> list[str]:
    """The first few, and how many more."""
    found = list(lines)
    return [*found[:most], *([f"… and {len(found) - most} more"] if len(found) > most else [])]
