"""What IMAP and SMTP share: who signs in, which hosts we connect to, and what went wrong in words for an admin."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from shared.contracts.settings import EmailConfig
from shared.errors import SwitchboardError
from shared.outside import Answer, is_private
from shared.text import one_line

OTHER_NAME = (62, 64)
"""OpenSSL: the certificate is valid, but for another host name, or address."""

EARLY = 60.0
"""Seconds before its end that a token is fetched anew."""


class ServerProblem(Exception):
    """A mail server cannot be used as it is. ``detail`` says why and what to do; for admins, without secrets."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Posts(Protocol):
    """``shared.outside.Outside``, as far as this needs it."""

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Login:
    """``secret`` is a password, or an access token when ``token`` says so."""

    user: str
    secret: str
    token: bool = False


class Logins:
    """How to sign in to a channel's two servers; access tokens are kept until a minute before they end."""

    def __init__(self, outside: Posts) -> None:
        self._outside = outside
        self._tokens: dict[str, tuple[float, str]] = {}

    async def incoming(self, config: EmailConfig) -> Login:
        """For IMAP. ServerProblem when no token can be had."""
        user = config.imap_user or config.address
        if config.sign_in == "oauth2":
            return Login(user, await self._token(config), token=True)
        return Login(user, config.imap_password or "")

    async def outgoing(self, config: EmailConfig) -> Login | None:
        """For SMTP; None for a server that is to be used without signing in (no password at all)."""
        user = config.smtp_user or config.imap_user or config.address
        if config.sign_in == "oauth2":
            return Login(user, await self._token(config), token=True)
        password = config.smtp_password or config.imap_password
        return Login(user, password) if password else None

    def forget(self, config: EmailConfig) -> None:
        """A server did not take the token: fetch another the next time."""
        self._tokens.pop(_fingerprint(config), None)

    async def _token(self, config: EmailConfig) -> str:
        known = self._tokens.get(_fingerprint(config))
        if known is not None and known[0] > time.monotonic():
            return known[1]
        token, seconds = await self._fetch(config)
        self._tokens[_fingerprint(config)] = (time.monotonic() + seconds - EARLY, token)
        return token

    async def _fetch(self, config: EmailConfig) -> tuple[str, float]:
        form = {"client_id": config.oauth_client_id, "grant_type": "client_credentials"}
        if config.oauth_refresh_token:
            form |= {"grant_type": "refresh_token", "refresh_token": config.oauth_refresh_token}
        if config.oauth_client_secret:
            form["client_secret"] = config.oauth_client_secret
        if config.oauth_scope:
            form["scope"] = config.oauth_scope
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        try:
            answer = await self._outside.post(str(config.oauth_token_url), urlencode(form).encode(), headers)
        except SwitchboardError as error:
            raise ServerProblem(f"No access token: {error.detail}") from error
        said = _object(answer.body)
        token = said.get("access_token")
        if answer.status != 200 or not isinstance(token, str) or not token.isprintable() or not token:
            reason = said.get("error_description") or said.get("error") or f"the server answered {answer.status}"
            raise ServerProblem(f"No access token: {one_line(str(reason), 200)}. Check the OAuth settings.")
        seconds = said.get("expires_in")
        return token, float(seconds) if isinstance(seconds, int | float) else 300.0


async def reachable(host: str, port: int, allow_private: bool) -> None:
    """ServerProblem for a name that nobody knows, or one of our own house where that is not allowed."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ServerProblem(f"There is no server called {host}. Check its name.") from error
    if not allow_private and any(is_private(str(address[0])) for *_, address in found):
        raise ServerProblem(
            f"{host} is a private address; these are used only where SWITCHBOARD_ALLOW_PRIVATE_ENDPOINTS says so."
        )


def no_connection(host: str, port: int, error: BaseException) -> ServerProblem:
    """In words, what kept a connection from being made."""
    match error:
        case ssl.SSLCertVerificationError() if error.verify_code in OTHER_NAME:
            reason = f"its certificate is for another name ({one_line(error.verify_message, 100)})"
        case ssl.SSLCertVerificationError():
            reason = f"its certificate is not trusted here ({one_line(error.verify_message, 100)})"
        case ssl.SSLError():
            reason = "it does not speak TLS there; check port and encryption"
        case ConnectionRefusedError():
            reason = "nobody answers there; check the port"
        case TimeoutError():
            reason = "it does not answer in time; check name and port"
        case _:
            reason = "the connection broke off"
    return ServerProblem(f"{host}:{port} cannot be used: {reason}.")


def _fingerprint(config: EmailConfig) -> str:
    fields = config.model_dump_json(
        include={"oauth_token_url", "oauth_client_id", "oauth_client_secret", "oauth_refresh_token", "oauth_scope"}
    )
    return str(hash(fields))


def _object(body: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
