"""Reports of a day: calls, waits and agents; what callers waited for; callers who gave up."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BeforeValidator, WithJsonSchema

from console import callers, views
from console.access import identity_of
from console.answers import documented
from console.day_views import (
    AbandonedCall,
    DayContacts,
    DayPlan,
    DayReport,
    DayWaits,
    ReportAgent,
    SilentCall,
)
from console.looks import Looks
from console.parameters import only
from console.ports import ConsolePorts
from console.problems import ProblemError
from console.report_views import RequestsReport
from console.request_csv import CSV, CsvResponse, requests_csv
from console.routing import api_router
from console.within import Within

MOST_DAYS: Final = 92
"""A quarter of a year: the figures of a large town are there within seconds."""
DAY: Final = "a day on the line's calendar, such as 2025-11-24; left out: today"


def _date(text: object) -> object:
    if text is None or isinstance(text, date):
        return text
    try:
        found = date.fromisoformat(str(text))
    except ValueError:
        raise ValueError(DAY) from None
    if len(str(text)) != 10 or not 1970 < found.year < 3000:
        raise ValueError(DAY)
    return found


Day = Annotated[
    date | None,
    Query(description=DAY),
    BeforeValidator(_date),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}),
]


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()
    zone = ZoneInfo(ports.timezone)

    def day_of(day: date | None) -> date:
        return day or datetime.fromtimestamp(ports.clock(), UTC).astimezone(zone).date()

    looks = Looks(ports.people)

    @routes.get("/report", response_model=DayReport, dependencies=[Depends(only("day"))])
    async def get_report(day: Day = None) -> Response:
        """Calls, waits, hours, services and agents of a day, as `cozum report` has them."""
        return _json(views.one(DayReport, await within(timeout_s, "report", ports.days.report(day_of(day)))))

    @routes.get("/report/why", response_model=DayWaits, dependencies=[Depends(only("day"))])
    async def get_report_why(day: Day = None) -> Response:
        """What the callers of a day waited for, as `cozum report --why` has it: each second has one cause."""
        return _json(views.one(DayWaits, await within(timeout_s, "report", ports.days.why(day_of(day)))))

    @routes.get("/report/plan", response_model=DayPlan | None, dependencies=[Depends(only("day"))])
    async def get_report_plan(day: Day = None) -> Response:
        """The plan of a day, from `plan_dir`; null: it has none."""
        found = await within(timeout_s, "report", ports.days.plan(day_of(day)))
        return _json(b"null" if found is None else views.one(DayPlan, found))

    @routes.get(
        "/agents/{extension}/report",
        response_model=ReportAgent,
        responses=documented(404),
        dependencies=[Depends(only("day"))],
    )
    async def get_agent_report(extension: Annotated[str, Path(max_length=32)], day: Day = None) -> Response:
        """An agent's day: calls, pick-up times, times in each state."""
        report = await within(timeout_s, "report", ports.days.report(day_of(day)))
        for record in report["agents"]:
            if record["extension"] == extension:
                return _json(views.one(ReportAgent, record))
        detail = f"{extension!r} was not signed in that day and had no call"
        allowed = [record["extension"] for record in report["agents"]]
        raise ProblemError(404, detail, key="extension", value=extension, allowed=allowed)

    @routes.get("/abandoned", response_model=list[AbandonedCall], dependencies=[Depends(only("day"))])
    async def list_abandoned(request: Request, day: Day = None) -> Response:
        """Callers of a day who gave up waiting, newest first, and what became of each."""
        asked = day_of(day)
        found = await within(timeout_s, "calls", ports.days.abandoned(asked))
        filters = {"day": asked.isoformat()}
        looks.listed(identity_of(request), "abandoned_listed", len(found["calls"]), filters=filters)
        return _json(await views.to_json(AbandonedCall, callers.shown(found["calls"], identity_of(request))))

    _of_contacts(routes, ports, within, timeout_s, day_of)
    _of_requests(routes, ports, within, timeout_s, day_of)
    return routes


def _of_contacts(
    routes: APIRouter, ports: ConsolePorts, within: Within, timeout_s: float, day_of: Callable[[date | None], date]
) -> None:
    """The routes about what became of calls."""

    @routes.get("/report/contacts", response_model=DayContacts, dependencies=[Depends(only("day"))])
    async def get_contacts(request: Request, day: Day = None) -> Response:
        """What became of the calls of a day, and those of which nobody has said it: first-contact resolution rests on
        the others."""
        found = await within(timeout_s, "report", ports.days.contacts(day_of(day)))
        silent = callers.shown(found["silent"], identity_of(request))
        return _json(views.one(DayContacts, {**found, "silent": silent}))

    @routes.get("/agents/{extension}/silent-calls", response_model=list[SilentCall], dependencies=[Depends(only())])
    async def get_silent_calls(request: Request, extension: Annotated[str, Path(max_length=32)]) -> Response:
        """The routine calls of the last 14 days that this agent was the last to have and that have neither a request
        nor a result, newest first, at most 200."""
        found = await within(timeout_s, "calls", ports.days.without_a_word(extension))
        return _json(await views.to_json(SilentCall, callers.shown(found, identity_of(request))))


def _of_requests(
    routes: APIRouter, ports: ConsolePorts, within: Within, timeout_s: float, day_of: Callable[[date | None], date]
) -> None:
    """The routes of the report of requests."""

    @routes.get("/report/requests", response_model=RequestsReport, dependencies=[Depends(only("day", "days"))])
    async def get_requests_report(
        day: Day = None,
        days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="so many, the last of which is `day`")] = 1,
    ) -> Response:
        """Requests by unit, topic and mahalle, and scores by who passed them on, as `cozum report` has them."""
        found = await within(timeout_s, "report", ports.days.of_requests(day_of(day), days))
        return _json(views.one(RequestsReport, found))

    @routes.get(
        "/report/requests.csv",
        response_class=CsvResponse,
        responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
        dependencies=[Depends(only("day", "days", "by"))],
    )
    async def get_requests_csv(
        day: Day = None,
        days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="so many, the last of which is `day`")] = 1,
        by: Annotated[
            Literal["unit", "topic", "district", "agent"],
            Query(description="a row for each of these; of agents, the scores that they passed on"),
        ] = "unit",
    ) -> Response:
        """One table of the report of requests, whole, for a spreadsheet."""
        last = day_of(day)
        found = await within(timeout_s, "report", ports.days.of_requests(last, days))
        name = f"requests-{by}-{last.isoformat()}-{days}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return CsvResponse(requests_csv(found, by), headers=headers)


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
