"""Calls to addresses that somebody else named: never into our own house."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import TooLarge, Unprocessable
from shared.outside import NoAnswer, Outside, Unreachable, checked, is_private
from tests.support.receiver import Receiver, receiver

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_our_own_house_are_private(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_addresses_of_the_world_are_not(address: str) -> None:
    assert not is_private(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_no_disguise_of_a_private_address_helps(address: object) -> None:
    assert is_private(f"::ffff:{address}")


@pytest.mark.parametrize(
    "url",
    ["ftp://x/y", "file:///etc/passwd", "http://", "//x", "", "http://u:p@x/", "http://x:99999/", "http://[::1", "x"],
)
def test_what_is_no_http_address_is_refused(url: str) -> None:
    with pytest.raises(Unprocessable):
        checked(url)


@pytest.fixture
async def endpoint() -> AsyncIterator[Receiver]:
    async with receiver() as endpoint:
        yield endpoint


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    outside = Outside(allow_private=True, timeout=1.0)
    yield outside
    await outside.close()


async def test_a_post_arrives_with_the_name_it_was_called_by(outside: Outside, endpoint: Receiver) -> None:
    url = endpoint.url.replace("127.0.0.1", "localhost") + "/path?q=1"
    answer = await outside.post(url, b"body", {"x-mark": "1"})
    (request,) = endpoint.requests
    assert (answer.status, request.path, request.body) == (200, "/path?q=1", b"body")
    assert request.headers["host"].startswith("localhost:")
    assert request.headers["x-mark"] == "1"


async def test_two_names_at_one_address_share_no_connection(outside: Outside, endpoint: Receiver) -> None:
    named = endpoint.url.replace("127.0.0.1", "localhost")
    for url in (endpoint.url, named, endpoint.url, named):
        await outside.post(url, b"x", {})
    assert [endpoint.connections, len(endpoint.requests)] == [2, 4]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "127.1"])
async def test_private_addresses_are_refused_by_any_spelling(endpoint: Receiver, host: str) -> None:
    strict = Outside(allow_private=False, timeout=1.0)
    with pytest.raises(Unprocessable):
        await strict.post(endpoint.url.replace("127.0.0.1", host), b"", {})
    await strict.close()
    assert endpoint.requests == []


async def test_nobody_there_and_no_answer_are_told_apart(outside: Outside, endpoint: Receiver) -> None:
    with pytest.raises(Unreachable):
        await outside.post("http://127.0.0.1:1/", b"x", {})
    with pytest.raises(Unreachable):
        await outside.post("http://nowhere.invalid/", b"x", {})
    endpoint.usual = None
    with pytest.raises(NoAnswer):
        await outside.post(endpoint.url, b"x", {})


async def test_redirects_are_answers_like_any_other(outside: Outside, endpoint: Receiver) -> None:
    endpoint.usual = (302, {"location": "http://127.0.0.1:1/"}, b"")
    assert (await outside.post(endpoint.url, b"x", {})).status == 302


async def test_an_endless_answer_is_cut(outside: Outside, endpoint: Receiver) -> None:
    endpoint.usual = (200, {}, b"x" * 1_000_000)
    assert len((await outside.post(endpoint.url, b"x", {})).body) == 65_536


async def test_a_packed_answer_is_not_asked_for_and_not_unpacked(outside: Outside, endpoint: Receiver) -> None:
    packed = gzip.compress(b"x" * 10_000_000)
    endpoint.usual = (200, {"content-encoding": "gzip"}, packed)
    assert (await outside.post(endpoint.url, b"x", {})).body == packed
    assert [request.headers["accept-encoding"] for request in endpoint.requests] == ["identity"]


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.example", ".", "xn--.example", "bücher..example"])
async def test_a_name_that_cannot_be_one_leads_nowhere(outside: Outside, host: str) -> None:
    with pytest.raises((Unreachable, Unprocessable)):
        await outside.post(f"https://{host}/", b"x", {})


async def size_of(outside: Outside, url: str, limit: int) -> int:
    async with outside.download(url, limit) as download:
        return sum([len(chunk) async for chunk in download.chunks])


async def test_a_file_over_the_limit_is_refused(outside: Outside, endpoint: Receiver) -> None:
    endpoint.usual = (200, {}, b"x" * 2000)
    with pytest.raises(TooLarge):
        await size_of(outside, endpoint.url, 1999)
    assert await size_of(outside, endpoint.url, 2000) == 2000


async def test_a_file_that_hides_its_size_is_cut_off_at_the_limit(outside: Outside, endpoint: Receiver) -> None:
    packed = gzip.compress(b"x" * 1_000_000)
    endpoint.usual = (200, {"content-encoding": "gzip"}, packed)
    with pytest.raises(TooLarge):
        await size_of(outside, endpoint.url, 10_000)


async def test_tls_asks_for_the_name_and_refuses_a_certificate_nobody_vouches_for(
    outside: Outside, tmp_path: Path
) -> None:
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed("localhost", tmp_path))
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unreachable):
            await outside.post(f"https://localhost:{port}/", b"x", {})
    assert asked == ["localhost"]


def self_signed(name: str, folder: Path) -> Path:
    """A file with a key and a certificate for it that only itself signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path
