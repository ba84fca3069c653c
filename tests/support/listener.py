"""A handler for tests: remembers what it heard and raises what it was told to."""

from shared.contracts.base import Event, Meta
from tests.support.eventually import eventually


class Listener:
    """An event handler. Raises the given errors first, one for each delivery, then nothing."""

    def __init__(self, *raises: Exception) -> None:
        self.heard: list[tuple[Event, Meta]] = []
        self._raises = list(raises)

    async def __call__(self, event: Event, meta: Meta) -> None:
        self.heard.append((event, meta))
        if self._raises:
            raise self._raises.pop(0)

    async def times(self, count: int, within: float = 30.0) -> None:
        """Wait until it has heard so many."""
        await eventually(lambda: len(self.heard) >= count, within)

    @property
    def bells(self) -> list[str]:
        return [str(event.model_dump()["bell"]) for event, _ in self.heard]
