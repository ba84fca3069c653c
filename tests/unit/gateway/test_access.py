"""Who may do what, as a matrix (AG-01 to AG-03, WF-02, RT-01, RT-06)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.access import Access, Action, Membership, OnChannel, Placed, Scope, may, right_on
from services.gateway.domain.visible import FIELD, NOTHING, visible_filter, words
from shared.contracts.words import Right, Role

A = Action
HERE = Placed("chat")
CONVERSATION_ACTIONS = (A.VIEW, A.NOTE, A.TRIAGE, A.ARRANGE, A.ASSIGN, A.REPLY, A.EDIT_CONTACT, A.MASK)


def allowed(access: Access, place: Placed = HERE) -> set[Action]:
    return {action for action in CONVERSATION_ACTIONS if may(access, action, place)}


VIEWER = {A.VIEW, A.NOTE}
CONTRIBUTOR = {*VIEWER, A.TRIAGE, A.ARRANGE, A.ASSIGN, A.REPLY, A.EDIT_CONTACT}
SUPERVISOR = {*CONTRIBUTOR, A.MASK}


@pytest.mark.parametrize(
    ("right", "expected"),
    [(Right.VIEWER, VIEWER), (Right.CONTRIBUTOR, CONTRIBUTOR), (Right.SUPERVISOR, SUPERVISOR)],
)
def test_AG_02_channel_rights_include_one_another(right: Right, expected: set[Action]) -> None:
    assert allowed(Access("u", channels={"chat": right})) == expected
    assert allowed(Access("u", channels={"mail": right})) == set()


@pytest.mark.parametrize(
    ("right", "expected"),
    [(Right.VIEWER, VIEWER), (Right.CONTRIBUTOR, CONTRIBUTOR), (Right.SUPERVISOR, SUPERVISOR)],
)
def test_AG_02_a_team_gives_its_right_on_what_is_routed_to_it(right: Right, expected: set[Action]) -> None:
    member = Access("u", memberships=(Membership("es", right),))
    assert allowed(member, Placed("chat", teams=("es", "fr"))) == expected
    assert allowed(member, Placed("chat", team="es")) == expected
    assert allowed(member, Placed("chat", teams=("fr",))) == set()
    assert allowed(member, Placed("chat")) == set()


def test_AG_02_a_team_s_right_holds_on_its_channels_only() -> None:
    member = Access("u", memberships=(Membership("es", Right.CONTRIBUTOR, channels=frozenset({"chat"})),))
    assert allowed(member, Placed("chat", teams=("es",))) == CONTRIBUTOR
    assert allowed(member, Placed("mail", teams=("es",))) == set()
    assert right_on(member, "chat") is Right.CONTRIBUTOR
    assert right_on(member, "mail") is None


def test_AG_03_a_viewer_never_replies_and_triages_only_where_the_workspace_allows() -> None:
    viewer = Access("u", channels={"chat": Right.VIEWER}, viewer_can_triage=True)
    assert allowed(viewer) == {*VIEWER, A.TRIAGE}


def test_AG_01_an_admin_does_everything_everywhere() -> None:
    admin = Access("u", role=Role.ADMIN)
    assert allowed(admin, Placed("chat", owner="other", teams=("es",))) == set(CONVERSATION_ACTIONS)
    assert may(admin, A.MANAGE_SETTINGS)
    assert may(admin, A.READ_ADMIN_LOG)
    assert may(admin, A.START, OnChannel("chat"))


def test_UI_02_an_agent_changes_no_settings_whatever_his_rights() -> None:
    agent = Access("u", channels={"chat": Right.SUPERVISOR})
    assert not may(agent, A.MANAGE_SETTINGS)
    assert not may(agent, A.READ_ADMIN_LOG)


def test_RP_04_supervisors_read_the_figures_of_their_channels_admins_all() -> None:
    agent = Access("u", channels={"chat": Right.SUPERVISOR, "mail": Right.CONTRIBUTOR})
    assert may(agent, A.READ_FIGURES, OnChannel("chat"))
    assert not may(agent, A.READ_FIGURES, OnChannel("mail"))
    assert not may(agent, A.READ_FIGURES)
    assert may(Access("u", role=Role.ADMIN), A.READ_FIGURES)


def test_a_deactivated_user_may_nothing() -> None:
    gone = Access("u", role=Role.ADMIN, active=False)
    assert allowed(gone) == set()
    assert not may(gone, A.MANAGE_SETTINGS)
    assert not may(gone, A.SIGN_IN)


def test_AG_05_without_channel_and_team_he_signs_in_and_sees_nothing() -> None:
    nobody = Access("u")
    assert may(nobody, A.SIGN_IN)
    assert not nobody.anything
    assert allowed(nobody) == set()


def test_the_owner_sees_his_own_with_the_right_he_has_on_the_channel() -> None:
    assert allowed(Access("u"), Placed("chat", owner="u")) == VIEWER
    member = Access("u", memberships=(Membership("es", Right.CONTRIBUTOR),))
    assert allowed(member, Placed("chat", owner="u", teams=("fr",))) == CONTRIBUTOR
    assert allowed(member, Placed("chat", owner="v", teams=("fr",))) == set()


def test_RT_05_a_team_may_see_what_no_route_takes() -> None:
    member = Access("u", memberships=(Membership("es", Right.VIEWER, see_unrouted=True),))
    assert allowed(member, Placed("chat")) == VIEWER
    assert allowed(member, Placed("chat", teams=("fr",))) == set()


def test_RT_06_only_routed_takes_the_rest_of_the_channel_away() -> None:
    narrow = Membership("es", Right.VIEWER, channels=frozenset({"chat"}), only_routed=True)
    member = Access("u", channels={"chat": Right.CONTRIBUTOR, "mail": Right.VIEWER}, memberships=(narrow,))
    assert allowed(member, Placed("chat")) == set()
    assert allowed(member, Placed("chat", teams=("es",))) == CONTRIBUTOR
    assert allowed(member, Placed("mail")) == VIEWER


@pytest.mark.parametrize("action", list(Action))
def test_a_key_does_only_what_its_scopes_say(action: Action) -> None:
    place = HERE if action in CONVERSATION_ACTIONS else OnChannel("chat") if action is A.START else None

    def with_scopes(*scopes: Scope) -> bool:
        return may(Access("k", role=Role.ADMIN, scopes=frozenset(scopes)), action, place)

    assert not with_scopes()
    assert with_scopes(*Scope)
    reads = action in {A.VIEW, A.SIGN_IN, A.READ_FIGURES}
    assert with_scopes(Scope.READ) is reads
    assert with_scopes(Scope.READ, Scope.WRITE) is (action not in {A.MANAGE_SETTINGS, A.READ_ADMIN_LOG})


NAMES = ("a", "b", "c")
rights = st.sampled_from(Right)
accesses = st.builds(
    Access,
    id=st.sampled_from(("u", "v")),
    role=st.sampled_from(Role),
    active=st.booleans(),
    channels=st.dictionaries(st.sampled_from(NAMES), rights),
    memberships=st.lists(
        st.builds(
            Membership,
            team=st.sampled_from(("t1", "t2")),
            right=rights,
            channels=st.frozensets(st.sampled_from(NAMES)),
            only_routed=st.booleans(),
            see_unrouted=st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    scopes=st.frozensets(st.sampled_from(Scope)),
)
places = st.builds(
    Placed,
    channel=st.sampled_from(NAMES),
    owner=st.sampled_from((None, "u", "v")),
    team=st.sampled_from((None, "t1", "t2", "t3")),
    teams=st.lists(st.sampled_from(("t1", "t2", "t3")), max_size=2, unique=True).map(tuple),
)


def found(access: Access, place: Placed) -> bool:
    """Whether the store would find a row of this conversation with the access's filter."""
    query = visible_filter(access)
    if FIELD in query:
        return not set(query[FIELD]["$in"]).isdisjoint(words(place))
    return query != NOTHING


@given(accesses, places)
def test_WF_02_the_filter_of_lists_and_the_decision_agree(access: Access, place: Placed) -> None:
    assert found(access, place) is may(access, A.VIEW, place)


@given(accesses, places)
def test_whoever_may_do_something_to_a_conversation_may_see_it(access: Access, place: Placed) -> None:
    if not may(access, A.VIEW, place):
        assert allowed(access, place) == set()
