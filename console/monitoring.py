"""`/api/v1/calls/{call}/monitor`: a shift lead's phone may monitor a talk."""

from typing import Annotated, Any, ClassVar, Final, get_args

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from acd.engine.model.monitor_facts import MonitorMode
from console import answers, views
from console.access import identity_of
from console.parameters import json_only, only
from console.ports import ConsolePorts, MonitorBy
from console.problems import ProblemError
from console.request_bodies import Body
from console.routing import api_router
from console.within import Within

NO_PHONE: Final = (
    "only a person with an extension monitors, by their own phone: cozum users change USER --extension 1004"
)


class MonitorBody(Body):
    """How a talk is monitored."""

    allowed: ClassVar[dict[str, Any]] = {"mode": list(get_args(MonitorMode))}

    mode: MonitorMode = Field(
        description="listen: the lead hears both; whisper: the agent hears the lead too; barge: both hear the lead"
    )


class MonitorRight(views.View):
    """The lead's phone dials the code once, until then, and hears the talk."""

    id: str
    mode: MonitorMode
    phone: str = Field(description="the lead's extension")
    code: str
    until: views.Time


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The route."""
    routes = api_router()

    @routes.post(
        "/calls/{call}/monitor",
        response_model=MonitorRight,
        responses=answers.documented(404, 409) | answers.BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def monitor(request: Request, call: Annotated[str, Path(max_length=128)], body: MonitorBody) -> Response:
        """Let your phone monitor a talk: it dials the code within some seconds. The caller must have heard that talks
        may be monitored; the agent's desk shows it. The audit has the wish, each begin and each end."""
        who = identity_of(request)
        if not who.extension:
            raise ProblemError(409, NO_PHONE, key="monitor", value="no_extension")
        by = MonitorBy(who=who.who, role=who.role, extension=who.extension, mode=body.mode)
        record = await within(timeout_s, "engine", ports.monitor(call, by))
        return Response(views.one(MonitorRight, record), media_type="application/json")

    return routes
