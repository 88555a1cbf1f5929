"""`/api/v1/flow` and `/api/v1/prompts`: what callers hear, and recordings in place of what the machine speaks."""

from typing import Annotated, Any, ClassVar, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from console import answers, views
from console.access import note_about
from console.admin_ports import Record, UnknownItem
from console.answers import documented
from console.config import ETAG, IfMatch, Reload, answered, author_in
from console.parameters import json_only, only
from console.ports import ConsolePorts
from console.problems import ProblemError
from console.request_bodies import Body
from console.routing import api_router
from console.within import Within

SLOW_S = 20.0
"""Seconds for the list of prompts, whose recordings are measured."""
CHANGE_S = 40.0
"""Seconds for a recording: it is made ready, and the line reads its files anew."""
WAV = ("audio/wav", "audio/x-wav", "audio/wave")
_SOUND: dict[str, Any] = {"content": {"audio/wav": {}}}
_RECORDING: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}}
}
Language = Literal["tr", "en"]
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

    language: Language
    text: str
    seconds: float | None = None
    etag: str = Field("", description="of the audio; a change of it needs it as If-Match")
    recorded: bool = Field(False, description="somebody has recorded it")
    text_changed: bool = Field(False, description="the recording is of another text than is written now")


class PromptLine(views.View):
    """A prompt."""

    name: str
    spoken: list[SpokenPrompt]


class KeptRecording(views.View):
    """A recording that callers hear from now."""

    version: int
    seconds: float
    longer_s: float | None = Field(
        None, description="by so much longer than the spoken prompt, which every caller waits"
    )
    reload: Reload


class PromptVersion(views.View):
    """A version of a prompt's audio."""

    number: int
    at: views.Time
    who: str = Field(description="empty: it was found there, spoken by the machine or put there by hand")
    seconds: float
    holds: bool = Field(description="callers hear this one")


class VersionBody(Body):
    """Which version callers shall hear."""

    allowed: ClassVar[dict[str, Any]] = {"version": "a number from 1"}

    version: int = Field(ge=1, le=10_000_000)


async def wav_only(request: Request) -> None:
    """A dependency that refuses a body which does not say that it is a WAV."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in WAV:
        detail = "the body must be a recording: send 'Content-Type: audio/wav'"
        raise ProblemError(415, detail, key="content-type", value=kind, allowed=list(WAV))


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
        responses={200: _SOUND, **documented(404)},
        dependencies=[Depends(only())],
    )
    async def get_prompt(language: Language, prompt: Prompt) -> Response:
        """The recording of a prompt."""
        try:
            sound = await within(timeout_s, "files", heard.sound(language, prompt))
        except UnknownItem as error:
            raise ProblemError(404, str(error), key=error.key, value=error.value) from None
        return Response(sound, media_type="audio/wav")

    _recordings(routes, ports, within)
    _versions(routes, ports, within, timeout_s)
    return routes


def _recordings(routes: APIRouter, ports: ConsolePorts, within: Within) -> None:
    recordings = ports.prompt_recordings

    @routes.post(
        "/prompts/{language}/{prompt}/check",
        response_class=Response,
        responses={200: _SOUND, **documented(404, 409), **answers.BODY},
        openapi_extra=_RECORDING,
        dependencies=[Depends(only()), Depends(wav_only)],
    )
    async def check_recording(request: Request, language: Language, prompt: Prompt) -> Response:
        """A recording as callers would hear it: trimmed, at the level of the other prompts, 8 kHz. Nothing is kept.
        One that is silent, distorted or too long is refused (422), with what was measured and what is allowed."""
        asked = recordings.check(language, prompt, await request.body())
        sound = await answered(within(CHANGE_S, "recording", asked))
        note_about(request, f"{language}/{prompt}")
        return Response(sound, media_type="audio/wav")

    @routes.put(
        "/prompts/{language}/{prompt}",
        response_model=KeptRecording,
        responses={200: {"headers": ETAG}, **documented(404, 409, 412, 428), **answers.BODY},
        openapi_extra=_RECORDING,
        dependencies=[Depends(only()), Depends(wav_only)],
    )
    async def record_prompt(request: Request, language: Language, prompt: Prompt, if_match: IfMatch = None) -> Response:
        """Put a recording in place of a prompt, checked and levelled as by `check`. What was there is kept as a
        version. The next caller hears the new one."""
        author = author_in(request, "", if_match)
        asked = recordings.keep(language, prompt, await request.body(), author)
        return _kept(request, language, prompt, await answered(within(CHANGE_S, "recording", asked)))


def _versions(routes: APIRouter, ports: ConsolePorts, within: Within, timeout_s: float) -> None:
    recordings = ports.prompt_recordings

    @routes.get(
        "/prompts/{language}/{prompt}/versions",
        response_model=list[PromptVersion],
        responses=documented(404, 409),
        dependencies=[Depends(only())],
    )
    async def list_prompt_versions(language: Language, prompt: Prompt) -> Response:
        """The kept versions of a prompt's audio, newest first."""
        found = await answered(within(timeout_s, "recording", recordings.versions(language, prompt)))
        return Response(await views.to_json(PromptVersion, found), media_type="application/json")

    @routes.get(
        "/prompts/{language}/{prompt}/versions/{number}",
        response_class=Response,
        responses={200: _SOUND, **documented(404, 409)},
        dependencies=[Depends(only())],
    )
    async def get_prompt_version(
        language: Language, prompt: Prompt, number: Annotated[int, Path(ge=1, le=10_000_000)]
    ) -> Response:
        """The audio of a version."""
        sound = await answered(within(timeout_s, "recording", recordings.version(language, prompt, number)))
        return Response(sound, media_type="audio/wav")

    @routes.post(
        "/prompts/{language}/{prompt}/version",
        response_model=KeptRecording,
        responses={200: {"headers": ETAG}, **documented(404, 409, 412, 428), **answers.BODY},
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def put_prompt_back(
        request: Request, language: Language, prompt: Prompt, body: VersionBody, if_match: IfMatch = None
    ) -> Response:
        """Make an earlier version the one that callers hear."""
        asked = recordings.go_back(language, prompt, body.version, author_in(request, "", if_match))
        return _kept(request, language, prompt, await answered(within(CHANGE_S, "recording", asked)))


def _kept(request: Request, language: str, prompt: str, record: Record) -> Response:
    note_about(request, f"{language}/{prompt}", version=record["version"])
    body = views.one(KeptRecording, record)
    return Response(body, media_type="application/json", headers={"etag": f'"{record["etag"]}"'})
