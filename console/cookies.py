"""The cookies of a session, and of a browser in which somebody signed in before.

Over TLS their names begin with `__Host-`: a browser then accepts them only from exactly this host, so that no
neighbouring site can replace them."""

from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

SESSION: Final = "cozum-session"
DEVICE: Final = "cozum-device"
SECURE: Final = "__Host-"
DEVICE_S: Final = 180 * 86_400


def session_in(request: HTTPConnection) -> str:
    """The content of the session's cookie; empty if there is none."""
    return _read(request, SESSION)


def device_in(request: HTTPConnection) -> str:
    """The content of the browser's own cookie; empty if there is none."""
    return _read(request, DEVICE)


def _read(request: HTTPConnection, name: str) -> str:
    secure = request.cookies.get(SECURE + name, "")
    return secure if secure or request.url.scheme == "https" else request.cookies.get(name, "")


def set_cookies(request: HTTPConnection, response: Response, *, session: str, device: str) -> None:
    """Set both cookies. The browser drops the session's with its window; the server ends the session earlier."""
    _set(request, response, SESSION, session, None)
    _set(request, response, DEVICE, device, DEVICE_S)


def drop_session(request: HTTPConnection, response: Response) -> None:
    """Delete the session's cookie."""
    for name in (SESSION, SECURE + SESSION):
        if name in request.cookies:
            response.delete_cookie(name, path="/", secure=name.startswith(SECURE), httponly=True, samesite="strict")


def _set(request: HTTPConnection, response: Response, name: str, value: str, max_age: int | None) -> None:
    # Behind a proxy that ends TLS we get HTTP, but the page knows its own address.
    secure = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
    response.set_cookie(
        (SECURE if secure else "") + name,
        value,
        max_age=max_age,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
