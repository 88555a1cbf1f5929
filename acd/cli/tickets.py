"""`cozum tickets`: what citizens asked for, read straight from the database and changed through the desk."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast
from zoneinfo import ZoneInfo

import typer

from acd.cli import ticket_calls, ticket_changes, ticket_import
from acd.cli.keyboard import login
from acd.cli.parts import (
    HIDDEN,
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
from acd.lib.cli_error import NOT_WELL, WRONG_USE, CliError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from acd.config.settings import Settings
    from storage.database import Database
    from storage.requests.reading import Page, RequestQueries

T = TypeVar("T")

app = new_app("What callers asked for.")
MOST = 10_000


@app.command("list")
def list_(
    state: Annotated[str | None, typer.Option("--state", help="Only those in this state, such as new.")] = None,
    service: Annotated[str | None, typer.Option("--service", help="Only those of this service.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Only those of this unit, by its id.")] = None,
    topic: Annotated[str | None, typer.Option("--topic", help="Only those of this topic, by its id.")] = None,
    district: Annotated[str | None, typer.Option("--district", help="Only those of this mahalle, by its id.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only those of this kind, such as complaint.")] = None,
    words: Annotated[str, typer.Option("--search", help="Only those with these words, as people write them.")] = "",
    is_open: Annotated[bool, typer.Option("--open", help="Only those whose outcome is still to come.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose deadline has passed.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST, help="At most so many, the newest.")] = 50,
    numbers: Numbers = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Tickets, the newest first."""
    from storage.requests.listing import Wanted
    from tickets.kinds import KINDS
    from tickets.states import STATES

    for name, value, allowed in (("state", state, tuple(STATES)), ("kind", kind, KINDS)):
        if value is not None and value not in allowed:
            raise CliError(f"--{name} = {value!r}: {', '.join(allowed)} are allowed", WRONG_USE)
    settings = settings_of(config)
    wanted = Wanted(
        limit=limit,
        state=state,
        service=service,
        unit=unit,
        topic=topic,
        district=district,
        kind=kind,
        query=words,
        is_open=True if is_open else None,
        overdue=True if overdue else None,
    )
    page = _asked(settings, lambda requests: requests.page(wanted), _listed if numbers else None)
    found = [_record(one, numbers) for one in page.records]
    if as_json:
        print_json(found)
        return
    zone = ZoneInfo(settings.timezone)
    rows = [
        (
            one["number"],
            local(at["opened_at"], zone)[:19],
            one["state"],
            "overdue" if one["overdue"] else at["due_at"] and local(at["due_at"], zone)[:10],
            *(one[name] for name in ("service", "class", "unit")),
            *((one["caller"] or None,) if numbers else ()),
            one["call"],
        )
        for one, at in zip(found, page.records, strict=True)
    ]
    caller = ["caller"] if numbers else []
    print_table(["number", "opened", "state", "due", "service", "class", "unit", *caller, "call"], rows)
    if not found:
        note("cozum: no ticket like that" if wanted != Wanted(limit=limit) else "cozum: no ticket")
    elif page.next:
        note(f"cozum: the newest {limit}; --limit shows more")


@app.command()
def show(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="As written or typed: 26-000123-3 or 260001233.")],
    numbers: Numbers = False,
    language: Annotated[str, typer.Option("--language", help="Of the clock's steps: en or tr.")] = "en",
    config: Config = None,
    as_json: Json = False,
) -> None:
    """One ticket's whole story: its history, its calls, how its deadline is reached."""
    from tickets.number import BadNumber, TicketNumber

    settings = settings_of(config)
    try:
        wanted = str(TicketNumber.parse(number))
    except BadNumber as error:
        raise CliError(f"number = {number!r}: {error}", WRONG_USE) from None
    ticket = _asked(settings, lambda requests: requests.get(wanted, language), _named if numbers else None)
    if ticket is None:
        raise CliError(f"there is no ticket {wanted}", NOT_WELL)
    if as_json:
        print_json(_record(ticket, numbers))
        return
    for name, value in _story(ticket, ZoneInfo(settings.timezone), numbers):
        print(f"{name:10} {value}")


for _name, _command in (
    ("open", ticket_changes.open_),
    ("import", ticket_import.import_),
    ("amend", ticket_changes.amend),
    ("move", ticket_changes.move),
    ("note", ticket_changes.note),
    ("score", ticket_changes.score),
    ("called", ticket_changes.called),
    ("extend", ticket_changes.extend),
    ("join", ticket_changes.join),
    ("part", ticket_changes.part),
    ("attach", ticket_changes.attach),
    ("dispose", ticket_calls.dispose),
    ("dispositions", ticket_calls.dispositions),
):
    app.command(_name)(_command)


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


def _listed(page: "Page") -> list[str]:
    """The requests of a page."""
    return [one["number"] for one in page.records]


def _named(ticket: dict[str, Any] | None) -> list[str]:
    """The request, if there is one."""
    return [] if ticket is None else [ticket["number"]]


def _asked(
    settings: "Settings",
    question: "Callable[[RequestQueries], Awaitable[T]]",
    unmasked: "Callable[[T], list[str]] | None",
) -> T:
    """The answer of the database's requests. The audit names those whose personal data are shown (`unmasked`)."""
    from acd.cli.asking import ask
    from acd.desk.town_files import ticket_rules, town_of
    from acd.lib.clock import clock as now
    from storage.people.audit import Audit, AuditEntry
    from storage.requests.reading import RequestQueries

    rules = ticket_rules(settings, town_of(settings))

    async def answer(database: "Database") -> T:
        found = await question(RequestQueries(database, lambda: rules, now))
        numbers = [] if unmasked is None else unmasked(found)
        common: dict[str, Any] = {"at": now(), "who": "cozum", "role": "admin", "action": "unmasked"}
        common |= {"detail": {"user": login()}}
        await Audit(database, now).add([AuditEntry(**common, about=number) for number in numbers])
        return found

    return ask(settings, lambda _, database: answer(database))


