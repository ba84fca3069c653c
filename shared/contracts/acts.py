"""Acts: what a person, a rule, a macro or a virtual agent may do to a conversation. One union for all of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.contracts.base import Contract, Instant
from shared.contracts.messages import KeptValue
from shared.contracts.words import OwnerKind


class Owner(Contract):
    """The agent or virtual agent who has a conversation."""

    kind: OwnerKind = OwnerKind.AGENT
    id: str


class BoomerangTime(Contract):
    """When a conversation is to come back: an instant, or seconds from when the act is applied."""

    at: Instant | None = None
    after_seconds: int | None = Field(default=None, ge=1, le=3650 * 86400)
    note: str = Field(default="", max_length=500)


class SetNew(Contract):
    """T16."""

    act: Literal["set_new"] = "set_new"


class SetPending(Contract):
    """T10, with an optional boomerang."""

    act: Literal["set_pending"] = "set_pending"
    boomerang: BoomerangTime | None = None


class Resolve(Contract):
    """T13 (T3 and T6 for rules and virtual agents). ``ignored`` gives resolved.ignored."""

    act: Literal["resolve"] = "resolve"
    reason: str | None = None
    ignored: bool = False
    boomerang: BoomerangTime | None = None


class AssignOwner(Contract):
    """Assign to an agent, delegate to a virtual agent (T7), or unassign with None."""

    act: Literal["assign_owner"] = "assign_owner"
    owner: Owner | None


class AssignTeam(Contract):
    """WF-17; None clears."""

    act: Literal["assign_team"] = "assign_team"
    team: str | None


class ChangeTopics(Contract):
    """WF-20; rescored and rerouted by routing (RT-03, RT-13)."""

    act: Literal["change_topics"] = "change_topics"
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class ChangeLabels(Contract):
    """WF-23."""

    act: Literal["change_labels"] = "change_labels"
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class SetBoomerang(Contract):
    """WF-06, on pending or resolved; a time in the past is refused."""

    act: Literal["set_boomerang"] = "set_boomerang"
    boomerang: BoomerangTime


class CancelBoomerang(Contract):
    """WF-06."""

    act: Literal["cancel_boomerang"] = "cancel_boomerang"


class SetPriorityBoost(Contract):
    """Added to the score until the episode ends."""

    act: Literal["set_priority_boost"] = "set_priority_boost"
    boost: int = Field(ge=-10, le=10)


class SetLanguage(Contract):
    """The conversation's language, set by hand."""

    act: Literal["set_language"] = "set_language"
    language: Annotated[str, StringConstraints(min_length=2, max_length=35)] | None


Tag = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


class TagMessageAct(Contract):
    """Applied by ingest."""

    act: Literal["tag_message"] = "tag_message"
    add: tuple[Tag, ...] = Field(default=(), max_length=50)
    remove: tuple[Tag, ...] = Field(default=(), max_length=50)


class WriteNoteAct(Contract):
    """Applied by ingest."""

    act: Literal["write_note"] = "write_note"
    text: str = Field(min_length=1, max_length=10_000)


class SendTextAct(Contract):
    """Applied by ingest; automatic, so it never answers a turn."""

    act: Literal["send_text"] = "send_text"
    text: str = Field(min_length=1, max_length=10_000)


class SetAttribute(Contract):
    """Applied by ingest on the contact."""

    act: Literal["set_attribute"] = "set_attribute"
    attribute: str
    value: KeptValue


class MuteContactAct(Contract):
    """Applied by ingest: the contact is muted on the conversation's channel, or no longer (CH-11)."""

    act: Literal["mute_contact"] = "mute_contact"
    muted: bool = True


class NotifyAct(Contract):
    """Applied by the gateway: tells agents, the members of teams, or the owner, in their notifications (AG-10)."""

    act: Literal["notify"] = "notify"
    agents: tuple[str, ...] = Field(default=(), max_length=100)
    teams: tuple[str, ...] = Field(default=(), max_length=100)
    owner: bool = False
    text: str = Field(default="", max_length=500)


class CallWebhookAct(Contract):
    """Applied by automation: the webhook is told of the conversation (``rule.called``)."""

    act: Literal["call_webhook"] = "call_webhook"
    webhook: str = Field(max_length=128)


Act = Annotated[
    SetNew
    | SetPending
    | Resolve
    | AssignOwner
    | AssignTeam
    | ChangeTopics
    | ChangeLabels
    | SetBoomerang
    | CancelBoomerang
    | SetPriorityBoost
    | SetLanguage,
    Field(discriminator="act"),
]
"""What routing applies to a conversation."""

RuleAction = Annotated[
    SetNew
    | SetPending
    | Resolve
    | AssignOwner
    | AssignTeam
    | ChangeTopics
    | ChangeLabels
    | SetBoomerang
    | CancelBoomerang
    | SetPriorityBoost
    | SetLanguage
    | TagMessageAct
    | WriteNoteAct
    | SendTextAct
    | SetAttribute
    | MuteContactAct
    | NotifyAct
    | CallWebhookAct,
    Field(discriminator="act"),
]
"""What a rule or macro may list; those that routing does not own are applied by their owners, by cause."""


class RuleRun(Contract):
    """A rule that matched: its name for the audit line, and its actions in listed order.

    ``text_condition``: it asks about the text, so it resolves on an episode's first message only (AU-04).
    """

    run: str
    rule: str
    name: str
    text_condition: bool = False
    actions: tuple[RuleAction, ...] = ()
