"""Checks of references between the files of a town."""

from collections.abc import Collection, Mapping, Sequence

from acd.lib.file_checks import Checker
from tickets.clock.rules import ClockRules
from tickets.town.haste import counts_days
from tickets.town.model import Body, Group, Shift, Topic, Unit


def check_units(
    checks: Mapping[str, Checker],
    units: Mapping[str, Unit],
    bodies: Mapping[str, Body],
    shifts: Sequence[Shift],
    services: Collection[str],
) -> None:
    """Services go to one unit each, one unit has the inbox, ids of units and bodies differ, shifts are of units."""
    check = checks["units.toml"]
    taken: dict[str, str] = {}
    for unit in units.values():
        for service in unit.services:
            key = f"unit.{unit.id}.services"
            if service not in services:
                check.unknown(key, service, "service", services)
            if service in taken:
                check.add(key, service, f"must go to one unit, but {taken[service]} has it too")
            taken.setdefault(service, unit.id)
    inboxes = [unit.id for unit in units.values() if unit.inbox]
    if len(inboxes) != 1 and units:
        check.add("unit.inbox", inboxes, "exactly one unit must have inbox = true: it sorts what has no unit")
    for body in bodies:
        if body in units:
            checks["bodies.toml"].add(f"body.{body}.id", body, "must be no id of a unit")
    for place, shift in enumerate(shifts):
        if shift.unit not in units:
            checks["duty.toml"].unknown(f"shift.{place}.unit", shift.unit, "unit", units)


def check_topics(
    check: Checker,
    groups: Mapping[str, Group],
    topics: Mapping[str, Topic],
    *,
    mahalle: Collection[str],
    units: Collection[str],
    bodies: Collection[str],
    clocks: ClockRules,
) -> None:
    """The tree has no circle and no loose branch; each topic has somebody who does it, and a clock; what cannot wait
    has one in minutes."""
    for group in groups.values():
        if group.parent and group.parent not in groups:
            check.unknown(f"group.{group.id}.parent", group.parent, "group", groups)
        elif _in_a_circle(group, groups):
            check.add(f"group.{group.id}.parent", group.parent, "the groups must not lead back to themselves")
    for topic in topics.values():
        key = f"topic.{topic.id}"
        if topic.group not in groups:
            check.unknown(f"{key}.group", topic.group, "group", groups)
        if topic.id in groups:
            check.add(f"{key}.id", topic.id, "must be no id of a group")
        if bool(topic.unit) == bool(topic.body):
            check.add(f"{key}.unit", topic.unit or None, "a topic needs either a unit or a body, and not both")
        if topic.unit and topic.unit not in units:
            check.unknown(f"{key}.unit", topic.unit, "unit", units)
        if topic.body and topic.body not in bodies:
            check.unknown(f"{key}.body", topic.body, "body", bodies)
        if topic.clock and topic.clock not in clocks:
            check.unknown(f"{key}.clock", topic.clock, "clock", clocks)
        elif clocks:
            _check_haste(check, key, topic, clocks)
        for where, who in topic.elsewhere.items():
            if where not in mahalle:
                check.unknown(f"{key}.elsewhere.{where}", where, "mahalle", mahalle)
            if who not in units and who not in bodies:
                check.unknown(f"{key}.elsewhere.{where}", who, "unit or body", [*units, *bodies])


def _check_haste(check: Checker, key: str, topic: Topic, clocks: ClockRules) -> None:
    if topic.why_days and not counts_days(topic, clocks):
        check.add(f"{key}.why_days", topic.why_days, "is for priority high and a clock that counts days: leave it out")


def _in_a_circle(group: Group, groups: Mapping[str, Group]) -> bool:
    at: Group | None = group
    for _ in range(len(groups) + 1):
        if at is None or not at.parent:
            return False
        at = groups.get(at.parent)
    return True
