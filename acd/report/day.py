"""Gathers a report from the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from acd.engine.model.ids import TASK_MARK
from acd.engine.rules.offer import MISSES
from acd.report.statistics import CallStatistics, Interval, Report, Span
from acd.report.waits import WaitReport, WaitSum, pick_ups
from storage.columns import milliseconds
from storage.database import Database
from storage.queries import Queries, calls, offers, segments

TOLD_EVERY: Final = 10_000
_PICKED: Final = (
    calls.c.entered_at, calls.c.queued_at, calls.c["class"], calls.c.service, calls.c.outcome, calls.c.agent,
    calls.c.within_target, calls.c.wait_s, calls.c.talk_s, calls.c.hold_s, calls.c.wrapup_s,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a report is of, and what it is measured by."""

    span: Span
    zone: ZoneInfo
    service_level_s: float
    target_wait_s: float


def day_span(day: date, zone: ZoneInfo, now: float) -> Span:
    """A day on the line's calendar."""
    first = datetime(day.year, day.month, day.day, tzinfo=zone)
    return Span(first.timestamp(), (first + timedelta(days=1)).timestamp(), now)


async def gather(
    database: Database,
    queries: Queries,
    frame: Frame,
    names: Mapping[str, str],
    counted: Callable[[int], None] = lambda _: None,
) -> Report:
    """Calls, waits and agents of a span. `counted` is told now and then how many calls have been read. Raises
    `storage.database.DatabaseError`."""
    span = frame.span
    made = Report(span, frame.zone, frame.service_level_s, names)
    low, high = milliseconds(span.begin), milliseconds(span.end)
    picked = sa.select(*_PICKED).where(
        calls.c.entered_at >= low, calls.c.entered_at < high, calls.c.outcome.is_not(None)
    )
    own = sa.and_(offers.c.call.contains(TASK_MARK), offers.c.id == offers.c.call + "#1")
    missed = (
        sa.select(offers.c.agent, sa.func.count())
        .where(offers.c.made_at >= low, offers.c.made_at < high, offers.c.result.in_(sorted(MISSES)))
        .where(~own)  # an agent who lets their own call ring has missed nobody
        .group_by(offers.c.agent)
    )
    talked = (
        sa.select(segments.c.agent, sa.func.count(), sa.func.sum(segments.c.talk_s), sa.func.sum(segments.c.hold_s))
        .where(segments.c.began_at >= low, segments.c.began_at < high)
        .group_by(segments.c.agent)
    )
    async with database.explained(), database.reading() as connection:
        count = 0
        async for row in await connection.stream(picked):
            made.add_call(_statistics(row))
            count += 1
            if count % TOLD_EVERY == 0:
                counted(count)
        for agent, number in await connection.execute(missed):
            made.add_missed(agent, number)
        for agent, number, talk_s, hold_s in await connection.execute(talked):
            made.add_parts(agent, number, talk_s, hold_s)
    for pick_up in pick_ups(await queries.pick_ups(span.begin, span.end))[0]:
        made.add_pick_up(pick_up)
    for one in await queries.agent_intervals(span.begin, span.end):
        made.add_interval(Interval(agent=one.agent, state=one.state, began_at=one.began_at, ended_at=one.ended_at))
    return made


def record(made: Report, frame: Frame) -> dict[str, Any]:
    """A report as JSON, its times in Unix seconds."""
    return {
        **_head(frame),
        "service_level_s": frame.service_level_s,
        "target_wait_s": frame.target_wait_s,
        "calls": made.total.calls,
        "abandoned_in_menu": made.total.in_menu,
        "self_served": made.total.self_served,
        "all": made.total.record(),
        **{name: group.record() for name, group in made.classes.items()},
        "hours": made.hours(),
        "days": made.days(),
        "services": made.by_service(),
        "agents": made.agents(),
    }


async def gather_why(queries: Queries, frame: Frame) -> tuple[WaitReport, dict[str, Any]]:
    """What callers of a span waited for, and the same as JSON, its times in Unix seconds."""
    span = frame.span
    sums = [WaitSum(**row) for row in await queries.wait_causes(span.begin, span.end)]
    made = WaitReport(sums, await queries.pick_ups(span.begin, span.end), frame.zone)
    untold = await queries.waits_untold(span.begin, span.end)
    return made, {
        **_head(frame),
        "target_wait_s": frame.target_wait_s,
        **made.record(),
        "calls_untold": untold,
    }


def _head(frame: Frame) -> dict[str, Any]:
    return {"from": frame.span.begin, "to": frame.span.end, "timezone": frame.zone.key}


def _statistics(row: Any) -> CallStatistics:
    """A call of the report, from its row."""
    entered, queued, priority, service, outcome, agent, met, wait_s, talk_s, hold_s, wrapup_s = row
    return CallStatistics(
        entered_at=entered / 1000,
        queued=queued is not None,
        priority=priority,
        service=service,
        outcome=outcome,
        agent=agent,
        wait_s=wait_s,
        within_target=met,
        talk_s=talk_s,
        hold_s=hold_s,
        wrapup_s=wrapup_s,
    )
