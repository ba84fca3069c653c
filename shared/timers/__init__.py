"""Timers: what time alone changes. Reads ``wake_at`` of an aggregates' collection, wakes each when it is due."""

from shared.timers.timers import Timers, Wake, Wakes

__all__ = ["Timers", "Wake", "Wakes"]
