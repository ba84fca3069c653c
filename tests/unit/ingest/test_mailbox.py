"""Mailboxes as values: leases, back-off, how far they are read; and how we sign in to their servers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from pydantic import HttpUrl

from services.ingest.connectors.mail_server import Logins, ServerProblem
from services.ingest.domain.mailbox import (
    Mailbox,
    failed,
    held,
    is_free,
    let_go,
    notice_due,
    read_to,
    source_of,
    told,
    worked,
)
from services.ingest.domain.message import StoredMessage, written
from services.ingest.domain.sending import attempted, cut_off, queued
from shared.contracts.base import Actor
from shared.contracts.messages import MessageUncertain, ThreadKey
from shared.contracts.settings import EmailConfig
from shared.contracts.words import ActorKind, Delivery, Medium, Visibility
from shared.outside import Answer

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BOX = Mailbox(id="c", held_until=NOW)
OAUTH = EmailConfig(
    address="help@shop.example",
    sign_in="oauth2",
    imap_host="imap.example.org",
    smtp_host="smtp.example.org",
    oauth_token_url=HttpUrl("https://login.example.org/token"),
    oauth_client_id="client",
    oauth_client_secret="secret",
    oauth_refresh_token="refresh",
)


def test_a_mailbox_is_free_when_nobody_holds_it_or_whoever_did_is_silent() -> None:
    ours = held(BOX, "me", NOW + 30 * SECOND)
    assert is_free(BOX, "you", NOW)
    assert not is_free(ours, "you", NOW + 29 * SECOND)
    assert is_free(ours, "you", NOW + 30 * SECOND)
    assert is_free(ours, "me", NOW)
    assert is_free(let_go(ours, NOW), "you", NOW)


def test_pauses_double_up_to_ten_minutes_and_end_with_the_first_success() -> None:
    box, pauses = BOX, []
    for _ in range(12):
        box = failed(box, "No.", NOW)
        assert box.next_try_at is not None
        pauses.append((box.next_try_at - NOW).total_seconds())
    assert pauses[:4] == [2, 4, 8, 16]
    assert pauses[-1] == 600
    assert (box.state().state, box.state().since) == ("failing", NOW)
    mended = worked(box, NOW + SECOND)
    assert (mended.state().state, mended.state().problem, mended.failures) == ("ok", None, 0)
    assert BOX.state().state == "starting"


def test_admins_are_due_one_notice_an_outage_that_lasts() -> None:
    patience = timedelta(minutes=5)
    out = failed(failed(BOX, "No.", NOW), "No.", NOW + SECOND)
    assert notice_due(BOX, NOW + patience, patience) is None
    assert notice_due(out, NOW + patience - SECOND, patience) is None
    first = notice_due(out, NOW + patience, patience)
    assert first is not None
    assert notice_due(told(out, first), NOW + 2 * patience, patience) is None
    again = failed(told(worked(out, NOW + patience), None), "No.", NOW + 2 * patience)
    assert notice_due(again, NOW + 3 * patience, patience) not in (None, first)
    # Out again before the former notice could be taken back: that one stands for both.
    assert notice_due(failed(worked(told(out, first), NOW), "No.", NOW), NOW + patience, patience) is None


def test_the_cursor_only_moves_on() -> None:
    box = read_to(read_to(BOX, 7, NOW), 5, NOW - SECOND)
    assert (box.last_uid, box.newest_at) == (7, NOW)


def test_another_folder_is_another_source() -> None:
    other = OAUTH.model_copy(update={"imap_folder": "Support"})
    assert source_of(OAUTH) != source_of(other)
    assert source_of(OAUTH) == source_of(OAUTH.model_copy(update={"imap_host": "IMAP.example.org"}))


@dataclass
class Tokens:
    """A token address: what it is asked, what it says."""

    answer: Answer
    asked: list[dict[str, list[str]]] = field(default_factory=list)

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        self.asked.append(parse_qs(body.decode()))
        return self.answer


def said(status: int = 200, **body: object) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


async def test_a_token_is_fetched_once_for_both_servers_and_again_when_refused() -> None:
    tokens = Tokens(said(access_token="t1", expires_in=3600))
    logins = Logins(tokens)
    first, second = await logins.incoming(OAUTH), await logins.outgoing(OAUTH)
    assert second is not None
    assert (first.user, first.secret, first.token, second.secret) == ("help@shop.example", "t1", True, "t1")
    (asked,) = tokens.asked
    assert (asked["grant_type"], asked["refresh_token"]) == (["refresh_token"], ["refresh"])
    logins.forget(OAUTH)
    await logins.incoming(OAUTH)
    assert len(tokens.asked) == 2
    await logins.incoming(OAUTH.model_copy(update={"oauth_refresh_token": None}))
    assert tokens.asked[2]["grant_type"] == ["client_credentials"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said(400, error="invalid_grant", error_description="Token has been revoked"), "Token has been revoked"),
        (said(500), "the server answered 500"),
        (Answer(200, {}, b"<html>"), "the server answered 200"),
        (said(access_token="a\r\nb"), "the server answered 200"),
    ],
)
async def test_without_a_token_it_says_why(answer: Answer, reason: str) -> None:
    with pytest.raises(ServerProblem) as problem:
        await Logins(Tokens(answer)).incoming(OAUTH)
    assert reason in problem.value.detail
    assert "refresh" not in problem.value.detail


def sending(medium: Medium) -> StoredMessage:
    """A reply whose first attempt was recorded, and never came out."""
    key = ThreadKey(channel="c", address="ana@example.org", visibility=Visibility.PRIVATE)
    eva = Actor(kind=ActorKind.AGENT, id="eva")
    state = queued(written("m", thread=key, medium=medium, contact="x", by=eva, text="Hi", now=NOW), NOW)
    under_way = attempted(state, NOW, "a process that died", early=True)
    assert under_way is not None
    return under_way


def test_an_attempt_that_a_crash_cut_off_is_uncertain_where_a_repeat_would_show() -> None:
    state = sending(Medium.EMAIL)
    assert cut_off(state, NOW + 89 * SECOND) is None
    step = cut_off(state, NOW + 90 * SECOND)
    assert step is not None
    assert (step.state.message.delivery, step.state.wake_at) == (Delivery.UNCERTAIN, None)
    assert isinstance(step.says(step.state)[0], MessageUncertain)
    assert cut_off(sending(Medium.WEBHOOK), NOW + 90 * SECOND) is None
