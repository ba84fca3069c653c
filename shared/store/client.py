"""The connection to the database, and one database per service on it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry


class Database:
    """One service's database, ``<prefix>_<service>``. Handed to aggregates, projections and repositories."""

    def __init__(self, service: str) -> None:
        self.service = service


class Store:
    """Connections to one MongoDB (or the embedded server), shared by what one process runs."""

    @classmethod
    async def connect(cls, url: str, prefix: str, *, embedded: bool, metrics: CollectorRegistry) -> Store:
        """Wait a few seconds for the server; StartupError in one line when it does not answer or refuses us."""
        raise NotImplementedError

    def database(self, service: str) -> Database:
        """The database of a service."""
        raise NotImplementedError

    async def healthy(self) -> str | None:
        """None, or what fails, in a few words."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close every connection. Safe to call twice."""
        raise NotImplementedError
