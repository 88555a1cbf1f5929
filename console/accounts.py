"""`/api/v1/people`: the people who sign in, as an administrator changes them."""

from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from agents.people import EXTENSION_ALLOWED, ROLES, USER_ALLOWED, Role
from console import answers, views
from console.access import identity_of, note_about
from console.admin_ports import UnknownItem
from console.answers import Nothing, documented
from console.parameters import json_only, only
from console.ports import ConsolePorts
from console.problems import ProblemError
from console.request_bodies import Body
from console.routing import api_router
from console.within import Within

User = Annotated[str, Path(max_length=64)]
Short = Annotated[str, Field(max_length=100)]

_ALLOWED = {
    "user": USER_ALLOWED,
    "name": "at most 100 printable characters",
    "role": list(ROLES),
    "unit": "a unit's id, for the role unit",
    "extension": EXTENSION_ALLOWED,
    "enabled": [True, False],
}


class AccountBody(Body):
    """A person to be let in."""

    allowed: ClassVar[dict[str, Any]] = _ALLOWED

    user: str = Field(min_length=1, max_length=64)
    role: Role
    name: Short = ""
    unit: Short = ""
    extension: str = Field("", max_length=6)


class AccountChange(Body):
    """What is to change; what is left out stays."""

    allowed: ClassVar[dict[str, Any]] = _ALLOWED

    name: Short | None = None
    role: Role | None = None
    unit: Short | None = None
    extension: str | None = Field(None, max_length=6)
    enabled: bool | None = Field(None, description="false: locked, and signed out everywhere")


class Account(views.View):
    """A person who signs in."""

    user: str
    name: str
    role: Role
    unit: str
    extension: str
    enabled: bool
    demo: bool = Field(description="of the demo, whose password everybody knows: on this machine only")
    password_due: bool = Field(False, description="they are asked for a password of their own when they sign in")
    last_used: views.Time | None = None
    sessions: int = Field(0, description="browsers in which they are signed in")


class NewPassword(Account):
    """A person with a new password."""

    password: str = Field(description="told this once")


class SessionsEnded(views.View):
    """How many sessions ended."""

    ended: int


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()
    accounts = ports.accounts
    checks = [Depends(only()), Depends(json_only)]
    refusals = documented(404, 409) | answers.BODY

    @routes.get("/people", response_model=list[Account], dependencies=[Depends(only())])
    async def list_people() -> Response:
        """Everybody who may sign in, or might."""
        return _json(await views.to_json(Account, await within(timeout_s, "people", accounts.people())))

    @routes.post(
        "/people",
        status_code=201,
        response_model=NewPassword,
        responses=documented(409) | answers.BODY,
        dependencies=checks,
    )
    async def add_person(request: Request, body: AccountBody) -> Response:
        """Let somebody sign in. The first password is made here, and is in this answer only."""
        record = await within(timeout_s, "people", accounts.add(body.model_dump()))
        note_about(request, record["user"], role=record["role"])
        return _json(views.one(NewPassword, record), 201)

    @routes.patch("/people/{user}", response_model=Account, responses=refusals, dependencies=checks)
    async def change_person(request: Request, user: User, body: AccountChange) -> Response:
        """Change somebody. Another role, unit or extension, and a lock, sign them out everywhere."""
        wish = body.model_dump(exclude_none=True)
        try:
            record = await within(timeout_s, "people", accounts.change(user, wish, by=identity_of(request).who))
        except UnknownItem as error:
            raise _nobody(error) from None
        told = {name: value for name, value in wish.items() if name != "name"}
        note_about(request, user, **told)
        return _json(views.one(Account, record))

    @routes.post("/people/{user}/password", response_model=NewPassword, responses=refusals, dependencies=checks)
    async def reset_password(user: User, _: Nothing) -> Response:
        """Give somebody a new password, which is in this answer only, and sign them out everywhere."""
        try:
            return _json(views.one(NewPassword, await within(timeout_s, "people", accounts.new_password(user))))
        except UnknownItem as error:
            raise _nobody(error) from None

    @routes.delete(
        "/people/{user}/sessions",
        response_model=SessionsEnded,
        responses=documented(404),
        dependencies=[Depends(only())],
    )
    async def end_sessions(user: User) -> Response:
        """Sign somebody out everywhere."""
        try:
            ended = await within(timeout_s, "people", accounts.end_sessions(user))
        except UnknownItem as error:
            raise _nobody(error) from None
        return _json(views.one(SessionsEnded, {"ended": ended}))

    return routes


def _nobody(error: UnknownItem) -> ProblemError:
    return ProblemError(404, str(error), key=error.key, value=error.value)


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")
