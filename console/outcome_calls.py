"""`/api/v1/calls/{id}/outcome`: what a citizen who is called is to be told, and how it went."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from console import views
from console.access import identity_of
from console.answers import BODY, documented
from console.parameters import json_only, only
from console.ports import ConsolePorts
from console.request_bodies import OutcomeBody
from console.request_views import OutcomeCall
from console.requests import Key, Within, author_of
from console.routing import api_router

CallName = Annotated[str, Path(max_length=128, pattern=r"^[^\x00]+$")]


def router(ports: ConsolePorts, within: Any, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()
    answer = Within(within, timeout_s)

    @routes.get(
        "/calls/{call}/outcome",
        response_model=OutcomeCall,
        responses=documented(404),
        dependencies=[Depends(only())],
    )
    async def get_outcome(request: Request, call: CallName) -> Response:
        """The outcome that the citizen of this call is told: the request, and the words to say. If the
        citizen called, it is the outcome that waits to be told to their number."""
        record = await answer("calls", ports.requests.outcome_of(call))
        return Response(views.one(OutcomeCall, record), media_type="application/json")

    @routes.post(
        "/calls/{call}/outcome",
        response_model=OutcomeCall,
        responses=documented(403, 404, 409) | BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def report(request: Request, call: CallName, body: OutcomeBody, key: Key = None) -> Response:
        """How the call went, said once by the agent who had it: the citizen was told, with their score from 1 to 5 and
        their remark; or was not there, a machine answered, the number is another person's, or they want to hear
        nothing. If the citizen called, it is told, declined or no calls, and no call follows. Several outcomes
        that were told in one call are reported with the numbers of their requests."""
        who, by = identity_of(request), await author_of(request, key, None)
        own = who.extension if who.role == "agent" else None
        record = await answer("calls", ports.requests.report_outcome(call, body.report(), by, own))
        return Response(views.one(OutcomeCall, record), media_type="application/json")

    return routes
