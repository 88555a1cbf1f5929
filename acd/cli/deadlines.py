"""`cozum tickets clock`: the deadline of a request, which need not exist."""

from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from acd.cli.parts import rfc3339
from acd.config.load_settings import load_settings
from acd.lib.cli_error import WRONG_USE, CliError
from acd.lib.file_checks import BadFile
from tickets.clock.calendar import HalfDays, Leave, parse_calendar
from tickets.clock.changes import extended, resumed, stopped
from tickets.clock.deadline import Clock, deadline
from tickets.clock.rules import parse_clocks
from tickets.kinds import KINDS
from tickets.refusals import Refusal


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
    if asked.clock and asked.clock not in rules:
        raise _wrong("clock", asked.clock, f"{', '.join(sorted(rules))} are allowed")
    rule = rules[asked.clock or asked.kind]
    half_days: HalfDays = calendar.half_days if not asked.half_days else "free" if asked.half_days == "free" else "work"
    calendar = msgspec.structs.replace(
        calendar, half_days=half_days, leave=(*calendar.leave, *(_leave(one) for one in asked.leave))
    )
    clock = Clock(rule=rule.id, started_at=_moment("from", asked.since, zone))
    for stop in asked.stops:
        since, slash, until = stop.partition("/")
        if not slash:
            raise _wrong("stopped", stop, "2026-05-22/2026-06-03 is the form, and 2026-05-22/ for one that lasts")
        clock = stopped(clock, rule, _moment("stopped", since, zone), "citizen")
        if until:
            clock = resumed(clock, _moment("stopped", until, zone))
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


def _moment(option: str, text: str, zone: ZoneInfo) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(option, text, "a date such as 2026-05-20 or 2026-05-20T23:50 is allowed") from None
    return at.replace(tzinfo=at.tzinfo or zone).timestamp()


def _leave(text: str) -> Leave:
    first, _, last = text.partition("/")
    try:
        days = (date.fromisoformat(first), date.fromisoformat(last or first))
    except ValueError:
        raise _wrong("leave", text, "2026-05-25 or 2026-05-25/2026-05-26 is the form") from None
    if days[1] < days[0]:
        raise _wrong("leave", text, "the second day must not lie before the first")
    return Leave(first=days[0], last=days[1], tr="--leave", en="--leave")


def _wrong(option: str, value: str, allowed: str) -> CliError:
    return CliError(f"--{option} = {value!r}: {allowed}", WRONG_USE)
