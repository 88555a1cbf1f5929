"""`cozum report`: figures of a day or a longer time, from the database."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from acd.cli.parts import (
    Config,
    Json,
    clock_time,
    new_app,
    note,
    print_csv,
    print_json,
    print_table,
    progress,
    settings_of,
)
from acd.cli.report_contacts import print_contacts
from acd.cli.report_outcomes import outcomes_of, print_outcomes
from acd.cli.report_requests import DIMENSIONS, names_of, print_requests, print_scores
from acd.cli.report_why import print_why, with_times
from acd.cli.spans import WHEN, print_span, span_of
from acd.lib.cli_error import WRONG_USE, CliError
from acd.lib.durations import duration
from acd.report.statistics import FORMULAS, Span

if TYPE_CHECKING:
    from acd.config.settings import Settings
    from storage.database import Database
    from storage.queries import Queries

app = new_app("Figures of a day or a longer time.")
TABLES = ("hour", "day", "service", "agent", *DIMENSIONS)
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
    by: Annotated[str | None, typer.Option("--by", help=f"This table alone: {', '.join(TABLES)}.")] = None,
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

    Resolved at first contact: calls that an agent answered at once / (dispositions of callers who wanted something +
    calls that opened a request), all of routine calls that an agent had, on the day of the call. It rests on those of
    which something is known: `ended without a word` are those that have neither a disposition nor a request. Below it
    are the topics of the calls that were answered at once, and the articles of the knowledge base that answered most.

    Requests, by unit, topic and mahalle (`district`): opened; resolved, which is the first outcome, and the share of
    these in time; the median of the days from the opening to the first outcome; overdue now; how often citizens were
    told an outcome; how many scores they gave, and the mean. A reopening takes nothing away. What was opened and is
    overdue counts for the unit that has it now, all else for the unit of that time. By agent: how many scores they
    passed on, and the mean; those of people without a telephone that day and of the line itself are told apart
    (`agents_else`; in a CSV rows without an extension).

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
    record = _made(settings, span, zone)
    if as_json:
        print_json(record)
    elif as_csv:
        rows = (record["requests"] if by in DIMENSIONS else record)[f"{by or 'hour'}s"]
        table = [*rows, *record["agents_else"]] if by == "agent" else rows
        # One name each, as in the file that the desk gives: programs know the columns by their order.
        print_csv([{key: value for key, value in row.items() if key != "name_en"} for row in table])
    else:
        _print(record, span, zone, by)
        if not record["calls"] and by not in DIMENSIONS:
            note("cozum: no call ended in this time")


# --- from the database


def _made(settings: "Settings", span: Span, zone: ZoneInfo) -> dict[str, Any]:
    from acd.cli.asking import ask
    from acd.report.agent_scores import users_of, with_scores
    from acd.report.contacts import contacts_of
    from acd.report.day import Frame, gather, record
    from acd.report.requests import requests_of

    frame = Frame(span=span, zone=zone, service_level_s=settings.service_level_s, target_wait_s=settings.target_wait_s)

    async def made(queries: "Queries", database: "Database") -> dict[str, Any]:
        with progress("calls", None) as done:
            found = record(await gather(database, queries, frame, _names(settings), done), frame)
        async with database.reading() as connection:
            requests = await requests_of(connection, span, names_of(settings))
            agents, others = with_scores(found["agents"], requests["agents"], await users_of(connection))
            return {
                **found,
                "agents": agents,
                "agents_else": others,
                "contacts": await contacts_of(connection, span),
                "outcomes": await outcomes_of(connection, span),
                "requests": requests,
            }

    return with_times(ask(settings, made))


def _names(settings: "Settings") -> dict[str, str]:
    """Agents' names by extension; none where their file cannot be read, which is no reason to have no report."""
    from acd.cli.agents import agents_of
    from acd.engine.model.errors import BadConfig

    try:
        return {agent.extension: agent.name for agent in agents_of(settings, settings.agents_path)}
    except BadConfig:
        return {}


# --- out


def _print(record: Mapping[str, Any], span: Span, zone: ZoneInfo, by: str | None) -> None:
    print_span(span, zone)
    if by in DIMENSIONS:
        print()
        print_requests(record["requests"], by)
        return
    if by is None:
        _print_summary(record)
    elif by != "agent":
        level, target = f"≤{record['service_level_s']:g}s", f"{record['target_wait_s']:g} s"
        print(f"{level}: answered within so long / offered; target: met {target}, of the answered and abandoned")
    for name in (by,) if by is not None else ("hour", "agent"):
        if record[f"{name}s"]:
            print()
            (_print_agents if name == "agent" else _print_groups)(record[f"{name}s"], record, name)
    if by == "agent":
        print_scores(record["requests"]["agents"])
    if by is None:
        print_contacts(record["contacts"])
        print_outcomes(record["outcomes"])
        print_requests(record["requests"])


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
    for title, key in (("left a message", "message_left"), ("let go by us", "other")):
        if record["all"][key]:
            rows.append((title, *(group[key] for _, group in columns)))
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
        "scored",
        "score",
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
            row["scored"],
            None if row["score"] is None else f"{row['score']:.2f}",
        )
        for row in rows
    ]
    print_table(headings, table, right=headings[2:])


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f}%"
