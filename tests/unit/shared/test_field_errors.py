"""What is said of wrong fields names fields, not the steps of the validator."""

import pytest
from pydantic import BaseModel, ValidationError

from services.gateway.api.reports import PreviewBody
from shared.field_errors import field_errors


def wrong(model: type[BaseModel], value: object) -> list[dict[str, str]]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(value)
    return field_errors(caught.value)


def test_the_path_is_of_fields_and_only_of_the_form_that_was_meant() -> None:
    value = {"schedule": {"zone": "Nowhere/Here", "shifts": 1}, "start": "2026-01-01T00:00:00Z", "target_seconds": 1}
    assert {one["field"] for one in wrong(PreviewBody, value)} == {"schedule.hours.zone", "schedule.hours.shifts"}
    assert [one["field"] for one in wrong(PreviewBody, value | {"schedule": 7})] == ["schedule.id"]


def test_neither_the_input_nor_the_validator_s_own_words_are_repeated() -> None:
    value = {"schedule": {"zone": "Nowhere/Here"}, "start": "2026-01-01T00:00:00Z", "target_seconds": 1}
    (one,) = wrong(PreviewBody, value)
    assert set(one) == {"field", "message", "kind"}
    assert not one["message"].startswith("Value error")
