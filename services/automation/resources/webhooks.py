"""Webhooks as settings objects: where they may point, and their signing secret."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from shared.contracts.settings.webhooks import Webhook
from shared.outside import problem
from shared.resources import Declaration, Problem, unique_name
from shared.webhooks import key_of, new_secret

SHORTEST_KEY = 16
MOST_WEBHOOKS = 100
"""Each is offered every event, so their number is bounded."""


def declarations(*, allow_private: bool) -> Sequence[Declaration[Any]]:
    """The kind. ``allow_private`` as SWITCHBOARD_ALLOW_PRIVATE_ENDPOINTS says; plain http is for such addresses."""

    def check(_id: str, webhook: Webhook, others: Mapping[str, Webhook]) -> Sequence[Problem]:
        problems = [] if len(others) < MOST_WEBHOOKS else [Problem("name", f"At most {MOST_WEBHOOKS} webhooks.")]
        if wrong := url_problem(str(webhook.url), allow_private=allow_private):
            problems.append(Problem("url", wrong))
        if webhook.secret and len(key_of(webhook.secret)) < SHORTEST_KEY:
            problems.append(Problem("secret", f"At least {SHORTEST_KEY} bytes; leave it out and we make one."))
        return problems

    return (Declaration(Webhook, check=check, claims=unique_name, prepare=_with_secret, warnings=_warnings),)


def url_problem(url: str, *, allow_private: bool) -> str | None:
    """Why we do not call this address, or None."""
    if refusal := problem(url, allow_private=allow_private):
        return refusal
    parts = urlsplit(url)
    if len(url) > 2048 or parts.fragment:
        return "An address has at most 2048 characters and no fragment."
    return None if allow_private or parts.scheme == "https" else "Only https addresses are called."


def _with_secret(webhook: Webhook, former: Webhook | None) -> Webhook:
    kept = webhook.secret or (former.secret if former is not None else None)
    return webhook.model_copy(update={"secret": kept or new_secret(secrets.token_bytes(32))})


def _warnings(webhook: Webhook) -> Sequence[str]:
    return [] if webhook.events else ["Without events it is called only by rules and records that name it."]
