"""A ticket: the record of a caller's request until it is resolved; and the authors of its changes."""

from typing import Any, Literal

import msgspec

from tickets.clock.deadline import Clock
from tickets.kinds import Kind
from tickets.states import Outcome, Role, TicketState
from tickets.town.model import Priority

Contact = Literal["call", "text", "none"]
"""How the citizen wants to be told: by telephone, by text message, or not at all."""
TellWay = Literal["call", "automatic", "in_call", "text", "page", "attempts", "declined", "parent"]
"""How the citizen was told: called by an agent or by the line, while they were on the line, by text message, on the
public page; or not reached in all attempts, or did not want to hear it; or in the call about another request of theirs
under the same parent."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """The author of a change. `who` is the user's name, an agent's extension or the parent's number; `unit` is that of
    a person of the role `unit`."""

    role: Role
    who: str = ""
    unit: str = ""


SYSTEM = Actor(role="system")
"""The program, by a rule."""


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One request. Times are Unix seconds."""

    number: str
    """As `tickets.number.TicketNumber` writes it."""
    service: str
    service_class: Literal["urgent", "routine"] = msgspec.field(name="class", default="routine")
    kind: Kind = "request"
    topic: str | None = None
    priority: Priority = "normal"
    state: TicketState = "new"
    unit: str | None = None
    responsible: str | None = None
    """The outside body that is responsible or awaited: its id, or its name if the town has no such body."""
    district: str | None = None
    """Id of the mahalle, where known."""
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    text: str = ""
    channel: str = "phone"
    language: str = "tr"
    caller: str = ""
    """The number they called from; empty if withheld. Never needed: a request without it is a request."""
    name: str = ""
    call: str | None = None
    """The call that opened it."""
    fields: dict[str, Any] = {}
    """Answers to the topic's questions, and what the flow learnt."""
    agrees: bool = False
    """Whether the complainant agrees that the unit learns their identity."""
    contact: Contact = "call"
    clock: Clock
    due_at: float | None = None
    """None while the clock is stopped."""
    opened_at: float
    updated_at: float
    accepted_at: float | None = None
    """When its present unit accepted it."""
    outcome: Outcome | None = None
    """The last one; it stays when the ticket is told and closed."""
    outcome_at: float | None = None
    words: str = ""
    """The words for the citizen: the outcome or, while the citizen has to answer, the question."""
    outcomes: int = 0
    """How many outcomes it has had. Each is told once; the number identifies it."""
    resolved_at: float | None = None
    """When it had its first outcome. Reopening never changes this."""
    resolved_in_time: bool | None = None
    """Whether the first outcome came before its deadline or, if the limit is that of telling the citizen, whether they
    were told it before; None until then."""
    reopened: int = 0
    told_at: float | None = None
    told_how: TellWay | None = None
    closed_at: float | None = None
    score: int | None = None
    remark: str = ""
    parent: str | None = None
    """The ticket that this one is a duplicate of."""
    follows: str | None = None
    """The closed ticket that this one is a follow-up of."""
    external_source: str | None = None
    """The other system that knows this request too, such as `cimer`."""
    external_number: str | None = None
    """Its number there."""
    version: int = 1


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a ticket's history; the history is only added to. `version` is that of the ticket after it, so the
    rows of a ticket are numbered without gaps."""

    number: str
    version: int
    at: float
    role: Role
    who: str = ""
    what: str
    """A move's name, or `open`, `import`, `amend`, `note`, `join`, `leave`, `extend`, `score`."""
    before: TicketState | None = None
    after: TicketState
    note: str = ""
    """Why. For the people who work on it, not for the citizen."""
    words: str = ""
    """What the citizen is told."""
    unit: str | None = None
    responsible: str | None = None
    detail: dict[str, Any] = {}
