"""A server whose answers lack something, or make no sense, is a problem that is told, never a bug."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest

from services.ingest.connectors.imap import ImapFolder
from services.ingest.connectors.mail_server import Login, ServerProblem
from shared.contracts.settings import EmailConfig


@asynccontextmanager
async def server(opened: bytes, found: bytes) -> AsyncIterator[int]:
    """The port of an IMAP server that says these before it completes EXAMINE and SEARCH."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK hello\r\n")
        while line := await reader.readline():
            tag, command = line.split()[:2]
            said = {b"EXAMINE": opened, b"UID": found, b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n"}
            writer.write(said.get(command, b"") + tag + b" OK done\r\n")
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


async def read(folder: ImapFolder) -> None:
    await folder.open(Login("help", "secret"), allow_private=True)
    await folder.after(0)


@pytest.mark.parametrize(
    ("opened", "found"),
    [
        (b"* 1 EXISTS\r\n", b""),
        (b"* OK [UIDVALIDITY x] hm\r\n", b""),
        (b"* OK [UIDVALIDITY 1] good\r\n", b"* SEARCH a b\r\n"),
        (b"* OK [UIDVALIDITY 1] good\r\n", b"\x00\xff\r\n"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_told(opened: bytes, found: bytes) -> None:
    with ThreadPoolExecutor(1) as pool:
        async with server(opened, found) as port:
            config = EmailConfig(
                address="help@shop.example",
                imap_host="localhost",
                imap_port=port,
                imap_security="none",
                smtp_host="localhost",
            )
            folder = ImapFolder(config, pool, 20)
            with pytest.raises(ServerProblem) as problem:
                await read(folder)
            await folder.close()
    assert "gave an answer that makes no sense" in problem.value.detail
