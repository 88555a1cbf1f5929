"""How every change of a ticket is made: the next version, one row of history, and the consequences."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

import msgspec

from tickets.clock.deadline import Deadline, deadline
from tickets.clock.rules import ClockRule, clock_for
from tickets.effects import DeadlineChanged, Effect
from tickets.kinds import Kind
from tickets.refusals import Refusal, RefusalCode
from tickets.ticket import Actor, HistoryEntry, Ticket
from tickets.town.model import Town
from tickets.yes_no import read_yes

LONGEST_TEXT = 4000
"""The most characters of a note or of words for the citizen."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules for changes: the town, its local time, and the settings of a request's life."""

    town: Town
    zone: tzinfo
    reopen_days: int = 30
    """Days after its closing within which a ticket can be reopened; later a follow-up is opened."""
    no_answer_days: int = 10
    """Days after the citizen was told at which a ticket closes by itself, if they do not answer."""
    texts: bool = False
    """Whether text messages reach citizens: a gateway is set that is more than files."""
    denied: tuple[str, ...] = ()
    """How numbers begin, in E.164, that are never called and get no text message."""

    def clock_rule(self, ticket: Ticket) -> ClockRule:
        """The rule of a ticket's clock. If a reload took it away, the one that the ticket would get now."""
        kept = self.town.clocks.get(ticket.clock.rule)
        return self.rule_for(ticket.kind, ticket.topic, ticket.fields) if kept is None else kept

    def rule_for(self, kind: Kind, topic: str | None, fields: Mapping[str, Any]) -> ClockRule:
        """The rule of a request's clock by what it is about."""
        about = self.town.topics.get(topic or "")
        asks = self.asks_information(kind, topic, fields)
        return clock_for(self.town.clocks, kind, about.clock if about else "", asks_information=asks)

    def presses(self, ticket: Ticket) -> bool:
        """Whether somebody must accept the ticket within minutes, at any hour."""
        return ticket.service_class == "urgent" or self.clock_rule(ticket).accept_minutes is not None

    def asks_information(self, kind: str, topic: str | None, fields: Mapping[str, Any]) -> bool:
        """Whether the citizen has a right to an answer of their own by law 4982: a request for information or a CİMER
        application that is one, by its topic or by `fields.information`."""
        if kind == "information":
            return True
        about = self.town.topics.get(topic or "")
        of_topic = about is not None and about.kind == "information"
        said = fields.get("information")
        return kind == "cimer" and (of_topic or said is True or (isinstance(said, str) and bool(read_yes(said))))

    def deadline(self, ticket: Ticket) -> Deadline:
        """The deadline of a ticket, with how it was reached."""
        return deadline(ticket.clock, self.clock_rule(ticket), self.town.calendar, self.zone)


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was made. The shell writes ticket, entry and effects in one transaction."""

    ticket: Ticket
    entry: HistoryEntry
    follows: tuple[Effect, ...] = ()


def changed(
    before: Ticket,
    actor: Actor,
    at: float,
    rules: Rules,
    what: str,
    values: Mapping[str, Any],
    *,
    note: str = "",
    words: str = "",
    follows: tuple[Effect, ...] = (),
    detail: dict[str, Any] | None = None,
) -> Changed:
    """The ticket with these values of its fields, and the row of history that says so.

    Time never runs backwards in a ticket: a change has at least the time of the one before it."""
    at = max(at, before.updated_at)
    after = msgspec.structs.replace(before, **values, updated_at=at, version=before.version + 1)
    if after.clock != before.clock:
        due_at = rules.deadline(after).due_at
        if due_at != before.due_at:
            after = msgspec.structs.replace(after, due_at=due_at)
            follows = (*follows, DeadlineChanged(number=after.number, due_at=after.due_at))
    entry = HistoryEntry(
        number=after.number,
        version=after.version,
        at=at,
        role=actor.role,
        who=actor.who,
        what=what,
        before=before.state,
        after=after.state,
        note=note,
        words=words,
        unit=after.unit,
        responsible=after.responsible,
        detail=detail or {},
    )
    return Changed(ticket=after, entry=entry, follows=follows)


def refuse(code: RefusalCode, key: str, value: object, allowed: str) -> Refusal:
    """A refusal. `value` is shown as text, cut if it is long."""
    text = "" if value is None else str(value)
    return Refusal(code=code, key=key, value=text if len(text) <= 60 else f"{text[:60]}…", allowed=allowed)


def too_long(key: str, text: str) -> Refusal | None:
    """A refusal of a text that is longer than `LONGEST_TEXT`."""
    if len(text) <= LONGEST_TEXT:
        return None
    return refuse("not_allowed", key, text, f"must have at most {LONGEST_TEXT} characters, but has {len(text)}")
