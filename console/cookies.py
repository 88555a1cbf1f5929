"""The cookies of a session, and of a browser in which somebody signed in before.

Over TLS their names begin with `__Host-`: a browser then accepts them only from exactly this host, so that no
neighbouring site can replace them."""

from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

SESSION: Final = "cozum-session"
DEVICE: Final = "cozum-device"
OPENID: Final = "cozum-openid"
SECURE: Final = "__Host-"
DEVICE_S: Final = 180 * 86_400


def session_in(request: HTTPConnection) -> str:
    """The content of the session's cookie; empty if there is none."""
    return _read(request, SESSION)


def device_in(request: HTTPConnection) -> str:
    """The content of the browser's own cookie; empty if there is none."""
    return _read(request, DEVICE)


def openid_in(request: HTTPConnection) -> str:
    """The cookie of a sign-in at a provider; empty if there is none."""
    return _read(request, OPENID)


def set_openid(response: Response, flow: str, *, secure: bool, lasts_s: int) -> None:
    """Set the cookie of a sign-in at a provider. It is `Lax`, since the browser comes back from another site."""
    name = (SECURE if secure else "") + OPENID
    response.set_cookie(name, flow, lasts_s, path="/", secure=secure, httponly=True, samesite="lax")


def drop_openid(request: HTTPConnection, response: Response) -> None:
    """Delete the cookie of a sign-in at a provider."""
    for name in (OPENID, SECURE + OPENID):
        if name in request.cookies:
            response.delete_cookie(name, path="/", secure=name.startswith(SECURE), httponly=True, samesite="lax")


def _read(request: HTTPConnection, name: str) -> str:
    secure = request.cookies.get(SECURE + name, "")
    return secure if secure or request.url.scheme == "https" else request.cookies.get(name, "")


def set_cookies(
    request: HTTPConnection, response: Response, *, session: str, device: str, secure: bool | None = None
) -> None:
    """Set both cookies. The browser drops the session's with its window; the server ends the session earlier.

    `secure` says whether the browser's address is https, if that is known for certain."""
    if secure is None:
        # Behind a proxy that ends TLS we get HTTP, but the page knows its own address.
        secure = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
    _set(response, SESSION, session, None, secure=secure)
    _set(response, DEVICE, device, DEVICE_S, secure=secure)


def drop_session(request: HTTPConnection, response: Response) -> None:
    """Delete the session's cookie."""
    for name in (SESSION, SECURE + SESSION):
        if name in request.cookies:
            response.delete_cookie(name, path="/", secure=name.startswith(SECURE), httponly=True, samesite="strict")


def _set(response: Response, name: str, value: str, max_age: int | None, *, secure: bool) -> None:
    response.set_cookie(
        (SECURE if secure else "") + name,
        value,
        max_age=max_age,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
