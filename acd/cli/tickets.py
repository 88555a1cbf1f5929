"""`cozum tickets`: what callers asked for, straight from the database."""

from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from acd.cli.parts import (
    HIDDEN,
    NOT_WELL,
    WRONG_USE,
    CliError,
    Config,
    Json,
    Numbers,
    local,
    new_app,
    note,
    print_json,
    print_table,
    rfc3339,
    settings_of,
)

app = new_app("What callers asked for.")
MOST = 10_000


@app.command("list")
def list_(
    state: Annotated[str | None, typer.Option("--state", help="Only those in this state, such as new.")] = None,
    service: Annotated[str | None, typer.Option("--service", help="Only those of this service.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST, help="At most so many, the newest.")] = 50,
    numbers: Numbers = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Tickets, the newest first."""
    from acd.cli.asking import ask
    from tickets.states import STATES

    if state is not None and state not in STATES:
        raise CliError(f"--state = {state!r}: {', '.join(STATES)} are allowed", WRONG_USE)
    settings = settings_of(config)
    found = ask(settings, lambda queries, _: queries.list_tickets(limit, service=service, state=state))
    if as_json:
        print_json([_record(one, numbers) for one in found])
        return
    zone = ZoneInfo(settings.timezone)
    rows = [
        (
            one.number,
            local(one.opened_at, zone)[:19],
            one.state,
            one.service,
            one.klass,
            *((one.caller or None,) if numbers else ()),
            one.call,
        )
        for one in found
    ]
    headings = ["number", "opened", "state", "service", "class", *(["caller"] if numbers else []), "call"]
    print_table(headings, rows)
    if not found:
        note("cozum: no ticket" + (" like that" if state or service else ""))
    elif len(found) == limit:
        note(f"cozum: the newest {limit}; --limit shows more")


@app.command()
def show(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="As written or typed: 26-000123-3 or 260001233.")],
    numbers: Numbers = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """One ticket, and what its call has to say."""
    from acd.cli.asking import ask
    from tickets.number import BadNumber, TicketNumber

    settings = settings_of(config)
    try:
        wanted = str(TicketNumber.parse(number))
    except BadNumber as error:
        raise CliError(f"number = {number!r}: {error}", WRONG_USE) from None
    ticket = ask(settings, lambda queries, _: queries.get_ticket(wanted))
    if ticket is None:
        raise CliError(f"there is no ticket {wanted}", NOT_WELL)
    if as_json:
        print_json(_record(ticket, numbers))
        return
    from tickets.states import STATES

    zone = ZoneInfo(settings.timezone)
    caller = (ticket.caller or "withheld") if numbers else HIDDEN
    rows = [
        ("number", ticket.number),
        ("state", f"{ticket.state}: {STATES.get(ticket.state, '')}"),  # type: ignore[call-overload]
        ("service", f"{ticket.service}, {ticket.klass}"),
        ("caller", caller + ("" if numbers else " (--numbers shows it)")),
        ("language", ticket.language),
        ("district", ticket.district or "not known"),
        ("opened", local(ticket.opened_at, zone)[:19]),
        ("updated", local(ticket.updated_at, zone)[:19]),
        *([("closed", local(ticket.closed_at, zone)[:19])] if ticket.closed_at is not None else []),
        *([("call", f"{ticket.call}  (`cozum journal why {ticket.call}` tells it)")] if ticket.call else []),
        *(((name, str(value) if numbers else HIDDEN)) for name, value in ticket.fields.items()),
    ]
    for name, value in rows:
        print(f"{name:10} {value}")


@app.command()
def clock(
    kind: Annotated[str, typer.Option("--kind", help="urgent, request, complaint, information, petition or cimer.")],
    since: Annotated[str, typer.Option("--from", help="When it came: 2026-05-20, or 2026-05-20T23:50.")],
    rule: Annotated[str, typer.Option("--clock", help="A clock that a topic names, instead of the kind's own.")] = "",
    stops: Annotated[
        list[str] | None, typer.Option("--stopped", help="2026-05-22/2026-06-03: stood still; 2026-05-22/ still does.")
    ] = None,
    extension: Annotated[int, typer.Option("--extension", min=0, help="Extended by so much.")] = 0,
    leave: Annotated[
        list[str] | None, typer.Option("--leave", help="Administrative leave: 2026-05-25 or 2026-05-25/2026-05-26.")
    ] = None,
    half_days: Annotated[str, typer.Option("--half-days", help="work or free, instead of what the file says.")] = "",
    language: Annotated[str, typer.Option("--language", help="Of the steps: en or tr.")] = "en",
    town: Annotated[Path | None, typer.Option("--town", help="Folder with clocks.toml and calendar.toml.")] = None,
    as_json: Json = False,
) -> None:
    """The deadline of a request, and how it is reached. Needs neither a running system nor a database."""
    from acd.cli.deadlines import Asked, deadline_of

    asked = Asked(
        kind=kind,
        since=since,
        clock=rule,
        stops=tuple(stops or ()),
        extension=extension,
        leave=tuple(leave or ()),
        half_days=half_days,
        language=language,
        town=town,
    )
    found = deadline_of(asked)
    if as_json:
        print_json(found)
        return
    for step in found["steps"]:
        print(step)


def _record(ticket: Any, numbers: bool) -> dict[str, Any]:
    from storage.queries import as_record

    record = as_record(ticket)
    for name in ("opened_at", "updated_at", "closed_at"):
        record[name] = rfc3339(record[name])
    if not numbers:
        record["caller"] = HIDDEN if record["caller"] else ""
        record["fields"] = dict.fromkeys(record["fields"], HIDDEN)
    return record
