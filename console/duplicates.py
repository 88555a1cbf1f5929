"""`GET /api/v1/tickets/duplicates`: open requests that may be about what a caller tells of now. A proposal; a person
joins."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from console import views
from console.access import identity_of
from console.callers import call_of
from console.parameters import only
from console.ports import ConsolePorts
from console.request_ports import Likeness, Seer
from console.routing import api_router
from console.within import Within
from tickets.states import TicketState

Id = Annotated[str, Query(max_length=64, pattern=r"^[a-z0-9_]+$")]


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


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The route."""
    routes = api_router()

    @routes.get(
        "/tickets/duplicates",
        response_model=list[Duplicate],
        dependencies=[Depends(only("topic", "district", "address", "call", "language"))],
    )
    async def list_duplicates(
        request: Request,
        topic: Id,
        district: Id,
        address: Annotated[str, Query(max_length=500)] = "",
        call: Annotated[str | None, Query(max_length=128, description="whose caller may be that of the other")] = None,
        language: Annotated[Literal["tr", "en"], Query(description="of the reasons")] = "tr",
    ) -> Response:
        """Open requests that may be about the same, best first."""
        who = identity_of(request)
        record = None if call is None else await call_of(ports, within, call)
        like = Likeness(
            topic=topic,
            district=district,
            address=address,
            caller="" if record is None else str(record.get("caller") or ""),
            language=language,
        )
        seer = None if who.sees_numbers else Seer(role=who.role, unit=who.unit)
        found = await within(timeout_s, "tickets", ports.requests.duplicates(like, seer))
        return Response(await views.to_json(Duplicate, found), media_type="application/json")

    return routes
