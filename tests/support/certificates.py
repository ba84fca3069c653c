"""An authority of one's own and its certificate for ``localhost``, for servers that speak TLS in tests."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """Files: ``authority`` is what a client must trust (``SSL_CERT_FILE``); ``chain`` and ``key`` are the server's."""

    authority: Path
    chain: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        """For a server of ours."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


def certificate(folder: Path) -> Certificate:
    """Made anew, valid for ``localhost`` and no other name, for a day."""
    found = Certificate(folder / "authority.pem", folder / "server.pem", folder / "server.key")
    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _name("An authority of our own")
    root = (
        _valid(authority, authority, ours.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ours, hashes.SHA256())
    )
    leaf = (
        _valid(_name("localhost"), authority, theirs.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(ours, hashes.SHA256())
    )
    found.authority.write_bytes(root.public_bytes(Encoding.PEM))
    found.chain.write_bytes(leaf.public_bytes(Encoding.PEM))
    found.key.write_bytes(theirs.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return found


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _valid(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )
