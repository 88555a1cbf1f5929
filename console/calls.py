"""`/api/v1/calls`: the calls that are over, looked for by their filters, and one with all that happened to it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from acd.engine.model.config import ServiceClass
from acd.engine.model.facts import Outcome
from console import callers, views
from console.access import identity_of
from console.answers import documented
from console.looks import Looks
from console.parameters import Limit, Since, only
from console.people_ports import Identity
from console.ports import CallQuery, ConsolePorts
from console.problems import ProblemError
from console.requests import LINK_HEADER, Within, Word, json_of, page_of
from console.routing import api_router
from tickets.dispositions import Disposition
from tickets.privacy.masking import SIGHT

CallId = Annotated[str, Path(max_length=128)]
Cursor = Annotated[str, Query(max_length=144, pattern=r"^([0-9]{1,15}-[!-~]{1,128})?$")]
_FILTERS = ("limit", "cursor", "since", "until", "class", "outcome", "disposition", "agent", "service", "caller")


def router(ports: ConsolePorts, within: Any, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()
    answer = Within(within, timeout_s)
    _list(routes, ports, answer)
    _one(routes, ports, answer)
    return routes


def _list(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    looks = Looks(ports.people)

    @routes.get(
        "/calls",
        response_model=list[views.ListedCall],
        responses={200: {"headers": LINK_HEADER}},
        dependencies=[Depends(only(*_FILTERS))],
    )
    async def list_calls(
        request: Request,
        limit: Limit = 100,
        cursor: Cursor = "",
        since: Since = None,
        until: Since = None,
        priority: Annotated[ServiceClass | None, Query(alias="class")] = None,
        outcome: Outcome | None = None,
        disposition: Disposition | None = None,
        agent: Annotated[
            str | None, Query(max_length=32, pattern=r"^[A-Za-z0-9_-]+$", description="has talked in it")
        ] = None,
        service: Word = None,
        caller: Annotated[str, Query(max_length=32, pattern=r"^[0-9+() ./-]*$")] = "",
    ) -> Response:
        """Calls that have ended, newest first; `Link` has the next page. Entered at or after `since` and before
        `until`. Those that are up are in `queue` while they wait; `GET calls/{call}` gives any."""
        who = identity_of(request)
        _may_look_for(who, caller)
        query = CallQuery(
            limit=limit,
            cursor=cursor,
            since=since,
            until=until,
            priority=priority,
            outcome=outcome,
            disposition=disposition,
            agent=agent,
            service=service,
            caller=caller.strip(),
        )
        page = await answer("calls", ports.list_calls(query))
        looks.at_calls(who, query, page)
        body = await views.to_json(views.ListedCall, callers.shown(page.records, who))
        return page_of(request, body, page.next)


def _one(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    @routes.get(
        "/calls/{call}",
        response_model=views.CallWithHistory,
        responses=documented(404),
        dependencies=[Depends(only("language"))],
    )
    async def get_call(
        request: Request,
        call: CallId,
        language: Annotated[Literal["tr", "en"] | None, Query(description="that of `why`")] = None,
    ) -> Response:
        """One call, up or ended, with the parts of its talk and its history; with a `language`, in words too."""
        record = await answer("calls", ports.get_call(call))
        if record is None:
            raise ProblemError(404, f"there is no call {call!r}", key="call", value=call)
        why = None if language is None else await answer("calls", ports.tell_call(record, language))
        (record,) = callers.shown([record], identity_of(request))
        history = [views.step(step) for step in record.get("history", ())]
        return json_of(views.one(views.CallWithHistory, {**record, "history": history, "why": why}))


def _may_look_for(who: Identity, caller: str) -> None:
    """A role that sees no citizen must not look for one either."""
    if caller and not who.sees_numbers and SIGHT[who.role][0] == "hidden":
        raise ProblemError(403, f"caller: the role {who.role} sees no citizen, and finds none", key="caller")
