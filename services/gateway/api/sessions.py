"""Signing in and out, passwords, and what a page needs to know at first."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from services.gateway.api.answers import answer, errors, nothing
from services.gateway.api.models import SessionView
from services.gateway.api.parts import Parts, PartsOf
from services.gateway.api.principal import (
    COOKIE,
    SECURE_COOKIE,
    Anybody,
    Gate,
    Principal,
    documented,
)
from services.gateway.records import Session
from services.gateway.security.passwords import LONGEST, SHORTEST
from services.gateway.security.tokens import hashed, new_token
from services.gateway.users import activate
from shared.contracts.live import SessionsEnded
from shared.contracts.presence import ReadAgents
from shared.errors import Forbidden, SwitchboardError, Unauthenticated, Unprocessable
from shared.http import CleanRoute
from shared.ids import new_id

router = APIRouter(prefix="/api", tags=["session"], route_class=CleanRoute)

Password = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
NewPassword = Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST)]


class SignIn(BaseModel):
    """E-mail and password."""

    email: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    password: Password


class SetPassword(BaseModel):
    """The token of a set-up link, and the password to have."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    password: NewPassword


class ChangePassword(BaseModel):
    """The password so far, and the one to have."""

    old: Password
    new: NewPassword = Field(description=f"At least {SHORTEST} characters")


@router.post("/session", responses={200: {"model": SessionView}, **errors()}, response_model=None)
async def sign_in(body: SignIn, request: Request, parts: PartsOf) -> Response:
    """Sign in. Sets the cookie; the body is that of GET /api/session."""
    address = request.client.host if request.client is not None else "unknown"
    await parts.sign_ins.check(f"from {address}", f"as {body.email.strip().casefold()}")
    user = parts.people.with_email(body.email)
    credential = await parts.accounts.credential(user) if user is not None else None
    fits, better = await parts.passwords.verify(body.password, credential.hash if credential else None)
    if user is None or credential is None or not fits or not parts.people.access(user).active:
        parts.metrics.sign_ins.labels("refused").inc()
        raise Unauthenticated("E-mail or password is wrong.")
    parts.metrics.sign_ins.labels("let_in").inc()
    if better is not None:
        await parts.accounts.set_password(user, better, parts.clock.now(), must_change=credential.must_change)
    return await _opened(parts, request, user, must_change=credential.must_change)


async def _opened(parts: Parts, request: Request, user: str, *, must_change: bool = False) -> Response:
    token, now = new_token(), parts.clock.now()
    session = Session(
        id=hashed(token),
        user=user,
        csrf=new_token(),
        lease=new_id(),
        must_change=must_change,
        created_at=now,
        seen_at=now,
        ends_at=now + timedelta(minutes=parts.workspace.sign_in.inactive_minutes),
    )
    await parts.accounts.open_session(session)
    if not must_change:
        parts.leases.alive(user, session.lease)
    response = answer(await _view(parts, session))
    _set_cookie(response, request, parts, token)
    return response


def _set_cookie(response: Response, request: Request, parts: Parts, token: str) -> None:
    """``__Host-`` and Secure wherever people come by https; a plain name for plain http (trying out, development)."""
    secure = _secure(request, parts)
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE, token, httponly=True, samesite="lax", secure=secure, path="/"
    )


def _secure(request: Request, parts: Parts) -> bool:
    return parts.public_url.startswith("https://") or request.url.scheme == "https"


@router.get(
    "/session", responses={200: {"model": SessionView}, **errors()}, response_model=None, dependencies=documented
)
async def who_am_i(principal: Anybody, parts: PartsOf) -> Response:
    """Who is signed in, what he may, and what a page needs to know of the settings."""
    if principal.key is not None and principal.key.virtual_agent is not None:
        raise Forbidden("This key only answers for its virtual agent.")
    if principal.session is None:
        return answer(_key_view(parts, principal))
    return answer(await _view(parts, principal.session))


def _key_view(parts: Parts, principal: Principal) -> dict[str, Any]:
    scopes = sorted(str(scope) for scope in principal.access.scopes)
    return {
        "user": None,
        "key": {"id": principal.actor.id, "name": principal.actor.name, "scopes": scopes},
        "csrf": None,
        "password_change_required": False,
        "has_access": True,
        "rights": parts.workspace.rights(principal.access),
        "availability": None,
        "workspace": parts.workspace.page(),
    }


