"""What a citizen, or whoever answered, said in a call that gave no score: a note on the request, and the reason of the
task that calls in which no outcome was told lead to."""

from collections.abc import Sequence
from typing import Final

from tickets.changes import Changed, Rules, changed
from tickets.effects import TaskKind
from tickets.outcome.report import Report, Reported
from tickets.ticket import Actor, HistoryEntry, Ticket

_LEADS_TO: Final[dict[TaskKind, tuple[Reported, ...]]] = {
    "wrong_number": ("wrong_number",),
    "not_reached": ("not_there", "voicemail"),
}
"""What was reported of the calls before a task."""


def remarked(ticket: Ticket, said: Report, outcome: int, actor: Actor, at: float, rules: Rules) -> list[Changed]:
    """The ticket with the remark as a note that names the result and the number of the outcome; nothing without one."""
    if not said.remark.strip():
        return []
    detail = {"result": said.result, "outcome": outcome}
    return [changed(ticket, actor, at, rules, "note", {}, note=said.remark.strip(), detail=detail)]


def reason(kind: TaskKind, history: Sequence[HistoryEntry], outcome: int) -> str:
    """Why there is a task of this kind about an outcome: what was said in the calls before it, oldest first."""
    results = _LEADS_TO.get(kind, ())
    own = (one for one in history if one.what == "note" and one.detail.get("outcome") == outcome)
    return "\n".join(one.note for one in own if one.note and one.detail.get("result") in results)
