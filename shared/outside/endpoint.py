"""Which addresses of the net we may call for somebody: never our own house (server-side request forgery). Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from shared.errors import Unprocessable

_TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


def is_private(address: str) -> bool:
    """Whether a numeric address is loopback, private, link-local, shared, reserved, multicast or a disguise of one."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        hidden = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if hidden is None and any(found in network for network in _TRANSLATED):
            hidden = IPv4Address(int(found) & 0xFFFFFFFF)
        if hidden is not None:
            return is_private(str(hidden))
    return not found.is_global or found.is_multicast or found.is_reserved or found.is_unspecified


def checked(url: str) -> tuple[str, str, int]:
    """(scheme, host, port) of an http or https URL; ``Unprocessable`` for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Unprocessable("The address is not a URL.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unprocessable("Only http and https addresses can be called.")
    if parts.username or parts.password:
        raise Unprocessable("An address may not carry a user name or password.")
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)


def problem(url: str, *, allow_private: bool) -> str | None:
    """Why we will not call this address, or None. A name is only looked up when it is called."""
    try:
        _, host, _ = checked(url)
    except Unprocessable as error:
        return error.detail
    if allow_private:
        return None
    try:
        private = is_private(host)
    except ValueError:
        name = host.rstrip(".")
        private = name == "localhost" or name.endswith((".localhost", ".internal", ".local"))
    return "Private addresses are not called unless the operator allows them." if private else None
