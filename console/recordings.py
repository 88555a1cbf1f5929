"""`/api/v1/calls/{id}/recording`: plays the recording of a talk, and pauses it while a card's number is said."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from starlette.responses import StreamingResponse

from console import views
from console.access import identity_of
from console.answers import BODY, documented
from console.parameters import json_only, only
from console.ports import ConsolePorts, Sound
from console.problems import ProblemError
from console.request_bodies import PauseBody
from console.routing import api_router

CallName = Annotated[str, Path(max_length=128, pattern=r"^[^\x00]+$")]
MEDIA_TYPE: Final = "audio/wav"
_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


class WaveResponse(StreamingResponse):
    """A sound file."""

    media_type = MEDIA_TYPE


def router(ports: ConsolePorts, within: Any, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()

    @routes.get(
        "/calls/{call}/recording",
        response_class=WaveResponse,
        responses={
            200: {"content": {MEDIA_TYPE: {}}},
            206: {"content": {MEDIA_TYPE: {}}, "description": "The part that `Range` asks for."},
            **documented(404, 409, 416),
        },
        dependencies=[Depends(only())],
    )
    async def play(
        call: CallName,
        asked: Annotated[str | None, Header(alias="range", max_length=100, description="`bytes=0-99`")] = None,
    ) -> Response:
        """The recording of a talk, as a wave file of A-law. Each request for it is in the audit."""
        sound = await within(timeout_s, "recordings", ports.sound(call))
        try:
            return _answer(sound, asked)
        except BaseException:
            sound.close()
            raise

    @routes.post(
        "/calls/{call}/recording",
        response_model=views.CallRecording,
        responses=documented(404, 409) | BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def pause(request: Request, call: CallName, body: PauseBody) -> Response:
        """Pause the recording of the talk, since a card's number is said, or let it go on. Answers once Asterisk
        records silence, or what is said again. An agent does it in a talk of their own. The pause ends with the agent's
        part of the talk."""
        who = identity_of(request)
        own = who.extension if who.role == "agent" else None
        record = await within(timeout_s, "engine", ports.pause_recording(call, body.paused, own))
        return Response(views.one(views.CallRecording, record), media_type="application/json")

    return routes


def _answer(sound: Sound, asked: str | None) -> Response:
    start, stop = _part(asked, sound.size)
    headers = {"accept-ranges": "bytes", "content-length": str(stop - start)}
    if asked is not None:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{sound.size}"
    return WaveResponse(_pieces(sound, start, stop), 200 if asked is None else 206, headers)


def _part(asked: str | None, size: int) -> tuple[int, int]:
    """From which byte to before which. Raises `ProblemError` for a part that is not there."""
    if asked is None:
        return 0, size
    found = _RANGE.fullmatch(asked.strip())
    first, last = found.groups() if found is not None else ("", "")
    start = int(first) if first else max(0, size - int(last or 0))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= stop:
        raise ProblemError(
            416,
            f"Range: {asked!r:.60} is no part of {size} bytes",
            key="range",
            value=asked,
            allowed="bytes=FIRST-LAST, bytes=FIRST- or bytes=-COUNT",
            headers={"content-range": f"bytes */{size}"},
        )
    return start, stop


def _pieces(sound: Sound, start: int, stop: int) -> Iterator[bytes]:
    try:
        yield from sound.read(start, stop)
    finally:
        sound.close()
