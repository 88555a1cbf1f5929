"""`cozum tickets clock`: the deadline of a request, which need not exist."""

from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from acd.cli.parts import rfc3339
from acd.config.load_settings import load_settings
from acd.lib.cli_error import WRONG_USE, CliError
from acd.lib.file_checks import BadFile
from tickets.clock.calendar import LONGEST_LEAVE_DAYS, HalfDays, Leave, parse_calendar
from tickets.clock.changes import extended, resumed, stopped
from tickets.clock.deadline import Clock, deadline
from tickets.clock.rules import ClockRule, ClockRules, clock_for, parse_clocks
from tickets.kinds import KINDS
from tickets.refusals import Refusal

YEARS: Final = (1970, 2099)
"""The first and the last year of a day that is given. The calendar knows the holidays of these and of some more."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The options of the command."""

    kind: str
    since: str
    clock: str = ""
    stops: tuple[str, ...] = ()
    extension: int = 0
    leave: tuple[str, ...] = ()
    half_days: str = ""
    language: str = "en"
    town: Path | None = None


def deadline_of(asked: Asked) -> dict[str, Any]:
    """The deadline as `cozum tickets clock --json` prints it. Raises `CliError`."""
    if asked.kind not in KINDS:
        raise _wrong("kind", asked.kind, f"{', '.join(KINDS)} are allowed")
    if asked.language not in ("en", "tr"):
        raise _wrong("language", asked.language, "en, tr are allowed")
    if asked.half_days not in ("", "work", "free"):
        raise _wrong("half-days", asked.half_days, "work, free are allowed")
    zone = ZoneInfo(load_settings(None).timezone)
    try:
        rules = parse_clocks(_text(asked.town, "clocks.toml"), file="clocks.toml")
        calendar = parse_calendar(_text(asked.town, "calendar.toml"), file="calendar.toml")
    except BadFile as error:
        raise CliError(str(error)) from None
    rule = _rule(asked, rules)
    half_days: HalfDays = calendar.half_days if not asked.half_days else "free" if asked.half_days == "free" else "work"
    calendar = msgspec.structs.replace(
        calendar, half_days=half_days, leave=(*calendar.leave, *(_leave(one) for one in asked.leave))
    )
    clock = Clock(rule=rule.id, started_at=_moment("from", asked.since, zone))
    clock = _stopped(clock, rule, asked, zone)
    if asked.extension:
        longer = extended(
            clock, rule, calendar, zone, amount=asked.extension, reason="--extension", at=clock.started_at
        )
        if isinstance(longer, Refusal):
            raise _wrong("extension", str(asked.extension), longer.allowed)
        clock = longer
    found = deadline(clock, rule, calendar, zone)
    return {
        "kind": asked.kind,
        "clock": rule.id,
        "from": asked.since,
        "due": None if found.due is None else found.due.isoformat(),
        "due_at": rfc3339(found.due_at),
        "warn_at": rfc3339(found.warn_at),
        "escalate_at": rfc3339(found.escalate_at),
        "accept_by": rfc3339(found.accept_by),
        "left": found.left,
        "steps": [step.tr if asked.language == "tr" else step.en for step in found.steps],
    }


def _text(town: Path | None, name: str) -> str:
    if town is None:
        return (files("tickets") / "data" / name).read_text(encoding="utf-8")
    try:
        return (town / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(f"{town / name}: {error}") from None


def _rule(asked: Asked, rules: ClockRules) -> ClockRule:
    """The rule for what is asked, as a request would get it. The law or the line's minutes may bind a kind to its own
    clock; a CİMER application for information has one beside it."""
    if not asked.clock:
        return rules[asked.kind]
    if asked.clock not in rules:
        raise _wrong("clock", asked.clock, f"{', '.join(sorted(rules))} are allowed")
    kind = next(one for one in KINDS if one == asked.kind)
    found = clock_for(rules, kind, asked.clock, asks_information=asked.clock == "cimer_information")
    if found.id != asked.clock:
        basis = f" ({rules[asked.kind].basis})" if rules[asked.kind].basis else ""
        allowed = f'no topic changes the clock of the kind "{asked.kind}"{basis}: leave --clock out, or ask for a kind'
        raise _wrong("clock", asked.clock, f"{allowed} that a topic's clock counts for, such as request")
    return found


def _stopped(clock: Clock, rule: ClockRule, asked: Asked, zone: ZoneInfo) -> Clock:
    """The clock with its stops, in the order of time. One that the clock could not have had is refused."""
    spans = sorted((_span(stop, zone) for stop in asked.stops), key=lambda span: span[0])
    for (_, before, earlier), (since, _, later) in pairwise(spans):
        if before is None or since < before:
            raise _wrong("stopped", later, f"begins before {earlier} has ended; write the two as one")
    for since, until, text in spans:
        if "citizen" not in rule.stops:
            raise _wrong("stopped", text, f'the clock "{rule.id}" does not stand still for a citizen; leave it out')
        if since < clock.started_at:
            raise _wrong("stopped", text, f"begins before the request came ({asked.since}); let it begin then or later")
        clock = stopped(clock, rule, since, "citizen")
        if until is not None:
            clock = resumed(clock, until)
    return clock


def _span(stop: str, zone: ZoneInfo) -> tuple[float, float | None, str]:
    """A stop's beginning, its end if it has one, and how it was given."""
    since, slash, until = stop.partition("/")
    if not slash:
        raise _wrong("stopped", stop, "2026-05-22/2026-06-03 is the form, and 2026-05-22/ for one that lasts")
    begin = _moment("stopped", since, zone)
    end = _moment("stopped", until, zone) if until else None
    if end is not None and end <= begin:
        raise _wrong("stopped", stop, "must end after it begins: write the earlier time first")
    return begin, end, stop


def _moment(option: str, text: str, zone: ZoneInfo) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(option, text, "a date such as 2026-05-20 or 2026-05-20T23:50 is allowed") from None
    _check_year(option, text, at)
    return at.replace(tzinfo=at.tzinfo or zone).timestamp()


def _leave(text: str) -> Leave:
    first, _, last = text.partition("/")
    try:
        days = (date.fromisoformat(first), date.fromisoformat(last or first))
    except ValueError:
        raise _wrong("leave", text, "2026-05-25 or 2026-05-25/2026-05-26 is the form") from None
    if days[1] < days[0]:
        raise _wrong("leave", text, "the second day must not lie before the first")
    if (days[1] - days[0]).days >= LONGEST_LEAVE_DAYS:
        raise _wrong("leave", text, f"{LONGEST_LEAVE_DAYS} days are allowed at most")
    _check_year("leave", text, *days)
    return Leave(first=days[0], last=days[1], tr="--leave", en="--leave")


def _check_year(option: str, text: str, *days: date) -> None:
    first, last = YEARS
    if not all(first <= day.year <= last for day in days):
        raise _wrong(option, text, f"a year from {first} to {last} is allowed")


def _wrong(option: str, value: str, allowed: str) -> CliError:
    return CliError(f"--{option} = {value!r}: {allowed}", WRONG_USE)
