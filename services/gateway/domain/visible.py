"""The sight of an access as a filter over the rows collection; a property test holds it to ``may``. Pure."""

from __future__ import annotations

from typing import Any

from services.gateway.domain.access import Access, Clause, sight

NOTHING: dict[str, Any] = {"_id": {"$in": []}}
"""Matches no row."""


def visible_filter(access: Access) -> dict[str, Any]:
    """The rows that ``may(access, VIEW, …)`` allows, as a query."""
    clauses = sight(access)
    if any(_everything(clause) for clause in clauses):
        return {"conversation.channel": {"$exists": True}}
    whole_channels = frozenset[str]().union(*(c.within or () for c in clauses if _only_channels(c)))
    ways = [_query(clause) for clause in clauses if not _only_channels(clause) and clause.owner is None]
    if whole_channels:
        ways.insert(0, {"conversation.channel": {"$in": sorted(whole_channels)}})
    # Its own clauses differ in the right they give, by channel; together they cover every channel.
    ways.extend(
        {"conversation.owner": owner} for owner in {clause.owner for clause in clauses if clause.owner is not None}
    )
    if not ways:
        return dict(NOTHING)
    return ways[0] if len(ways) == 1 else {"$or": ways}


def _everything(clause: Clause) -> bool:
    return clause.within is None and not clause.without and _unconditional(clause)


def _only_channels(clause: Clause) -> bool:
    return clause.within is not None and not clause.without and _unconditional(clause)


def _unconditional(clause: Clause) -> bool:
    return clause.owner is None and clause.routed_to is None and not clause.unrouted


def _query(clause: Clause) -> dict[str, Any]:
    query: dict[str, Any] = {}
    if clause.within is not None:
        query["conversation.channel"] = {"$in": sorted(clause.within)}
    if clause.routed_to is not None:
        query["conversation.routes"] = clause.routed_to
    if clause.unrouted:
        query["conversation.unrouted"] = True
    return query
