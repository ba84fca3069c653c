"""The gateway's own metrics."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class GatewayMetrics:
    """Requests by route, sign-ins by outcome, open streams and what they were told."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Histogram(
            "switchboard_http_request_seconds",
            "API requests answered, by route and class of status; streams are not timed",
            ["method", "route", "status"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.sign_ins = Counter("switchboard_sign_ins_total", "Attempts to sign in", ["outcome"], registry=registry)
        self.streams = Gauge("switchboard_live_streams", "Open live streams of this process", registry=registry)
        self.rows = Counter("switchboard_live_rows_total", "Rows read to be pushed to pages", registry=registry)
        self.resyncs = Counter(
            "switchboard_live_resyncs_total", "Pages told to read everything again", ["reason"], registry=registry
        )


class Timed:
    """ASGI middleware: times the API's requests by the path of their route, never by their own."""

    def __init__(self, app: ASGIApp, metrics: GatewayMetrics, now: Callable[[], float] = time.perf_counter) -> None:
        self._app = app
        self._metrics = metrics
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        started, timed = self._now(), False

        async def noted(message: Message) -> None:
            nonlocal timed
            if message["type"] == "http.response.start" and not timed:
                timed = True
                route = getattr(scope.get("route"), "path", "other")
                status = f"{message['status'] // 100}xx"
                self._metrics.requests.labels(scope["method"], route, status).observe(self._now() - started)
            await send(message)

        await self._app(scope, receive, noted)
