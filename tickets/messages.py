"""Messages that callers leave when no agent is free: on a request of their own, or on the caller's open one.

Nobody knows what a message is about before a person has heard it. So a request of its own has no topic and no unit, and
the task `hear_message` asks a person to hear it, write down what it says, and give it a topic or close it."""

from collections.abc import Sequence

import msgspec

from tickets.changes import Changed, Rules
from tickets.effects import NotifyInbox, OpenTask
from tickets.files import NewFile, attach
from tickets.opening import NewTicket, open_ticket
from tickets.refusals import Refusal
from tickets.spoken_status import may_be_spoken
from tickets.ticket import SYSTEM, Ticket

NAME = "message.wav"


def hangs_on(requests: Sequence[Ticket], rules: Rules) -> Ticket | None:
    """The open request of a caller's number on which a message hangs: their only one, if the line may speak of it. A
    number is text that the caller chose, so a message hangs on no complaint and no report about somebody."""
    only = requests[0] if len(requests) == 1 else None
    return only if only is not None and may_be_spoken(only, rules) else None


def opened(number: str, new: NewTicket, at: float, rules: Rules) -> Changed:
    """The request that a message opens. A person gives it a topic and a unit; no rule does."""
    made = open_ticket(number, new, SYSTEM, at, rules)
    assert isinstance(made, Changed), made
    return msgspec.structs.replace(made, follows=(*made.follows, NotifyInbox(number=number, about="assigned")))


def left(ticket: Ticket, file: NewFile, at: float, rules: Rules, *, files: int) -> Changed | Refusal:
    """The request with the message, and with a person's task; `files` is how many files it has."""
    made = attach(ticket, file, SYSTEM, at, rules, files=files)
    if isinstance(made, Refusal):
        return made
    return msgspec.structs.replace(made, follows=(*made.follows, OpenTask(number=ticket.number, kind="hear_message")))
