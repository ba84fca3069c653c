"""Opaque tokens: sessions, API keys, set-up links. Only hashes are stored; the token itself is seen once."""

from __future__ import annotations

import hashlib
import hmac
import secrets

KEY_PREFIX = "sbk_"


def new_token() -> str:
    """256 random bits, safe in cookies and URLs."""
    return secrets.token_urlsafe(32)


def new_key() -> str:
    """An API key; its prefix lets secret scanners know it."""
    return KEY_PREFIX + new_token()


def new_password() -> str:
    """A one-time password that can be read aloud: four groups of four letters and digits, 78 bits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


def hashed(token: str) -> str:
    """What is stored of a token. Its randomness makes a slow hash needless."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
