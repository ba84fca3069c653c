"""What rules and macros tell people (AG-10)."""

from __future__ import annotations

from collections.abc import Sequence

from services.gateway.domain.notifying import of_facts
from services.gateway.records import Notification, NotificationKind
from shared.contracts.acts import NotifyAct, Owner
from shared.contracts.base import Actor, Meta
from shared.contracts.conversations import ConversationChanged
from shared.contracts.facts import RuleApplied
from shared.contracts.words import ActorKind
from tests.support.conversations import START, Story

RULE = Actor(kind=ActorKind.RULE, id="r1", name="Late")
META = Meta(event_id="e1", type="conversation.changed.v1", occurred_at=START, correlation_id="e1")


def told(*acts: NotifyAct, owner: str | None = None) -> Sequence[Notification]:
    """Whom a rule tells; the team "es" is Ana and Ben."""
    held = None if owner is None else Owner(id=owner)
    conversation = Story().message("m1", 0).now.model_copy(update={"owner": held})
    fact = RuleApplied(at=START, by=RULE, episode=1, run="run", rule="r1", name="Late", left=acts)
    event = ConversationChanged(conversation=conversation, changes=(fact,))
    return list(of_facts(event, META, lambda team: ("ana", "ben") if team == "es" else ()))


def test_a_rule_tells_agents_teams_and_the_owner_each_once() -> None:
    found = told(NotifyAct(agents=("ana", "cleo"), teams=("es", "gone"), owner=True, text="Look"), owner="cleo")
    assert [one.user for one in found] == ["ana", "cleo", "ben"]
    assert {(one.kind, one.text, one.by) for one in found} == {(NotificationKind.RULE, "Look", RULE)}
    assert len({one.id for one in found}) == 3


def test_without_a_text_the_rule_is_named_and_nobody_is_told_where_there_is_no_owner() -> None:
    assert [one.text for one in told(NotifyAct(agents=("ana",)))] == ["Late"]
    assert told(NotifyAct(owner=True)) == []


def test_the_same_run_heard_again_tells_nobody_twice() -> None:
    act = NotifyAct(teams=("es",))
    assert [one.id for one in told(act)] == [one.id for one in told(act)]
