"""The wall: a few files kept in memory, so that a page costs neither disk nor thread."""

import hashlib
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


LOST: Final = "lost.html"


def lost() -> Response:
    """What a person sees where there is no page."""
    body = resources.files("console").joinpath("static", LOST).read_bytes()
    return Response(body, status_code=404, media_type=TYPES["html"])


def routes() -> list[Route]:
    """`/` and `/static/<file>` for each file in `console/static`; nothing else on disk can be reached."""
    found: list[Route] = []
    for file in sorted(resources.files("console").joinpath("static").iterdir(), key=lambda file: file.name):
        suffix = file.name.rpartition(".")[2]
        if suffix in TYPES and file.name != LOST:
            path = "/" if file.name == "index.html" else f"/static/{file.name}"
            found.append(Route(path, _serve(file.read_bytes(), TYPES[suffix]), methods=["GET"]))
    return found


def _serve(body: bytes, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}

    async def endpoint(request: Request) -> Response:
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=media_type)

    return endpoint
