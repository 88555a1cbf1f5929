"""Callers' numbers: masked for people and programs, and whole for one who asks for it, once the audit says so."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from console import views
from console.access import identity_of
from console.answers import documented
from console.parameters import only
from console.people_ports import Identity
from console.ports import ConsolePorts, Record
from console.problems import ProblemError
from console.within import Within
from tickets.privacy.masking import MASK, SIGHT, mask_number


class Caller(views.View):
    """The number of a caller."""

    caller: str


def shown(records: Sequence[Record], who: Identity) -> Sequence[Record]:
    """Calls as somebody sees them."""
    if who.sees_numbers:
        return records
    return [{**record, "caller": _masked(record.get("caller"), who)} for record in records]


def _masked(caller: Any, who: Identity) -> str:
    number = str(caller or "")
    if SIGHT[who.role][0] == "hidden":
        return MASK if number else ""
    return mask_number(number)


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get(
        "/calls/{call}/caller", response_model=Caller, responses=documented(404), dependencies=[Depends(only())]
    )
    async def unmask(request: Request, call: Annotated[str, Path(max_length=128)]) -> Response:
        """The whole number of a call. The audit has who asked for it before it is shown."""
        record = await within(timeout_s, "calls", ports.get_call(call))
        if record is None:
            raise ProblemError(404, f"there is no call {call!r}", key="call", value=call)
        who = identity_of(request)
        if who.kind != "machine":
            await within(timeout_s, "audit", ports.people.record(who, "unmasked", call))
        return Response(views.one(Caller, record), media_type="application/json")

    return routes
