"""Health of a process over HTTP: ``/livez``, ``/readyz`` (names what fails), ``/metrics``."""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from shared.metrics import CONTENT_TYPE, Registries

PROBE_SECONDS = 2.0
PATHS = frozenset({"/livez", "/readyz", "/metrics"})


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that readiness depends on. ``check`` says what fails in a few words, or None."""

    name: str
    check: Callable[[], str | Awaitable[str | None] | None]


class Health:
    """What this process can say about itself. ``phase`` is None once it serves, else why it does not."""

    def __init__(self, registries: Registries) -> None:
        self.registries = registries
        self.phase: str | None = "starting"
        self.probes: Sequence[Probe] = ()

    async def failing(self) -> dict[str, str]:
        """What fails now, by probe; empty when ready."""
        found = await asyncio.gather(*(_ask(probe) for probe in self.probes))
        failing = {probe.name: why for probe, why in zip(self.probes, found, strict=True) if why is not None}
        return {"process": self.phase, **failing} if self.phase is not None else failing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one of ``PATHS``."""
        answer = await self._answer(scope["path"])
        await answer(scope, receive, send)

    async def _answer(self, path: str) -> Response:
        if path == "/metrics":
            return Response(self.registries.exposition(), media_type=CONTENT_TYPE)
        if path == "/livez":
            return PlainTextResponse("live\n")
        failing = await self.failing()
        body = json.dumps({"ready": not failing, "failing": failing})
        return Response(body, status_code=503 if failing else 200, media_type="application/json")


async def _ask(probe: Probe) -> str | None:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            answer = probe.check()
            return await answer if inspect.isawaitable(answer) else answer
    except TimeoutError:
        return f"no answer within {PROBE_SECONDS:.0f} s"
    except Exception as error:  # noqa: BLE001 - whatever a probe meets means: not ready
        return f"{type(error).__name__}: {error}"
