"""`/api/v1/session/openid`: sign in by the institution's own accounts.

A browser is led to the provider and comes back. Where it ends is always our first page; nothing that a link could say
changes that. A sign-in that came to nothing is told there, by a word in the address."""

import time
from typing import Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from console import views
from console.answers import Described, documented
from console.cookies import drop_openid, openid_in, session_in, set_cookies, set_openid
from console.middleware import client_of, too_many
from console.openid_ports import Cancelled, NotBegunHere, NotLetIn, OpenId, ProviderAway, ProviderRefused, Returned
from console.parameters import only
from console.people_ports import SignedIn
from console.ports import ConsolePorts, Unavailable
from console.problems import ProblemError
from console.rates import WRONG_TOKENS, Rates
from console.routing import PREFIX, api_router
from console.within import Within

PATH: Final = "/session/openid"
LASTS_S: Final = 600
FINISH_S: Final = 15.0
"""Seconds for all that is asked of the provider once somebody comes back."""

Outcome = Literal["in", "away", "refused", "not_let_in", "cancelled", "again", "ours"]
"""What a sign-in has come to, as the first page is told."""

_REASONS: Final[dict[type[Exception], Outcome]] = {
    ProviderAway: "away",
    ProviderRefused: "refused",
    NotLetIn: "not_let_in",
    Cancelled: "cancelled",
    NotBegunHere: "again",
    Unavailable: "ours",
}
_FAULTS: Final = tuple(_REASONS)
_LED: Final[Described] = {303: {"description": "The browser is led on.", "content": {}}}


class OpenIdWay(views.View):
    """Whether people can sign in by a provider."""

    begin: str | None = Field(None, description="the address that begins it; null: there is no provider")


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes. They are for whoever is not signed in."""
    routes = api_router()
    unproven = Rates(WRONG_TOKENS, time.monotonic)

    @routes.get(PATH, response_model=OpenIdWay, dependencies=[Depends(only())])
    async def get_openid() -> Response:
        """Whether people can sign in by their institution's accounts."""
        begin = None if ports.openid is None else f"{ports.openid.desk_url}{PREFIX}{PATH}/begin"
        return Response(views.one(OpenIdWay, {"begin": begin}), media_type="application/json")

    @routes.get(f"{PATH}/begin", status_code=303, responses={**_LED, **documented(404)}, dependencies=[Depends(only())])
    async def begin_openid(request: Request) -> Response:
        """Lead a browser to the provider."""
        openid = _provider(ports)
        try:
            begun = await within(2 * timeout_s, "openid", openid.begin(session_in(request)))
        except _FAULTS as error:
            return _told(_reason(error))
        response = _led(begun.url)
        set_openid(response, begun.flow, secure=_is_secure(openid), lasts_s=LASTS_S)
        return response

    @routes.get(f"{PATH}/return", status_code=303, responses={**_LED, **documented(404)})
    async def return_from_openid(
        request: Request, state: str = "", code: str = "", error: str = "", iss: str = ""
    ) -> Response:
        """Where the provider sends a browser back to: begins a session, whose cookie the answer sets. Parameters that
        we do not know are the provider's own; the limit of a request's head bounds all of them."""
        openid = _provider(ports)
        client = client_of(request.scope)
        if wait_s := unproven.take(client):
            ports.count_refused("openid_refused")
            return too_many(wait_s, "too many sign-ins from this address came to nothing")
        returned = Returned(flow=openid_in(request), state=state, code=code, error=error, issuer=iss)
        try:
            signed = await within(FINISH_S, "openid", openid.finish(returned))
        except _FAULTS as fault:
            response = _told(_reason(fault))
        else:
            unproven.give_back(client)
            response = _told("in")
            _begin_session(request, response, signed, openid)
        drop_openid(request, response)
        return response

    return routes


def _provider(ports: ConsolePorts) -> OpenId:
    if ports.openid is None:
        raise ProblemError(404, "there is no OpenID Connect provider here: the setting openid_issuer names one")
    return ports.openid


def _begin_session(request: Request, response: Response, signed: SignedIn, openid: OpenId) -> None:
    set_cookies(request, response, session=signed.token, device=signed.device, secure=_is_secure(openid))


def _is_secure(openid: OpenId) -> bool:
    return openid.desk_url.startswith("https://")


def _reason(error: Exception) -> Outcome:
    return next(reason for kind, reason in _REASONS.items() if isinstance(error, kind))


def _told(outcome: Outcome) -> Response:
    return _led(f"/?openid={outcome}")


def _led(where: str) -> Response:
    return Response(status_code=303, headers={"location": where})
