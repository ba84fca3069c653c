"""The rows of a service's table that settings objects need."""

from __future__ import annotations

from collections.abc import Sequence

from shared.bus import Row, hears
from shared.contracts.base import Meta
from shared.contracts.resources import ResourceChanged
from shared.resources.owner import ResourceOwner
from shared.resources.replica import Replicas


def settings_table(owner: ResourceOwner | None, replicas: Replicas | None) -> Sequence[Row]:
    """The owner's verbs, and the one live event that keeps own books and copies fresh."""
    parties = [party for party in (owner, replicas) if party is not None]

    async def on_changed(event: ResourceChanged, meta: Meta) -> None:
        for party in parties:
            await party.on_changed(event, meta)

    return (*(owner.verbs() if owner is not None else ()), hears(ResourceChanged, on_changed))
