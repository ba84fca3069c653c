"""Auto-responders and connected virtual agents as settings objects: one inception agent a channel, checked steps."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.automation.resources.webhooks import SHORTEST_KEY, url_problem
from shared.contracts.settings import AutoResponder, Script, VirtualAgent
from shared.resources import Declaration, Problem, unique_name
from shared.webhooks import key_of, new_secret

FAMILY = "virtual-agents"
"""Names and channels are claimed among both kinds (AU-11)."""

INCEPTION = "inception:"


def declarations(*, allow_private: bool) -> Sequence[Declaration[Any]]:
    """Both kinds. ``allow_private`` as SWITCHBOARD_ALLOW_PRIVATE_ENDPOINTS says."""
    return (
        Declaration(
            AutoResponder,
            check=_check_scripts,
            claims=_claims,
            warnings=_warn_scripts,
            family=FAMILY,
            taken=_taken,
        ),
        Declaration(
            VirtualAgent,
            check=_endpoint_check(allow_private),
            claims=_claims,
            prepare=_with_secret,
            family=FAMILY,
            taken=_taken,
        ),
    )


def _claims(value: AutoResponder | VirtualAgent) -> Sequence[str]:
    starts = value.enabled and value.activation == "inception"
    channels = [INCEPTION + channel for channel in dict.fromkeys(value.channels)] if starts else []
    return (*unique_name(value), *channels)


def _taken(claim: str, holder: str) -> str | None:
    if not claim.startswith(INCEPTION):
        return None
    return (
        f"“{holder}” takes what starts on one of these channels already, and a channel has one such virtual agent. "
        "Take the channel from one of them, or choose delegation."
    )


def _check_scripts(_id: str, value: AutoResponder, _others: Mapping[str, AutoResponder]) -> Sequence[Problem]:
    problems: list[Problem] = []
    seen: set[tuple[str, str | None]] = set()
    for place, script in enumerate(value.scripts):
        key = script.hours, script.language.casefold() if script.language is not None else None
        if key in seen:
            problems.append(Problem(f"scripts.{place}.language", "Another script has these hours and this language."))
        seen.add(key)
    problems += [
        Problem(f"escape_words.{place}", "Write a word here, or remove the line.")
        for place, word in enumerate(value.escape_words)
        if not word.strip()
    ]
    return problems


def _warn_scripts(value: AutoResponder) -> Sequence[str]:
    """Who is left without a script goes to New at once; that may be meant."""
    missing = [name for name in ("inside", "outside") if not any(_default(script, name) for script in value.scripts)]
    return [f"Contacts of other languages have no script {name} business hours: they go to New." for name in missing]


def _default(script: Script, hours: str) -> bool:
    return script.language is None and script.hours in ("always", hours)


def _endpoint_check(
    allow_private: bool,
) -> Callable[[str, VirtualAgent, Mapping[str, VirtualAgent]], Sequence[Problem]]:
    def check(_id: str, value: VirtualAgent, _others: Mapping[str, VirtualAgent]) -> Sequence[Problem]:
        problems = []
        if problem := url_problem(str(value.endpoint), allow_private=allow_private):
            problems.append(Problem("endpoint", problem))
        if value.secret and len(key_of(value.secret)) < SHORTEST_KEY:
            problems.append(Problem("secret", f"At least {SHORTEST_KEY} bytes; leave it out and we make one."))
        return problems

    return check


def _with_secret(value: VirtualAgent, former: VirtualAgent | None) -> VirtualAgent:
    kept = value.secret or (former.secret if former is not None else None)
    return value.model_copy(update={"secret": kept or new_secret(secrets.token_bytes(32))})
