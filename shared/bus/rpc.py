"""Commands that somebody waits for: asking over direct reply-to, and answering whatever happens."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Final, TypeAlias, TypeVar

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from pydantic import ValidationError
from pydantic_core import to_json

from shared.bus.intake import Surroundings
from shared.bus.publisher import LOST, Publisher
from shared.bus.table import Answers
from shared.bus.wire import DEADLINE, JSON, META, Undecodable, read_meta, to_milliseconds
from shared.bus.work import breaking, cancelled_from_outside
from shared.contracts.base import Command, Contract, Meta
from shared.errors import RetryLater, SwitchboardError, TimedOut, Unprocessable, from_wire, to_wire
from shared.field_errors import field_errors
from shared.ids import new_id

log = structlog.get_logger(__name__)

R = TypeVar("R", bound=Contract)

Send: TypeAlias = Callable[[str, str, Message], Awaitable[None]]
"""Publishes to (exchange, routing key) without a confirmation."""

REPLY_TO: Final = "amq.rabbitmq.reply-to"
ANSWER: Final = "answer"
ERROR: Final = "error"


class Asking:
    """The asking side: one permanent consumer for all replies, a future for each call."""

    def __init__(self, channel: AbstractChannel, publisher: Publisher, service: str) -> None:
        self._channel = channel
        self._publisher = publisher
        self._service = service
        self._waiting: dict[str, asyncio.Future[AbstractIncomingMessage]] = {}

    async def open(self) -> None:
        """Consume the replies. Requests must go out on the same channel."""
        queue = await self._channel.get_queue(REPLY_TO, ensure=False)
        await queue.consume(self._on_reply, no_ack=True)

    async def ask(self, command: Command[R], meta: Meta, rpc_queue: str, timeout: float, now: datetime) -> R:
        """See ``Bus.ask``."""
        call = new_id()
        waiting = self._waiting[call] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout):
                await self._publisher.publish("", rpc_queue, self._request(command, meta, call, timeout, now))
                reply = await waiting
        except TimeoutError as error:
            raise TimedOut(f"no answer to {command.type} within {timeout:g} s; it is safe to ask again") from error
        finally:
            del self._waiting[call]
        return _read_reply(reply, command)

    def fail(self) -> None:
        """The connection is gone: whoever waits is told."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(RetryLater("the connection to the broker broke; it is safe to ask again"))

    def _request(self, command: Command[Any], meta: Meta, call: str, timeout: float, now: datetime) -> Message:
        headers: dict[str, Any] = {
            META: meta.model_dump_json(exclude={"redelivered"}, exclude_none=True),
            DEADLINE: to_milliseconds(now + timedelta(seconds=timeout)),
        }
        return Message(
            command.model_dump_json().encode(),
            headers=headers,
            content_type=JSON,
            delivery_mode=DeliveryMode.NOT_PERSISTENT,
            message_id=call,
            correlation_id=call,
            reply_to=REPLY_TO,
            type=command.type,
            expiration=timedelta(seconds=timeout),
            app_id=self._service,
        )

    async def _on_reply(self, message: AbstractIncomingMessage) -> None:
        waiting = self._waiting.get(message.correlation_id or "")
        if waiting is not None and not waiting.done():
            waiting.set_result(message)


class CommandIntake:
    """The answering side: commands of one service's rpc queue to their handlers, by verb."""

    def __init__(self, send: Send, around: Surroundings) -> None:
        self._rows: dict[str, Answers] = {}
        self._send = send
        self._around = around

    def add(self, rows: Iterable[Answers]) -> None:
        """Answer these too from now on."""
        self._rows |= {row.command.type: row for row in rows}

    async def handle(self, message: AbstractIncomingMessage) -> None:
        """Answer one command. Cancelled by a stop it stays unacknowledged: another process answers it."""
        verb = message.type or ""
        known = verb if verb in self._rows else "unknown"
        started = perf_counter()
        try:
            outcome = await self._answer(message, verb)
            with breaking():
                await message.ack()
        except (asyncio.CancelledError, *LOST):
            outcome = "left"
        self._around.metrics.seconds.labels(known).observe(perf_counter() - started)
        self._around.metrics.handled.labels(known, outcome).inc()

    async def _answer(self, message: AbstractIncomingMessage, verb: str) -> str:
        deadline = message.headers.get(DEADLINE)
        if isinstance(deadline, int) and deadline <= to_milliseconds(self._around.now()):
            return "late"  # nobody waits any more
        try:
            body, kind = (await self._handle(message, verb)).model_dump_json().encode(), ANSWER
        except SwitchboardError as error:
            body, kind = to_json(to_wire(error)), ERROR
        await self._reply(message, body, kind)
        return kind

    async def _handle(self, message: AbstractIncomingMessage, verb: str) -> Contract:
        row = self._rows.get(verb)
        if row is None:
            raise RetryLater(f"{self._around.service} does not answer {verb} yet: it is starting, or too old")
        try:
            meta = read_meta(message)
            command = row.command.model_validate_json(message.body)
        except Undecodable as error:
            raise Unprocessable(f"{verb} came without its metadata") from error
        except ValidationError as error:
            raise Unprocessable(f"{verb} is not as its contract says", errors=field_errors(error)) from error
        try:
            return of_its_type(await row.handler(command, meta), row.command)
        except SwitchboardError:
            raise
        except asyncio.CancelledError as error:
            if cancelled_from_outside():
                raise
            raise RetryLater(f"{verb} was interrupted; it is safe to ask again") from error
        except Exception as error:
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("command.failed", verb=verb, event_id=meta.event_id, error=type(error).__name__, where=where)
            raise SwitchboardError(f"{verb} failed unexpectedly; see the log for {meta.event_id}") from error

    async def _reply(self, message: AbstractIncomingMessage, body: bytes, kind: str) -> None:
        if not message.reply_to:
            return
        reply = Message(body, content_type=JSON, correlation_id=message.correlation_id, type=kind)
        with breaking():
            await self._send("", message.reply_to, reply)


def of_its_type(reply: Contract, command: type[Command[Any]]) -> Contract:
    """The reply, if it is what the command promises; TypeError else: a handler's bug."""
    expected: type[Contract] = command.reply_type()
    if not isinstance(reply, expected):
        raise TypeError(f"{command.type} is answered with {type(reply).__name__}, not {expected.__name__}")
    return reply


def _read_reply(reply: AbstractIncomingMessage, command: Command[R]) -> R:
    if reply.type == ERROR:
        raise from_wire(json.loads(reply.body))
    expected: type[R] = command.reply_type()
    try:
        return expected.model_validate_json(reply.body)
    except ValidationError as error:
        raise SwitchboardError(f"the answer to {command.type} is not as its contract says") from error
