"""From when to when: the words by which a report's time is given, and how it is shown."""

import time
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from acd.lib.cli_error import WRONG_USE, CliError
from acd.report.statistics import Span

WHEN = "2025-11-24, today, yesterday, or a time such as 2025-11-24T18:00"
YEARS: Final = range(1970, 3000)
"""Outside of them a moment may have no Unix time, or no next day."""


def span_of(day: str | None, begin: str | None, end: str | None, zone: ZoneInfo) -> Span:
    """The span that the options name; without any, today."""
    now = time.time()
    if day is not None and (begin is not None or end is not None):
        raise CliError("--day and --from/--to: give one of the two", WRONG_USE)
    if begin is None:
        if end is not None:
            raise CliError("--to: needs --from", WRONG_USE)
        first, _ = _moment("--day", day or "today", zone)
        return Span(first.timestamp(), (first + timedelta(days=1)).timestamp(), now)
    first, _ = _moment("--from", begin, zone)
    last, whole = _moment("--to", end, zone) if end is not None else (datetime.fromtimestamp(now, zone), False)
    if whole:
        last += timedelta(days=1)
    if last <= first:
        raise CliError(f"--to = {end or 'now'}: must be after --from = {begin}", WRONG_USE)
    return Span(first.timestamp(), last.timestamp(), now)


def ends_of(since: str | None, until: str | None, zone: ZoneInfo) -> tuple[float | None, float | None]:
    """The moments that `--since` and `--until` name (Unix seconds); a day is taken whole. None: without that end."""
    first = None if since is None else _moment("--since", since, zone)[0]
    last, whole = (None, False) if until is None else _moment("--until", until, zone)
    if last is not None and whole:
        last += timedelta(days=1)
    if first is not None and last is not None and last <= first:
        raise CliError(f"--until = {until}: must be after --since = {since}", WRONG_USE)
    return (None if first is None else first.timestamp()), (None if last is None else last.timestamp())


def _moment(key: str, text: str, zone: ZoneInfo) -> tuple[datetime, bool]:
    """A time on the line's clock, and whether it is a whole day's begin."""
    today = datetime.now(zone).date()
    words = {"today": today, "yesterday": today - timedelta(days=1)}
    whole = text in words or len(text) == 10
    try:
        if whole:
            found = words.get(text) or date.fromisoformat(text)
            moment = datetime(found.year, found.month, found.day, tzinfo=zone)
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        raise CliError(f"{key} = {text!r}: {WHEN} is allowed", WRONG_USE) from None
    if moment.year not in YEARS:
        raise CliError(f"{key} = {text!r}: a year from {YEARS[0]} to {YEARS[-1]} is allowed", WRONG_USE)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)), whole


def print_span(span: Span, zone: ZoneInfo) -> None:
    """Print the span as a heading."""
    begin, end = (datetime.fromtimestamp(at, zone) for at in (span.begin, span.end))
    if end - begin == timedelta(days=1) and begin.hour == begin.minute == 0:
        print(f"{begin:%A, %Y-%m-%d}{' (so far)' if span.now < span.end else ''}")
    else:
        print(f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}{' (so far)' if span.now < span.end else ''}")
