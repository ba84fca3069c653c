"""The settings objects that automation owns, a module for each of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.automation.resources import rules, virtual_agents, webhooks
from shared.resources import Declaration


def declarations(*, allow_private: bool = False) -> Sequence[Declaration[Any]]:
    """Every kind that automation owns. ``allow_private`` as SWITCHBOARD_ALLOW_PRIVATE_ENDPOINTS says."""
    return (
        *rules.declarations(),
        *virtual_agents.declarations(allow_private=allow_private),
        *webhooks.declarations(allow_private=allow_private),
    )
