"""Our messages go out and are heard of: sent, accepted, failed, uncertain (T0, T9, T9b, T9c). Pure.

Which reply answers which turn is worked out in ``turns`` from everything known; here are the effects on status,
owner and notice, each by the time of its cause: what happened earlier does not undo what happened later.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from services.routing.domain.decision import Change, Decision, unchanged
from services.routing.domain.desk import Desk
from services.routing.domain.entering import ANSWERABLE, enter_new, move, own
from services.routing.domain.episodes import know_contact, nothing_yet, open_episode
from services.routing.domain.overtaking import catch_up, put_back
from services.routing.domain.retracing import retrace
from services.routing.domain.sendings import last_word
from services.routing.domain.turns import open_turn, settle
from shared.contracts.acts import Owner
from shared.contracts.conversations import ConversationSnapshot, ReplyRef
from shared.contracts.facts import MessageAdded, ReplyFailed
from shared.contracts.messages import MessageAccepted, MessageFailed, MessageQueued, MessageSnapshot, MessageUncertain
from shared.contracts.words import ActorKind, Direction, Status, Substatus
from shared.errors import RetryLater

PATIENCE = timedelta(seconds=60)


def sent(
    conversation: ConversationSnapshot | None, event: MessageQueued, desk: Desk, now: datetime, at: datetime
) -> Decision:
    """An outbound message was stored as queued, ``at`` by its event's metadata (T9; T0 when proactive).

    A note changes nothing but is said, so that rows show it and who is mentioned hears of it; an automatic message
    never answers a turn. Raises RetryLater while a customer message that it must come after has not been heard of.
    """
    if event.message.direction is Direction.INTERNAL:
        if conversation is None:
            raise RetryLater("The conversation has not been heard of yet.")
        return _note(conversation, event, desk, now, at)
    change = _changing(conversation, event, desk, now, at)
    _send(change, event)
    return change.decide()


def accepted(conversation: ConversationSnapshot | None, event: MessageAccepted, desk: Desk, now: datetime) -> Decision:
    """The network took it: the turn it names ends at that instant; nothing else moves (T9b)."""
    if event.automatic:
        return _ignored(conversation)
    change = _heard_of(conversation, event, desk, now)
    reply = _reply(change.conversation, event.message_id)
    if reply is None:
        return _ignored(conversation)
    if reply.accepted_at is None or event.at < reply.accepted_at:
        change.at, change.by = event.at, reply.by
        _replace(change, reply.model_copy(update={"accepted_at": event.at}))
        if reply.failed:
            _notice(change)
        settle(change)
    return change.decide()


def failed(
    conversation: ConversationSnapshot | None, event: MessageFailed | MessageUncertain, desk: Desk, now: datetime
) -> Decision:
    """It failed or is uncertain: back to new from pending.answered or resolved, with a notice (T9c)."""
    if event.automatic:
        return _ignored(conversation)
    change = _heard_of(conversation, event, desk, now)
    reply = _reply(change.conversation, event.message_id)
    if reply is None:
        return _ignored(conversation)
    if event.at in reply.failed:
        return change.decide()
    change.at, change.by = event.at, reply.by
    put_back(change)
    catch_up(change)
    uncertain = isinstance(event, MessageUncertain)
    update = {"failed": tuple(sorted((*reply.failed, event.at)))}
    if uncertain:
        update["uncertain"] = tuple(sorted((*reply.uncertain, event.at)))
    _replace(change, reply.model_copy(update=update))
    reason = "" if isinstance(event, MessageUncertain) else event.reason
    change.say(ReplyFailed, episode=reply.episode, message=reply.id, uncertain=uncertain, reason=reason)
    _notice(change)
    era = change.conversation.ledger.era
    if reply.episode == change.conversation.episode:
        if era is not None and event.at <= era.at and _waits_or_rests(change.conversation):
            enter_new(change, "T9c")
        else:
            retrace(change)
    settle(change)
    return change.decide()


def _waits_or_rests(conversation: ConversationSnapshot) -> bool:
    return conversation.status is Status.RESOLVED or conversation.substatus is Substatus.ANSWERED


def _changing(
    conversation: ConversationSnapshot | None, event: MessageQueued, desk: Desk, now: datetime, at: datetime
) -> Change:
    if conversation is None and not event.proactive:
        raise RetryLater("The conversation has not been heard of yet.")
    start = conversation or nothing_yet(event)
    return Change(conversation, start, desk=desk, at=at, now=now, by=event.message.author)


def _heard_of(
    conversation: ConversationSnapshot | None,
    event: MessageAccepted | MessageFailed | MessageUncertain,
    desk: Desk,
    now: datetime,
) -> Change:
    """The change with the sending applied first, if its outcome is heard before it (T9b)."""
    if conversation is not None and (known := _reply(conversation, event.message_id)) is not None:
        return Change(conversation, conversation, desk=desk, at=event.at, now=now, by=known.by)
    if event.queued is None:
        raise RetryLater("The outcome was heard before its sending.")
    change = _changing(conversation, event.queued, desk, now, min(event.queued.message.received_at, event.at))
    _send(change, event.queued)
    return change


def _ignored(conversation: ConversationSnapshot | None) -> Decision:
    if conversation is None:
        raise RetryLater("The conversation has not been heard of yet.")
    return unchanged(conversation)


def _send(change: Change, event: MessageQueued) -> None:
    message = event.message
    if event.proactive and change.conversation.status is Status.RESOLVED:
        if _reply(change.conversation, message.id) is None:
            _start(change, event)
        return
    if message.automatic:
        _count(change, message, change.conversation.episode)
        _say_added(change, message, change.conversation.episode)
        return
    _reply_sent(change, event)


def _note(
    conversation: ConversationSnapshot, event: MessageQueued, desk: Desk, now: datetime, at: datetime
) -> Decision:
    change = Change(conversation, conversation, desk=desk, at=at, now=now, by=event.message.author)
    change.say(
        MessageAdded,
        message=event.message.id,
        direction=Direction.INTERNAL,
        kind=event.message.kind,
        length=len(event.message.text.strip()),
    )
    return change.decide()


def _start(change: Change, event: MessageQueued) -> None:
    """T0: we write first; a new episode without a turn or a clock."""
    open_episode(change, event.message.id, proactive=True)
    know_contact(change, event.contact)
    own(change, None, "resolve")
    _replace(change, _new_reply(change, event, change.conversation.episode))
    _count(change, event.message, change.conversation.episode)
    _say_added(change, event.message, change.conversation.episode)
    move(change, Status.PENDING, Substatus.ANSWERED, "T0")
    change.set(touched=True)
    _assign(change, event.message)


def _reply_sent(change: Change, event: MessageQueued) -> None:
    """T9; from triage and bot the conversation goes to new first (T2a, T5)."""
    conversation = change.conversation
    known = _reply(conversation, event.message.id)
    if known is not None and change.at in known.sent:
        return
    listed = {ref.id: ref for ref in conversation.inbound}
    unheard = event.seen is not None and event.seen not in listed
    if unheard and conversation.status is Status.RESOLVED and change.now - change.at < PATIENCE:
        raise RetryLater("The message it answers has not been heard of yet.")
    put_back(change)
    catch_up(change)
    read_in = listed[event.seen].episode if event.seen in listed else change.conversation.episode
    before = max(change.conversation.last_message_at or change.at, change.conversation.status_since)
    if known is None:
        _replace(change, _new_reply(change, event, read_in))
        _count(change, event.message, read_in)
    else:
        _replace(change, known.model_copy(update={"sent": tuple(sorted((*known.sent, change.at)))}))
        change.set(last_message_at=max(conversation.last_message_at or change.at, change.at))
    _notice(change)
    settle(change)
    if known is None:
        _say_added(change, event.message, read_in)
    if change.conversation.status in (Status.TRIAGE, Status.BOT):
        _leave_hold(change, before)
    _unhold(change)
    retrace(change)
    _assign(change, event.message)
    settle(change)


def _leave_hold(change: Change, known_at: datetime) -> None:
    """T2a and T5, if it was held when the reply was sent; then as usual."""
    if change.at < change.conversation.status_since:
        return
    if change.conversation.status is Status.TRIAGE:
        enter_new(change, "T2a")
    else:
        own(change, None, "manual")
        enter_new(change, "T5")
        change.set(previous_owner=None)
    era = change.conversation.ledger.era
    if era is not None:
        change.note(era=era.model_copy(update={"at": min(known_at, era.at)}))


def _unhold(change: Change) -> None:
    """Pending was set after this reply was sent, but heard of before it: nothing was left to do."""
    era = change.conversation.ledger.era
    if era is None or change.at > era.at or era.substatus is not Substatus.HOLD:
        return
    if open_turn(change.conversation) is None:
        change.note(era=era.model_copy(update={"substatus": Substatus.ANSWERED}))


def _assign(change: Change, message: MessageSnapshot) -> None:
    """``assign_on_reply``, to an author who may answer (WF-12, WF-14); by the replies' own times."""
    conversation, rule = change.conversation, change.workflow.assign_on_reply
    author = message.author
    if rule == "never" or author.kind is not ActorKind.AGENT or conversation.status not in ANSWERABLE:
        return
    if not change.desk.can_reply(author.id, conversation.channel):
        return
    since, by_reply = conversation.ledger.owner_since, conversation.ledger.owner_how == "reply"
    if rule == "if_unowned":
        earlier = by_reply and since is not None and change.at < since
        later = since is not None and change.at < since and not by_reply
        if later or (conversation.owner is not None and not earlier):
            return
    elif since is not None and change.at < since:
        return
    own(change, Owner(id=author.id), "reply")
    change.note(owner_since=change.at)


