"""`cozum report --why`: what callers waited for, from the database."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from acd.cli.parts import note, print_csv, print_json, rfc3339
from acd.cli.spans import print_span
from acd.cli.statistics import Span
from acd.cli.waits import WaitReport, WaitSum

if TYPE_CHECKING:
    from acd.config.settings import Settings
    from storage.database import Database
    from storage.queries import Queries


def print_why(settings: "Settings", span: Span, zone: ZoneInfo, *, as_json: bool, as_csv: bool) -> None:
    """Ask, and print it in the form that is wanted."""
    from acd.cli.asking import ask

    sums: list[WaitSum] = []
    rings: list[tuple[str, float, int]] = []
    untold = 0

    async def fill(queries: "Queries", database: "Database") -> None:
        nonlocal untold
        sums.extend(WaitSum(**row) for row in await queries.wait_causes(span.begin, span.end))
        rings.extend(await queries.pick_ups(span.begin, span.end))
        untold = await queries.waits_untold(span.begin, span.end)

    ask(settings, fill)
    made = WaitReport(sums, rings, zone)
    record = {
        "from": rfc3339(span.begin),
        "to": rfc3339(span.end),
        "timezone": settings.timezone,
        "target_wait_s": settings.target_wait_s,
        **made.record(),
        "calls_untold": untold,
    }
    if as_json:
        print_json(record)
    elif as_csv:
        print_csv([{key: cause[key] for key in list(cause)[:6]} for cause in record["causes"]])
    else:
        print_span(span, zone)
        for line in made.lines(settings.target_wait_s):
            print(line)
        if untold:
            note(f"cozum: {untold:,} calls of this time waited before causes were kept, and are not in it")
