"""Auto-responders and connected virtual agents as settings: what is refused, claimed, made and warned of."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.automation.resources.virtual_agents import declarations
from shared.contracts.settings import AutoResponder, VirtualAgent
from tests.support.talks import bot, responder

SCRIPTS, CONNECTED = declarations(allow_private=False)


def scripted(*scripts: dict[str, Any], **more: Any) -> AutoResponder:
    made = [{"steps": [{"step": "statement", "text": "Hello"}], **script} for script in scripts]
    return AutoResponder.model_validate({"name": "Greeter", "channels": ("a", "b"), "scripts": made, **more})


def test_AU_11_only_an_enabled_inception_agent_claims_its_channels_and_both_kinds_claim_alike() -> None:
    assert SCRIPTS.family == CONNECTED.family
    assert SCRIPTS.claims(scripted({})) == ("name:greeter", "inception:a", "inception:b")
    assert CONNECTED.claims(bot(channels=("a",))) == ("name:robin", "inception:a")
    for other in (scripted({}, enabled=False), scripted({}, activation="delegation")):
        assert SCRIPTS.claims(other) == ("name:greeter",)


def test_AU_11_the_refusal_says_which_one_has_it_and_what_to_do() -> None:
    said = CONNECTED.taken("inception:a", "Greeter")
    assert said is not None
    assert "Greeter" in said
    assert "delegation" in said
    assert CONNECTED.taken("name:greeter", "Greeter") is None


def test_AU_10_two_scripts_of_the_same_hours_and_language_are_refused_and_empty_words_too() -> None:
    same = scripted({"language": "es"}, {"language": "ES"}, {"hours": "inside", "language": "es"}, escape_words=(" ",))
    assert [problem.field for problem in SCRIPTS.check("", same, {})] == ["scripts.1.language", "escape_words.0"]
    assert SCRIPTS.check("", scripted({}, {"hours": "outside"}), {}) == []


def test_AU_15_who_is_left_without_a_script_is_said() -> None:
    assert SCRIPTS.warnings(scripted({})) == []
    assert len(SCRIPTS.warnings(scripted({"language": "es"}))) == 2
    (one,) = SCRIPTS.warnings(scripted({"hours": "inside"}, {"language": "es"}))
    assert "outside" in one


@pytest.mark.parametrize(
    "url",
    [
        "http://bot.example.org",
        "https://127.0.0.1/bot",
        "https://10.0.0.7/bot",
        "https://localhost/bot",
        "https://[::1]/",
        "https://user:secret@bot.example.org/",
    ],
)
def test_AU_19_endpoints_are_https_and_not_private(url: str) -> None:
    assert [problem.field for problem in CONNECTED.check("", bot(endpoint=url), {})] == ["endpoint"]


def test_AU_19_the_operator_may_allow_private_endpoints() -> None:
    allowed = declarations(allow_private=True)[1]
    assert allowed.check("", bot(endpoint="http://127.0.0.1:9000/bot"), {}) == []


def test_AU_19_a_secret_is_made_kept_and_must_be_long_enough() -> None:
    made = CONNECTED.prepare(bot(), None)
    assert isinstance(made, VirtualAgent)
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert CONNECTED.prepare(bot(), made).secret == made.secret
    assert [problem.field for problem in CONNECTED.check("", bot(secret="short"), {})] == ["secret"]


def test_the_name_that_people_see() -> None:
    assert (responder("Hi").shown_name, bot().shown_name) == ("Greeter VA", "Robin VA")


@pytest.mark.parametrize(
    "wrong",
    [{"channels": ()}, {"scripts": ()}, {"activation": "always"}, {"agent_timeout_seconds": 1}, {"colour": "red"}],
)
def test_what_does_not_fit_the_form_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AutoResponder.model_validate(scripted({}).model_dump() | wrong)
