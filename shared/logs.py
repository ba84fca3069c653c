"""Logs: events with fields, one line each, never message text, names, addresses or tokens."""

import logging
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import Processor

NOISY = ("aio_pika", "aiormq", "faststream", "httpx2", "httpcore2", "pymongo", "uvicorn", "asyncio")
"""Libraries that tell us, at info, what we log ourselves."""


def configure_logs(level: str, form: Literal["auto", "console", "json"], stream: TextIO | None = None) -> None:
    """Send our logs and the libraries' to ``stream`` (standard error unless given), from ``level`` up."""
    out = stream or sys.stderr
    threshold = logging.getLevelNamesMapping()[level.upper()]
    console = form == "console" or (form == "auto" and out.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # A JSON line carries its traceback in a field; on a terminal the renderer prints it below the line.
    # Plain tracebacks: the pretty ones print local variables, which hold what people wrote.
    plain = structlog.dev.plain_traceback
    ending: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=out.isatty(), sort_keys=False, exception_formatter=plain)]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    name = structlog.stdlib.add_logger_name
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*shared, name], processors=[remove, *ending])
    )
    logging.basicConfig(handlers=[handler], level=threshold, force=True)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(max(threshold, logging.WARNING))
