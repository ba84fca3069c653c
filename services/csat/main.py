"""The csat service: the only place where its parts meet."""

from __future__ import annotations

from collections.abc import Sequence

from services.csat.consumers import table
from services.csat.domain.link import token
from services.csat.handlers import Handlers, woken
from services.csat.pages import Pages
from services.csat.repository import Claims, Invitations, claim_records
from services.csat.resources import declarations
from services.csat.sending import Sending
from services.csat.workers import Sender
from shared.contracts.settings import Channel, Survey
from shared.resources import Replicas, ResourceOwner, settings_table
from shared.runtime import Probe, Runtime
from shared.timers import Timers

LINKS = "survey page"
"""What the keys that sign links are derived for."""


class Csat:
    """Asks how it was."""

    name = "csat"
    app = None

    def __init__(self, runtime: Runtime) -> None:
        database = runtime.store.database(self.name)
        self._bus = runtime.bus
        self._owner = ResourceOwner(database, declarations(), bus=runtime.bus, vault=runtime.vault, clock=runtime.clock)
        self._records = claim_records(database)
        claims = Claims(self._records)
        self._invitations = Invitations(database, publish=runtime.bus.publish, clock=runtime.clock)
        self._replicas = Replicas(database, (Channel,), bus=runtime.bus, log=runtime.log)
        surveys = self._owner.book(Survey).all
        self._handlers = Handlers(self._invitations, claims, surveys)
        keys = runtime.vault.signing_keys(LINKS)
        base = runtime.settings.public_url
        sending = Sending(
            self._invitations,
            claims,
            surveys,
            self._replicas.book(Channel).all,
            runtime.bus,
            runtime.clock,
            link=lambda invitation: f"{base}/survey/{token(invitation, keys[0])}",
        )
        self._pages = Pages(self._invitations, surveys, runtime.bus, runtime.clock, keys)
        self._sender = Sender(sending.send, sending.thank, runtime.log)
        self._invitations.on_saved(self._sender.saw)
        self._timers = Timers(self._invitations, woken, runtime.clock, metrics=runtime.metrics)

    async def start(self) -> None:
        """Settings first, answered and asked for, then events, then time."""
        await self._records.start()
        await self._invitations.start()
        await self._owner.start()
        await self._bus.start(settings_table(self._owner, self._replicas))
        await self._replicas.start()
        await self._bus.start(table(self._handlers, self._pages))
        await self._timers.start()

    async def stop(self) -> None:
        """Stop consuming, finish, publish what is left."""
        await self._bus.stop_consuming()
        await self._timers.stop()
        await self._sender.stop()
        await self._replicas.stop()
        await self._owner.stop()
        await self._invitations.stop()

    def probes(self) -> Sequence[Probe]:
        """Nothing besides broker and store."""
        return ()

    def greeting(self) -> str | None:
        """Nothing to say."""
        return None


def build(runtime: Runtime) -> Csat:
    """The service, not yet started."""
    return Csat(runtime)
