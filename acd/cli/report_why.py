"""`cozum report --why`: what callers waited for, from the database."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from acd.cli.parts import note, print_csv, print_json, rfc3339
from acd.cli.spans import print_span
from acd.report.statistics import Span
from acd.report.waits import WaitReport

if TYPE_CHECKING:
    from acd.config.settings import Settings
    from storage.database import Database
    from storage.queries import Queries


def print_why(settings: "Settings", span: Span, zone: ZoneInfo, *, as_json: bool, as_csv: bool) -> None:
    """Ask, and print it in the form that is wanted."""
    from acd.cli.asking import ask
    from acd.report.day import Frame, gather_why

    frame = Frame(span=span, zone=zone, service_level_s=settings.service_level_s, target_wait_s=settings.target_wait_s)

    async def fill(queries: "Queries", database: "Database") -> tuple[WaitReport, dict[str, Any]]:
        return await gather_why(queries, frame)

    made, told = ask(settings, fill)
    record, untold = with_times(told), told["calls_untold"]
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


def with_times(record: Mapping[str, Any]) -> dict[str, Any]:
    """A report's JSON with its span as it is read."""
    return {**record, "from": rfc3339(record["from"]), "to": rfc3339(record["to"])}
