"""Which script is taken, which answers fit, which words escape (AU-13 to AU-16)."""

from __future__ import annotations

import pytest

from services.automation.domain.scripts import choose, escapes, value_of
from shared.contracts.messages import AttributeValue
from shared.contracts.settings import ContactAttribute, Script, Statement


def script(name: str, hours: str = "always", language: str | None = None) -> Script:
    return Script.model_validate({"hours": hours, "language": language, "steps": (Statement(text=name),)})


def chosen(scripts: list[Script], *, inside: bool, language: str | None) -> str | None:
    found = choose(scripts, inside=inside, language=language)
    return found.steps[0].text if found is not None else None


def test_AU_14_one_script_inside_business_hours_and_another_outside() -> None:
    both = [script("open", "inside"), script("closed", "outside")]
    assert chosen(both, inside=True, language="en") == "open"
    assert chosen(both, inside=False, language=None) == "closed"
    assert chosen([script("any"), *both], inside=True, language=None) == "open"
    assert chosen([script("any"), script("closed", "outside")], inside=True, language=None) == "any"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("es", "hola"),
        ("ES", "hola"),
        ("es-MX", "hola"),
        ("pt_BR", "oi"),
        ("pt", "default"),
        ("de", "default"),
        (None, "default"),
    ],
)
def test_AU_15_by_the_contacts_language_else_the_default(language: str | None, expected: str) -> None:
    scripts = [script("default"), script("hola", language="es"), script("oi", language="pt-BR")]
    assert chosen(scripts, inside=True, language=language) == expected


def test_AU_15_the_contacts_language_wins_over_a_default_for_these_very_hours() -> None:
    assert chosen([script("closed", "outside"), script("hola", language="es")], inside=False, language="es") == "hola"


def test_AU_14_none_may_fit() -> None:
    assert chosen([script("closed", "outside"), script("hola", language="es")], inside=True, language="de") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Quiero un AGENTE ya", True),
        ("agentes", False),
        ("agente", True),
        ("¿agente?", True),
        ("subagente", False),
        ("quiero hablar con una persona real", True),
        ("una persona", False),
        ("", False),
    ],
)
def test_AU_16_escape_words_are_whole_words_in_any_case(text: str, expected: bool) -> None:
    assert escapes(text, ("agente", "persona real")) is expected


def test_AU_16_without_words_nothing_escapes() -> None:
    assert not escapes("agente", ())
    assert not escapes("agente", ("  ",))


def test_AU_16_a_comma_is_part_of_an_escape_phrase() -> None:
    assert escapes("Un agente, por favor", ("agente, por favor",))
    assert not escapes("por favor", ("agente, por favor",))


@pytest.mark.parametrize(
    ("type", "text", "expected"),
    [
        ("text", "  a@b.org ", "a@b.org"),
        ("text", "   ", None),
        ("number", "12", 12),
        ("number", "-12,5", -12.5),
        ("number", "twelve", None),
        ("number", "٣", None),
        ("number", "9" * 17, None),
        ("date", "2026-03-31", "2026-03-31"),
        ("date", "31/3/2026", "2026-03-31"),
        ("date", "31.02.2026", None),
        ("date", "tomorrow", None),
        ("boolean", "Sí.", True),
        ("boolean", "NO", False),
        ("boolean", "maybe", None),
        ("url", "https://example.org/a", "https://example.org/a"),
        ("url", "Https://example.org/A", "https://example.org/A"),
        ("url", "example.org", None),
        ("url", "https://exa mple.org", None),
        ("list", "GOLD", "Gold"),
        ("list", "bronze", None),
    ],
)
def test_AU_13_an_answer_is_checked_by_the_attributes_type(
    type: str, text: str, expected: AttributeValue | None
) -> None:
    attribute = ContactAttribute.model_validate({"name": "A", "type": type, "options": ("Gold", "Silver")})
    found = value_of(text, attribute)
    assert (found, found.__class__) == (expected, expected.__class__)
