"""`/api/v1/calls/{call}/consultant`: whom an agent asks at another service before they hand the caller over."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from console import answers, views
from console.parameters import only
from console.ports import ConsolePorts
from console.routing import api_router
from console.within import Within


class Consultant(views.View):
    """An agent who is ready now and takes the service's callers."""

    extension: str
    name: str


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The route."""
    routes = api_router()

    @routes.get(
        "/calls/{call}/consultant",
        response_model=Consultant,
        responses=answers.documented(404, 409),
        dependencies=[Depends(only("service", "without"))],
    )
    async def get_consultant(
        call: Annotated[str, Path(max_length=128)],
        service: Annotated[str, Query(pattern=r"^[a-z0-9_]{1,64}$")],
        without: Annotated[str, Query(max_length=1000, description="extensions, with commas between them")] = "",
    ) -> Response:
        """The agent whom the agent of this call asks about it at a service: ready, able to take the service, and not
        one of `without`, who were asked already. Nobody is reserved: dial them at once, with the service's
        `transfer_to` in a header `X-Service`, which gives the service the caller who is handed over. Who was named to
        another agent a moment ago comes last. 409: nobody is ready."""
        record = await within(timeout_s, "engine", ports.consultant(call, service, without.split(",")))
        return Response(views.one(Consultant, record), media_type="application/json")

    return routes
