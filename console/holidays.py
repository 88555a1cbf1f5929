"""`GET /api/v1/holidays`: the public holidays to come, by which opening hours with `holidays = "TR"` are closed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from console import views
from console.parameters import only
from console.ports import ConsolePorts
from console.routing import api_router
from tickets.clock.calendar import official_days

AHEAD = timedelta(days=365)


class PublicHoliday(views.View):
    """A public holiday."""

    day: date
    half: bool = Field(description="closed from 13:00")
    tr: str
    en: str


def router(ports: ConsolePorts) -> APIRouter:
    """The route."""
    routes = api_router()
    zone = ZoneInfo(ports.timezone)

    @routes.get("/holidays", response_model=list[PublicHoliday], dependencies=[Depends(only())])
    async def list_holidays() -> Response:
        """The public holidays of Turkey from today on, for a year."""
        today = datetime.fromtimestamp(ports.clock(), UTC).astimezone(zone).date()
        found = {**official_days(today.year), **official_days(today.year + 1)}
        rows = [
            {"day": day, "half": one.half, "tr": one.tr, "en": one.en}
            for day, one in sorted(found.items())
            if today <= day < today + AHEAD
        ]
        return Response(await views.to_json(PublicHoliday, rows), media_type="application/json")

    return routes
