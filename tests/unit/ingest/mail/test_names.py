"""The names that answers come back by, and the header that carries them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.mail.tokens import conversation_of, message_name, message_of, reply_address
from services.ingest.domain.mail.writing import Enclosed, MailHeader, answering, composed, next_references

KEY, FORMER = b"k" * 32, b"f" * 32
IDS = st.uuids().map(str)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@given(IDS)
def test_only_we_can_name_our_mails_and_only_on_their_channel(id: str) -> None:
    name = message_name(id, "c", "shop.example", KEY)
    assert message_of(name, "c", (KEY,)) == message_of(name.upper(), "c", (FORMER, KEY)) == id
    assert message_of(name, "other", (KEY,)) is None
    assert message_of(name, "c", (FORMER,)) is None
    other = message_name(str(uuid.uuid4()), "c", "shop.example", KEY)
    assert message_of(other[:30] + name[30:], "c", (KEY,)) is None
    back = reply_address("help@shop.example", id, "c", KEY)
    assert back is not None
    assert conversation_of(back, "c", (KEY,)) == id
    assert conversation_of(back.replace("+", "+a"), "c", (KEY,)) is None
    assert message_of(back, "c", (KEY,)) is None


@given(st.text(max_size=100))
def test_no_text_is_taken_for_a_name(text: str) -> None:
    assert message_of(text, "c", (KEY,)) is None
    assert conversation_of(text, "c", (KEY,)) is None


def test_an_address_too_long_to_carry_a_token_goes_without() -> None:
    assert reply_address("customer.care.department@shop.example", str(uuid.uuid4()), "c", KEY) is None


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("Pedido", "Re: Pedido"),
        ("RE: re: Pedido", "Re: Pedido"),
        ("AW: SV: x", "Re: x"),
        ("", "Re:"),
        ("Re[2]: x", "Re: x"),
    ],
)
def test_a_subject_is_answered_once(subject: str, answer: str) -> None:
    assert answering(subject) == answer


def test_references_keep_the_first_and_the_latest() -> None:
    former = MailHeader(message_id="last", references=tuple(f"r{n}" for n in range(60)))
    kept = next_references(former)
    assert (len(kept), kept[0], kept[-1]) == (20, "r0", "last")
    assert next_references(None) == ()


def written(header: MailHeader, **fields: object) -> bytes:
    usual: dict[str, object] = {
        "text": "Hola ñ",
        "sender": "help@shop.example",
        "display_name": "Shop",
        "reply_to": None,
        "sent_at": NOW,
        "automatic": False,
    }
    return composed(header, **{**usual, **fields})  # type: ignore[arg-type]  # as the test says


def test_no_text_of_ours_or_theirs_can_add_a_header() -> None:
    header = MailHeader(message_id="m@x", to="ana@example.org", subject="x\r\nBcc: evil@example.org")
    raw = written(header, display_name='Shop\r\nBcc: evil@example.org"', text="a\r\n.\r\nQUIT\r\n")
    found = message_from_bytes(raw, policy=SMTP)
    assert found["Bcc"] is None
    assert raw.count(b"Bcc: evil") == raw.count(b"x Bcc: evil") + raw.count(b"Shop Bcc: evil")


def test_a_domain_of_any_letters_goes_as_servers_take_it() -> None:
    found = message_from_bytes(written(MailHeader(message_id="m@x", to="ana@peña.example", subject="x")), policy=SMTP)
    assert str(found["To"]) == "ana@xn--pea-8ma.example"


@pytest.mark.parametrize(
    "to", ["nobody", "a@b@c", "ana@example.org\r\nBcc: x@y.z", "", "ñ@x.org", "a@.ñ", "a..b@x.org"]
)
def test_an_address_that_no_header_can_hold_is_refused(to: str) -> None:
    with pytest.raises(ValueError):
        written(MailHeader(message_id="m@x", to=to, subject="x"))


def test_automatic_mail_says_so_and_files_go_along() -> None:
    header = MailHeader(message_id="m@x", to="ana@example.org", subject="Re: ñ", in_reply_to="a@x", references=("a@x",))
    files = [Enclosed(name="a\r\nb.png", type="image/png", data=b"png"), Enclosed(name="", type="x\ny", data=b"?")]
    found = message_from_bytes(written(header, automatic=True, files=files), policy=SMTP)
    assert (found["Auto-Submitted"], found["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert (found["In-Reply-To"], found["References"], found["Subject"]) == ("<a@x>", "<a@x>", "Re: ñ")
    text, png, other = found.iter_parts()
    assert (text.get_content().strip(), png.get_filename(), png.get_content()) == ("Hola ñ", "a b.png", b"png")
    assert (other.get_content_type(), other.get_filename()) == ("application/octet-stream", "file")
    assert message_from_bytes(written(header), policy=SMTP)["Auto-Submitted"] is None
