"""Loads a town from the texts of its files. Each file and their references are checked before any of them is used. One
fault refuses the whole town, and a reload then keeps the present one."""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from acd.lib.file_checks import BadFile, Checker, Problem
from tickets.clock.calendar import Calendar, parse_calendar
from tickets.clock.rules import ClockRule, parse_clocks
from tickets.privacy.retention import read_retention
from tickets.town.cross_checks import check_topics, check_units
from tickets.town.model import Named, Town
from tickets.town.shapes import Shapes, parse_shapes
from tickets.town.tables import read_bodies, read_mahalle, read_shifts, read_streets, read_topics, read_units
from tickets.town.words import check_words, read_words

NEEDED = (
    "mahalle.toml",
    "units.toml",
    "bodies.toml",
    "topics.toml",
    "clocks.toml",
    "calendar.toml",
    "words.toml",
    "retention.toml",
)
OPTIONAL = ("streets.toml", "duty.toml", "mahalle.geojson")
"""Names of a town's files."""


def load_town(
    texts: Mapping[str, str], *, services: Collection[str], line: str = "", known: Iterable[Named] = ()
) -> Town:
    """The town of these texts, by file name. `services` are the ids of the line's services, `line` is its number as
    citizens read it; `known` are the names of earlier files (`Town.names`), which stay readable.

    Raises `acd.lib.file_checks.BadFile` with every fault of every file or, once each file is sound, with every fault
    between them."""
    problems = [Problem(name, "", "", "is missing") for name in NEEDED if name not in texts]
    checks = {name: Checker(name) for name in (*NEEDED, *OPTIONAL)}

    def text(name: str) -> str:
        return texts.get(name, "")

    mahalle = read_mahalle(checks["mahalle.toml"], text("mahalle.toml"))
    units = read_units(checks["units.toml"], text("units.toml"))
    bodies = read_bodies(checks["bodies.toml"], text("bodies.toml"))
    groups, topics = read_topics(checks["topics.toml"], text("topics.toml"))
    streets = read_streets(checks["streets.toml"], text("streets.toml"))
    shifts = read_shifts(checks["duty.toml"], text("duty.toml"))
    clocks, calendar = _clocks(text("clocks.toml"), problems), _calendar(text("calendar.toml"), problems)
    retention = read_retention(checks["retention.toml"], text("retention.toml"))
    words, more = read_words(checks["words.toml"], text("words.toml"), line=line)
    outlines = "" if checks["mahalle.toml"].problems else text("mahalle.geojson")
    shapes = _shapes(checks["mahalle.geojson"], outlines, mahalle)
    problems += [problem for name, check in checks.items() if name in texts for problem in check.problems]
    if problems:
        raise BadFile(problems)
    check_units(checks, units, bodies, shifts, services)
    check_topics(checks["topics.toml"], groups, topics, mahalle=mahalle, units=units, bodies=bodies, clocks=clocks)
    check_words(checks["words.toml"], words, topics)
    for name in streets:
        if name not in mahalle:
            checks["streets.toml"].unknown(f"streets.{name}", name, "mahalle", mahalle)
    problems = [problem for check in checks.values() for problem in check.problems]
    if problems:
        raise BadFile(problems)
    town = Town(
        mahalle=mahalle,
        units=units,
        bodies=bodies,
        groups=groups,
        topics=topics,
        clocks=clocks,
        calendar=calendar,
        words=words,
        more=more,
        retention=retention,
        shifts=shifts,
        streets=streets,
        shapes=shapes,
    )
    return remembering(town, known)


def remembering(town: Town, known: Iterable[Named]) -> Town:
    """The town, with the names of what it has no more."""
    present = {(one.kind, one.id) for one in msgspec.structs.replace(town, retired={}).names()}
    retired = {(one.kind, one.id): one for one in known if (one.kind, one.id) not in present}
    return msgspec.structs.replace(town, retired=retired)


def _clocks(text: str, problems: list[Problem]) -> dict[str, ClockRule]:
    try:
        return parse_clocks(text, file="clocks.toml") if text else {}
    except BadFile as error:
        problems += error.problems
        return {}


def _calendar(text: str, problems: list[Problem]) -> Calendar:
    try:
        return parse_calendar(text, file="calendar.toml")
    except BadFile as error:
        problems += error.problems
        return Calendar()


def _shapes(check: Checker, text: str, mahalle: Collection[str]) -> Shapes:
    return parse_shapes(check, text, mahalle) if text else Shapes()
