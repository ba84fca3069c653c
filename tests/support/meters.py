"""What a process costs: processor time and memory from the kernel, round trips and publishes from its metrics."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import psutil

_SAMPLE = re.compile(r"^(switchboard_store_operations_total|switchboard_bus_published_total)\{([^}]*)\} ([0-9.e+]+)$")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds so far and resident bytes of a process with its children."""

    seconds: float
    resident: int


def usage(pid: int) -> Usage:
    """Of the process and all below it."""
    root = psutil.Process(pid)
    seconds, resident = 0.0, 0
    for process in (root, *root.children(recursive=True)):
        try:
            times, memory = process.cpu_times(), process.memory_info()
        except psutil.NoSuchProcess:
            continue
        seconds += times.user + times.system
        resident += memory.rss
    return Usage(seconds, resident)


def counted(exposition: str) -> Counter[tuple[str, str]]:
    """(what, service) → how many so far; what is ``round trips`` or ``publishes``."""
    found: Counter[tuple[str, str]] = Counter()
    for line in exposition.splitlines():
        if sample := _SAMPLE.match(line):
            labels = dict(_LABEL.findall(sample[2]))
            if labels.get("outcome") in ("unheard", "failed"):
                continue
            what = "round trips" if "store" in sample[1] else "publishes"
            found[what, labels.get("service", "?")] += int(float(sample[3]))
    return found
