"""`/api/v1/session`: sign in, who am I, sign out."""

import asyncio
import math
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from acd.lib.passwords import LONGEST, SHORTEST, BadPassword
from agents.people import Role
from console import answers, page, views
from console.access import identity_of, note_about
from console.cookies import device_in, drop_session, session_in, set_cookies
from console.local import is_from_here
from console.parameters import json_only, only
from console.people_ports import (
    Identity,
    NoPassword,
    OnThisMachineOnly,
    SessionOver,
    SignedIn,
    SignIn,
    TooManyTries,
    WrongPassword,
)
from console.ports import ConsolePorts, Unavailable
from console.problems import ProblemError
from console.routing import api_router
from console.within import Within

PATH = "/session"


def _encodable(text: str) -> str:
    text.encode()  # a lone surrogate is a ValueError too
    return text


class SignInBody(BaseModel):
    """Somebody who signs in."""

    model_config = ConfigDict(extra="forbid")

    user: Annotated[str, AfterValidator(_encodable)] = Field(min_length=1, max_length=64)
    password: Annotated[str, AfterValidator(_encodable)] = Field(min_length=1, max_length=256)


class PasswordBody(BaseModel):
    """Somebody who changes their own password."""

    model_config = ConfigDict(extra="forbid")

    old_password: Annotated[str, AfterValidator(_encodable)] = Field(min_length=1, max_length=256)
    password: Annotated[str, AfterValidator(_encodable)] = Field(
        max_length=1024, description=f"the new one, of {SHORTEST} to {LONGEST} characters"
    )


class Session(views.View):
    """A signed-in person, and the values that their pages need."""

    user: str
    role: Role
    csrf: str = Field(description="what writes with the session's cookie carry in X-CSRF-Token")
    name: str = ""
    unit: str | None = Field(None, description="of the role unit")
    extension: str | None = Field(None, description="the agent that they are")
    pages: list[str] = Field([], description="the pages of their role")
    by_password: bool = Field(False, description="whether they signed in with a password, which they can change")
    password_due: bool = Field(False, description="somebody else has chosen the password: they are asked for another")


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()

    _signing_in(routes, ports, within, timeout_s)
    _changing_password(routes, ports, within, timeout_s)

    @routes.get(PATH, response_model=Session, dependencies=[Depends(only())])
    async def who_am_i(request: Request) -> Response:
        """The person or program that asks."""
        return _json(_told(ports, identity_of(request)))

    @routes.delete(PATH, status_code=204, responses=answers.documented(409), dependencies=[Depends(only())])
    async def sign_out(request: Request) -> Response:
        """Sign out: ends the session, and destroys your drafts."""
        if identity_of(request).kind != "session":
            raise ProblemError(409, "a token has no session to end; `cozum users token revoke` takes a token back")
        # With whichever page they leave: no draft stays for the next who sits there, and above all no cookie. A
        # database that is away learns of it later.
        for left in await asyncio.gather(
            within(timeout_s, "sessions", ports.people.sign_out(session_in(request))),
            within(timeout_s, "drafts", ports.drafts.drop(identity_of(request).who)),
            return_exceptions=True,
        ):
            if left is not None and not isinstance(left, Unavailable):
                raise left
        response = Response(status_code=204)
        drop_session(request, response)
        return response

    return routes


def _told(ports: ConsolePorts, who: Identity) -> bytes:
    pages = page.pages_of(who.role, demo=ports.demo_phone is not None, extension=bool(who.extension))
    record = {
        "user": who.who,
        "role": who.role,
        "csrf": who.csrf,
        "name": who.name,
        "unit": who.unit or None,
        "extension": who.extension or None,
        "pages": pages,
        "by_password": who.by_password,
        "password_due": who.password_due,
    }
    return views.one(Session, record)


def _signing_in(routes: APIRouter, ports: ConsolePorts, within: Within, timeout_s: float) -> None:
    @routes.post(
        PATH,
        response_model=Session,
        responses=answers.BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def sign_in(request: Request, body: SignInBody) -> Response:
        """Sign in: begins a session, whose cookie the answer sets. After some wrong passwords from one place for one
        user the next try has to wait, longer and longer (429)."""
        try:
            wish = _proof(request, body.user, body.password)
            signed = await within(2 * timeout_s, "sign-in", ports.people.sign_in(wish))
        except WrongPassword:
            raise ProblemError(401, "user or password is wrong") from None
        except OnThisMachineOnly:
            detail = (
                "the demo's people sign in on this machine only, by http://localhost and no proxy; "
                "`cozum users add` makes others"
            )
            raise ProblemError(403, detail) from None
        except TooManyTries as error:
            raise _wait(ports, error) from None
        return _begun(ports, request, signed)


def _changing_password(routes: APIRouter, ports: ConsolePorts, within: Within, timeout_s: float) -> None:
    @routes.put(
        f"{PATH}/password",
        response_model=Session,
        responses=answers.documented(409) | answers.BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def change_password(request: Request, body: PasswordBody) -> Response:
        """Change your own password. Your session goes on with the cookie that the answer sets, and with another `csrf`;
        you are signed out everywhere else. A wrong old password counts like one at a sign-in (429)."""
        who = identity_of(request)
        if who.kind != "session":
            raise ProblemError(409, "a token has no password; `cozum users password` changes a person's")
        note_about(request, who.who)
        try:
            proof = _proof(request, who.who, body.old_password)
            changed = await within(2 * timeout_s, "password", ports.people.change_password(proof, body.password))
        except WrongPassword:
            raise ProblemError(422, "old_password: it is not the present one", key="old_password") from None
        except BadPassword as error:
            allowed = {"rule": error.rule, "shortest": SHORTEST, "longest": LONGEST}
            raise ProblemError(422, f"password: {error}", key="password", allowed=allowed) from None
        except NoPassword:
            detail = (
                "you signed in by your institution's account: its password is changed there, and here you have none"
            )
            raise ProblemError(409, detail) from None
        except SessionOver:
            raise ProblemError(401, "the session is over: sign in again at /") from None
        except TooManyTries as error:
            raise _wait(ports, error) from None
        return _begun(ports, request, changed)


def _proof(request: Request, user: str, password: str) -> SignIn:
    return SignIn(
        user=user,
        password=password,
        address=request.client.host if request.client else "",
        is_local=is_from_here(request),
        device=device_in(request),
        session=session_in(request),
    )


def _wait(ports: ConsolePorts, error: TooManyTries) -> ProblemError:
    seconds = max(1, math.ceil(error.wait_s))
    ports.count_refused("sign_in_delayed")
    return ProblemError(429, f"{error}; try again in {seconds} s", headers={"retry-after": str(seconds)})


def _begun(ports: ConsolePorts, request: Request, signed: SignedIn) -> Response:
    response = _json(_told(ports, signed.identity))
    set_cookies(request, response, session=signed.token, device=signed.device)
    return response


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
