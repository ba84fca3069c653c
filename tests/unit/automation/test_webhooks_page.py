"""docs/webhooks.md names every event and every field that is sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.contracts.base import Contract
from shared.contracts.surveys import AnswerSnapshot
from shared.contracts.webhooks import (
    PublicClock,
    PublicContact,
    PublicConversation,
    PublicEvent,
    PublicMessage,
    SpecialEvent,
)

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()


def test_every_event_is_described() -> None:
    assert {str(kind) for kind in (*PublicEvent, *SpecialEvent)} <= set(re.findall(r"`([a-z_]+\.[a-z_]+)`", PAGE))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("conversation", PublicConversation),
        ("message", PublicMessage),
        ("contact", PublicContact),
        ("clock", PublicClock),
        ("answer", AnswerSnapshot),
    ],
)
def test_every_field_is_described(name: str, model: type[Contract]) -> None:
    described = PAGE.partition(f"**{name}**:")[2].partition("\n\n")[0]
    assert set(model.model_fields) <= set(re.findall(r"`([a-z_]+)`", described))