def _story(ticket: dict[str, Any], zone: ZoneInfo, numbers: bool) -> list[tuple[str, str]]:
    """What there is to say, in the order in which it is read."""
    from tickets.states import STATES

    def at(seconds: float | None) -> str:
        return local(seconds, zone)[:19]

    def personal(name: str) -> list[tuple[str, str]]:
        return [(name, ticket[name] if numbers else HIDDEN)] if ticket[name] else []

    caller = (ticket["caller"] or "withheld") if numbers else HIDDEN
    known_as = " ".join(filter(None, (ticket["external_source"], ticket["external_number"])))
    rows = [
        ("number", ticket["number"]),
        ("state", f"{ticket['state']}: {STATES.get(ticket['state'], '')}"),
        ("version", str(ticket["version"])),
        ("service", f"{ticket['service']}, {ticket['class']}, {ticket['kind']}"),
        ("topic", ticket["topic"] or "not known"),
        ("unit", ticket["unit"] or "none"),
        ("caller", caller + ("" if numbers else " (--numbers shows it)")),
        *personal("name"),
        ("language", ticket["language"]),
        ("district", ticket["district"] or "not known"),
        *personal("address"),
        *([("body", ticket["responsible"])] if ticket["responsible"] else []),
        *([("known as", known_as)] if known_as else []),
        *([("follows", ticket["follows"])] if ticket["follows"] else []),
        ("opened", at(ticket["opened_at"])),
        ("updated", at(ticket["updated_at"])),
        ("due", at(ticket["due_at"]) + (", overdue" if ticket["overdue"] else "")),
        *([("closed", at(ticket["closed_at"]))] if ticket["closed_at"] is not None else []),
        *([("told", f"{at(ticket['told_at'])}, {ticket['told_how']}")] if ticket["told_at"] is not None else []),
        *personal("text"),
        *([("words", ticket["words"])] if ticket["words"] else []),
        *([("score", str(ticket["score"]))] if ticket["score"] is not None else []),
        *personal("remark"),
        *([("parent", ticket["parent"])] if ticket["parent"] else []),
        *([("children", ", ".join(ticket["children"]))] if ticket["children"] else []),
        *(("followed", f"by {one['number']}, {at(one['at'])}") for one in ticket["followed_by"]),
        *((name, str(value) if numbers else HIDDEN) for name, value in ticket["fields"].items()),
    ]
    for step in ticket["story"]:
        name, said = step_in_words(step, numbers)
        rows.append((name, f"{at(step['at'])}  {said}"))
    rows += [("clock", step) for step in ticket["clock"]["steps"]]
    return rows


_LINKED = {"looked_up": "asked the line for its state", "heard": "heard its state from the line, unasked"}
"""Links that one word does not tell."""
_SHOWN_AS = {"try": "tell", "ring": "duty", "task_done": "task"}
"""Kinds of steps of the story by other names."""


def step_in_words(step: dict[str, Any], numbers: bool) -> tuple[str, str]:
    """A step of the story: the name of its kind, and the step in words, with notes if `numbers` is true."""
    return _SHOWN_AS.get(step["kind"], step["kind"]), _in_words(step, numbers)


def _in_words(step: dict[str, Any], numbers: bool) -> str:
    what, detail = step["what"], step["detail"]
    match step["kind"]:
        case "call":
            kept = f", recording {detail['recorded']}" if "recorded" in detail else ""
            kept += f", sha256 {detail['recording_sha256']}" if "recording_sha256" in detail else ""
            return f"{step['id']}, {_LINKED.get(what, what)}{kept}  (`cozum journal why {step['id']}` tells it)"
        case "file":
            return f"{what} of the {detail['about']}, {detail['media_type']}, {detail['size']} bytes"
        case "try":
            how = "by the line itself" if detail["automatic"] else "by an agent"
            return f"outcome {detail['outcome']}, {how}: {what}"
        case "text":
            return f"about {detail['about']}: {what}"
        case "ring":
            return f"{step['who']} of {step['unit']}: {what}"
        case "task":
            return f"{what} is for a person to decide"
        case "task_done":
            return f"{what} was decided by {step['who']}"
        case "duplicate":
            return f"{step['id']} {what} it, by {step['who']}"
        case "followed":
            return f"by {step['id']}, which was opened"
    origin = " ".join(str(one) for one in detail.values()) if what == "import" else ""
    said = "; ".join(part for part in (origin, step["unit"], step["note"] if numbers else "", step["words"]) if part)
    return f"{what} by {step['who']}" + (f": {said}" if said else "")


def _record(ticket: dict[str, Any], numbers: bool) -> dict[str, Any]:
    """As the API tells it, without who asked for it unless that is wanted."""
    record = cast(dict[str, Any], _times(ticket))
    if numbers:
        return record
    for name in ("caller", "name", "text", "address", "remark"):
        record[name] = HIDDEN if record[name] else ""
    record["fields"] = dict.fromkeys(record["fields"], HIDDEN)
    for step in (*record.get("history", ()), *record.get("story", ())):
        step["note"] = HIDDEN if step["note"] else ""
        if step["detail"].get("remark"):
            step["detail"] = {**step["detail"], "remark": HIDDEN}
    return record


def _times(value: Any, name: str = "") -> Any:
    """Times as the API writes them."""
    if isinstance(value, dict):
        return {key: _times(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_times(one) for one in value]
    is_time = name == "at" or name.endswith(("_at", "_by"))
    return rfc3339(value) if is_time and isinstance(value, int | float) else value
