"""The sight of an access as a filter over the rows collection; a property test holds it to ``may``. Pure.

A row carries a word for each way in which it can be seen, so that a filter is one list of words: the embedded server
scans everything for alternatives (``$or``), and MongoDB does well with either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.gateway.domain.access import Access, Clause, Placed, sight

FIELD = "conversation.sight"
NOTHING: dict[str, Any] = {"_id": {"$in": []}}
"""Matches no row."""


def words(place: Placed) -> list[str]:
    """The ways in which a conversation placed like this can be seen."""
    here = f"@{place.channel}"
    found = [f"channel{here}"]
    for team in sorted(place.routes):
        found += [f"team:{team}", f"team:{team}{here}"]
    if not place.routes:
        found += ["unrouted", f"unrouted{here}"]
    if place.owner is not None:
        found.append(f"owner:{place.owner}")
    return found


def visible_filter(access: Access) -> dict[str, Any]:
    """The rows that ``may(access, VIEW, …)`` allows, as a query; empty for who sees everything."""
    clauses = sight(access)
    if any(_everything(clause) for clause in clauses):
        return {}
    wanted = sorted({word for clause in clauses for word in _words(clause)})
    return {FIELD: {"$in": wanted}} if wanted else dict(NOTHING)


def _everything(clause: Clause) -> bool:
    conditions = (clause.owner, clause.routed_to, clause.within)
    return not clause.without and not clause.unrouted and all(condition is None for condition in conditions)


def _words(clause: Clause) -> Iterator[str]:
    if clause.owner is not None:
        # His own differ in the right they give, by channel; together they cover every channel.
        yield f"owner:{clause.owner}"
        return
    stem = f"team:{clause.routed_to}" if clause.routed_to is not None else "unrouted" if clause.unrouted else "channel"
    if clause.within is None:
        yield stem
    else:
        yield from (f"{stem}@{channel}" for channel in clause.within)
