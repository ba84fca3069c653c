"""Whatever bytes come as mail, something sensible is read of them, soon; machines and reports are known as such."""

from __future__ import annotations

import importlib.util
import random
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.mail.reading import MOST_COMPARED, MOST_LINES, NOBODY, beginning, read
from tests.support.mail import bounce, mail

HEAD = b"From: Ana <ana@example.org>\r\n"


def samples() -> list[Path]:
    """CPython's own test messages, where its tests are installed."""
    try:
        found = importlib.util.find_spec("test.test_email")
    except ModuleNotFoundError:
        return []
    return sorted(Path(found.origin).parent.glob("data/*.txt")) if found and found.origin else []


@pytest.mark.parametrize("sample", samples(), ids=lambda path: path.stem)
def test_cpythons_own_messages_are_read(sample: Path) -> None:
    found = read(sample.read_bytes())
    assert found.address
    assert found.text or found.files or found.subject or not sample.read_bytes().strip() or found.whole is None


def test_text_is_taken_apart_from_layout_files_and_pictures() -> None:
    made = EmailMessage()
    made["From"], made["Subject"] = '"Peña, Ana" <Ana@Example.ORG>', "Factura nº 7"
    made["Message-ID"], made["Date"] = "<m1@x>", "Mon, 02 Mar 2026 10:00:00 +0100"
    made["References"], made["In-Reply-To"] = "<a@x> <b@x>", "<b@x>"
    made["Reply-To"] = "form@example.org"
    made.set_content("Hola\n")
    made.add_alternative('<p>Hola <img src="cid:logo"><img src="https://t.example/1.gif"></p>', subtype="html")
    part = list(made.iter_parts())[1]
    assert isinstance(part, EmailMessage)
    part.add_related(b"png", "image", "png", cid="<logo>", filename="logo.png")
    made.add_attachment(b"zip", maintype="application", subtype="zip", filename="../../etc/fact\u202eura.zip")
    made.add_attachment(EmailMessage())
    found = read(made.as_bytes())
    assert (found.address, found.name, found.subject) == ("ana@example.org", "Peña, Ana", "Factura nº 7")
    assert (found.text, found.remote_images, found.message_id) == ("Hola", True, "m1@x")
    assert (found.refers_to, found.references, found.reply_to) == (("b@x", "a@x"), ("a@x", "b@x"), "form@example.org")
    assert found.sent_at is not None
    assert found.sent_at.isoformat() == "2026-03-02T09:00:00+00:00"
    logo, archive, message = found.files
    assert (logo.name, logo.inline, logo.content_id, logo.data) == ("logo.png", True, "logo", b"png")
    assert (archive.name, archive.type, archive.inline) == ("fact ura.zip", "application/zip", False)
    assert message.name.endswith(".eml")


def test_mail_of_html_alone_reads_as_text_without_what_it_quotes() -> None:
    html = (
        "<div>Gracias</div><div><div>El lun, 2 mar 2026, Shop &lt;help@shop.example&gt; escribió:</div>"
        "<blockquote>Hola</blockquote></div>"
    )
    found = read(HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html.encode())
    assert (found.text, found.whole) == ("Gracias", html)


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("iso-8859-1", "año".encode("latin-1"), "año"),
        ("windows-1252", "“€”".encode("cp1252"), "“€”"),
        ("utf-8", "año".encode("latin-1"), "año"),
        ("x-unknown", "año".encode(), "año"),
        ("iso-2022-jp", "日本".encode("iso-2022-jp"), "日本"),
        ("punycode", b"abc-", "abc-"),
        ("zip", b"abc", "abc"),
        ("'utf-8'", "ñ".encode(), "ñ"),
        ("", "ñ".encode(), "ñ"),
    ],
)
def test_any_charset_gives_text(charset: str, raw: bytes, text: str) -> None:
    found = read(HEAD + f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + raw)
    assert found.text == text


