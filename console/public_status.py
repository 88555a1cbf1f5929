"""`POST /durum/request`: what a citizen reads of their request on the public page. It needs no account.

A citizen gives the request's number and the last four digits of the telephone it was made with, or its code. Wrong
tries are few: by address, so that nobody tries many requests; by request and address, so that nobody tries one for
long; and by request, so that many addresses do not try one together. A /48 of IPv6, which anybody can have, has 65,536
addresses (a /64 each), so it has tries of its own besides: to have the tries at one request forgotten it would have to
use up those of 100,000 others, for which it needs 93 days.

Four digits are 10,000. An address has 5 tries at a number and then 48 a day: it needs 104 days for half of them. All
addresses together have 40 and then 192 a day: 26 days for half of them, and a chance of 2.3 % on the first day. A
request is over by then, and what is read of it names nobody.

An attacker who locks a citizen out of their number needs 8 addresses at once to use up the 40, and 4 that go on (each
has 48 of the 192 a day); five wrong tries of one stranger take nothing from the citizen, who has their own. The code
of a request is not limited by its number."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import Response

from acd.lib.networks import client_of as one_client
from acd.lib.networks import site_of
from console import views
from console.answers import documented
from console.middleware import client_of, too_many
from console.parameters import json_only
from console.ports import ConsolePorts, Unavailable
from console.problems import ProblemError
from console.rates import Rate, Rates
from console.request_ports import Record
from console.within import Within
from tickets.states import Outcome, TicketState

PATH: Final = "/durum/request"
BY_ADDRESS: Final = Rate(burst=20, per_s=1 / 30)
"""Wrong tries of an address: behind one may be a whole neighbourhood."""
BY_SITE: Final = Rate(burst=400, per_s=1 / 2)
"""Wrong tries of a /48 of IPv6: it may be a mobile network's."""
BY_REQUEST_AND_ADDRESS: Final = Rate(burst=5, per_s=1 / 1800)
"""Wrong tries of an address at one number."""
BY_REQUEST: Final = Rate(burst=40, per_s=1 / 450)
"""Wrong tries at one number, whoever makes them."""
REMEMBERED: Final = 100_000
"""Requests, and pairs of a request and an address, whose tries are remembered."""
UNKNOWN: Final = "there is no request with this number and these digits, or with this code"

LONGEST: Final = 40
FOUR_DIGITS: Final = r"^[0-9]{4}$"
_TYPED: Final = {"type": "string", "minLength": 1, "maxLength": LONGEST}
_DIGITS: Final = {"type": "string", "pattern": FOUR_DIGITS, "description": "the last four of the telephone"}

Typed = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class PublicWish(BaseModel):
    """Which request: its number with the last four digits of the telephone, or its code."""

    model_config = ConfigDict(extra="forbid", strict=True)

    number: Typed | None = None
    digits: Annotated[str, Field(pattern=FOUR_DIGITS)] | None = None
    code: Typed | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "PublicWish":
        by_number = self.number is not None and self.digits is not None
        if by_number == (self.code is not None) or (self.code is not None and (self.number or self.digits)):
            raise ValueError("either number and digits (four) or code is needed")
        return self


def _one_of_both() -> dict[str, Any]:
    """The schema of a wish: its two ways, which no schema of one model can tell apart."""

    def way(*names: str) -> dict[str, Any]:
        properties = {name: _TYPED if name != "digits" else _DIGITS for name in names}
        return {"type": "object", "properties": properties, "required": [*names], "additionalProperties": False}

    return {"oneOf": [way("number", "digits"), way("code")]}


class BothNames(views.View):
    """A name in both languages."""

    tr: str
    en: str


class PublicRequest(views.View):
    """A request as its citizen may read it. It says nothing of a person."""

    number: str
    state: TicketState
    topic: BothNames | None = None
    opened_at: views.Time
    updated_at: views.Time
    due_at: views.Time | None = None
    outcome: Outcome | None = None
    outcome_at: views.Time | None = None
    words: str = ""
    responsible: BothNames | None = None
    reach: BothNames | None = None


class PublicStatusPage:
    """The route, and how often somebody has been wrong."""

    def __init__(
        self, ports: ConsolePorts, within: Within, timeout_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ports = ports
        self._within = within
        self._timeout_s = timeout_s
        self._addresses = Rates(BY_ADDRESS, clock)
        self._sites = Rates(BY_SITE, clock)
        self._pairs = Rates(BY_REQUEST_AND_ADDRESS, clock, kept=REMEMBERED)
        self._requests = Rates(BY_REQUEST, clock, kept=REMEMBERED)

    def router(self) -> APIRouter:
        """The route, without any right: whoever asks proves by what they send that it is theirs."""
        routes = APIRouter()
        wish = {"required": True, "content": {"application/json": {"schema": _one_of_both()}}}
        routes.add_api_route(
            PATH,
            self.read_own_request,
            methods=["POST"],
            response_model=PublicRequest,
            responses=documented(404, 413, 415, 422, 429, 503),
            openapi_extra={"requestBody": wish},
        )
        return routes

    async def read_own_request(self, request: Request) -> Response:
        """Read a request as its citizen: by its number and the last four digits of the telephone it was made with, or
        by its code. Needs no token; wrong tries are few (429)."""
        await json_only(request)
        wish = _wish(await request.body())
        address = client_of(request.scope)
        subject = "".join(letter for letter in wish.number or "" if letter in "0123456789")
        limits = [(self._addresses, address)]
        if site := site_of(address):
            limits.append((self._sites, site))
        if subject:
            limits += [(self._pairs, f"{subject} {one_client(address)}"), (self._requests, subject)]
        if wait_s := _take(limits):
            self._ports.count_refused("status_guesses")
            number = self._ports.public_number
            return too_many(wait_s, f"too many wrong numbers or codes; the line tells you too: {number}")
        try:
            found = await self._within(self._timeout_s, "tickets", self._look(wish))
        except Unavailable:  # nobody has learnt anything: it was no wrong try
            _give_back(limits)
            raise
        if found is None:
            raise ProblemError(404, UNKNOWN)
        _give_back(limits)
        return Response(views.one(PublicRequest, found), media_type="application/json")

    def _look(self, wish: PublicWish) -> Awaitable[Record | None]:
        if wish.code is not None:
            return self._ports.requests.public_by_code(wish.code)
        return self._ports.requests.public_by_number(wish.number or "", wish.digits or "")


def _take(limits: Sequence[tuple[Rates, str]]) -> float:
    """Count a try everywhere, before it is known to be wrong: of many at once none slips through. One that may not be
    made is counted nowhere. Returns the seconds to wait, 0 if it may be made."""
    for place, (rates, key) in enumerate(limits):
        if wait_s := rates.take(key):
            _give_back(limits[:place])
            return wait_s
    return 0.0


def _give_back(limits: Sequence[tuple[Rates, str]]) -> None:
    for rates, key in limits:
        rates.give_back(key)


def _wish(body: bytes) -> PublicWish:
    try:
        return PublicWish.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else "body"
        allowed = "number and digits (the last four of the telephone), or code"
        raise ProblemError(422, f"{key}: {first['msg'][:100]}", key=key, allowed=allowed) from None
