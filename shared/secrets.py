"""Secrets at rest: encrypted with the current key, read with the current and older ones (PR-06)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shared.errors import SwitchboardError


class UnreadableSecret(SwitchboardError):
    """Encrypted with a key that is not among the configured ones."""

    code = "unreadable_secret"


class Vault:
    """Encrypts and decrypts short texts. The first key encrypts; put the former key after a new one to rotate."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or not keys[0]:
            raise ValueError("a secret key is needed: set SWITCHBOARD_SECRET_KEY")
        self._keys = tuple(keys)
        self._fernet = MultiFernet([Fernet(_fernet_key(key)) for key in keys])

    def seal(self, plain: str) -> str:
        """The encrypted form, safe to store."""
        return self._fernet.encrypt(plain.encode()).decode()

    def open(self, sealed: str) -> str:
        """The plain text; ``UnreadableSecret`` when no configured key fits."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise UnreadableSecret(
                "A stored secret does not fit SWITCHBOARD_SECRET_KEY: give the former key too."
            ) from error

    def signing_key(self, purpose: str) -> bytes:
        """32 bytes for signing tokens of one purpose, derived from the current key."""
        return hmac.digest(self._keys[0].encode(), f"switchboard:{purpose}".encode(), hashlib.sha256)

    def signing_keys(self, purpose: str) -> tuple[bytes, ...]:
        """The signing keys of all configured keys, current first, to verify tokens made before a rotation."""
        return tuple(hmac.digest(key.encode(), f"switchboard:{purpose}".encode(), hashlib.sha256) for key in self._keys)


def _fernet_key(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(f"switchboard:rest:{key}".encode()).digest())