HOSTILE = {
    "nested multiparts": HEAD
    + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(10_000)),
    "nested mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 10_000,
    "many parts": HEAD
    + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 20_000,
    "a huge header": HEAD + b"Subject: " + b"x" * 3_000_000 + b"\r\n\r\nhi",
    "many headers": HEAD + b"X: y\r\n" * 50_000 + b"\r\nhi",
    "comments in comments": HEAD + b"To: " + b"((" * 100_000 + b"\r\n\r\nhi",
    "quotes in parameters": HEAD + b'Content-Type: text/plain; x="' + b';\\"' * 50_000 + b"\r\n\r\nhi",
    "words of no charset": HEAD + b"Subject: " + b"=?a?q?" * 2_000 + b"\r\n\r\nhi",
    "NUL and surrogates": HEAD + b"Subject: a\x00b\r\n\r\nh\x00i\xed\xa0\x80",
    "no boundary": HEAD + b"Content-Type: multipart/mixed\r\n\r\nhi",
    "broken base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=A" * 200_000,
    "nothing": b"",
    "noise": random.Random(7).randbytes(100_000),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_mail_is_read_soon_and_clean(kind: str) -> None:
    began = time.thread_time()
    found = read(HOSTILE[kind])
    assert time.thread_time() - began < 5
    assert found.address in ("ana@example.org", NOBODY)
    for text in (found.text, found.subject, found.name):
        assert "\x00" not in text
        assert not any("\ud800" <= character <= "\udfff" for character in text)
    assert len(found.text) <= 100_000
    assert "\n" not in found.subject + found.name


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_of_endless_lines_the_beginning_is_read(end: bytes) -> None:
    most = b"a" + end
    assert beginning(most * MOST_LINES) == most * MOST_LINES
    assert beginning(most * (MOST_LINES + 9)) == most * MOST_LINES


def test_the_more_parts_within_parts_the_fewer_lines_are_read() -> None:
    nested = HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(400))
    lines = beginning(nested + b"a\r\n" * 100_000).count(b"\n")
    assert lines == MOST_COMPARED // 401


def test_a_mail_of_which_not_all_is_read_says_so() -> None:
    found = read(HEAD + b"Subject: Long\r\n\r\n" + b"\n" * MOST_LINES)
    assert (found.cut, found.subject, read(mail()).cut) == (True, "Long", False)


@given(st.binary(max_size=500))
def test_any_bytes_are_read(raw: bytes) -> None:
    assert read(HEAD + raw).address in ("ana@example.org", NOBODY) or b"from" in raw.lower()


@pytest.mark.parametrize(
    ("fields", "automatic"),
    [
        ({}, False),
        ({"Auto-Submitted": "no"}, False),
        ({"Auto-Submitted": "auto-replied (vacation)"}, True),
        ({"Auto-Submitted": "Auto-Generated"}, True),
        ({"Precedence": "bulk"}, True),
        ({"Precedence": "first-class"}, False),
        ({"List-Id": "<news.example.org>"}, True),
        ({"X-Autoreply": "yes"}, True),
        ({"Return-Path": "<>"}, True),
        ({"Return-Path": "<ana@example.org>"}, False),
    ],
)
def test_what_a_machine_wrote_is_known(fields: dict[str, str], automatic: bool) -> None:
    assert read(mail(**fields)).automatic is automatic


def test_senders_that_nobody_reads_are_machines() -> None:
    assert read(mail(sender="no-reply@example.org")).automatic
    assert read(mail(sender="MAILER-DAEMON@example.org")).automatic
    assert not read(mail(sender="norep@example.org")).automatic


def test_a_report_names_what_it_is_about_and_why() -> None:
    report = read(bounce("sb.x.y@shop.example")).report
    assert report is not None
    assert (report.action, report.reason) == ("failed", "550 5.1.1 No such user")
    assert report.about[0] == "sb.x.y@shop.example"
    delayed = read(bounce("a@b", action="delayed")).report
    assert delayed is not None
    assert delayed.action == "delayed"
    assert read(mail()).report is None
