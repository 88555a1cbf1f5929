"""The consequences of a change as rows: notices in the desk, deliveries that leave it, and tasks for a person.

`consequences` is applied to each effect of a change in the transaction of the change. A delivery names the request and
not its content. The words are made when it is sent, so that nobody gets words that are no longer true."""

from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from acd.engine.model.phone_numbers import e164
from acd.lib.dialable import TRUNK_PREFIX, dialable
from tickets.changes import Rules
from tickets.effects import (
    TELLS,
    CallsUnwanted,
    ChildrenFollow,
    DeadlineChanged,
    Early,
    Effect,
    NotifyInbox,
    NotifyUnit,
    NumberChanged,
    OpenTask,
    OutcomeDue,
    OutcomeSettled,
    QuestionOver,
    RingDuty,
    StopRinging,
    TaskKind,
    TasksOver,
    TellCitizen,
    WriteToCitizen,
)
from tickets.ticket import Ticket
from tickets.town.model import Member, Unit

DeliveryKind = Literal["mail", "webhook", "text", "line", "outcome", "children"]
"""`mail` and `webhook` go to a member of a unit, `text` is a text message to the citizen, `line` a wish of the line,
`outcome` begins the telling of an outcome, `children` has the duplicates follow."""


WRITTEN: Final = "written"
"""What a text message is about whose words a person has written; each of them is sent."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A line in the desk for the people of a unit."""

    unit: str
    number: str
    about: str
    head: bool = False


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be done outside the database, once."""

    kind: DeliveryKind
    number: str
    about: str
    to: str = ""
    """Address of a mail or webhook. The number of a citizen is looked up when the text is sent."""
    payload: dict[str, Any] = {}


class TaskDone(msgspec.Struct, frozen=True, kw_only=True):
    """A task that the change has done, if it is open. With `said` it is done only so far as it asks for these words, or
    says that no text message could carry what they are `about`: one task may have several to say."""

    number: str
    kind: TaskKind
    by: str
    said: str | None = None
    about: Early = "question"
    duplicates: bool = False
    """The tasks of this kind of the ticket's duplicates are done too."""

    def left(self, why: str) -> str:
        """What is left to be done of a task with this reason; empty: nothing."""
        if self.said is None:
            return ""
        rest = f"\n{why}\n".replace(f"\n{self.said}\n", "\n", 1).strip("\n")
        return "\n".join(line for line in rest.split("\n") if not line.startswith(unsent(self.about, "")))


class TextOver(msgspec.Struct, frozen=True, kw_only=True):
    """A text message to the citizen need not be sent any more, if it has not left."""

    number: str
    about: str


Consequence = Notice | Delivery | TextOver | OpenTask | TaskDone


def consequences(effect: Effect, ticket: Ticket, rules: Rules) -> Iterator[Consequence]:
    """The rows of an effect on a ticket."""
    match effect:
        case NotifyUnit():
            unit = rules.town.units.get(effect.unit)
            yield from _notify(unit or rules.town.inbox, effect.number, effect.about, head=effect.head)
        case NotifyInbox():
            yield from _notify(rules.town.inbox, effect.number, effect.about, head=False)
        case TellCitizen():
            yield from _tell(effect, ticket, rules)
        case QuestionOver():
            yield TextOver(number=effect.number, about="question")
            if effect.words is None:
                yield TextOver(number=effect.number, about="extension")
            yield TaskDone(number=effect.number, kind="tell_citizen", by=effect.by, said=effect.words)
            yield TaskDone(number=effect.number, kind="not_answered", by=effect.by)
        case WriteToCitizen():
            yield Delivery(kind="text", number=effect.number, about=WRITTEN, payload={"words": effect.words})
        case OutcomeDue():
            yield _due(effect.number, effect.outcome)
        case OutcomeSettled():
            yield _withdrawn(effect.number, effect.outcome)
            yield from _done(effect.number, (*TELLS, "not_reached"), effect.by)
        case CallsUnwanted():
            about = {"outcome": effect.outcome}
            yield Delivery(kind="line", number=effect.number, about="calls_unwanted", payload=about)
        case NumberChanged():
            yield _withdrawn(effect.number, effect.outcome)
            yield _due(effect.number, effect.outcome)
            yield from _done(effect.number, ("wrong_number", "not_reached"), effect.by)
        case RingDuty():
            yield Delivery(kind="line", number=effect.number, about="ring_duty", payload={"unit": effect.unit})
            yield from _done(effect.number, ("duty_unanswered",), effect.by)
        case StopRinging():
            if effect.rings:
                yield Delivery(kind="line", number=effect.number, about="stop_ringing")
            number, duplicates = effect.number, effect.taken
            yield TaskDone(number=number, kind="duty_unanswered", by=effect.by, duplicates=duplicates)
        case ChildrenFollow():
            yield Delivery(kind="children", number=effect.number, about="follow")
        case TasksOver():
            yield from _done(effect.number, effect.kinds, effect.by)
        case OpenTask():
            yield from opened_task(effect, rules, tells=ticket.unit != rules.town.inbox.id)
        case DeadlineChanged():  # `tickets.watching` says when to check next
            return