async def _view(parts: Parts, session: Session) -> dict[str, Any]:
    user = parts.people.user(session.user)
    access = parts.people.access(session.user)
    if user is None:
        raise Unauthenticated("Sign in first.")
    return {
        "user": {
            "id": session.user,
            "name": user.name,
            "email": user.email,
            "role": str(user.role),
            "language": user.language,
            "short_code": user.short_code,
            "default_availability": str(user.default_availability),
            "must_change_password": session.must_change,
        },
        "key": None,
        "csrf": session.csrf,
        "password_change_required": session.must_change,
        "has_access": access.anything,
        "rights": parts.workspace.rights(access),
        "availability": None if session.must_change else await _availability(parts, session.user),
        "workspace": parts.workspace.page(),
    }


async def _availability(parts: Parts, user: str) -> dict[str, Any] | None:
    try:
        states = await parts.bus.ask(ReadAgents(), timeout=1.0)
    except SwitchboardError:
        return None
    mine = next((state for state in states.agents if state.id == user), None)
    if mine is None:
        return {"availability": "offline", "away_state": None}
    return {"availability": str(mine.availability), "away_state": mine.away_state}


@router.delete("/session", status_code=204, responses=errors(), dependencies=documented)
async def sign_out(principal: Anybody, request: Request, parts: PartsOf) -> Response:
    """Sign out: the session ends here and now, and with the last one the agent is offline (AG-11)."""
    session = principal.person()
    gate: Gate = request.app.state.gate
    await parts.accounts.end_session(session.id)
    gate.sessions.forget(session.id)
    parts.leases.over(session.user, session.lease)
    parts.hub.end_sessions(session.user, (session.id,), None)
    await parts.broadcast(SessionsEnded(user=session.user, sessions=(session.id,)))
    response = nothing()
    for name in (COOKIE, SECURE_COOKIE):
        if name in request.cookies:
            response.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True, samesite="lax")
    return response


@router.post("/password", responses={200: {"model": SessionView}, **errors()}, response_model=None)
async def set_password(body: SetPassword, request: Request, parts: PartsOf) -> Response:
    """Choose a password with the token of a set-up link, once; signs in at the same time (AG-04)."""
    address = request.client.host if request.client is not None else "unknown"
    await parts.sign_ins.check(f"from {address}")
    now = parts.clock.now()
    link = await parts.accounts.take_link(hashed(body.token), now)
    if link is None or not parts.people.access(link.user).active:
        raise Unprocessable("This link was used already, or is too old: ask for a new one.")
    await parts.accounts.set_password(link.user, await parts.passwords.hash(body.password), now)
    await activate(parts.bus, parts.people, link.user, parts.clock)
    await _end_others(parts, request, link.user, None)
    return await _opened(parts, request, link.user)


@router.post(
    "/session/password",
    responses={200: {"model": SessionView}, **errors()},
    response_model=None,
    dependencies=documented,
)
async def change_password(body: ChangePassword, principal: Anybody, request: Request, parts: PartsOf) -> Response:
    """Change one's own password. Other sessions of the person end; this one gets a new cookie."""
    session = principal.person()
    await parts.sign_ins.check(f"as {session.user}")
    credential = await parts.accounts.credential(session.user)
    fits, _ = await parts.passwords.verify(body.old, credential.hash if credential else None)
    if not fits:
        raise Unprocessable("The password so far is wrong.", errors=[{"field": "old", "message": "It is wrong."}])
    if body.new == body.old:
        raise Unprocessable("Choose another one.", errors=[{"field": "new", "message": "It is the same."}])
    await parts.accounts.set_password(session.user, await parts.passwords.hash(body.new), parts.clock.now())
    await activate(parts.bus, parts.people, session.user, parts.clock)
    await _end_others(parts, request, session.user, None)
    return await _opened(parts, request, session.user)


async def _end_others(parts: Parts, request: Request, user: str, keep: str | None) -> None:
    gate: Gate = request.app.state.gate
    ended = [session for session in await parts.accounts.sessions_of(user) if session.id != keep]
    await parts.accounts.end_sessions(user, keep)
    gate.sessions.forget_all()
    for session in ended:
        parts.leases.over(user, session.lease)
    parts.hub.end_sessions(user, (), keep)
    await asyncio.shield(parts.broadcast(SessionsEnded(user=user, keep=keep)))
