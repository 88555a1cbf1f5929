"""Journal entries as text and JSON, with personal data only where it is asked for."""

from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec

from acd.cli.parts import HIDDEN, dim, local
from acd.engine.model.events import AnyEvent
from acd.engine.model.facts import AnyFact
from acd.engine.model.journal import Entry

PERSONAL = frozenset({"number", "callable", "name", "fields"})
"""Keys whose values are a person's. A call's `dialled` is the line's own number."""
_LEFT_OUT = frozenset({"type", "at", "config"})
_SAID_ONCE = frozenset({"call", "agent", "offer", "channel", "node"})
"""What a fact shares with its event need not stand twice."""


def kinds() -> set[str]:
    """The names of all events and facts."""
    return {tag(one) for union in (AnyEvent, AnyFact) for one in get_args(union)}


def tag(of: Any) -> str:
    """The name of an event or fact, or of its class, as it stands in the journal."""
    return str(of.__struct_config__.tag)


def is_about(entry: Entry, call: str) -> bool:
    """Whether an entry is about a call."""
    return getattr(entry.event, "call", None) == call or any(getattr(one, "call", None) == call for one in entry.facts)


def has(entry: Entry, kind: str) -> bool:
    """Whether an entry's event or one of its facts is of this kind."""
    return tag(entry.event) == kind or any(tag(fact) == kind for fact in entry.facts)


def builtins(entry: Entry, *, personal: bool) -> dict[str, Any]:
    """An entry as plain data."""
    record: dict[str, Any] = msgspec.to_builtins(entry)
    return record if personal else _hidden(record)


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: HIDDEN if key in PERSONAL and one else _hidden(one) for key, one in value.items()}
    return [_hidden(one) for one in value] if isinstance(value, list | tuple) else value


def named_in(entry: Entry) -> list[str]:
    """The calls whose callers an entry names, if numbers are shown. A wish of which no call came is named by itself."""
    told = [msgspec.to_builtins(one) for one in (entry.event, *entry.facts)]
    naming = [one for one in told if _hidden(one) != one]
    calls, wishes = ([str(one[key]) for one in naming if one.get(key)] for key in ("call", "wish"))
    return list(dict.fromkeys(calls or wishes))


def as_json(entry: Entry, *, personal: bool) -> str:
    """One line."""
    return msgspec.json.encode(builtins(entry, personal=personal)).decode()


def as_text(entry: Entry, zone: ZoneInfo, *, personal: bool) -> str:
    """Number, time, event; below it a line for each fact."""
    record = builtins(entry, personal=personal)
    lines = [f"{entry.seq:>8}  {local(entry.event.at, zone)}  {tag(entry.event)}{_values(record['event'])}"]
    lines += [
        dim(f"{'':8}  → {fact['type']}{_values(fact, without=record['event'])}") for fact in record.get("facts", ())
    ]
    if entry.error:
        lines.append(f"{'':8}  ! the engine failed: {entry.error}")
    return "\n".join(lines)


def _values(record: dict[str, Any], without: dict[str, Any] | None = None) -> str:
    """` key=value` for each field, without those names that the event (`without`) has said."""
    said = without or {}
    parts = []
    for key, value in record.items():
        if key in _LEFT_OUT or value in (None, "", {}, []) or (key in _SAID_ONCE and said.get(key) == value):
            continue
        text = (
            " ".join(value) if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value) else value
        )
        parts.append(f"{key}={text}")
    return "".join(f"  {part}" for part in parts)
