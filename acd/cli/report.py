"""`cozum report`: figures of a day or a longer time, from the database."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from acd.cli.parts import (
    Config,
    Json,
    clock_time,
    duration,
    new_app,
    note,
    print_csv,
    print_json,
    print_table,
    progress,
    rfc3339,
    settings_of,
)
from acd.cli.report_why import print_why
from acd.cli.spans import WHEN, print_span, span_of
from acd.cli.statistics import FORMULAS, CallStatistics, Interval, Report, Span
from acd.cli.waits import pick_ups
from acd.lib.cli_error import WRONG_USE, CliError

if TYPE_CHECKING:
    from acd.config.settings import Settings
    from storage.database import Database
    from storage.queries import Queries

app = new_app("Figures of a day or a longer time.")
TABLES = ("hour", "day", "service", "agent")
CALLED_BACK = (
    ("called_back", "called back"),
    ("callbacks_failed", "called back, not reached"),
    ("callbacks_off", "call back not wanted any more"),
)


@app.command()
def report(
    day: Annotated[str | None, typer.Option("--day", help=f"This day: {WHEN.partition(', or')[0]}.")] = None,
    begin: Annotated[str | None, typer.Option("--from", help=f"From here: {WHEN}.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="To here; a day is taken whole.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="This table alone: hour, day, service or agent.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print one table (--by, else by hour) as CSV.")] = False,
    why: Annotated[
        bool, typer.Option("--why", help="What callers waited for instead, added up: each second has one cause.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Calls, waits and service levels, urgent callers apart; by hour, and by agent. Without options: today.

    A call belongs to the moment it came to the queue. ASA is the mean wait of the answered; who was called back is
    counted apart, and waited from the queue's entry to the answer of their phone. The three service levels,
    of T = service_level_s: answered within T / answered; (answered + abandoned within T) / (answered + abandoned);
    answered within T / offered. Within the target: of the answered and abandoned, those who met the target_wait_s
    that was set then; an urgent caller's clock runs from the line's answer. `picks up` and `90%`: how long an agent's
    phone rings until they pick it up, in the middle and in nine of ten calls.

    --why: each second of each wait has one cause, and the causes add up to the waits.
    """
    if by is not None and by not in TABLES:
        raise CliError(f"--by = {by!r}: {', '.join(TABLES)} are allowed", WRONG_USE)
    if as_csv and as_json:
        raise CliError("--csv and --json: give one of the two", WRONG_USE)
    if why and by is not None:
        raise CliError("--why and --by: give one of the two", WRONG_USE)
    settings = settings_of(config)
    zone = ZoneInfo(settings.timezone)
    span = span_of(day, begin, end, zone)
    if why:
        print_why(settings, span, zone, as_json=as_json, as_csv=as_csv)
        return
    made = _made(settings, span, zone)
    record = _record(made, span, settings)
    if as_json:
        print_json(record)
    elif as_csv:
        print_csv(record[f"{by or 'hour'}s"])
    else:
        _print(record, span, zone, by)
        if not made.total.calls:
            note("cozum: no call ended in this time")


# --- from the database


def _made(settings: "Settings", span: Span, zone: ZoneInfo) -> Report:
    from acd.cli.asking import ask

    made = Report(span, zone, settings.service_level_s, _names(settings))

    async def fill(queries: "Queries", database: "Database") -> None:
        import sqlalchemy as sa

        from acd.engine.rules.offer import MISSES
        from storage.columns import milliseconds
        from storage.queries import calls, offers, segments

        low, high = milliseconds(span.begin), milliseconds(span.end)
        picked = (
            sa.select(
                calls.c.entered_at, calls.c.queued_at, calls.c["class"], calls.c.service, calls.c.outcome,
                calls.c.agent, calls.c.within_target, calls.c.wait_s, calls.c.talk_s, calls.c.hold_s,
                calls.c.wrapup_s,
            ).where(calls.c.entered_at >= low, calls.c.entered_at < high, calls.c.outcome.is_not(None))
        )  # fmt: skip
        missed = (
            sa.select(offers.c.agent, sa.func.count())
            .where(offers.c.made_at >= low, offers.c.made_at < high, offers.c.result.in_(sorted(MISSES)))
            .group_by(offers.c.agent)
        )
        talked = (
            sa.select(segments.c.agent, sa.func.count(), sa.func.sum(segments.c.talk_s), sa.func.sum(segments.c.hold_s))
            .where(segments.c.began_at >= low, segments.c.began_at < high)
            .group_by(segments.c.agent)
        )
        async with database.reading() as connection:
            with progress("calls", None) as done:
                async for count, row in _numbered(await connection.stream(picked)):
                    made.add_call(_statistics(row))
                    if count % 10_000 == 0:
                        done(count)
            for agent, number in await connection.execute(missed):
                made.add_missed(agent, number)
            for agent, number, talk_s, hold_s in await connection.execute(talked):
                made.add_parts(agent, number, talk_s, hold_s)
        for pick_up in pick_ups(await queries.pick_ups(span.begin, span.end))[0]:
            made.add_pick_up(pick_up)
        for one in await queries.agent_intervals(span.begin, span.end):
            made.add_interval(Interval(agent=one.agent, state=one.state, began_at=one.began_at, ended_at=one.ended_at))

    ask(settings, fill)
    return made


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


async def _numbered(rows: Any) -> Any:
    count = 0
    async for row in rows:
        count += 1
        yield count, row


def _names(settings: "Settings") -> dict[str, str]:
    """Agents' names by extension; none where their file cannot be read, which is no reason to have no report."""
    from acd.cli.agents import agents_of
    from acd.engine.model.errors import BadConfig

    try:
        return {agent.extension: agent.name for agent in agents_of(settings, settings.agents_path)}
    except BadConfig:
        return {}


