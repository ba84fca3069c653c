"""What ingest hears: conversations that took messages or changed language, and acts of rules that are ingest's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import structlog

from services.ingest.domain.attributes import tidy
from services.ingest.domain.contact import Contact, detected, told
from services.ingest.domain.message import author_of_rule
from services.ingest.domain.thread import tidy as tidy_tags
from services.ingest.handlers.contacts import Contacts
from services.ingest.handlers.taking import Taking
from services.ingest.handlers.writing import Draft, Writing
from services.ingest.metrics import IngestMetrics
from services.ingest.repository import IngestRepository
from shared.bus import Publish, envelope
from shared.clock import Clock
from shared.contracts.acts import MuteContactAct, RuleRun, SendTextAct, SetAttribute, TagMessageAct, WriteNoteAct
from shared.contracts.base import Meta
from shared.contracts.conversations import ConversationChanged, ConversationSnapshot, RuleActed
from shared.contracts.facts import LanguageChanged, MessageAdded, RuleApplied, SurveyAnswered, SurveyCommented
from shared.contracts.rules import ActRefused
from shared.contracts.words import Direction
from shared.errors import NotFound, RetryLater, SwitchboardError, Unprocessable
from shared.ids import derived

log = structlog.get_logger(__name__)

OwnAct = TagMessageAct | WriteNoteAct | SendTextAct | SetAttribute | MuteContactAct


@dataclass(frozen=True, slots=True)
class Target:
    """What a rule acts on: a conversation, the message it reacted to (else the latest), the contact."""

    conversation: str
    message: str | None
    contact: str | None


class Hearing:
    """Handlers of events."""

    def __init__(
        self,
        repository: IngestRepository,
        writing: Writing,
        contacts: Contacts,
        clock: Clock,
        metrics: IngestMetrics,
        publish: Publish,
    ) -> None:
        self._repository = repository
        self._taking = Taking(repository)
        self._writing = writing
        self._contacts = contacts
        self._clock = clock
        self._metrics = metrics
        self._publish = publish

    async def on_conversation_changed(self, event: ConversationChanged, meta: Meta) -> None:
        """Inbound messages that it names are taken; a detected language goes to the contact (AU-09).

        Acts that an answer to triage left to ingest are applied.
        """
        await self._taking.take(taken_by(event), meta)
        for fact in event.changes:
            match fact:
                case LanguageChanged(detected=True, after=str(language)) if language:
                    await self._set_language(event.conversation, language, meta)
                case RuleApplied(macro=False) if fact.left:
                    run = RuleRun(run=fact.run, rule=fact.rule, name=fact.name, actions=fact.left)
                    await self._act(run, Target(event.conversation.id, fact.message, event.conversation.contact), meta)
                case _:
                    pass

    async def on_rule_acted(self, event: RuleActed, meta: Meta) -> None:
        """Apply the acts that are ingest's, each by a cause of its own; one that is refused stops no other."""
        await self._act(event.run, Target(event.conversation, event.message_id, event.contact), meta)

    async def _act(self, run: RuleRun, target: Target, meta: Meta) -> None:
        for place, act in enumerate(run.actions):
            if not isinstance(act, OwnAct):
                continue
            cause = meta.model_copy(update={"event_id": derived("act", meta.event_id, run.run, place)})
            cause = cause.model_copy(update={"by_rule": meta.by_rule or run.rule, "causation_id": meta.event_id})
            try:
                await self._apply(act, run, target, cause)
            except RetryLater:
                raise
            except SwitchboardError as error:
                self._metrics.acts_refused.labels(act.act).inc()
                log.warning("act.refused", act=act.act, run=run.run, code=error.code)
                await self._refused(ActRefused(run=run.run, act=act.act, reason=error.detail), cause)

    async def _refused(self, event: ActRefused, cause: Meta) -> None:
        """Into the run's record, where an admin looks for it."""
        id = derived("refused", cause.event_id)
        await self._publish(envelope(event, cause=cause, event_id=id, now=self._clock.now()))

    async def _apply(self, act: OwnAct, run: RuleRun, target: Target, cause: Meta) -> None:
        by = author_of_rule(run.rule, run.name)
        thread = await self._repository.thread(target.conversation)
        match act:
            case TagMessageAct():
                message = target.message or await self._latest(target.conversation)
                add, remove = tidy_tags(act.add), tidy_tags(act.remove)
                await self._writing.change_tags(target.conversation, message, add, remove, by, cause)
            case WriteNoteAct():
                id = derived("note", cause.event_id)
                await self._writing.note(thread, id, act.text, by, cause, automatic=True)
            case SendTextAct():
                draft = Draft(id=derived("sent", cause.event_id), text=act.text, by=by, automatic=True)
                await self._writing.queue(thread, draft, cause)
            case SetAttribute():
                await self._set_attribute(target.contact or thread.contact, act, cause)
            case MuteContactAct():
                contact = target.contact or thread.contact
                await self._contacts.set_mute(contact, thread.thread.channel, cause, wanted=act.muted, by=by)
            case _:
                assert_never(act)

    async def _latest(self, conversation: str) -> str:
        latest = await self._repository.latest_inbound(conversation)
        if latest is None:
            raise NotFound("There is no message of the contact to tag.")
        return latest.id

    async def _set_language(self, conversation: ConversationSnapshot, language: str, meta: Meta) -> None:
        now = self._clock.now()

        def edit(current: Contact) -> Contact:
            return detected(current, language, now)

        await self._contacts.apply(conversation.contact, meta, edit, detected_in=conversation.id)

    async def _set_attribute(self, contact: str, act: SetAttribute, cause: Meta) -> None:
        now = self._clock.now()
        try:
            attributes = tidy({act.attribute: act.value})
        except ValueError as error:
            raise Unprocessable(str(error)) from error

        def edit(current: Contact) -> Contact:
            return told(current, "", attributes, now)

        await self._contacts.apply(contact, cause, edit)


def taken_by(event: ConversationChanged) -> frozenset[str]:
    """The inbound messages that this change shows to have been taken."""
    ids: set[str] = set()
    for fact in event.changes:
        match fact:
            case MessageAdded() if fact.direction is Direction.INBOUND:
                ids.add(fact.message)
            case SurveyAnswered() | SurveyCommented() if fact.message:
                ids.add(fact.message)
            case _:
                pass
    if event.message is not None and event.message.direction is Direction.INBOUND:
        ids.add(event.message.id)
    return frozenset(ids)
