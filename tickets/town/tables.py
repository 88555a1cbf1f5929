"""Each of the town's TOML files as items by id. What is wrong inside one file is noted here; what is wrong between two
files is noted by `tickets.town.cross_checks`."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from acd.lib.file_checks import Checker
from acd.lib.turkish import tr_fold
from tickets.find.folding import mahalle_key
from tickets.town.model import (
    HANDED,
    Body,
    Choice,
    Group,
    Mahalle,
    Member,
    Person,
    Question,
    Shift,
    Topic,
    Unit,
)
from tickets.town.times import BadTimes, parse_days, parse_spans

T = TypeVar("T", bound=msgspec.Struct)
Item = TypeVar("Item", Mahalle, Unit, Body, Group, Topic)

HINTS = {
    "id": "1 to 40 of a-z, 0-9 and _, the first a letter",
    "group": "1 to 40 of a-z, 0-9 and _, the first a letter",
    "name": "1 to 80 characters",
    "tr": "1 to 300 characters, names up to 80",
    "en": "1 to 300 characters, names up to 80",
    "user": "1 to 40 of a-z, 0-9 and _, the first a letter",
    "mail": "a mail address",
    "webhook": "an address that begins with http:// or https://",
    "web": "an address that begins with http:// or https://",
    "phone": "a number such as +902124440411, or 3 to 6 digits",
    "reach_tr": "1 to 300 characters",
    "reach_en": "1 to 300 characters",
    "kind": "urgent, request, complaint, information, petition or cimer",
    "priority": "high, normal or low",
    "place": "needed, optional or none",
    "type": "text, choice or number",
    "words": "a list of words of 1 to 80 characters",
    "aliases": "a list of names of 1 to 80 characters",
    "elsewhere": "a table of mahalle with the unit or body that does it there",
}


class _ShiftRow(msgspec.Struct, frozen=True, kw_only=True):
    unit: str
    days: str
    hours: str
    people: tuple[Person, ...]


def read_mahalle(check: Checker, text: str) -> dict[str, Mahalle]:
    """`[[mahalle]]` tables. No two may share a name or alias, however it is written."""
    found: dict[str, Mahalle] = {}
    names: dict[str, str] = {}
    for key, row in _rows(check, check.toml(text), "mahalle"):
        one = _add(check, found, key, check.struct(Mahalle, row, key, hints=HINTS))
        for name in (one.name, *one.aliases) if one else ():
            _once(check, names, f"{key}.name", name, mahalle_key(name))
    return found


def read_units(check: Checker, text: str) -> dict[str, Unit]:
    """`[[unit]]` tables, with their members."""
    found: dict[str, Unit] = {}
    for key, row in _rows(check, check.toml(text), "unit"):
        row["members"] = _children(check, f"{key}.members", row.get("members", []), Member)
        one = _add(check, found, key, check.struct(Unit, row, key, hints=HINTS))
        if one is None:
            continue
        for place, member in enumerate(one.members):
            if member == Member():
                check.add(f"{key}.members.{place}", {}, "needs a user, a mail or a webhook")
        users = [member.user for member in one.members if member.user]
        if one.head and one.head not in users:
            check.unknown(f"{key}.head", one.head, "member of the unit with a user", users)
    return found


def read_bodies(check: Checker, text: str) -> dict[str, Body]:
    """`[[body]]` tables."""
    found: dict[str, Body] = {}
    for key, row in _rows(check, check.toml(text), "body"):
        body = _add(check, found, key, check.struct(Body, row, key, hints=HINTS))
        if body is not None and body.transfer and not HANDED.fullmatch(body.phone):
            allowed = "3 to 6 digits, or +90 and a landline, mobile or 444 number, where transfer = true"
            check.add(f"{key}.phone", body.phone, f"callers are not handed over to it; allowed: {allowed}")
    return found


def read_topics(check: Checker, text: str) -> tuple[dict[str, Group], dict[str, Topic]]:
    """`[[group]]` and `[[topic]]` tables, with their questions."""
    table = check.toml(text)
    groups: dict[str, Group] = {}
    for key, row in _rows(check, table, "group", only=("group", "topic")):
        _add(check, groups, key, check.struct(Group, row, key, hints=HINTS))
    topics: dict[str, Topic] = {}
    names: dict[str, str] = {}
    for key, row in _rows(check, table, "topic", only=("group", "topic")):
        row["questions"] = _questions(check, f"{key}.questions", row.get("questions", []))
        one = _add(check, topics, key, check.struct(Topic, row, key, hints=HINTS))
        if one is not None:
            _once(check, names, f"{key}.tr", one.tr, tr_fold(one.tr))
    return groups, topics


def read_streets(check: Checker, text: str) -> dict[str, tuple[str, ...]]:
    """The table `[streets]`: names of streets by mahalle."""
    table = check.toml(text)
    streets = table.pop("streets", {})
    for key, value in table.items():
        check.unknown(key, value, "key", ["streets"])
    if not isinstance(streets, Mapping):
        check.add("streets", streets, "must be a table of mahalle with their streets")
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for mahalle, names in streets.items():
        if not isinstance(names, list) or not all(isinstance(name, str) and 0 < len(name) <= 80 for name in names):
            check.add(f"streets.{mahalle}", names, "must be a list of names of 1 to 80 characters")
            continue
        found[mahalle] = tuple(names)
    return found


def read_shifts(check: Checker, text: str) -> tuple[Shift, ...]:
    """`[[shift]]` tables, with the people on duty."""
    found: list[Shift] = []
    for key, row in _rows(check, check.toml(text), "shift") if text else ():
        row["people"] = _children(check, f"{key}.people", row.get("people", []), Person)
        one = check.struct(_ShiftRow, row, key, hints=HINTS)
        if one is None:
            continue
        if not one.people:
            check.add(f"{key}.people", [], "must name at least one person")
        try:
            days, spans = parse_days(one.days), parse_spans(one.hours)
        except BadTimes as error:
            check.add(f"{key}.days", f"{one.days} {one.hours}", str(error))
            continue
        found.append(Shift(unit=one.unit, days=days, spans=spans, people=one.people))
    return tuple(found)


# --- parts


def _rows(
    check: Checker, table: dict[str, Any], name: str, only: tuple[str, ...] = ()
) -> list[tuple[str, dict[str, Any]]]:
    """The tables under `[[name]]`, with the key of each."""
    before = len(check.problems)
    for key, value in table.items():
        if key not in (only or (name,)):
            check.unknown(key, value, "key", only or (name,))
    entries = table.get(name, [])
    if not isinstance(entries, list) or not entries:
        if len(check.problems) == before:
            check.add(name, entries or None, f"must be at least one table under [[{name}]]")
        return []
    found: list[tuple[str, dict[str, Any]]] = []
    for place, entry in enumerate(entries):
        if isinstance(entry, Mapping):
            found.append((f"{name}.{place}", dict(entry)))
        else:
            check.add(f"{name}.{place}", entry, "must be a table")
    return found


def _children(check: Checker, key: str, rows: object, cls: type[T]) -> tuple[T, ...]:
    """A list of inner tables; what is wrong with one is noted under its own key."""
    if not isinstance(rows, list):
        check.add(key, rows, "must be a list of tables")
        return ()
    found = [check.struct(cls, row, f"{key}.{place}", hints=HINTS) for place, row in enumerate(rows)]
    return tuple(one for one in found if one is not None)


def _questions(check: Checker, key: str, rows: object) -> tuple[Question, ...]:
    if not isinstance(rows, list):
        check.add(key, rows, "must be a list of tables")
        return ()
    found: dict[str, Question] = {}
    for place, row in enumerate(rows):
        here = f"{key}.{place}"
        if isinstance(row, Mapping):
            row = {**row, "choices": _children(check, f"{here}.choices", row.get("choices", []), Choice)}
        one = check.struct(Question, row, here, hints=HINTS)
        if one is None:
            continue
        if one.id in found:
            check.add(f"{here}.id", one.id, "must be unique within the topic")
        ids = [choice.id for choice in one.choices]
        if (one.type == "choice") != bool(ids) or len(set(ids)) != len(ids):
            check.add(f"{here}.choices", ids, "must be different choices, for the type choice and for no other")
        if one.least > one.most:
            check.add(f"{here}.least", one.least, f"must be at most {one.most}")
        found[one.id] = one
    return tuple(found.values())


def _add(check: Checker, found: dict[str, Item], key: str, one: Item | None) -> Item | None:
    if one is None:
        return None
    if one.id in found:
        check.add(f"{key}.id", one.id, "must be unique, but an earlier table has it too")
        return None
    found[one.id] = one
    return one


def _once(check: Checker, seen: dict[str, str], key: str, value: str, same: str) -> None:
    other = seen.setdefault(same, key)
    if other != key:
        check.add(key, value, f"must be unique, but {other} has it too")