# --- out


def _record(made: Report, span: Span, settings: "Settings") -> dict[str, Any]:
    return {
        "from": rfc3339(span.begin),
        "to": rfc3339(span.end),
        "timezone": settings.timezone,
        "service_level_s": settings.service_level_s,
        "target_wait_s": settings.target_wait_s,
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


def _print(record: Mapping[str, Any], span: Span, zone: ZoneInfo, by: str | None) -> None:
    print_span(span, zone)
    if by is None:
        _print_summary(record)
    elif by != "agent":
        level, target = f"≤{record['service_level_s']:g}s", f"{record['target_wait_s']:g} s"
        print(f"{level}: answered within so long / offered; target: met {target}, of the answered and abandoned")
    for name in (by,) if by is not None else ("hour", "agent"):
        if record[f"{name}s"]:
            print()
            (_print_agents if name == "agent" else _print_groups)(record[f"{name}s"], record, name)


def _print_summary(record: Mapping[str, Any]) -> None:
    limit = f"{record['service_level_s']:g}"
    calls = "call" if record["calls"] == 1 else "calls"
    print(
        f"{record['calls']:,} {calls}; {record['abandoned_in_menu']:,} hung up in the menu, "
        f"{record['self_served']:,} needed nobody"
    )
    print()
    rows: list[tuple[object, ...]] = []
    columns = [(name, record[name]) for name in ("all", "urgent", "routine")]
    for title, key in (("offered", "offered"), ("answered", "answered"), ("abandoned", "abandoned")):
        rows.append((title, *(group[key] for _, group in columns)))
    if any(record["all"][key] for key, _ in CALLED_BACK):
        rows += [(title, *(group[key] for _, group in columns)) for key, title in CALLED_BACK]
    if record["all"]["other"]:
        rows.append(("let go by us", *(group["other"] for _, group in columns)))
    for title, key in (("ASA", "asa_s"), ("95% answered within", "p95_wait_s"), ("longest wait", "max_wait_s")):
        rows.append((title, *(duration(group[key]) for _, group in columns)))
    if record["all"]["called_back"]:
        for title, key in (("wait of those called back", "callback_wait_s"), ("the longest", "max_callback_wait_s")):
            rows.append((title, *(duration(group[key]) for _, group in columns)))
    title = f"met the target of {record['target_wait_s']:g} s"
    rows.append((title, *(_share(group["within_target"]) for _, group in columns)))
    titles = (
        f"answered within {limit} s / answered",
        f"(answered + abandoned within {limit} s) / both",
        f"answered within {limit} s / offered",
    )
    for title, formula in zip(titles, FORMULAS, strict=True):
        rows.append((title, *(_share(group["service_level"][formula]) for _, group in columns)))
    for title, key in (("talk", "mean_talk_s"), ("of it hold", "mean_hold_s"), ("after-call work", "mean_wrapup_s")):
        rows.append((title, *(duration(group[key]) for _, group in columns)))
    rows.append(("average handle time", *(duration(group["aht_s"]) for _, group in columns)))
    print_table(("", "all", "urgent", "routine"), rows, right=("all", "urgent", "routine"))


def _print_groups(rows: list[dict[str, Any]], record: Mapping[str, Any], name: str) -> None:
    level = f"≤{record['service_level_s']:g}s"
    with_urgent, with_agents = name in ("hour", "day"), name == "hour"
    back = bool(record["all"]["called_back"])
    headings = [name, "offered", "answered", "abandoned", *(["called back"] if back else []), "ASA", "target", level]
    if not with_urgent:
        headings.append("longest wait")
    if with_urgent:
        headings += ["urgent", "urgent ASA", "urgent target", f"urgent {level}"]
    if with_agents:
        headings.append("agents")
    table = []
    for row in rows:
        key = f"{row['hour']:02d}" if name == "hour" else row[name]
        cells = [key, *_group_cells(row, row["urgent"] if with_urgent else None, back)]
        if with_agents:
            cells.append(f"{row['agents']:.1f}")
        table.append(cells)
    foot = ["all", *_group_cells(record["all"], record["urgent"] if with_urgent else None, back)]
    if with_agents:
        foot.append("")
    print_table(headings, table, right=headings[1:], foot=foot)


def _group_cells(row: Mapping[str, Any], urgent: Mapping[str, Any] | None, back: bool) -> list[object]:
    cells: list[object] = [
        row["offered"],
        row["answered"],
        row["abandoned"],
        *([row["called_back"]] if back else []),
        duration(row["asa_s"]),
        _share(row["within_target"]),
        _share(row["service_level"]["offered"]),
    ]
    if urgent is None:
        return [*cells, duration(row["max_wait_s"])]
    shares = (urgent["within_target"], urgent["service_level"]["offered"])
    return [*cells, urgent["offered"], duration(urgent["asa_s"]), *map(_share, shares)]


def _print_agents(rows: list[dict[str, Any]], record: Mapping[str, Any], name: str) -> None:
    headings = (
        "agent",
        "name",
        "handled",
        "missed",
        "picks up",
        "90%",
        "talk",
        "wrap-up",
        "AHT",
        "signed in",
        "paused",
        "occupancy",
    )
    table = [
        (
            row["extension"],
            row["name"],
            row["handled"],
            row["missed"],
            duration(row["pickup_p50_s"]),
            duration(row["pickup_p90_s"]),
            clock_time(row["talk_s"]),
            clock_time(row["wrapup_s"]),
            clock_time(row["aht_s"]),
            clock_time(row["signed_in_s"]),
            clock_time(row["paused_s"]),
            _share(row["occupancy"]),
        )
        for row in rows
    ]
    print_table(headings, table, right=headings[2:])


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f}%"
