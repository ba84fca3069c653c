"""The settings objects that automation owns, a module for each of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.automation.resources import rules
from shared.resources import Declaration


def declarations() -> Sequence[Declaration[Any]]:
    """Every kind that automation owns."""
    return (*rules.declarations(),)
