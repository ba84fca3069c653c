"""Where the gateway's parts meet."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp

from services.gateway.api.app import make_app
from services.gateway.api.forward import Forward
from services.gateway.api.notifications import described
from services.gateway.api.pages import Pages
from services.gateway.api.parts import Parts
from services.gateway.api.principal import Gate
from services.gateway.consumers import table
from services.gateway.counts import Counts
from services.gateway.exporting import HourlyFiles
from services.gateway.handlers import Facts, Records, Snapshots
from services.gateway.hearing import Hearing
from services.gateway.live import Hub
from services.gateway.metrics import GatewayMetrics
from services.gateway.owning import GatewayOwner
from services.gateway.people import People
from services.gateway.presence import Leases
from services.gateway.repository import Kept
from services.gateway.resources import DECLARATIONS
from services.gateway.rows import Rows
from services.gateway.security.passwords import Passwords
from services.gateway.security.throttle import Throttle
from services.gateway.settings import GatewaySettings
from services.gateway.taking_in import TakingIn
from services.gateway.users import first_admin
from services.gateway.workers import Workers
from services.gateway.workspace import COPIED, Workspace
from shared.bus import Row
from shared.contracts.settings import Team, User, WorkflowSettings
from shared.jobs import Jobs
from shared.resources import Replicas, settings_table
from shared.runtime import Probe, Runtime
from shared.settings import load

DRAIN_SECONDS = 1.0


class Gateway:
    """Users and access, the public API, live updates, read models, the web app."""

    name = "gateway"

    def __init__(self, runtime: Runtime, settings: GatewaySettings, pages: Pages) -> None:
        database = runtime.store.database(self.name)
        self._runtime = runtime
        self._settings = settings
        self._own = GatewayOwner(database, DECLARATIONS, bus=runtime.bus, vault=runtime.vault, clock=runtime.clock)
        self._copies = Replicas(database, COPIED, bus=runtime.bus, log=runtime.log)
        self._kept = Kept.of(database)
        self._rows = Rows(database, runtime.clock)
        self._jobs = Jobs()
        self._parts = self._made_parts()
        for book in (self._own.book(User), self._own.book(Team), self._copies.book(WorkflowSettings)):
            book.on_change(self._parts.hub.check_rights)
        self._workers = self._made_workers()
        gate = Gate()
        self._forward = Forward(settings.ingest_url) if settings.ingest_url is not None else None
        self._app = make_app(self._parts, gate, self._forward, pages)
        self._table = self._made_table(gate)
        self._one_time_password: str | None = None

    def _made_parts(self) -> Parts:
        settings, bus, clock = self._settings, self._runtime.bus, self._runtime.clock
        metrics, counts = GatewayMetrics(self._runtime.metrics), Counts(self._rows)
        hub = Hub(self._rows, counts, metrics)
        bus.on_connect(counts.missed)
        return Parts(
            settings=settings,
            public_url=self._runtime.settings.public_url,
            clock=clock,
            bus=bus,
            broadcast=bus.broadcast,
            accounts=self._kept.accounts,
            passwords=Passwords(settings.password_threads),
            people=People(self._own.book(User), self._own.book(Team), self._copies.book(WorkflowSettings)),
            workspace=Workspace(self._own, self._copies),
            rows=self._rows,
            counts=counts,
            taking_in=TakingIn(
                self._rows, origin=hub.origin, touch=hub.touch, broadcast=bus.broadcast, jobs=self._jobs
            ),
            hub=hub,
            notifications=self._kept.notifications,
            preferences=self._kept.preferences,
            admin_log=self._kept.admin_log,
            leases=Leases(bus, clock, self._jobs),
            metrics=metrics,
            requests=Throttle("requests", settings.requests_per_minute),
            sign_ins=Throttle("sign-ins", settings.sign_ins_per_minute),
            survey_pages=Throttle("survey-pages", settings.survey_pages_per_minute),
        )

    def _made_workers(self) -> Workers:
        clock, folder = self._runtime.clock, self._settings.admin_log_dir
        return Workers(
            self._parts.hub,
            self._parts.leases,
            self._kept.accounts,
            clock,
            broadcast=self._runtime.bus.broadcast,
            stopping=self._runtime.stopping,
            files=HourlyFiles(self._kept.admin_log, folder, clock) if folder else None,
        )

    def _made_table(self, gate: Gate) -> Sequence[Row]:
        parts, broadcast = self._parts, self._runtime.bus.broadcast
        facts = Facts(
            self._rows,
            parts.taking_in,
            parts.people,
            parts.notifications,
            described=lambda items, found: described(self._rows, items, found),
            broadcast=broadcast,
        )
        records = Records(self._kept.admin_log, self._kept.presence, self._kept.accounts, broadcast)
        return table(Snapshots(parts.taking_in), facts, records, Hearing(parts.hub, gate, parts.people))

    @property
    def app(self) -> ASGIApp:
        """API, docs and pages."""
        return self._app

    async def start(self) -> None:
        """Collections and indexes, settings in memory, the first admin, then consuming and pushing."""
        for part in (self._kept, self._rows, self._own):
            await part.start()
        parts, bus = self._parts, self._runtime.bus
        self._one_time_password = await first_admin(
            self._own, parts.people, parts.accounts, parts.passwords, self._settings.admin_email, parts.clock
        )
        await parts.hub.start()
        await bus.start(settings_table(self._own, self._copies))
        await self._copies.start()
        await bus.start(self._table)
        self._workers.start()

    async def stop(self) -> None:
        """End the streams, stop consuming, finish what was begun."""
        await self._workers.stop()
        await self._parts.hub.stop()
        await self._runtime.bus.stop_consuming()
        await self._copies.stop()
        await self._jobs.stop(DRAIN_SECONDS)
        await self._rows.stop()
        await self._own.stop()
        if self._forward is not None:
            await self._forward.close()
        self._parts.passwords.close()

    def probes(self) -> Sequence[Probe]:
        """Broker and store, which the runner asks itself, are all it needs."""
        return ()

    def greeting(self) -> str | None:
        """How to sign in for the first time; shown once."""
        if self._one_time_password is None:
            return None
        return (
            f"Sign in as {self._settings.admin_email} with the one-time password {self._one_time_password}\n"
            "It is shown only now; you choose your own when you sign in."
        )


def build(runtime: Runtime) -> Gateway:
    """The gateway with its settings from the environment."""
    return Gateway(runtime, load(GatewaySettings), Pages())
