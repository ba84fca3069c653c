"""Blocked public threads (CH-10): further replies to a blocked post do not enter. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from shared.contracts.messages import ThreadKey
from shared.contracts.settings import ThreadBlock
from shared.contracts.words import Visibility


class BlockedThreads:
    """Compiled once per change of the blocks."""

    def __init__(self, blocks: Mapping[str, ThreadBlock]) -> None:
        self._roots = frozenset((block.channel, block.root) for block in blocks.values())

    def holds(self, thread: ThreadKey) -> bool:
        """Whether messages of this thread are dropped."""
        return thread.visibility is Visibility.PUBLIC and (thread.channel, thread.root) in self._roots
