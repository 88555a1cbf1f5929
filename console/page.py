"""The web desk's pages and their assets, as `make web` builds them into `console/static`.

All files are read once and kept in memory. So a page needs neither disk nor thread, and no other file can be reached.
Each page has a nonce of its own, which marks its scripts as ours.
"""

import gzip
import hashlib
import html
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agents.people import Role
from console.roles import DESK, EVERYBODY

TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
    "mp3": "audio/mpeg",
}
COMPRESSED: Final = frozenset({"css", "js", "svg"})
NONCE: Final = b"__CSP_NONCE__"
"""The placeholder of the nonce in a built page (`html.cspNonce` in vite.config.ts)."""
ZONE: Final = b"__ZONE__"
"""The placeholder of the town's time zone, in which a page tells times, whatever the browser's own."""
LINE: Final = b"__LINE__"
"""The placeholder of the number that citizens dial, on the pages that are theirs."""
PAGES: Final = {
    "/": "sign-in",
    "/desk": "desk",
    "/lead": "lead",
    "/articles": "articles",
    "/unit": "unit",
    "/inbox": "inbox",
    "/report": "report",
    "/admin": "admin",
    "/wall": "wall",
    "/phone": "phone",
    "/durum": "status",
}
"""Each path and its page. Other pages are not served here: `lost` is the answer to a path that is none of these."""
OF_ROLES: Final[dict[str, frozenset[Role]]] = {
    "/desk": frozenset({"agent", "admin"}),
    "/lead": frozenset({"lead", "admin"}),
    "/articles": frozenset({"lead", "admin"}),
    "/unit": frozenset({"unit", "admin"}),
    "/inbox": frozenset({"inbox", "lead", "admin"}),
    "/report": frozenset({"analyst", "inbox", "lead", "admin"}),
    "/admin": frozenset({"admin"}),
    "/wall": DESK,
    "/phone": EVERYBODY,
}
"""The roles that are led to each page after signing in; the API decides what a page shows."""
WITH_MICROPHONE: Final = frozenset({"/desk", "/phone", "/admin"})
WORKERS: Final = {"/unit": "/unit-worker.js"}
"""The pages that open without a network, and the path of the service worker by which each does. It stands beside its
page: so the browser lets it have that page, and it asks for no more."""
WORKERS_POLICY: Final = (
    "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""What a service worker may do: ask us, and load no script."""
ONCE_AND_FOR_ALL: Final = "public, max-age=31536000, immutable"
"""An asset's name contains a hash of its content."""

NOT_BUILT: Final = b"""<!doctype html>
<html lang="en">
<title>Not built</title>
<h1>The web desk is not built</h1>
<p>Run <code>make web</code> in the project's folder, then start again. The API and the telephone line serve without it.
</html>
"""


def content_security_policy(nonce: str, *, worker: bool = False) -> str:
    """What a page may do: run our scripts and talk to us. Nothing inline or from elsewhere; no text becomes markup.
    `worker`: it has a service worker, whose address its own trusted type gives to the browser."""
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types svelte-trusted-html"
    )
    return f"{policy} cozum-worker; worker-src 'self'" if worker else policy


def permissions_policy(*, microphone: bool) -> str:
    """The devices a page may ask the browser for."""
    return f"camera=(), geolocation=(), microphone={'(self)' if microphone else '()'}"


def built() -> Traversable:
    """Where the built files are."""
    return resources.files("console").joinpath("static")


def pages_of(role: Role, *, demo: bool, extension: bool = False) -> list[str]:
    """The pages to which a role is led; the demo's telephone only in the demo, the agent's desk only with an extension.
    A lead who has one has a telephone there, by which they monitor talks."""
    missing = {path for path, is_so in (("/phone", demo), ("/desk", extension)) if not is_so}
    found = [path for path, roles in OF_ROLES.items() if role in roles and path not in missing]
    return [*found, "/desk"] if role == "lead" and extension else found


def lost() -> Response:
    """The page for an unknown path."""
    return _page_response(_read("lost"), 404)


def routes(*, zone: str = "UTC", number: str = "", without: frozenset[str] = frozenset()) -> list[Route]:
    """The pages, except the paths in `without`, their workers, and `/assets/<file>` for each file that was built. The
    pages tell times in `zone`, a name of the IANA database; those of citizens have them call `number`."""
    said = {ZONE: html.escape(zone).encode(), LINE: html.escape(number).encode()}
    found = [
        Route(path, _page(path, name, said), methods=["GET"]) for path, name in PAGES.items() if path not in without
    ]
    folder = built().joinpath("assets")
    files = sorted(folder.iterdir(), key=lambda file: file.name) if folder.is_dir() else []
    for file in files:
        suffix = file.name.rpartition(".")[2]
        if suffix in TYPES:
            found.append(Route(f"/assets/{file.name}", _asset(file.read_bytes(), suffix), methods=["GET"]))
    for page, path in WORKERS.items():
        script = built().joinpath(path.removeprefix("/"))
        if page not in without and script.is_file():
            found.append(Route(path, _worker(script.read_bytes()), methods=["GET"]))
    return found


def _read(name: str) -> bytes | None:
    file = built().joinpath(f"{name}.html")
    return file.read_bytes() if file.is_file() else None


def _page(path: str, name: str, said: Mapping[bytes, bytes]) -> Callable[[Request], Awaitable[Response]]:
    body = _read(name)
    if body is not None:
        for placeholder, value in said.items():
            body = body.replace(placeholder, value)
    microphone, worker = path in WITH_MICROPHONE, path in WORKERS

    async def endpoint(_: Request) -> Response:
        return _page_response(body, 200, microphone=microphone, worker=worker)

    return endpoint


def _page_response(body: bytes | None, status: int, *, microphone: bool = False, worker: bool = False) -> Response:
    if body is None:
        return Response(NOT_BUILT, status_code=503, media_type=TYPES["html"])
    nonce = secrets.token_urlsafe(16)
    headers = {
        "content-security-policy": content_security_policy(nonce, worker=worker),
        "permissions-policy": permissions_policy(microphone=microphone),
    }
    return Response(body.replace(NONCE, nonce.encode()), status, headers, TYPES["html"])


def _worker(body: bytes) -> Callable[[Request], Awaitable[Response]]:
    """Asked for at each visit of its page: what it says decides which release is kept, so no cache answers for us."""
    headers = {"content-security-policy": WORKERS_POLICY, "cache-control": "no-cache"}

    async def endpoint(_: Request) -> Response:
        return Response(body, headers=headers, media_type=TYPES["js"])

    return endpoint


def _asset(body: bytes, suffix: str) -> Callable[[Request], Awaitable[Response]]:
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"etag": tag, "cache-control": ONCE_AND_FOR_ALL, "vary": "accept-encoding"}
    packed = _packed(body) if suffix in COMPRESSED else b""

    async def endpoint(request: Request) -> Response:
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if packed and _accepts_gzip(request.headers):
            return Response(packed, headers={**headers, "content-encoding": "gzip"}, media_type=TYPES[suffix])
        return Response(body, headers=headers, media_type=TYPES[suffix])

    return endpoint


@cache
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


def _accepts_gzip(headers: Mapping[str, str]) -> bool:
    for offer in headers.get("accept-encoding", "").split(","):
        name, _, quality = offer.partition(";")
        if name.strip().lower() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
