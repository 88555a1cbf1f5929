"""`GET /api/v1/tickets/duplicates`: open requests that may be about what a caller tells of now. A proposal; a person
joins."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from console import views
from console.access import identity_of
from console.answers import documented
from console.callers import call_of
from console.looks import Looks
from console.parameters import only
from console.ports import ConsolePorts
from console.problems import ProblemError
from console.request_ports import Likeness, Seer
from console.requests import Within
from console.routing import api_router
from tickets.states import TicketState

Id = Annotated[str | None, Query(max_length=64, pattern=r"^[a-z0-9_]+$")]
PARAMETERS = ("number", "topic", "district", "address", "text", "lat", "lon", "call", "language")


class Duplicate(views.View):
    """An open request that may be the same."""

    number: str = Field(description="of the request to join: the parent, where the one found is a duplicate")
    score: float
    same_topic: bool = Field(description="if not, the topic must be put right before the two can be joined")
    same_caller: bool
    why: list[str] = Field(description="the reasons, in words")
    state: TicketState
    opened_at: views.Time
    text: str = ""
    address: str = ""


def router(ports: ConsolePorts, within: Any, timeout_s: float) -> APIRouter:
    """The route."""
    routes = api_router()
    answer = Within(within, timeout_s)
    looks = Looks(ports.people)

    @routes.get(
        "/tickets/duplicates",
        response_model=list[Duplicate],
        responses=documented(404),
        dependencies=[Depends(only(*PARAMETERS))],
    )
    async def list_duplicates(
        request: Request,
        number: Annotated[
            str | None,
            Query(max_length=64, description="of a request that is there: all else but `language` is its own"),
        ] = None,
        topic: Id = None,
        district: Id = None,
        address: Annotated[str, Query(max_length=500)] = "",
        text: Annotated[
            str, Query(max_length=1000, description="what the citizen says, of a request not yet opened")
        ] = "",
        lat: Annotated[float | None, Query(ge=-90, le=90)] = None,
        lon: Annotated[float | None, Query(ge=-180, le=180)] = None,
        call: Annotated[str | None, Query(max_length=128, description="whose caller may be that of the other")] = None,
        language: Annotated[Literal["tr", "en"], Query(description="of the reasons")] = "tr",
    ) -> Response:
        """Open requests that may be about the same, best first. Without a `number`, `topic` and a place are needed:
        `district`, or `lat` and `lon`."""
        who = identity_of(request)
        if number is None:
            _check_place(topic, district, lat, lon)
        record = None if call is None or number is not None else await call_of(ports, within, call)
        like = Likeness(
            number=number or "",
            topic=topic or "",
            district=district or "",
            address=address,
            text=text,
            lat=lat,
            lon=lon,
            caller="" if record is None else str(record.get("caller") or ""),
            language=language,
        )
        seer = None if who.sees_numbers else Seer(role=who.role, unit=who.unit)
        found = await answer("tickets", ports.requests.duplicates(like, seer))
        if found:
            looks.listed(who, "duplicates_seen", len(found), about=number or call or "")
        return Response(await views.to_json(Duplicate, found), media_type="application/json")

    return routes


def _check_place(topic: str | None, district: str | None, lat: float | None, lon: float | None) -> None:
    """Check that a request that is told of has a topic and a place."""
    if topic is None:
        raise ProblemError(
            422, "topic: missing", key="topic", allowed="a topic's id, such as yol_cukuru, or a `number`"
        )
    if (lat is None) != (lon is None):
        key = "lat" if lat is None else "lon"
        raise ProblemError(422, f"{key}: missing: a point needs both lat and lon", key=key, allowed="both lat and lon")
    if district is None and lat is None:
        allowed = "a mahalle's id, such as esenkent, or lat and lon, or a `number`"
        raise ProblemError(422, "district: missing", key="district", allowed=allowed)
