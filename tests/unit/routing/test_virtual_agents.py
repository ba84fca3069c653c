"""Virtual agents in a conversation: T4 to T7, who may be given one, and the lines they leave (AU-11, AU-12, AU-17)."""

from __future__ import annotations

import pytest

from services.routing.domain import virtual_agents
from services.routing.domain.desk import inception_scopes
from shared.contracts.acts import AssignOwner, Owner, SetNew, SetPending
from shared.contracts.base import Actor
from shared.contracts.facts import RuleApplied, VirtualAgentLeft
from shared.contracts.settings import WorkflowSettings
from shared.contracts.virtual_agents import LeaveConversation
from shared.contracts.words import ActorKind, Availability, Leaving, OwnerKind, Visibility
from shared.errors import NotFound, Unprocessable
from tests.support.conversations import ANA, BEN, CHANNEL, Story, at, desk, responder, run, spans

VIRTUAL = Owner(kind=OwnerKind.VIRTUAL_AGENT, id="bot")
DELEGATE = AssignOwner(owner=VIRTUAL)


def leave(story: Story, seconds: float, to: str = "new", why: Leaving = Leaving.SCRIPT_ENDED, **more: object) -> Story:
    """The virtual agent ends its work."""
    fields = {
        "conversation": story.now.id,
        "agent": "bot",
        "name": "Bot VA",
        "status_number": story.now.status_number,
        "to": to,
        "why": why,
        **more,
    }
    command = LeaveConversation.model_validate(fields)
    return story.keep(virtual_agents.leave(story.now, command, story.desk, at(seconds)))


def held() -> Story:
    return Story(desk(triage=True)).message("m1", 0).answer("m1", 1, virtual_agent="bot")


def delegated(**more: object) -> Story:
    """Ana has it and hands it to the virtual agent after ten seconds."""
    story = Story(desk(**more)).message("m1", 0)  # type: ignore[arg-type]  # the desk's named fields
    return story.act(AssignOwner(owner=Owner(id="ana")), 5).act(DELEGATE, 10)


def lines(story: Story) -> list[tuple[str, str]]:
    return [(fact.by.name, fact.why) for fact in story.facts if isinstance(fact, VirtualAgentLeft)]


def test_AU_11_triage_waits_only_where_an_inception_agent_could_take_a_private_conversation() -> None:
    bot = responder("Bot")
    waiting = desk(inceptions=inception_scopes([bot]))

    assert Story(waiting).message("m1", 0).state == "triage"
    assert Story(waiting, visibility=Visibility.PUBLIC).message("m1", 0).state == "new.untouched"
    for other in (responder("Bot", enabled=False), responder("Bot", activation="delegation"), None):
        scopes = inception_scopes([other] if other else [])
        assert Story(desk(inceptions=scopes)).message("m1", 0).state == "new.untouched"
    elsewhere = inception_scopes([responder("Bot", channels=("ch-2",))])
    assert Story(desk(inceptions=elsewhere)).message("m1", 0).state == "new.untouched"


def test_AU_11_AU_17_it_hands_over_to_new_and_its_line_says_why() -> None:
    story = leave(held(), 40, why=Leaving.CONTACT_TIMEOUT)

    assert (story.state, story.owner, story.rows()) == ("new.untouched", None, ["T5"])
    assert lines(story) == [("Bot VA", "contact_timeout")]
    assert spans(story.now.turns[0]) == [(40, None)]
    assert story.decision.offer


def test_AU_17_it_resolves_with_its_reason_and_an_unknown_reason_is_left_out() -> None:
    story = leave(held(), 40, to="resolved", why=Leaving.CONTACT_TIMEOUT, reason="solved")
    assert (story.state, story.now.closed_by, story.now.resolve_reason) == (
        "resolved.closed",
        "virtual_agent",
        "solved",
    )
    assert story.rows() == ["T6"]
    assert leave(held(), 40, to="resolved", reason="gone").now.resolve_reason is None


