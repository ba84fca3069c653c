"""How messages of ours reach each network."""

from __future__ import annotations

from typing import Protocol

from services.ingest.domain.delivery import Outcome
from services.ingest.domain.message import StoredMessage
from shared.contracts.settings import Channel


class Connector(Protocol):
    """One network. Called with an attempt already recorded; says how it ended and never raises for the network."""

    async def send(self, state: StoredMessage, channel: Channel) -> Outcome: ...
