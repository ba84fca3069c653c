"""What a person who waits for a start is told."""

from collections.abc import Sequence


class Progress:
    """Says nothing; the command line has one that prints."""

    def step(self, done: str) -> None:
        """A stage is done."""

    def ready(self, greetings: Sequence[str]) -> None:
        """Everything serves. ``greetings`` say how to sign in."""
