"""docs/events.md is what the contracts say."""

from pathlib import Path

from shared.bus.catalogue import catalogue
from shared.contracts.topology import HEARD_BY

PAGE = Path(__file__).parents[3] / "docs" / "events.md"


def test_the_page_is_current() -> None:
    written = PAGE.read_text()
    assert written == catalogue(), "run: python -m shared.bus.catalogue > docs/events.md"


def test_every_event_of_the_topology_is_on_the_page_and_every_link_leads_somewhere() -> None:
    page = catalogue()
    anchors = {line.lstrip("# ").replace(".", "").lower() for line in page.splitlines() if line.startswith("###")}
    links = {part.split(")")[0] for part in page.split("](#")[1:]}
    assert links <= anchors
    assert all(f"`{event_type}`" in page for event_type in HEARD_BY)
