"""Statistics of days and outbreaks, for the console in memory; the test sets them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from acd.report.statistics import Group
from acd.report.waits import WaitReport
from console.ports import Record, Refused
from tests.acd.metrics.journal import ISTANBUL
from tests.console.call_records import CallRecords
from tickets.ticket import Actor

NO_REQUESTS: dict[str, Any] = {
    "opened": 0, "resolved": 0, "resolved_in_time": 0, "in_time": None, "median_days": None, "overdue": 0, "told": 0,
    "scored": 0, "score": None,
}  # fmt: skip


class DayRecords(CallRecords):
    """As `console.ports.Days` and `console.ports.Outbreaks`."""

    def __init__(self) -> None:
        super().__init__()
        zone, end = "Europe/Istanbul", self.now + 43_200
        group = Group(15).record()
        self.day_report: dict[str, Any] = {
            "from": self.now - 43_200, "to": end, "timezone": zone, "service_level_s": 15.0, "target_wait_s": 6.0,
            "calls": 0, "abandoned_in_menu": 0, "self_served": 0, "all": group, "urgent": group, "routine": group,
            "hours": [], "services": [], "agents": [],
        }  # fmt: skip
        self.day_waits: dict[str, Any] = {
            "from": self.now - 43_200, "to": end, "timezone": zone, "target_wait_s": 6.0, "calls_untold": 0,
            **WaitReport([], [], ISTANBUL).record(),
        }  # fmt: skip
        self.requests_report: dict[str, Any] = {
            "from": self.now - 43_200, "to": end, "timezone": zone,
            "all": NO_REQUESTS, "units": [], "topics": [], "districts": [], "agents": [],
        }  # fmt: skip
        self.report_days = 0
        """Of how many days the requests were asked about."""
        self.day_plan: dict[str, Any] | None = None
        self.days: list[date] = []
        """The days that were asked about."""
        self.outbreak_records: list[dict[str, Any]] = []

    # --- as `Days`

    async def report(self, day: date) -> Record:
        """As `Days.report`."""
        await self.ready()
        self.days.append(day)
        return self.day_report

    async def why(self, day: date) -> Record:
        """As `Days.why`."""
        await self.ready()
        self.days.append(day)
        return self.day_waits

    async def of_requests(self, last: date, days: int) -> Record:
        """As `Days.of_requests`."""
        await self.ready()
        self.days.append(last)
        self.report_days = days
        return self.requests_report

    async def plan(self, day: date) -> Record | None:
        """As `Days.plan`."""
        await self.ready()
        self.days.append(day)
        return self.day_plan

    async def abandoned(self, day: date) -> Record:
        """As `Days.abandoned`."""
        await self.ready()
        self.days.append(day)
        return {"calls": [one for one in self.call_records if "became" in one]}

    async def contacts(self, day: date) -> Record:
        """As `Days.contacts`."""
        await self.ready()
        self.days.append(day)
        silent = await self.without_a_word("")
        return {
            "talks": 2,
            "without_a_word": len(silent),
            "known": 0.5,
            "first_contact_resolution": 1.0,
            "opened_a_request": 0,
            "dispositions": {"answered": 1},
            "answered_by_topic": [{"topic": "vergi", "answered": 1}, {"topic": None, "answered": 2}],
            "silent": silent,
        }

    async def without_a_word(self, extension: str) -> Sequence[Record]:
        """As `Days.without_a_word`."""
        await self.ready()
        silent = [one for one in self.call_records if one.get("disposition") == ""]
        return [one for one in silent if extension in ("", one.get("agent"))]

    # --- as `Outbreaks`

    async def list(self) -> Sequence[Record]:
        """As `Outbreaks.list`."""
        await self.ready()
        return self.outbreak_records

    async def accept(self, topic: str, district: str, actor: Actor) -> Record:
        """As `Outbreaks.accept`."""
        await self.ready()
        for record in self.outbreak_records:
            if (record["topic"], record["district"]) == (topic, district):
                record |= {"parent": "26-000007-8", "callers": None}
                return record
        raise Refused("no such outbreak is seen now", key="topic", value=topic, allowed=[])
