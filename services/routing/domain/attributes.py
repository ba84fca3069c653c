"""What is known about a conversation beside its status: topics, labels, language, team, boost (T18). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from services.routing.domain.decision import Change
from services.routing.domain.entering import own, reroute
from shared.contracts.facts import BoostChanged, LabelsChanged, LanguageChanged, TeamChanged, TopicsChanged
from shared.contracts.words import OwnerKind, Status
from shared.errors import Unprocessable


def change_topics(change: Change, add: Iterable[str], remove: Iterable[str]) -> None:
    """WF-20; rescored and rerouted (RT-03, RT-13). Raises Unprocessable (422) for an unknown topic."""
    before = change.conversation.topics
    topics, added, removed = _changed(before, add, remove, change.desk.topics, "topic")
    if topics == before:
        return
    change.set(topics=topics)
    change.say(TopicsChanged, added=added, removed=removed)
    _reroute(change)


def change_labels(change: Change, add: Iterable[str], remove: Iterable[str]) -> None:
    """WF-23. Raises Unprocessable (422) for a label that is unknown or not for conversations."""
    before = change.conversation.labels
    fit = {name for name, label in change.desk.labels.items() if "conversation" in label.scopes}
    labels, added, removed = _changed(before, add, remove, fit, "label")
    if labels != before:
        change.set(labels=labels)
        change.say(LabelsChanged, added=added, removed=removed)


def set_language(change: Change, language: str | None) -> None:
    """Set by hand, so detection does not overwrite it; None gives it back to detection (AU-09)."""
    before = change.conversation
    change.set(language=language, language_manual=language is not None)
    if before.language != language:
        change.say(LanguageChanged, before=before.language, after=language, detected=False)
        _reroute(change)


def set_boost(change: Change, boost: int) -> None:
    """Added to the score until the episode ends."""
    priority = change.conversation.priority
    if priority.boost != boost:
        score = priority.score - priority.boost + boost
        change.set(priority=priority.model_copy(update={"boost": boost, "score": score}))
        change.say(BoostChanged, before=priority.boost, after=boost)
        _reroute(change)


def set_team(change: Change, team: str | None) -> None:
    """WF-17: an owner stays unless he is not in the new team. Raises Unprocessable (422) for an unknown team."""
    before = change.conversation
    if team == before.team:
        return
    known = change.desk.teams.get(team) if team is not None else None
    if team is not None and known is None:
        raise Unprocessable.field("team", "There is no such team.")
    change.set(team=team)
    change.say(TeamChanged, before=before.team, after=team)
    owner = before.owner
    if known is None or owner is None or owner.kind is not OwnerKind.AGENT:
        return
    if all(member.user != owner.id for member in known.members):
        own(change, None, "manual")


def _changed(
    before: tuple[str, ...], add: Iterable[str], remove: Iterable[str], known: Collection[str], what: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The sorted set after it, what was added, what was removed."""
    held, gone = set(before), set(remove)
    fresh = set(add) - held - gone
    unknown = sorted(fresh - set(known))
    if unknown:
        raise Unprocessable.field(f"{what}s", f"There is no such {what}: {', '.join(unknown)}.")
    return tuple(sorted((held - gone) | fresh)), tuple(sorted(fresh)), tuple(sorted(held & gone))


def _reroute(change: Change) -> None:
    if change.conversation.status in (Status.NEW, Status.PENDING):
        reroute(change)
