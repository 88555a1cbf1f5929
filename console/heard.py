"""`/api/v1/flow` and `/api/v1/prompts`: what callers hear."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Response

from console import views
from console.admin_ports import UnknownItem
from console.answers import documented
from console.parameters import only
from console.ports import ConsolePorts
from console.problems import ProblemError
from console.routing import api_router
from console.within import Within

SLOW_S = 20.0
"""Seconds for the list of prompts, whose recordings are measured."""
Prompt = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class FlowBox(views.View):
    """A step of the flow, with its place in the picture: column and row from 0."""

    step: str
    kind: Literal["play", "menu", "ask", "lookup", "language", "choose", "finish"]
    column: int
    row: int
    service: str = ""
    says: dict[str, str]


class FlowArrow(views.View):
    """A way between steps: `key` is a telephone's key, `silence`, `wrong`, `not_found`, `otherwise`, `=` and the state
    that was found, or empty."""

    begin: str
    end: str
    key: str


class FlowPicture(views.View):
    """The flow as a picture."""

    name: str
    boxes: list[FlowBox]
    arrows: list[FlowArrow]


class SpokenPrompt(views.View):
    """A prompt in one language."""

    language: Literal["tr", "en"]
    text: str
    seconds: float | None = None


class PromptLine(views.View):
    """A prompt."""

    name: str
    spoken: list[SpokenPrompt]


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()
    heard = ports.heard

    @routes.get("/flow", response_model=FlowPicture, dependencies=[Depends(only())])
    async def get_flow() -> Response:
        """What callers hear and where each key leads."""
        record = await within(timeout_s, "files", heard.flow())
        return Response(views.one(FlowPicture, record), media_type="application/json")

    @routes.get("/prompts", response_model=list[PromptLine], dependencies=[Depends(only())])
    async def list_prompts() -> Response:
        """All prompts with their texts and lengths."""
        found = await within(SLOW_S, "files", heard.prompts())
        return Response(await views.to_json(PromptLine, found), media_type="application/json")

    @routes.get(
        "/prompts/{language}/{prompt}",
        response_class=Response,
        responses={200: {"content": {"audio/wav": {}}}, **documented(404)},
        dependencies=[Depends(only())],
    )
    async def get_prompt(language: Literal["tr", "en"], prompt: Prompt) -> Response:
        """The recording of a prompt."""
        try:
            sound = await within(timeout_s, "files", heard.sound(language, prompt))
        except UnknownItem as error:
            raise ProblemError(404, str(error), key=error.key, value=error.value) from None
        return Response(sound, media_type="audio/wav")

    return routes
