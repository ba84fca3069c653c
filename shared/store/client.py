"""The connection to the database, and one database per service on it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from prometheus_client import CollectorRegistry
from pymongo.errors import ConfigurationError, ConnectionFailure, InvalidURI, OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from shared.startup import BadSetting, StartupError
from shared.store.collection import Collection
from shared.store.metrics import StoreMetrics

HEALTHY_WITHIN = 1.5
WAIT_FOR_SERVER_MS = 5_000
WAIT_FOR_ANSWER_MS = 20_000
DURABLE = WriteConcern(w="majority", j=True, wtimeout=10_000)


@dataclass(frozen=True, slots=True)
class Pools:
    """``main`` is for everything; ``intake`` is small, and never queues behind bulks."""

    main: AsyncIOMotorClient
    intake: AsyncIOMotorClient


class Database:
    """One service's database, ``<prefix>_<service>``. Handed to aggregates, projections and repositories."""

    def __init__(self, service: str, name: str, pools: Pools, metrics: StoreMetrics) -> None:
        self.service = service
        self.name = name
        self.metrics = metrics
        self._main = pools.main.get_database(name, write_concern=DURABLE)
        self._intake = pools.intake.get_database(name, write_concern=DURABLE)

    def collection(self, name: str, *, intake: bool = False) -> Collection:
        """A collection; ``intake`` uses the small pool that never queues behind bulks."""
        database = self._intake if intake else self._main
        return Collection(database.get_collection(name), self.service, self.metrics)

    @property
    def driver(self) -> AsyncIOMotorDatabase:
        """The driver's own object, for this package only."""
        return self._main


class Store:
    """Connections to one MongoDB (or the embedded server), shared by what one process runs."""

    def __init__(self, pools: Pools, prefix: str, metrics: StoreMetrics) -> None:
        self._pools = pools
        self._prefix = prefix
        self._metrics = metrics

    @classmethod
    async def connect(cls, url: str, prefix: str, *, embedded: bool, metrics: CollectorRegistry) -> Store:
        """Wait a few seconds for the server; StartupError in one line when it does not answer or refuses us."""
        try:
            pools = Pools(
                main=_client(url, pool=4 if embedded else 50, embedded=embedded),
                intake=_client(url, pool=2 if embedded else 8, embedded=embedded),
            )
        except (InvalidURI, ConfigurationError) as error:
            raise BadSetting(f"SWITCHBOARD_MONGO_URL is not a MongoDB address: {error}") from error
        store = cls(pools, prefix, StoreMetrics.of(metrics))
        try:
            await pools.main.admin.command("ping")
        except PyMongoError as error:
            await store.close()
            raise StartupError(_why(url, error)) from error
        return store

    def database(self, service: str) -> Database:
        """The database of a service."""
        return Database(service, f"{self._prefix}_{service}", self._pools, self._metrics)

    async def healthy(self) -> str | None:
        """None, or what fails, in a few words."""
        try:
            async with asyncio.timeout(HEALTHY_WITHIN):
                await self._pools.main.admin.command("ping")
        except (PyMongoError, TimeoutError) as error:
            return f"the database gives no answer ({type(error).__name__})"
        return None

    async def close(self) -> None:
        """Close every connection. Safe to call twice."""
        self._pools.main.close()
        self._pools.intake.close()


def _client(url: str, *, pool: int, embedded: bool) -> AsyncIOMotorClient:
    # retryWrites: the embedded server scans its retry records on each such write. Ours are safe to repeat anyway.
    options: dict[str, Any] = {"retryWrites": False} if embedded else {}
    return AsyncIOMotorClient(
        url,
        maxPoolSize=pool,
        tz_aware=True,
        serverSelectionTimeoutMS=WAIT_FOR_SERVER_MS,
        connectTimeoutMS=WAIT_FOR_SERVER_MS,
        socketTimeoutMS=WAIT_FOR_ANSWER_MS,
        waitQueueTimeoutMS=WAIT_FOR_ANSWER_MS,
        appname="switchboard",
        **options,
    )


def _why(url: str, error: PyMongoError) -> str:
    nodes = ", ".join(f"{host}:{port}" for host, port in parse_uri(url)["nodelist"])
    if isinstance(error, ConnectionFailure):
        return f"the database at {nodes} gives no answer: start it, or set SWITCHBOARD_MONGO_URL"
    if isinstance(error, OperationFailure):
        return f"the database at {nodes} refuses us (code {error.code}): check the user in SWITCHBOARD_MONGO_URL"
    return f"the database at {nodes} cannot be used ({type(error).__name__}): check SWITCHBOARD_MONGO_URL"
