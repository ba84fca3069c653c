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
from services.gateway.repository import Accounts, AdminLog, Notifications, Preferences, Presence
from services.gateway.resources import DECLARATIONS
from services.gateway.rows import Rows
from services.gateway.security.passwords import Passwords
from services.gateway.security.throttle import Throttle
from services.gateway.settings import GatewaySettings
from services.gateway.taking_in import TakingIn
from services.gateway.users import first_admin
from services.gateway.workers import Workers
from services.gateway.workspace import COPIED, Workspace
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
        database, bus, clock = runtime.store.database("gateway"), runtime.bus, runtime.clock
        self._settings = settings
        self._clock = clock
        self._bus = bus
        self._jobs = Jobs()
        self._own = GatewayOwner(database, DECLARATIONS, bus=bus, vault=runtime.vault, clock=clock)
        self._copies = Replicas(database, COPIED, bus=bus, log=runtime.log)
        workflow = self._copies.book(WorkflowSettings)
        self._people = People(self._own.book(User), self._own.book(Team), workflow)
        self._accounts = Accounts(database)
        self._notifications = Notifications(database)
        self._preferences = Preferences(database)
        self._admin_log = AdminLog(database)
        self._presence = Presence(database)
        self._rows = Rows(database, clock)
        self._passwords = Passwords(settings.password_threads)
        counts = Counts(self._rows)
        metrics = GatewayMetrics(runtime.metrics)
        self._hub = Hub(self._rows, counts, metrics)
        for book in (self._own.book(User), self._own.book(Team), workflow):
            book.on_change(self._hub.check_rights)
        taking_in = TakingIn(
            self._rows,
            origin=self._hub.origin,
            touch=self._hub.touch,
            broadcast=bus.broadcast,
            jobs=self._jobs,
        )
        leases = Leases(bus, clock, self._jobs)
        self._workers = Workers(
            self._hub,
            leases,
            self._accounts,
            clock,
            broadcast=bus.broadcast,
            stopping=runtime.stopping,
            files=HourlyFiles(self._admin_log, settings.admin_log_dir, clock) if settings.admin_log_dir else None,
        )
        self._parts = Parts(
            settings=settings,
            public_url=runtime.settings.public_url,
            clock=clock,
            bus=bus,
            broadcast=bus.broadcast,
            accounts=self._accounts,
            passwords=self._passwords,
            people=self._people,
            workspace=Workspace(self._own, self._copies),
            rows=self._rows,
            counts=counts,
            taking_in=taking_in,
            hub=self._hub,
            notifications=self._notifications,
            preferences=self._preferences,
            admin_log=self._admin_log,
            leases=leases,
            metrics=metrics,
            requests=Throttle("requests", settings.requests_per_minute),
            sign_ins=Throttle("sign-ins", settings.sign_ins_per_minute),
            survey_pages=Throttle("survey-pages", settings.survey_pages_per_minute),
        )
        gate = Gate()
        self._forward = Forward(settings.ingest_url) if settings.ingest_url is not None else None
        self._app = make_app(self._parts, gate, self._forward, pages)
        facts = Facts(
            self._rows,
            taking_in,
            self._people,
            self._notifications,
            described=lambda items, found: described(self._rows, items, found),
            broadcast=bus.broadcast,
        )
        records = Records(self._admin_log, self._presence, self._accounts, bus.broadcast)
        self._table = table(Snapshots(taking_in), facts, records, Hearing(self._hub, gate, self._people))
        self._one_time_password: str | None = None

    @property
    def app(self) -> ASGIApp:
        """API, docs and pages."""
        return self._app

    async def start(self) -> None:
        """Collections and indexes, settings in memory, the first admin, then consuming and pushing."""
        kept = (self._accounts, self._notifications, self._preferences, self._admin_log, self._presence)
        for part in (*kept, self._rows, self._own):
            await part.start()
        self._one_time_password = await first_admin(
            self._own, self._people, self._accounts, self._passwords, self._settings.admin_email, self._clock
        )
        await self._hub.start()
        await self._bus.start(settings_table(self._own, self._copies))
        await self._copies.start()
        await self._bus.start(self._table)
        self._workers.start()

    async def stop(self) -> None:
        """End the streams, stop consuming, finish what was begun."""
        await self._workers.stop()
        await self._hub.stop()
        await self._bus.stop_consuming()
        await self._copies.stop()
        await self._jobs.stop(DRAIN_SECONDS)
        await self._rows.stop()
        await self._own.stop()
        if self._forward is not None:
            await self._forward.close()
        self._passwords.close()

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
