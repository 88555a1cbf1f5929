"""`/api/v1/hand-over-targets` and `/api/v1/calls/{call}/hand-over`: an agent hands a caller over to an outside body or
to a person on duty. A target is named, never a number."""

from typing import Annotated, Any, ClassVar, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from console import answers, views
from console.access import identity_of, note_about
from console.parameters import json_only, only
from console.ports import ConsolePorts, HandOverBy
from console.problems import ProblemError
from console.request_bodies import Body
from console.routing import api_router
from console.within import Within


class HandOverTarget(views.View):
    """Somebody to whom a caller may be handed over now."""

    target: str = Field(description="what names it: the body's id, or the unit's with the person's place on its list")
    kind: Literal["body", "duty"]
    name: dict[str, str] = Field(description="by language")
    phone: str = Field(description="to be read, not to be sent")


class HandOverBody(Body):
    """To whom a caller is handed over."""

    allowed: ClassVar[dict[str, Any]] = {"target": "one that GET /api/v1/hand-over-targets lists"}

    target: Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9_.]+$")]


class HandedOver(views.View):
    """The caller has left the talk, and the target is rung. If it does not answer, the caller is back."""

    id: str
    target: str
    name: dict[str, str]


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()

    @routes.get("/hand-over-targets", response_model=list[HandOverTarget], dependencies=[Depends(only())])
    async def list_targets() -> Response:
        """Outside bodies that take callers, and who is on duty now; nobody if the line has no outgoing trunk."""
        return Response(await views.to_json(HandOverTarget, ports.hand_over_targets()), media_type="application/json")

    @routes.post(
        "/calls/{call}/hand-over",
        response_model=HandedOver,
        responses=answers.documented(404, 409) | answers.BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def hand_over(request: Request, call: Annotated[str, Path(max_length=128)], body: HandOverBody) -> Response:
        """Hand a talking caller over. An agent hands over their own caller only. If the target does not answer in time,
        the caller is back with the agent, or at their place."""
        who = identity_of(request)
        agent = who.extension if who.kind == "session" and who.role == "agent" else None
        if agent == "":
            raise ProblemError(
                409, "only an agent with an extension has a caller", key="hand_over", value="no_extension"
            )
        by = HandOverBy(who=who.who, agent=agent)
        record = await within(timeout_s, "engine", ports.hand_over(call, body.target, by))
        note_about(request, call, target=body.target)
        return Response(views.one(HandedOver, record), media_type="application/json")

    return routes