def test_AU_12_back_to_the_agent_who_had_it_and_the_paused_clock_resumes() -> None:
    story = leave(delegated(), 30, to="previous_agent")

    assert (story.state, story.owner) == ("new.untouched", "ana")
    assert spans(story.now.turns[0]) == [(0, 10), (30, None)]
    assert story.now.previous_owner is None


def test_AU_12_back_to_who_delegated_what_nobody_had() -> None:
    story = Story(desk()).message("m1", 0).act(DELEGATE, 10, BEN)
    assert leave(story, 30, to="previous_agent").owner == "ben"


def test_AU_12_to_new_without_owner_if_he_lost_access_or_the_workspace_clears_who_is_offline() -> None:
    lost = delegated()
    lost.desk = desk(users={})
    assert leave(lost, 30, to="previous_agent").owner is None

    offline = delegated(workflow=WorkflowSettings(unassign_on_sign_out=True))
    offline.desk = desk(WorkflowSettings(unassign_on_sign_out=True), availability={"ben": Availability.AVAILABLE})
    assert leave(offline, 30, to="previous_agent").owner is None

    inception = leave(held(), 30, to="previous_agent")
    assert (inception.state, inception.owner) == ("new.untouched", None)


def test_AU_12_only_an_enabled_delegation_agent_of_the_channel_can_be_given_a_conversation() -> None:
    others = {
        "off": responder("Off", activation="delegation", enabled=False),
        "starts": responder("Starts"),
        "elsewhere": responder("Elsewhere", activation="delegation", channels=("ch-2",)),
    }
    story = Story(desk(virtual_agents=others)).message("m1", 0)
    for id in (*others, "nobody"):
        with pytest.raises(Unprocessable):
            story.act(AssignOwner(owner=Owner(kind=OwnerKind.VIRTUAL_AGENT, id=id)), 10)
    assert CHANNEL in responder("Bot").channels
    assert story.state == "new.untouched"


@pytest.mark.parametrize("who", ["assigned", "new", "pending", "reply"])
def test_T5_a_human_takes_over_and_the_virtual_agent_can_do_nothing_more(who: str) -> None:
    story = delegated()
    number = story.now.status_number
    match who:
        case "assigned":
            story.act(AssignOwner(owner=Owner(id="ben")), 20, BEN)
        case "new":
            story.act(SetNew(), 20, BEN)
        case "pending":
            story.act(SetPending(), 20, BEN)
        case _:
            story.reply("r1", 20, BEN)

    assert story.now.status != "bot"
    assert story.now.previous_owner is None
    with pytest.raises(NotFound):
        leave(story, 30, status_number=number)


def test_T7_a_virtual_agent_that_has_it_anew_is_another_session() -> None:
    story = delegated()
    number = story.now.status_number
    story.act(SetNew(), 20, BEN).act(DELEGATE, 25, ANA)

    with pytest.raises(NotFound):
        leave(story, 30, status_number=number)
    assert leave(story, 30).state == "new.untouched"


def test_T4_what_rules_would_do_about_the_owner_gives_way_and_their_line_says_so() -> None:
    story = Story(desk(triage=True)).message("m1", 0)
    story.answer("m1", 1, run(AssignOwner(owner=Owner(id="ben"))), virtual_agent="bot")

    assert (story.state, story.owner) == ("bot", "bot")
    failed = [fact.failed for fact in story.facts if isinstance(fact, RuleApplied)]
    assert failed == [("assign_owner: A virtual agent has it.",)]


def test_T11c_its_own_messages_never_count_as_human() -> None:
    bot = Actor(kind=ActorKind.VIRTUAL_AGENT, id="bot", name="Bot VA")
    story = held().reply("r1", 5, bot, automatic=True, text="Welcome")

    assert story.state == "bot"
    assert story.now.turns[0].answered_by == ()
    assert (story.now.longest_reply.human, story.now.longest_reply.virtual) == (0, 7)
    assert not story.now.touched
