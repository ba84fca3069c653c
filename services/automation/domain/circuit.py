"""The circuit of an endpoint: one that fails too often gets no new conversations, but for one trial a minute. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.contracts.base import Contract, Instant

FAILURES_IN_A_ROW = 5
REST = timedelta(seconds=60)
"""How long new conversations go to humans before one is tried again."""

TOUCH_EVERY = timedelta(seconds=60)
"""How often a success is worth a write while nothing fails."""


class Circuit(Contract):
    """How a connected virtual agent's endpoint does, under the agent's id. Open while ``until`` is there.

    ``told`` is the event by which admins were told that it is.
    """

    id: str
    version: int = 0
    failures: int = 0
    since: Instant | None = None
    until: Instant | None = None
    last_error: str = ""
    last_failure_at: Instant | None = None
    last_success_at: Instant | None = None
    told: str | None = None

    @property
    def open(self) -> bool:
        """New conversations go to humans."""
        return self.until is not None


def failed(circuit: Circuit, problem: str, now: datetime) -> Circuit:
    """An attempt failed; the fifth in a row opens it, and each further one puts the next trial off."""
    failures = circuit.failures + 1
    opens = failures >= FAILURES_IN_A_ROW
    return circuit.model_copy(
        update={
            "failures": failures,
            "since": circuit.since or now,
            "until": now + REST if opens else None,
            "last_error": problem[:200],
            "last_failure_at": now,
        }
    )


def worked(circuit: Circuit, now: datetime) -> Circuit:
    """An attempt succeeded: closed. The very same while that is nothing new."""
    last = circuit.last_success_at
    if circuit.failures == 0 and last is not None and now - last < TOUCH_EVERY:
        return circuit
    closed: dict[str, object] = {"failures": 0, "since": None, "until": None, "told": None}
    return circuit.model_copy(update={**closed, "last_success_at": now})


def tried(circuit: Circuit, now: datetime) -> tuple[Circuit, bool]:
    """Whether a new conversation may begin. While open, one may each time the rest is over: the trial."""
    if circuit.until is None:
        return circuit, True
    if now < circuit.until:
        return circuit, False
    return circuit.model_copy(update={"until": now + REST}), True
