"""Callers: what an agent is told of one before they answer, numbers masked, and a whole number for one who asks for it,
once the audit says so."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from acd.engine.model.config import ServiceClass
from acd.engine.model.facts import CallbackReason
from console import views
from console.access import identity_of
from console.answers import documented
from console.parameters import only
from console.people_ports import Identity
from console.ports import CallQuery, ConsolePorts, Record, Unavailable
from console.problems import ProblemError
from console.request_ports import Seer, TicketQuery
from console.request_views import OutcomeCall, Ticket
from console.routing import api_router
from console.within import Within
from tickets.failures import NoSuch
from tickets.privacy.masking import MASK, SIGHT, mask_number

LAST: Final = 5
"""So many of a caller's requests and talks are told."""
TELLS: Final = frozenset({"agent", "lead", "admin"})
"""The roles that tell outcomes by telephone."""
SOON_S: Final = 2.0
"""How long the database may take: a caller waits for an answer meanwhile."""

CallId = Annotated[str, Path(max_length=128)]


class Caller(views.View):
    """The number of a caller."""

    caller: str


class CallContext(views.View):
    """What an agent should know of a caller, before the answer and while they talk."""

    id: str
    caller: str = Field(description="empty if withheld")
    service: str | None = None
    priority: ServiceClass | None = Field(None, alias="class")
    language: str | None = None
    untold: bool | None = Field(
        None,
        description="an urgent caller who has not said what for: `service` stands for it until somebody does; null "
        "while the database does not know",
    )
    agent: str | None = None
    queued_at: views.Time | None = None
    answered_at: views.Time | None = None
    target_at: views.Time | None = Field(None, description=f"{views.TARGET_AT}, and when the call is over")
    within_target: bool | None = Field(
        None, description="whether they were answered before; null until they are, and where they never waited"
    )
    urgent_calls: int = Field(
        0, ge=0, description="urgent calls of this number within the last hour, this one included; 0: not counted"
    )
    repeat: bool = Field(False, description="comes after first-time urgent callers")
    callback: CallbackReason | None = Field(None, description="is called back, and why")
    ticket: str | None = Field(None, description="number of the request that the call has opened")
    tickets: list[Ticket] | None = Field(
        None,
        description=f"the caller's open requests, the newest {LAST}; null while the database is away, and for a token "
        "without the scope tickets",
    )
    calls: list[views.Call] | None = Field(
        None, description=f"the caller's calls before this one, the newest {LAST}; null while the database is away"
    )
    outcome: OutcomeCall | None = Field(
        None,
        description="an outcome that the citizen is to be told, and can be told in this call; null for a token without "
        "the scope tickets",
    )


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


async def call_of(ports: ConsolePorts, within: Within, call: str) -> dict[str, Any] | None:
    """A call, up or ended: what the line says of it, and what the database does. Raises `Unavailable` where only the
    database can know it."""
    live = ports.live.call(call)
    try:
        stored = await within(SOON_S, "calls", ports.get_call(call))
    except Unavailable:
        if live is None:
            raise
        stored = None
    if live is None and stored is None:
        return None
    return {**(stored or {}), **(live or {})}


def _untold(record: Record) -> bool | None:
    """Whether it is known only that a call is urgent, by what has happened to it; None where that is not known."""
    if record.get("class") != "urgent":
        return False
    named = [step for step in record.get("history", ()) if step["type"] in ("service_named", "kind_changed")]
    if not named:
        return None
    data: Mapping[str, Any] = {**named[-1], **(named[-1].get("data") or {})}
    return bool(data.get("asked")) or (data.get("fields") or {}).get("kind") == "untold"


async def _outcome_of(ports: ConsolePorts, within: Within, call: str, who: Identity) -> Record | None:
    """The outcome that the caller is to be told, for those who tell citizens."""
    if who.role not in TELLS or not who.reads_requests:
        return None
    with contextlib.suppress(NoSuch):
        return await within(SOON_S, "tickets", ports.requests.outcome_of(call))
    return None


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()

    @routes.get(
        "/calls/{call}/caller", response_model=Caller, responses=documented(404), dependencies=[Depends(only())]
    )
    async def unmask(request: Request, call: CallId) -> Response:
        """The whole number of a call. The audit has who asked for it before it is shown."""
        record = await within(timeout_s, "calls", ports.get_call(call))
        if record is None:
            raise ProblemError(404, f"there is no call {call!r}", key="call", value=call)
        who = identity_of(request)
        if who.kind != "machine":
            await within(timeout_s, "audit", ports.people.record(who, "unmasked", call))
        return Response(views.one(Caller, record), media_type="application/json")

    @routes.get(
        "/calls/{call}/context", response_model=CallContext, responses=documented(404), dependencies=[Depends(only())]
    )
    async def get_context(request: Request, call: CallId) -> Response:
        """What an agent should know of a caller: their open requests and their last calls. The line itself is not held
        up by a database that is away: both are null then. A token reads requests with the scope tickets alone."""
        record = await call_of(ports, within, call)
        if record is None:
            raise ProblemError(404, f"there is no call {call!r}", key="call", value=call)
        who = identity_of(request)
        number = str(record.get("caller") or "")
        seer = None if who.sees_numbers else Seer(role=who.role, unit=who.unit)
        outcome: Record | None = None
        tickets: Sequence[Record] | None = [] if who.reads_requests else None
        calls: Sequence[Record] | None = []
        if number:
            query = TicketQuery(limit=LAST, is_open=True, caller=number)
            try:
                if who.reads_requests:
                    tickets = (await within(SOON_S, "tickets", ports.requests.list(query, seer))).records
                page = await within(SOON_S, "calls", ports.list_calls(CallQuery(limit=LAST + 1, caller=number)))
                calls = shown([one for one in page.records if one["id"] != call][:LAST], who)
                outcome = await _outcome_of(ports, within, call, who)
            except Unavailable:
                tickets = calls = None
        (seen,) = shown([record], who)
        told = {"untold": _untold(record), "tickets": tickets, "calls": calls, "outcome": outcome}
        answer = views.one(CallContext, {**seen, **told})
        return Response(answer, media_type="application/json")

    return routes
