"""What every page needs to know of the settings: names, vocabulary, which questions to ask."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from services.gateway.domain.access import Access, right_on
from shared.contracts.messages import ContactSnapshot
from shared.contracts.resources import Stored
from shared.contracts.settings import (
    AutoResponder,
    AwayState,
    Channel,
    ContactAttribute,
    Label,
    LanguageSettings,
    ResolveReason,
    ResourceModel,
    SignInSettings,
    Survey,
    Team,
    Topic,
    VirtualAgent,
    WorkflowSettings,
)
from shared.resources import Book

COPIED: tuple[type[ResourceModel], ...] = (
    Channel,
    ContactAttribute,
    Topic,
    Label,
    ResolveReason,
    LanguageSettings,
    WorkflowSettings,
    AutoResponder,
    VirtualAgent,
)
"""Kinds of other services that the gateway keeps copies of."""


M = TypeVar("M", bound=ResourceModel)

REASONS_SUGGESTED = (
    "Resolve reasons are off. Switch them on in the workflow settings, and only conversations that were solved are "
    "followed by a survey."
)


class HasBooks(Protocol):
    """Whoever has settings objects, own or copied."""

    def book(self, model: type[M]) -> Book[M]: ...


class Workspace:
    """The settings that pages see without being allowed to edit them."""

    def __init__(self, own: HasBooks, copies: HasBooks) -> None:
        self._teams = own.book(Team)
        self._away_states = own.book(AwayState)
        self._sign_in = own.book(SignInSettings)
        self._channels = copies.book(Channel)
        self._attributes = copies.book(ContactAttribute)
        self._topics = copies.book(Topic)
        self._labels = copies.book(Label)
        self._reasons = copies.book(ResolveReason)
        self._languages = copies.book(LanguageSettings)
        self._workflow = copies.book(WorkflowSettings)
        self._scripted = copies.book(AutoResponder)
        self._connected = copies.book(VirtualAgent)

    @property
    def sign_in(self) -> SignInSettings:
        return self._sign_in.current()

    def away_states(self) -> dict[str, str]:
        """Enabled away states: id and name. Where there are any, plain "away" is not offered (AG-07)."""
        return {id: state.name for id, state in self._away_states.all().items() if state.enabled}

    def displayed(self, contact: ContactSnapshot, *, machine: bool) -> ContactSnapshot:
        """The contact without what is kept in attributes that are switched off (CT-03); machines get all of it."""
        if machine:
            return contact
        off = {key for id, a in self._attributes.all().items() if not a.enabled for key in (id, a.name)}
        if off.isdisjoint(contact.attributes):
            return contact
        shown = {key: value for key, value in contact.attributes.items() if key not in off}
        return contact.model_copy(update={"attributes": shown})

    def suggestions(self, stored: Stored) -> Stored:
        """A saved settings object with what goes well with it, as a warning (WF-24)."""
        if stored.kind != Survey.kind or not stored.value.get("enabled"):
            return stored
        if self._workflow.current().resolve_reasons.enabled:
            return stored
        return stored.model_copy(update={"warnings": (*stored.warnings, REASONS_SUGGESTED)})

    def has_team(self, id: str) -> bool:
        return self._teams.get(id) is not None

    def rights(self, access: Access) -> dict[str, str]:
        """Channel → right, for the channels on which there is any."""
        return {id: str(right) for id in self._channels.all() if (right := right_on(access, id)) is not None}

    def page(self) -> dict[str, Any]:
        """The ``workspace`` of GET /api/session."""
        workflow = self._workflow.current()
        attributes = [(a.position, id, a) for id, a in self._attributes.all().items() if a.enabled]
        reasons = [(r.position, id, r) for id, r in self._reasons.all().items()]
        return {
            "vocabulary": str(workflow.vocabulary),
            "viewer_can_triage": workflow.viewer_can_triage,
            "resolve_reasons": workflow.resolve_reasons.model_dump(mode="json"),
            "topic_required": workflow.topic_required.model_dump(mode="json"),
            "default_boomerang": workflow.default_boomerang,
            "channels": [_channel(id, channel) for id, channel in self._channels.all().items()],
            "teams": [{"id": id, "name": team.name} for id, team in self._teams.all().items()],
            "topics": [{"id": id, "name": t.name, "colour": t.colour} for id, t in self._topics.all().items()],
            "labels": [
                {"id": id, "name": la.name, "colour": la.colour, "scopes": list(la.scopes)}
                for id, la in self._labels.all().items()
            ],
            "reasons": [
                {"id": id, "name": r.name, "solution_provided": r.solution_provided}
                for _, id, r in sorted(reasons, key=lambda item: item[:2])
            ],
            "away_states": [{"id": id, "name": name} for id, name in self.away_states().items()],
            "attributes": [
                {"id": id, "name": a.name, "type": a.type, "options": list(a.options)}
                for _, id, a in sorted(attributes, key=lambda item: item[:2])
            ],
            "languages": list(self._languages.current().languages),
            "virtual_agents": [
                {"id": id, "name": one.shown_name, "activation": one.activation, "channels": list(one.channels)}
                for id, one in self._virtual_agents().items()
                if one.enabled
            ],
        }

    def _virtual_agents(self) -> dict[str, AutoResponder | VirtualAgent]:
        return {**self._scripted.all(), **self._connected.all()}

    def virtual_agent(self, id: str) -> VirtualAgent | None:
        """A connected virtual agent."""
        return self._connected.get(id)


def _channel(id: str, channel: Channel) -> dict[str, Any]:
    """What a page needs to know of a channel."""
    return {
        "id": id,
        "name": channel.name,
        "handle": channel.handle,
        "medium": str(channel.medium),
        "enabled": channel.enabled,
        "capabilities": list(channel.capabilities),
        "max_attachment_mb": channel.max_attachment_mb,
        "attachment_types": list(channel.attachment_types),
        "reply_window_hours": channel.reply_window_hours,
        "muting": channel.muting,
    }