def opened_task(task: OpenTask, rules: Rules, *, tells: bool = True) -> Iterator[Consequence]:
    """The rows of a task. If nobody on duty can be found, the people of the inbox are told outside the desk too, unless
    they are told anyway (`tells`): at night no page may be open."""
    yield task
    if task.kind == "duty_unanswered" and tells:
        yield from _notify(rules.town.inbox, task.number, "unanswered", head=True)


def unsent(about: str, error: str) -> str:
    """The reason of a task about a text message that cannot be sent, which a person says instead."""
    return f"{about}: {error}"


def receipt(ticket: Ticket, rules: Rules) -> Iterator[Delivery]:
    """The text message with the number of a new ticket, if the citizen can get one. Without a gateway it is a file:
    nobody counts as told by it, so it needs none."""
    if ticket.channel == "phone" and ticket.contact != "none" and is_mobile(ticket.caller, rules.denied):
        yield Delivery(kind="text", number=ticket.number, about="receipt")


def takes_texts(ticket: Ticket, rules: Rules) -> bool:
    """Whether text messages reach the citizen, and they want them. A file reaches nobody."""
    return rules.texts and ticket.contact != "none" and is_mobile(ticket.caller, rules.denied)


def is_mobile(number: str, denied: tuple[str, ...]) -> bool:
    """Whether a number gets text messages: a mobile number of the country that callbacks may dial, so in none of the
    `denied` ranges. A caller chooses the number, and a text message abroad may cost as much as a long call."""
    whole = e164(number)
    return dialable(whole).startswith(f"{TRUNK_PREFIX}5") and not whole.startswith(denied)


def _done(number: str, kinds: tuple[TaskKind, ...], by: str) -> Iterator[TaskDone]:
    return (TaskDone(number=number, kind=kind, by=by) for kind in kinds)


def _due(number: str, outcome: int) -> Delivery:
    return Delivery(kind="outcome", number=number, about="outcome", payload={"outcome": outcome})


def _withdrawn(number: str, outcome: int) -> Delivery:
    return Delivery(kind="line", number=number, about="withdraw_call", payload={"outcome": outcome})


def _notify(unit: Unit, number: str, about: str, *, head: bool) -> Iterator[Consequence]:
    """Deliveries to the members of a unit. A notice that is not for heads leaves out the head, if there are others."""
    yield Notice(unit=unit.id, number=number, about=about, head=head)
    others = [one for one in unit.members if not unit.head or one.user != unit.head]
    told: list[Member] = list(unit.members) if head or not others else others
    for member in told:
        if member.mail is not None:
            yield Delivery(kind="mail", number=number, about=about, to=member.mail, payload={"unit": unit.id})
        if member.webhook is not None:
            yield Delivery(kind="webhook", number=number, about=about, to=member.webhook, payload={"unit": unit.id})


def _tell(effect: TellCitizen, ticket: Ticket, rules: Rules) -> Iterator[Consequence]:
    """A text, or a person who calls: an extension must be told before the old limit."""
    number, about, by_text = effect.number, effect.about, takes_texts(ticket, rules)
    if effect.again:
        yield TextOver(number=number, about=about)
        said = effect.words if by_text else ""
        yield TaskDone(number=number, kind="tell_citizen", by=effect.by, said=said, about=about)
    if by_text:
        yield Delivery(kind="text", number=number, about=about)
    else:
        yield OpenTask(number=number, kind="tell_citizen", why=effect.words)
