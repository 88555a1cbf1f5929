"""`/api/v1/session`: sign in, who am I, sign out."""

import asyncio
import math
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agents.people import Role
from console import answers, page, views
from console.access import identity_of
from console.cookies import device_in, drop_session, session_in, set_cookies
from console.local import is_from_here
from console.parameters import json_only, only
from console.people_ports import Identity, OnThisMachineOnly, SignIn, TooManyTries, WrongPassword
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


class Session(views.View):
    """A signed-in person, and the values that their pages need."""

    user: str
    role: Role
    csrf: str = Field(description="what writes with the session's cookie carry in X-CSRF-Token")
    name: str = ""
    unit: str | None = Field(None, description="of the role unit")
    extension: str | None = Field(None, description="the agent that they are")
    pages: list[str] = Field([], description="the pages of their role")


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()

    _signing_in(routes, ports, within, timeout_s)

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
        wish = SignIn(
            user=body.user,
            password=body.password,
            address=request.client.host if request.client else "",
            is_local=is_from_here(request),
            device=device_in(request),
            session=session_in(request),
        )
        try:
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
            seconds = max(1, math.ceil(error.wait_s))
            ports.count_refused("sign_in_delayed")
            headers = {"retry-after": str(seconds)}
            raise ProblemError(429, f"{error}; try again in {seconds} s", headers=headers) from None
        response = _json(_told(ports, signed.identity))
        set_cookies(request, response, session=signed.token, device=signed.device)
        return response


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
