"""`/api/v1/outbreaks`: more callers about one topic in one mahalle than is usual at that hour."""

from typing import Any, ClassVar

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from console import answers, views
from console.access import identity_of
from console.parameters import json_only, only
from console.ports import ConsolePorts
from console.request_bodies import Body, Id
from console.routing import api_router
from console.within import Within


class OutbreakWish(Body):
    """An outbreak that is accepted."""

    allowed: ClassVar[dict[str, Any]] = {"topic": "a topic's id", "district": "a mahalle's id"}

    topic: Id
    district: Id


class Outbreak(views.View):
    """A proposal, or an open request that stands for an outbreak (`parent` is its number)."""

    topic: str
    topic_name: dict[str, str] = Field(description="by language")
    district: str
    district_name: str
    since: views.Time = Field(description="from when calls were counted, or when the parent was opened")
    tickets: int = Field(description="requests of these callers; of a parent: those that hang on it")
    loose: int = Field(0, description="of a parent: newer requests that could hang on it and do not")
    callers: int | None = Field(None, description="people who called in this time; null for a parent")
    expected: float | None = Field(None, description="the mean of the same hours in past weeks")
    p: float | None = Field(None, description="the probability of so many by chance")
    why: dict[str, str] | None = Field(None, description="the figures in words, by language")
    message: dict[str, str] | None = Field(description="a surge message, filled in, by language")
    parent: str | None = None


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()

    @routes.get("/outbreaks", response_model=list[Outbreak], dependencies=[Depends(only())])
    async def list_outbreaks() -> Response:
        """What is proposed, the least likely to be chance first; then the open parents."""
        found = await within(timeout_s, "tickets", ports.outbreaks.list())
        return Response(await views.to_json(Outbreak, found), media_type="application/json")

    @routes.post(
        "/outbreaks",
        response_model=Outbreak,
        responses=answers.BODY | answers.documented(409),
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def accept_outbreak(request: Request, wish: OutbreakWish) -> Response:
        """Open one request for all of them, and join theirs to it. A parent that is open already takes those that came
        since. The surge message is set apart, by `PUT /surge` with the parent's number."""
        actor = identity_of(request).actor
        record = await within(timeout_s, "tickets", ports.outbreaks.accept(wish.topic, wish.district, actor))
        return Response(views.one(Outbreak, record), media_type="application/json")

    return routes
