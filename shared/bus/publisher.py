"""Confirmed publishing: on disk in a queue, within a time-out, or an error that says try again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from aio_pika import Message
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPError, PublishError

from shared.bus.work import breaking
from shared.errors import RetryLater

LOST: Final = (AMQPError, OSError, RuntimeError)
"""What the client raises when the connection, the channel or the broker's patience is gone (time-outs too)."""

CONFIRM_WITHIN: Final = 5.0
"""Seconds for a place among those in flight, the write and the broker's confirmation together."""

CONFIRMS_IN_FLIGHT: Final = 64


class Publisher:
    """One channel with confirms. Safe to use from many tasks at once."""

    def __init__(self, channel: AbstractChannel, on_unroutable: Callable[[], None]) -> None:
        self._channel = channel
        self._on_unroutable = on_unroutable
        self._places = asyncio.Semaphore(CONFIRMS_IN_FLIGHT)

    async def publish(self, exchange: str, routing_key: str, message: Message) -> None:
        """Returns once the broker has confirmed it in every queue it belongs to; ``RetryLater`` else.

        After ``RetryLater`` the message may still have arrived: publish it again under the same id.
        """
        try:
            with breaking():
                await self._confirmed(exchange, routing_key, message)
        except PublishError as error:
            self._on_unroutable()
            raise RetryLater(f"the broker has no queue for {routing_key}; it is being declared again") from error
        except LOST as error:
            raise RetryLater("the broker did not confirm in time; try again") from error

    async def _confirmed(self, exchange: str, routing_key: str, message: Message) -> None:
        async with asyncio.timeout(CONFIRM_WITHIN), self._places:
            channel = await self._channel.get_underlay_channel()
            await channel.basic_publish(
                message.body,
                exchange=exchange,
                routing_key=routing_key,
                properties=message.properties,
                mandatory=True,
            )
