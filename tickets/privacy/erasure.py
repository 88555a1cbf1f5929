"""Taking a person out of a ticket. The figures stay: kind, topic, mahalle, unit, times, outcome, score."""

import hashlib
from collections.abc import Collection
from typing import Any, Literal, get_args

import msgspec

from tickets.changes import Changed, Rules, changed, refuse
from tickets.effects import TaskKind, TasksOver
from tickets.refusals import Refusal
from tickets.ticket import Actor, HistoryEntry, Ticket

Part = Literal["person", "text"]
PARTS: dict[Part, tuple[str, ...]] = {
    "person": ("caller", "name", "address", "lat", "lon", "call", "agrees", "external_number"),
    "text": ("text", "fields", "remark", "words"),
}
"""The fields of a ticket that say who somebody is, and those that hold what people said. Answers to questions that are
`personal` go with the person, and so does another system's number, since it says there who that is."""


def erase(
    ticket: Ticket, actor: Actor, at: float, rules: Rules, reason: str, parts: Collection[Part] = ("person", "text")
) -> Changed | Refusal:
    """The closed ticket without its person: by age (`retention`) or because the person asks (law 6698, article 7).

    The shell also clears the rows of the history with `erase_entry`, deletes files and codes, and writes the record."""
    if actor.role not in ("admin", "system"):
        return refuse("not_your_role", "role", actor.role, "admin and system erase")
    if ticket.state != "closed":
        return refuse("not_allowed", "state", ticket.state, "the request is still open; it is erased once it is closed")
    empty = Ticket(number="", service="", clock=ticket.clock, opened_at=0, updated_at=0)
    values: dict[str, Any] = {name: getattr(empty, name) for part in parts for name in PARTS[part]}
    if "fields" not in values:
        topic = rules.town.topics.get(ticket.topic or "")
        personal = {question.id for question in topic.questions if question.personal} if topic else set(ticket.fields)
        values["fields"] = {name: value for name, value in ticket.fields.items() if name not in personal}
    if "text" in parts:
        bare = tuple(msgspec.structs.replace(one, reason="") for one in ticket.clock.extensions)
        values["clock"] = msgspec.structs.replace(ticket.clock, extensions=bare)
    over = (TasksOver(number=ticket.number, kinds=get_args(TaskKind), by=actor.who),)  # nobody to call, nothing to hear
    follows = over if set(parts) == set(PARTS) else ()
    detail = {"parts": sorted(parts)}
    return changed(ticket, actor, at, rules, "erase", values, note=reason, follows=follows, detail=detail)


def erase_entry(entry: HistoryEntry, parts: Collection[Part]) -> HistoryEntry:
    """A row of the history without these parts: what people wrote or said, and another system's number of the request.
    The row keeps who did what and when. The row of the erasure keeps its reason."""
    if entry.what == "erase":
        return entry
    gone = {name for part, name in (("person", "reference"), ("text", "remark")) if part in parts}
    bare = msgspec.structs.replace(entry, detail={key: one for key, one in entry.detail.items() if key not in gone})
    return msgspec.structs.replace(bare, note="", words="") if "text" in parts else bare


def reference_digest(source: str, reference: str) -> str:
    """What is kept of another system's number of an erased request, so that it is not imported again. The shell keeps
    it apart from the request: whoever guesses the number learns that it was here, and not which request it was."""
    return hashlib.sha256(f"{source}\0{reference}".encode()).hexdigest()
