"""The days that the busy desk counts have all that its reports read."""

from pathlib import Path
from zoneinfo import ZoneInfo

from acd.report.day import Frame, day_span, gather, gather_why, record
from bench.busy import COUNTED
from bench.busy_days import DAY, MIDNIGHT, STAFF, fill
from storage.database import Database
from storage.queries import Queries

CALLS = 600
ISTANBUL = ZoneInfo("Europe/Istanbul")


async def test_a_day_that_is_counted_has_calls_waits_pick_ups_and_agents(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'days.db'}"
    await fill(url, CALLS, 2)
    database = Database(url)
    try:
        queries = Queries(database)
        span = day_span(DAY, ISTANBUL, now=MIDNIGHT + 7 * 86_400)
        assert span.begin == MIDNIGHT
        frame = Frame(span=span, zone=ISTANBUL, service_level_s=20, target_wait_s=6)
        report = record(await gather(database, queries, frame, {}), frame)
        _, why = await gather_why(queries, frame)
    finally:
        await database.close()
    assert report["calls"] == CALLS
    assert len(report["agents"]) == STAFF
    assert all(agent["handled"] and agent["paused_s"] for agent in report["agents"])
    waited = sum(1.0 + place % 12 for place in range(CALLS))
    assert why["waited_s"] == waited
    assert why["calls_untold"] == 0
    assert {name: bool(found[name]) for name, found in zip(COUNTED.values(), (report, why), strict=True)} == {
        "calls": True,
        "waited_s": True,
    }
