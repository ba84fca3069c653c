"""Who makes a request: a session's cookie with its CSRF token, or an API key."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from services.gateway.api.parts import Parts, PartsOf
from services.gateway.domain.access import Access, Action, Object, Scope, may
from services.gateway.records import ApiKey, Session
from services.gateway.security.tokens import hashed, same
from shared.contracts.base import Actor
from shared.contracts.words import ActorKind, Role
from shared.errors import Forbidden, NotFound, Unauthenticated

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REMEMBERED_SECONDS = 5.0
TOUCH_EVERY = timedelta(seconds=60)
COOKIE = "switchboard"
SECURE_COOKIE = "__Host-switchboard"

T = TypeVar("T")


class PasswordChangeRequired(Forbidden):
    """Signed in with a password that was made for him."""

    code = "password_change_required"


class WrongCsrf(Forbidden):
    """A write from a browser without the token that GET /api/session gives."""

    code = "csrf"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. ``session`` for a person in a browser, ``key`` for a machine."""

    access: Access
    actor: Actor
    session: Session | None = None
    key: ApiKey | None = None

    def may(self, action: Action, object: Object = None) -> bool:
        """The one decision."""
        return may(self.access, action, object)

    def need(self, action: Action, object: Object = None) -> None:
        """``Forbidden`` unless he may. Use it for what is visible to him; what is not is ``NotFound``."""
        if not self.may(action, object):
            raise Forbidden("You do not have the right to do this.")

    def person(self) -> Session:
        """The session of a person; machines have none."""
        if self.session is None:
            raise Forbidden("Only a person who is signed in can do this, not an API key.")
        return self.session


@dataclass
class Remembered(Generic[T]):
    """What was just read, for a few seconds, so that a burst of requests reads it once."""

    seconds: float = REMEMBERED_SECONDS
    size: int = 5000
    _items: OrderedDict[str, tuple[float, T]] = field(default_factory=OrderedDict)

    def get(self, id: str) -> T | None:
        """What is known of it, if it is fresh."""
        found = self._items.get(id)
        return found[1] if found is not None and found[0] > time.monotonic() else None

    def put(self, id: str, item: T) -> None:
        """Remember it."""
        self._items[id] = (time.monotonic() + self.seconds, item)
        self._items.move_to_end(id)
        while len(self._items) > self.size:
            self._items.popitem(last=False)

    def forget(self, id: str) -> None:
        """It changed."""
        self._items.pop(id, None)

    def forget_all(self) -> None:
        """Any may have changed."""
        self._items.clear()


class Gate:
    """Finds out who asks; remembers sessions and keys for a few seconds."""

    def __init__(self) -> None:
        self.sessions: Remembered[Session] = Remembered()
        self.keys: Remembered[ApiKey] = Remembered()

    async def session(self, parts: Parts, token: str) -> Session | None:
        """The session of a cookie, kept open by being used."""
        id = hashed(token)
        session = self.sessions.get(id) or await parts.accounts.session(id)
        now = parts.clock.now()
        if session is None or session.ends_at <= now:
            return None
        if now - session.seen_at > TOUCH_EVERY:
            ends_at = now + timedelta(minutes=parts.workspace.sign_in.inactive_minutes)
            session = session.model_copy(update={"seen_at": now, "ends_at": ends_at})
            await parts.accounts.touch_session(id, now, ends_at)
        self.sessions.put(id, session)
        return session

    async def peek(self, parts: Parts, token: str) -> Session | None:
        """The session of a cookie as it is stored now, without using it: an open page does not keep it alive."""
        session = await parts.accounts.session(hashed(token))
        return session if session is not None and session.ends_at > parts.clock.now() else None

    async def key(self, parts: Parts, secret: str) -> ApiKey | None:
        """The key of this secret."""
        id = hashed(secret)
        if (known := self.keys.get(id)) is not None:
            return known
        key = await parts.accounts.key_by_hash(id)
        if key is None:
            return None
        self.keys.put(id, key)
        now = parts.clock.now()
        if key.last_used_at is None or now - key.last_used_at > TOUCH_EVERY:
            await parts.accounts.used_key(key.id, now)
        return key


def key_access(key: ApiKey) -> Access:
    """A key sees every conversation; its scopes say what it may do."""
    return Access(key.id, role=Role.ADMIN, scopes=frozenset(key.scopes))


def cookie_token(request: Request) -> str | None:
    """The session cookie, whichever of its two names it has."""
    return request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE)


async def identify(request: Request, parts: PartsOf) -> Principal:
    """Who makes this request, whatever he may. ``Unauthenticated`` when nobody."""
    gate: Gate = request.app.state.gate
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme:
        key = await gate.key(parts, secret.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise Unauthenticated("This API key is not known.")
        await parts.requests.check(key.id)
        return Principal(key_access(key), Actor(kind=ActorKind.API_KEY, id=key.id, name=key.name), key=key)
    token = cookie_token(request)
    session = await gate.session(parts, token) if token else None
    access = parts.people.access(session.user) if session is not None else None
    if session is None or access is None or not may(access, Action.SIGN_IN):
        raise Unauthenticated("Sign in first.")
    await parts.requests.check(session.user)
    if request.method not in SAFE and not same(request.headers.get("x-csrf-token", ""), session.csrf):
        raise WrongCsrf("Send the token of GET /api/session as X-CSRF-Token.")
    actor = Actor(kind=ActorKind.AGENT, id=session.user, name=parts.people.name(session.user))
    return Principal(access, actor, session=session)


Anybody = Annotated[Principal, Depends(identify)]
"""Whoever is signed in, even if he must still choose a password."""

_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="Session of a browser, with X-CSRF-Token on writes")
_bearer = HTTPBearer(auto_error=False, description="API key")


async def allowed(request: Request, principal: Anybody, parts: PartsOf) -> Principal:
    """Whoever may use the API for this kind of request."""
    session = principal.session
    if session is not None:
        if session.must_change:
            raise PasswordChangeRequired("Choose a password of your own first.")
        parts.leases.alive(session.user, session.lease)
    needed = Scope.READ if request.method in SAFE else Scope.WRITE
    if needed not in principal.access.scopes and Scope.ADMIN not in principal.access.scopes:
        raise Forbidden(f"This key may not {needed}.")
    return principal


Me = Annotated[Principal, Depends(allowed)]
"""Whoever is signed in and may use the API."""

documented = [Security(_cookie), Security(_bearer)]
"""How to authenticate, for the OpenAPI; the checking is ``identify``'s."""


async def managing(principal: Me) -> Principal:
    """Whoever may see and change settings (UI-02)."""
    principal.need(Action.MANAGE_SETTINGS)
    return principal


Manager = Annotated[Principal, Depends(managing)]


def unseen(what: str) -> NotFound:
    """The one answer for what is not there and what may not be seen."""
    return NotFound(f"There is no such {what}, or none that you may see.")
