"""`cozum destructions`: the records of what was destroyed, to show that it was (law 6698, article 7).

Reads the database, with or without a desk."""

from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from acd.cli.parts import Config, Json, local, new_app, note, print_json, print_table, rfc3339, settings_of
from acd.cli.spans import WHEN, ends_of
from acd.lib.cli_error import WRONG_USE, CliError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acd.config.settings import Settings
    from storage.privacy.waiting import WaitingErasure
    from storage.requests.reading import Page

app = new_app("What personal data was destroyed, when and by which rule.")
MOST = 10_000


@app.command()
def destructions(
    since: Annotated[str | None, typer.Option("--since", help=f"Destroyed from here: {WHEN}.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Destroyed before this; a day is taken whole.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST, help="At most so many, the newest.")] = 50,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Instead, the erasures that wait until a request is closed.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """What personal data was destroyed, the newest first: when, what, how much, of which span, and why.

    `by`: the rule of the town's retention.toml with its days, or the number of the erasure that a person asked for. The
    line's own data (journal, cel) goes by that rule or by journal_days, whichever is shorter. The records have no
    personal data themselves.
    """
    from acd.cli.asking import ask
    from storage.by_time import WantedRows
    from storage.privacy.destruction_records import DestructionRecords
    from storage.privacy.waiting import waiting_erasures

    settings = settings_of(config)
    zone = ZoneInfo(settings.timezone)
    if waiting:
        if since is not None or until is not None:
            raise CliError("--waiting: lists all that wait now; leave --since and --until out", WRONG_USE)
        _print_waiting(settings, zone, as_json)
        return
    begin, end = ends_of(since, until, zone)

    async def read(database: Any) -> "tuple[Page, list[WaitingErasure]]":
        page = await DestructionRecords(database).page(WantedRows(limit=limit, since=begin, until=end))
        return page, await waiting_erasures(database)

    page, waits = ask(settings, lambda _, database: read(database))
    if waits:
        note(f"cozum: erasures that wait until a request is closed: {len(waits)}; --waiting lists them")
    if as_json:
        times = ("at", "newer_than", "older_than")
        print_json([{**one, **{name: rfc3339(one[name]) for name in times}} for one in page.records])
        return
    rows = [
        (
            local(one["at"], zone)[:16],
            one["what"],
            one["kind"],
            one["count"],
            *(at and local(at, zone)[:16] for at in (one["newer_than"], one["older_than"])),
            _by(one),
            one["basis"],
        )
        for one in page.records
    ]
    headings = ("destroyed", "what", "kind", "count", "newer than", "older than", "by", "basis")
    print_table(headings, rows, right=("count",))
    if not rows:
        note(f"cozum: nothing was destroyed {'then' if since or until else 'yet'}")
    elif page.next:
        note(f"cozum: the newest {limit}; --limit shows more")


def _print_waiting(settings: "Settings", zone: ZoneInfo, as_json: bool) -> None:
    from acd.cli.asking import ask
    from acd.lib.clock import clock
    from storage.privacy.waiting import waiting_erasures

    found = ask(settings, lambda _, database: waiting_erasures(database))
    now = clock()
    if as_json:
        times = [{"at": rfc3339(one.at), "until": rfc3339(one.until)} for one in found]
        rest = ("id", "who", "reason", "requests")
        print_json(
            [{**time, **{name: getattr(one, name) for name in rest}} for time, one in zip(times, found, strict=True)]
        )
        return
    headings = ("erasure", "asked", "days", "until", "by", "reason", "waits for")
    rows = [
        (
            one.id,
            local(one.at, zone)[:16],
            one.days(now),
            local(one.until, zone)[:10],
            one.who,
            one.reason,
            ", ".join(one.requests) or "the next night",
        )
        for one in found
    ]
    print_table(headings, rows, right=("erasure", "days"))
    if not rows:
        note("cozum: no erasure waits")


def _by(one: "Mapping[str, Any]") -> str:
    """The rule, or the erasure."""
    if one["erasure"] is not None:
        return f"erasure {one['erasure']}"
    return "rule" if one["days"] is None else f"rule, {one['days']} days"
