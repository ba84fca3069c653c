"""Logs: one line an event, the same form for ours and for libraries'."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from shared.logs import configure_logs


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_our_events_and_libraries_lines_are_json_with_level_and_time() -> None:
    out = io.StringIO()
    configure_logs("info", "json", out)
    structlog.get_logger().info("send.refused", channel="c1", status=429)
    logging.getLogger("some.library").warning("it %s", "broke")
    ours, theirs = map(json.loads, out.getvalue().splitlines())
    assert (ours["event"], ours["channel"], ours["status"], ours["level"]) == ("send.refused", "c1", 429, "info")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("it broke", "some.library", "warning")
    assert {"timestamp"} <= ours.keys() & theirs.keys()


def test_an_error_is_one_line_with_its_traceback_inside() -> None:
    out = io.StringIO()
    configure_logs("info", "json", out)
    try:
        raise ValueError("no")
    except ValueError as error:
        structlog.get_logger().error("handler.failed", exc_info=error)
    (line,) = out.getvalue().splitlines()
    assert "ValueError: no" in json.loads(line)["exception"]


def test_what_is_below_the_level_is_not_written_and_noisy_libraries_are_quiet() -> None:
    out = io.StringIO()
    configure_logs("info", "json", out)
    structlog.get_logger().debug("detail")
    logging.getLogger("aiormq.connection").info("chatter")
    assert out.getvalue() == ""


def test_a_traceback_shows_no_local_variable() -> None:
    out = io.StringIO()
    configure_logs("info", "console", out)
    text = "".join(("what ", "somebody ", "wrote"))
    try:
        raise ValueError("no")
    except ValueError as error:
        structlog.get_logger().error("handler.failed", length=len(text), exc_info=error)
    assert "ValueError: no" in out.getvalue()
    assert text not in out.getvalue()
