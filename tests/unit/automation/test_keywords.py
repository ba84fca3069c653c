"""Keywords: whole words and phrases on Unicode boundaries (AU-02, automation.md)."""

from __future__ import annotations

import time

import pytest

from services.automation.domain.keywords import KeywordIndex, split, wanted, wanted_by
from shared.contracts.settings import KeywordCondition


def met(keywords: str, text: str, *, match: str = "any_of", ignore_accents: bool = False) -> bool:
    condition = KeywordCondition.model_validate(
        {"keywords": keywords, "match": match, "ignore_accents": ignore_accents}
    )
    return KeywordIndex([wanted_by(condition)]).matching(text) == {0}


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ("error", "Error!"),
        ("error", "ERROR"),
        ("error", "An error, again"),
        ("error", "the error's back"),
        ("erreur", "l'erreur"),
        ("no funciona", "¡No\n  funciona!"),
        ("strasse", "die Straße"),
        ("ΟΔΟΣ", "οδος"),
        ("fi", "ﬁ"),
        ("１２３", "order 123"),
        ("café", "cafe\u0301"),
        ("agente", "Quiero un AGENTE ya"),
        ("c++", "I write C++."),
        ("c++", "C++17"),
        (".net", "ASP.NET"),
        ("c#", "C# or F#"),
        ("👍", "Thanks👍🏽"),
        ("❤️", "with ❤"),
        ("❤", "with ❤️"),
        ("退款", "我要退款吗"),
        ("返金", "すぐに返金してください"),
        ("คืนเงิน", "ต้องการคืนเงินครับ"),
        ("エラー", "エラー が出ました"),
        ("환불", "환불 해주세요"),
        ("hilfe", "hil\u00adfe"),
        ("काम", "काम नहीं"),
        ("refund, money back", "I want my money back"),
        ("a/b", "a/b test"),
    ],
)
def test_AU_02_occurs(keywords: str, text: str) -> None:
    assert met(keywords, text)


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ("error", "errors"),
        ("error", "terror"),
        ("error", "error_code"),
        ("error", "error2"),
        ("agente", "los agentes"),
        ("no funciona", "no, funciona"),
        ("cafe", "café"),
        ("café", "cafe"),
        ("cafe", "cafe\u0301"),
        ("c++", "c+"),
        ("123", "1234"),
        ("क", "काम"),
        ("환불", "환불이 필요해요"),
        ("エラー", "システムエラー"),
        ("ano", "año"),
        (", ,", "anything, at all"),
        ("x", ""),
    ],
)
def test_AU_02_does_not_occur(keywords: str, text: str) -> None:
    assert not met(keywords, text)


def test_AU_02_accents_may_be_ignored() -> None:
    assert met("reembolso rapido", "Reembolso RÁPIDO", ignore_accents=True)
    assert met("año", "ano", ignore_accents=True)
    assert met("السَّلام", "السلام", ignore_accents=True)
    assert not met("か", "が", ignore_accents=True), "another letter, not an accent"


def test_AU_02_all_of_wants_every_one_in_the_same_message() -> None:
    assert met("refund, late", "A LATE refund", match="all_of")
    assert not met("refund, late", "a refund", match="all_of")
    assert met("refund, Refund", "a refund", match="all_of")
    assert met("refund, late", "a refund", match="any_of")


def test_AU_02_commas_separate() -> None:
    assert split(" money  back ,refund,, refund") == ("money back", "refund")
    assert wanted(("\u0301", "x"), ignore_accents=True).words == ("x",)


def test_rows_are_judged_together_and_told_apart() -> None:
    rows = [
        KeywordCondition(keywords="refund"),
        KeywordCondition(keywords="refund, late", match="all_of"),
        KeywordCondition(keywords="réfund", ignore_accents=True),
        KeywordCondition(keywords="refund order"),
    ]
    assert KeywordIndex([wanted_by(row) for row in rows]).matching("REFUND order") == {0, 2, 3}
    assert KeywordIndex([]).matching("anything") == set()


def test_absurd_text_is_no_trouble() -> None:
    index = KeywordIndex([wanted(("error",)), wanted(("error",), ignore_accents=True)])
    for text in ("\ud800", "\x00", "\u0301" * 5000, "e" * 1_000_000, "ﷺ" * 20_000):
        assert index.matching(text) == set()


def test_no_keywords_are_catastrophic() -> None:
    sizes = [range(n, n + 20) for n in range(1, 901, 20)]
    rows = [KeywordCondition(keywords=",".join("a" * size for size in some)) for some in sizes]
    index = KeywordIndex([wanted_by(row) for row in rows])
    began = time.thread_time()
    assert index.matching("a" * 20_000) == set()
    assert time.thread_time() - began < 1.0
    assert index.matching("an a " + "a" * 500) == {0, 24}
