"""Events and commands between services. FastStream on aio-pika, configured once; no handler sees a broker."""

from shared.bus.bus import Asks, Bus, Publish
from shared.bus.envelope import Envelope, envelope, metadata
from shared.bus.table import Answerer, Answers, Consumes, Handler, Hears, Row, answers, consumes, hears

__all__ = [
    "Answerer",
    "Answers",
    "Asks",
    "Bus",
    "Consumes",
    "Envelope",
    "Handler",
    "Hears",
    "Publish",
    "Row",
    "answers",
    "consumes",
    "envelope",
    "hears",
    "metadata",
]