def _new_reply(change: Change, event: MessageQueued, episode: int) -> ReplyRef:
    return ReplyRef(id=event.message.id, episode=episode, by=event.message.author, seen=event.seen, sent=(change.at,))


def _reply(conversation: ConversationSnapshot, message: str) -> ReplyRef | None:
    return next((reply for reply in conversation.ledger.replies if reply.id == message), None)


def _replace(change: Change, reply: ReplyRef) -> None:
    others = [known for known in change.conversation.ledger.replies if known.id != reply.id]
    change.note(replies=tuple(sorted((*others, reply), key=lambda one: (one.sent[0], one.id))))


def _notice(change: Change) -> None:
    """The notice stands while nothing that was sent is later than the failure."""
    last = last_word(change.conversation.ledger.replies)
    if last is None or not last[1]:
        change.set(notice=None)
    else:
        reply = last[0]
        change.set(notice="reply_uncertain" if reply.failed[-1] in reply.uncertain else "reply_failed")


def _count(change: Change, message: MessageSnapshot, episode: int) -> None:
    """Figures of the episode; no effect on turns by itself."""
    conversation = change.conversation
    change.set(last_message_at=max(conversation.last_message_at or change.at, change.at))
    if episode != conversation.episode:
        return
    longest, length = conversation.longest_reply, len(message.text.strip())
    if message.author.kind is ActorKind.VIRTUAL_AGENT:
        change.set(longest_reply=longest.model_copy(update={"virtual": max(length, longest.virtual)}))
    elif not message.automatic:
        change.set(longest_reply=longest.model_copy(update={"human": max(length, longest.human)}), touched=True)


def _say_added(change: Change, message: MessageSnapshot, episode: int) -> None:
    answered = (
        turn for turn in change.conversation.turns if turn.episode == episode and message.id in turn.answered_by
    )
    change.say(
        MessageAdded,
        episode=episode,
        message=message.id,
        direction=Direction.OUTBOUND,
        kind=message.kind,
        turn=next((turn.number for turn in answered), None),
        automatic=message.automatic,
        length=len(message.text.strip()),
    )
