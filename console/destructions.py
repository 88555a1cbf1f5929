"""`/api/v1/destructions`: the records of what was destroyed, by the town's retention rules or because a person asked.
The controller of personal data must be able to show them (law 6698, article 7 and its regulation)."""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from console import views
from console.admin_ports import DestructionQuery
from console.parameters import ByTime, Limit, Since, only
from console.ports import ConsolePorts
from console.requests import LINK_HEADER, Within, page_of
from console.routing import api_router
from tickets.kinds import Kind
from tickets.privacy.retention import What


class Destruction(views.View):
    """The record of a destruction. It has no personal data."""

    id: int
    at: views.Time = Field(description="when it was destroyed")
    what: What
    kind: Kind | None = Field(
        None, description="the kind of the requests; null for every kind without a rule of its own, and for other data"
    )
    count: int = Field(ge=0, description="how many rows, entries or files")
    newer_than: views.Time | None = Field(None, description="nothing of it was older than this; null: not known")
    older_than: views.Time | None = Field(
        None, description="nothing of it was newer than this, counted as the rule counts; null if a person asked for it"
    )
    days: int | None = Field(
        None, description="for how many days the rule kept it; null for the line's own data, and if a person asked"
    )
    basis: str = Field(description="why it was destroyed then, in the words of the town's retention.toml or the law")
    erasure: int | None = Field(None, description="the number of the erasure, if a person asked for it")


def router(ports: ConsolePorts, within: Any, timeout_s: float) -> APIRouter:
    """The route."""
    routes = api_router()
    answer = Within(within, timeout_s)

    @routes.get(
        "/destructions",
        response_model=list[Destruction],
        responses={200: {"headers": LINK_HEADER}},
        dependencies=[Depends(only("limit", "cursor", "since", "until"))],
    )
    async def list_destructions(
        request: Request, limit: Limit = 100, cursor: ByTime = "", since: Since = None, until: Since = None
    ) -> Response:
        """What was destroyed, newest first; `Link` has the next page. `since` and `until` are when: at or after the one
        and before the other."""
        query = DestructionQuery(limit=limit, cursor=cursor, since=since, until=until)
        page = await answer("destructions", ports.destructions(query))
        return page_of(request, await views.to_json(Destruction, page.records), page.next)

    return routes
