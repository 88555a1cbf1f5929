"""`/api/v1/agents/{extension}/services`: what an agent takes in this shift."""

from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field

from console import answers, views
from console.parameters import json_only, only
from console.ports import ConsolePorts, Refused, UnknownAgent
from console.problems import ProblemError
from console.request_bodies import Body, Id
from console.routing import api_router
from console.within import Within

PATH = "/agents/{extension}/services"
Extension = Annotated[str, Path(max_length=32)]


class ServicesWish(Body):
    """The services that an agent takes from now."""

    allowed: ClassVar[dict[str, Any]] = {"services": "a list of services, one at least"}

    services: list[Id] = Field(min_length=1, max_length=100)


class AgentServices(views.View):
    """The services that an agent takes now."""

    extension: str
    services: list[str]
    known: list[str] = Field(description="all services there are")
    for_shift: bool = Field(default=False, description="a shift lead gave the agent these until they sign out")


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()

    def unknown(extension: str) -> ProblemError:
        known = [str(agent["extension"]) for agent in ports.live.agents()]
        return ProblemError(404, f"there is no agent {extension!r}", key="extension", value=extension, allowed=known)

    @routes.get(PATH, response_model=AgentServices, responses=answers.documented(404), dependencies=[Depends(only())])
    async def get_agent_services(extension: Extension) -> Response:
        """The services that an agent takes now."""
        try:
            return _json(
                views.one(AgentServices, await within(timeout_s, "engine", ports.get_agent_services(extension)))
            )
        except UnknownAgent:
            raise unknown(extension) from None

    @routes.put(
        PATH,
        response_model=AgentServices,
        responses=answers.BODY | answers.documented(404, 409),
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def set_agent_services(extension: Extension, wish: ServicesWish) -> Response:
        """Have an agent take these services until they sign out, also over a reload or a start of the line. The
        agents' file stays as it is. Levels of skill stay for services that stay."""
        try:
            record = await within(timeout_s, "engine", ports.set_agent_services(extension, wish.services))
        except UnknownAgent:
            raise unknown(extension) from None
        except Refused as error:
            raise ProblemError(409, str(error), key=error.key, value=error.value, allowed=error.allowed) from None
        return _json(views.one(AgentServices, record))

    return routes


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
