"""The two doors the demonstration uses: the public API with a key, and the webhook channel with a signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from types import TracebackType
from typing import Any, Self

import httpx2


class Refused(Exception):
    """Switchboard said no; the text is what it said."""


class Client:
    """Speaks to one Switchboard."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx2.Client(base_url=url, timeout=20.0)
        self._key = {"Authorization": f"Bearer {key}"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def get(self, path: str) -> Any:
        """A GET of the API."""
        return self._asked("GET", path, None, {})

    def post(self, path: str, body: Any, *, once: str | None = None) -> Any:
        """A POST of the API; ``once`` is its Idempotency-Key."""
        return self._asked("POST", path, body, {"Idempotency-Key": once or str(uuid.uuid4())})

    def put(self, path: str, body: Any, version: int) -> Any:
        """A PUT of the API at the version that was read."""
        return self._asked("PUT", path, body, {"If-Match": f'"{version}"', "Idempotency-Key": str(uuid.uuid4())})

    def ensure(self, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        """The settings object of this name, made or brought to this value."""
        found = self.get(f"/api/settings/{kind}?search={value['name']}&limit=100")["items"]
        for item in found:
            if item["value"]["name"] == value["name"]:
                changed: dict[str, Any] = self.put(f"/api/settings/{kind}/{item['id']}", value, item["version"])
                return changed
        made: dict[str, Any] = self.post(f"/api/settings/{kind}", value)
        return made

    def set_singleton(self, kind: str, value: dict[str, Any]) -> None:
        """Bring the one object of a kind to this value, fields not named as they are."""
        current = self.get(f"/api/settings/{kind}/-")
        self.put(f"/api/settings/{kind}/-", {**current["value"], **value}, current["version"])

    def hook(self, channel: str, secret: str, body: dict[str, Any]) -> None:
        """A signed delivery to the webhook channel (Standard Webhooks)."""
        raw = json.dumps(body).encode()
        id, at = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
        key = base64.b64decode(secret.removeprefix("whsec_"))
        mac = base64.b64encode(hmac.digest(key, f"{id}.{at}.".encode() + raw, hashlib.sha256)).decode()
        headers = {
            "webhook-id": id,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{mac}",
            "Content-Type": "application/json",
        }
        self._checked(self._http.post(f"/hooks/{channel}", content=raw, headers=headers))

    def _asked(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        content = {} if body is None else {"json": body}
        return self._checked(self._http.request(method, path, headers={**self._key, **headers}, **content))

    def _checked(self, answer: httpx2.Response) -> Any:
        if answer.is_success:
            return answer.json() if answer.content else None
        try:
            said = answer.json()
        except ValueError:
            said = {"detail": answer.text[:200]}
        raise Refused(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {said.get('detail')}")
