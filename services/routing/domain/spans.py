"""Arithmetic of stretches of time: ascending, apart from each other, the last perhaps still open. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from shared.contracts.facts import Span


def closed(spans: tuple[Span, ...], at: datetime) -> tuple[Span, ...]:
    """With the open stretch ended at ``at``; one without length is dropped."""
    if not spans or spans[-1].end is not None:
        return spans
    last = spans[-1]
    return (*spans[:-1], Span(start=last.start, end=at)) if last.start < at else spans[:-1]


def clipped(spans: Iterable[Span], start: datetime, end: datetime | None) -> tuple[Span, ...]:
    """What lies between ``start`` and ``end`` (None: for ever)."""
    found: list[Span] = []
    for span in spans:
        left = max(span.start, start)
        right = _earlier(span.end, end)
        if left == span.start and right == span.end:
            found.append(span)
        elif right is None or left < right:
            found.append(Span(start=left, end=right))
    return tuple(found)


def united(spans: Iterable[Span], more: Iterable[Span]) -> tuple[Span, ...]:
    """What lies in either; stretches that touch become one."""
    found: list[Span] = []
    for span in sorted([*spans, *more], key=lambda one: one.start):
        last = found[-1] if found else None
        if last is None or (last.end is not None and last.end < span.start):
            found.append(span)
        elif last.end is not None and (span.end is None or span.end > last.end):
            found[-1] = Span(start=last.start, end=span.end)
    return tuple(found)


def without(spans: Sequence[Span], holes: Iterable[Span]) -> tuple[Span, ...]:
    """What of ``spans`` lies outside every hole."""
    left = list(spans)
    for hole in holes:
        kept: list[Span] = []
        for span in left:
            kept += clipped([span], span.start, hole.start)
            if hole.end is not None:
                kept += clipped([span], hole.end, None)
        left = kept
    return tuple(left)


def _earlier(a: datetime | None, b: datetime | None) -> datetime | None:
    if a is None or b is None:
        return a if b is None else b
    return min(a, b)
