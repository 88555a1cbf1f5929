"""Weekdays and hours as the town's files write them: `mon-fri`, `17:30-08:30`."""

import re
from collections.abc import Iterator
from datetime import datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY = "holiday"
DAY_MIN = 24 * 60
ALLOWED_DAYS = "mon, tue, wed, thu, fri, sat, sun, from one to a later one such as mon-fri, and holiday"
ALLOWED_HOURS = 'times such as "08:30-17:30" or "17:30-08:30", several with a blank between them'

_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")

Spans = tuple[tuple[int, int], ...]
"""From, to before, in minutes since midnight; an end beyond 1,440 lies in the next day."""


class BadTimes(ValueError):
    """The text names no days or hours. It says what is allowed."""


def parse_days(text: str) -> frozenset[str]:
    """Days of a text such as `mon-fri sun holiday`. Raises `BadTimes`."""
    found: set[str] = set()
    for part in text.split():
        first, dash, last = part.partition("-")
        last = last if dash else first
        if part == HOLIDAY:
            found.add(part)
        elif first not in DAYS or last not in DAYS or DAYS.index(last) < DAYS.index(first):
            raise BadTimes(f"must be {ALLOWED_DAYS}")
        else:
            found.update(DAYS[DAYS.index(first) : DAYS.index(last) + 1])
    if not found:
        raise BadTimes(f"must be {ALLOWED_DAYS}")
    return frozenset(found)


def parse_spans(text: str) -> Spans:
    """Spans of a text such as `08:30-12:30 13:30-17:30`. One that ends at or before its start goes on into the next
    day. Raises `BadTimes`."""
    spans: list[tuple[int, int]] = []
    for part in text.split():
        match = _SPAN.fullmatch(part)
        if match is None:
            raise BadTimes(f"must be {ALLOWED_HOURS}")
        begin = int(match[1]) * 60 + int(match[2])
        end = DAY_MIN if match[3] is None else int(match[3]) * 60 + int(match[4])
        end = end if end > begin else end + DAY_MIN
        if spans and begin < spans[-1][1]:
            raise BadTimes(f"{part} begins before the span before it ends")
        spans.append((begin, end))
    if not spans:
        raise BadTimes(f"must be {ALLOWED_HOURS}")
    return tuple(spans)


def minute_of(local: datetime) -> int:
    """Minutes since midnight of a local time."""
    return local.hour * 60 + local.minute


def covers(spans: Spans, minute: int) -> Iterator[int]:
    """The days in which a span has to begin to cover a minute of today: 0 for today, -1 for yesterday."""
    if any(begin <= minute < end for begin, end in spans):
        yield 0
    if any(begin <= minute + DAY_MIN < end for begin, end in spans):
        yield -1
