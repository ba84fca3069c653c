"""What was written in a mail, apart from what it quotes: as the common mail programs write it, in many languages."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.mail.replies import written

REPLY = "Gracias, ya funciona.\n\nUn saludo\nAna"
QUOTED = "> Buenos días, Ana:\n>\n> ¿Podría probarlo otra vez?\n> Eva"

TAILS = {
    "gmail": f"On Mon, Mar 2, 2026 at 9:00 AM Shop <help@shop.example> wrote:\n\n{QUOTED}",
    "gmail folded": f"On Mon, Mar 2, 2026 at 9:00 AM Shop Customer Care\n<help@shop.example> wrote:\n\n{QUOTED}",
    "gmail es": f"El lun, 2 mar 2026 a las 9:00, Shop (<help@shop.example>) escribió:\n\n{QUOTED}",
    "gmail ru": "пн, 2 мар. 2026 г. в 9:00, Shop <help@shop.example>:\n\nпривет",
    "gmail de": f"Am Mo., 2. März 2026 um 09:00 Uhr schrieb Shop <\nhelp@shop.example>:\n\n{QUOTED}",
    "gmail zh": "Shop <help@shop.example> 于2026年3月2日周一 09:00写道：\n\n您好",
    "hungarian": "Shop <help@shop.example> ezt írta (időpont: 2026. márc. 2., H 9:00):\nKedves Ana,",
    "apple fr": f"Le 2 mars 2026 à 09:00, Shop <help@shop.example> a écrit :\n\n{QUOTED}",
    "apple it": f"Il giorno 2 mar 2026, alle ore 09:00, Shop <help@shop.example> ha scritto:\n\n{QUOTED}",
    "portuguese": f"Em seg., 2 de mar. de 2026 às 09:00, Shop <help@shop.example>\nescreveu:\n\n{QUOTED}",
    "dutch": f"Op ma 2 mrt 2026 om 09:00 schreef Shop <help@shop.example>:\n\n{QUOTED}",
    "outlook": "From: Shop <help@shop.example>\nSent: Monday, March 2, 2026 9:00 AM\nTo: Ana\nSubject: x\n\nDear Ana,",
    "outlook web": "________________________________\nDe: Shop <help@shop.example>\nEnviado: lunes, 2 de marzo\n"
    "Para: Ana <ana@example.org>\nAsunto: Su pedido\n\nBuenos días:",
    "outlook de": "Von: Shop <help@shop.example> \nGesendet: Montag, 2. März 2026\nAn: Ana\nBetreff: x\n\nHallo",
    "outlook bold": "*From:* Shop <help@shop.example>\n*Sent:* Monday\n*To:* Ana\n*Subject:* Your order\n\nDear Ana,",
    "original": "-----Original Message-----\nFrom: Shop\nSent: Monday\n\nDear Ana,",
    "danish": "-------- Oprindelig besked --------\nFra: Shop <help@shop.example>\nDato: 02.03.2026\nTil: ana\nEmne: x",
    "zoho": "---- On Mon, 02 Mar 2026 09:00:00 +0000 help@shop.example wrote ----\n\nDear Ana,",
    "unknown language": f"Shop <help@shop.example> ghi vào 2 thg 3, 2026:\n{QUOTED}",
    "only quoted": QUOTED,
}


@pytest.mark.parametrize("program", TAILS)
def test_the_quoted_rest_is_left_out(program: str) -> None:
    assert written(f"{REPLY}\n\n{TAILS[program]}") == (REPLY, True)


@pytest.mark.parametrize(
    "whole",
    [
        "Hola",
        "I read what she wrote:\nit was nice, and from: here on all is well.",
        "On Monday we met.\nPlease write:\n- one\n- two",
        "From: Madrid\nI would like to go to Vigo.",
        "El cliente escribió: no funciona.\nQue hacemos?",
        "Price list:\n\n> 100 items: 5 €\n> 200 items: 9 €\n\nWhich one shall I take?",
        f"{QUOTED}\n\nYes, I will.",
        f"On 2 March Shop <help@shop.example> wrote:\n{QUOTED}\n\nYes.\n\n> And the other?\n\nNo.",
        QUOTED,
        "On Mon, Mar 2, 2026 at 9:00 AM Shop <help@shop.example> wrote:\n> only this",
        "See:\n--\nAna",
    ],
)
def test_what_is_not_surely_quoted_stays_and_so_do_answers_between_the_lines(whole: str) -> None:
    assert written(whole) == (whole, False)


@pytest.mark.parametrize(
    "crafted",
    [
        "\n" * 100_000,
        "On " * 30_000,
        "> " * 50_000,
        "From: a\n" * 4_900,
        "On a\n" * 4_900,
        "x:\n" * 4_900,
        "_" * 100_000,
        "<a@b>:1 2 3 " * 8_000,
        ("> a\n" + "b:\n") * 2_400,
        " " * 100_000,
    ],
)
def test_time_grows_with_length_only(crafted: str) -> None:
    began = time.thread_time()
    written(crafted)
    assert time.thread_time() - began < 2


@given(st.text(alphabet="On wrote:>\n<a@b> From:-_1", max_size=400))
def test_the_reply_is_the_beginning_of_the_text(text: str) -> None:
    reply, quotes = written(text)
    assert text.strip().startswith(reply)
    assert quotes or reply == text.strip()
