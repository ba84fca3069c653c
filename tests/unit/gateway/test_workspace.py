"""What pages are told of the settings, and what of a contact they show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

from services.gateway.workspace import REASONS_SUGGESTED, Workspace
from shared.contracts.messages import ContactSnapshot
from shared.contracts.resources import Stored
from shared.contracts.settings import ContactAttribute, ReasonSettings, ResourceModel, WorkflowSettings
from shared.resources import Book

M = TypeVar("M", bound=ResourceModel)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Books:
    """Settings objects by kind and id."""

    def __init__(self, objects: Mapping[type[ResourceModel], Mapping[str, ResourceModel]]) -> None:
        self._objects = objects

    def book(self, model: type[M]) -> Book[M]:
        book = Book(model)
        for id, value in self._objects.get(model, {}).items():
            assert isinstance(value, model)
            book.put(id, 1, value)
        return book


def test_CT_03_an_attribute_that_is_off_is_kept_and_not_shown_to_people() -> None:
    books: dict[type[ResourceModel], dict[str, ResourceModel]]
    books = {ContactAttribute: {"a1": ContactAttribute(name="VAT"), "a2": ContactAttribute(name="Size", enabled=False)}}
    workspace = Workspace(Books(books), Books(books))
    contact = ContactSnapshot(id="c", version=1, attributes={"a1": "ES1", "a2": 3, "Size": 4, "Other": "x"})
    assert workspace.displayed(contact, machine=False).attributes == {"a1": "ES1", "Other": "x"}
    assert workspace.displayed(contact, machine=True) == contact


def test_WF_24_a_survey_suggests_resolve_reasons_while_they_are_off() -> None:
    def suggested(enabled: bool, reasons: bool) -> tuple[str, ...]:
        workflow = WorkflowSettings(resolve_reasons=ReasonSettings(enabled=reasons))
        workspace = Workspace(Books({}), Books({WorkflowSettings: {"-": workflow}}))
        value = {"name": "After chat", "enabled": enabled}
        stored = Stored(id="s", kind="surveys", version=1, value=value, created_at=NOW, changed_at=NOW)
        return workspace.suggestions(stored).warnings

    assert suggested(enabled=True, reasons=False) == (REASONS_SUGGESTED,)
    assert suggested(enabled=True, reasons=True) == suggested(enabled=False, reasons=False) == ()
