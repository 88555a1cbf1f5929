"""`/api/v1/notices`: what is new for a unit; `/api/v1/duty-alarms`: urgent requests that nobody on duty accepts."""

from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from console import views
from console.access import identity_of
from console.answers import BODY
from console.parameters import Limit, json_only, only
from console.ports import ConsolePorts
from console.problems import ProblemError
from console.request_bodies import Body
from console.requests import Within, Word, author_of, json_of
from console.routing import api_router
from tickets.effects import NoticeAbout
from tickets.states import TicketState

ID = Annotated[int, Field(ge=1, lt=2**31)]


class UnitNotice(views.View):
    """Something that is new about a request, for the people of a unit."""

    id: int
    unit: str
    number: str = Field(description="the request")
    about: NoticeAbout
    head: bool = Field(description="whether it is for the head of the unit too")
    at: views.Time
    read_at: views.Time | None = Field(None, description="when somebody of the unit read it first")
    read_by: str = ""
    service: str
    topic: str | None = None
    state: TicketState = Field(description="of the request, now")


class NoticesReadBody(Body):
    """Which notices somebody has read."""

    allowed: ClassVar[dict[str, Any]] = {"notices": "1 to 200 ids of notices"}

    notices: list[ID] = Field(min_length=1, max_length=200)


class DutyAlarm(views.View):
    """An urgent request that nobody on duty has accepted, though people are rung, or that no unit has."""

    number: str = Field(description="the request")
    unit: str | None = Field(None, description="null: no unit has it, so nobody is rung")
    body: str | None = Field(
        None, description="the outside body that does it, which nobody has passed it on to in time; null: a unit's"
    )
    service: str
    topic: str | None = None
    since: views.Time = Field(description="when the first telephone rang, or since when there is nobody to ring")
    rung: int = Field(ge=0, description="how many telephones were rung")
    over: bool = Field(
        description="the list was used up, or there is none: a person must find somebody, even if it is begun again"
    )


def router(ports: ConsolePorts, within: Any, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()
    answer = Within(within, timeout_s)

    @routes.get(
        "/notices",
        response_model=list[UnitNotice],
        dependencies=[Depends(only("unit", "unread", "limit", "before"))],
    )
    async def list_notices(
        request: Request,
        unit: Word = None,
        unread: bool = False,
        limit: Limit = 100,
        before: Annotated[int, Query(ge=0, lt=2**31, description="the last notice of the page before")] = 0,
    ) -> Response:
        """What is new for a unit, newest first: for people of a unit their own, else that of `unit`, or of the town's
        inbox. Notices are kept for 90 days."""
        work = ports.requests.notices(unit=_unit(request, unit), unread=unread, limit=limit, before=before)
        return json_of(await views.to_json(UnitNotice, await answer("notices", work)))

    @routes.post(
        "/notices/read",
        response_model=list[UnitNotice],
        responses=BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def read_notices(request: Request, body: NoticesReadBody) -> Response:
        """Somebody has read these: they are read for the whole unit, and the first reader stays. People of a unit mark
        their own unit's alone; others are left out of the answer."""
        work = ports.requests.read_notices(
            body.notices, await author_of(request, None, None), unit=_unit(request, None)
        )
        return json_of(await views.to_json(UnitNotice, await answer("notices", work)))

    @routes.get("/duty-alarms", response_model=list[DutyAlarm], dependencies=[Depends(only())])
    async def list_duty_alarms() -> Response:
        """Urgent requests that nobody on duty has accepted after the first ring, and those that no unit has (no rule
        found one, or the unit has given it back), the oldest first. One is gone when somebody accepts it, or when its
        task `duty_unanswered` is done; one without a unit when it goes to a unit or is decided."""
        return json_of(await views.to_json(DutyAlarm, await answer("duty-alarms", ports.requests.duty_alarms())))

    return routes


def _unit(request: Request, wanted: str | None) -> str | None:
    """The unit whose notices a person or program may see; None: the one that they ask for, or the inbox."""
    who = identity_of(request)
    if who.role != "unit":
        return wanted
    if wanted not in (None, who.unit):
        raise ProblemError(403, "the notices of another unit are not shown to this one", key="unit", value=wanted)
    return who.unit
