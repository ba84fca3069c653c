"""Broker addresses: parameters added, passwords left out."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def with_defaults(url: str, **parameters: str) -> str:
    """The address with these query parameters where it does not set them itself."""
    parts = urlsplit(url)
    return urlunsplit(
        parts._replace(query=urlencode({**parameters, **dict(parse_qsl(parts.query, keep_blank_values=True))}))
    )


def place(url: str) -> str:
    """Host, port and virtual host: what may be shown and logged."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port or 5672}{parts.path}"
    except ValueError:
        return "(not an address)"
