"""The consequences of a change of a ticket. The shell writes each effect in the transaction of the change and carries
it out."""

from typing import Literal

import msgspec

NoticeAbout = Literal[
    "assigned",
    "answered",
    "reopened",
    "handed_on",
    "returned",
    "extended",
    "unaccepted",
    "warned",
    "overdue",
    "escalated",
    "unanswered",
]
"""`unaccepted`: the unit has not accepted it in time; its deadline may be hours away. `escalated`: it is so long
overdue that the head of the unit is told. `unanswered`: nobody on duty has accepted it."""
TaskKind = Literal[
    "low_score",
    "not_reached",
    "wrong_number",
    "told_in_part",
    "not_answered",
    "withdrawn_by_citizen",
    "outcome",
    "tell_citizen",
    "duty_unanswered",
    "hear_message",
]
"""`tell_citizen`: a person must call, since the unit's question or the reason of an extension cannot be sent as a
text. `duty_unanswered`: nobody on duty accepted an urgent request. `hear_message`: a
caller left a message, and a person must hear it."""
TELLS: tuple[TaskKind, ...] = ("told_in_part", "wrong_number", "outcome")
"""Tasks after which nothing tells the citizen by itself any more."""


class NotifyUnit(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Tell the members of a unit about a ticket. `head`: tell its head too."""

    number: str
    unit: str
    about: NoticeAbout
    head: bool = False


class NotifyInbox(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Tell the people of the inbox, who assign requests without a unit."""

    number: str
    about: NoticeAbout


Early = Literal["question", "extension"]


class TellCitizen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Tell the citizen something before the outcome, in these words: a question of the unit, or why it takes longer."""

    number: str
    about: Early
    words: str
    again: bool = False
    """Their number was put right by `by`: whatever was to tell it at the earlier one is over."""
    by: str = ""


class QuestionOver(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The citizen has answered the question in these `words`, or need not: nobody is to ask them any more. Without
    words nothing is to be told before the outcome any more. `by` has done the tasks about it."""

    number: str
    words: str | None = None
    by: str = ""


class WriteToCitizen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Send the citizen these words as a text message: what a person of the inbox writes to them."""

    number: str
    words: str


class OutcomeDue(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The citizen must be told an outcome, once. `outcome` is its number (`Ticket.outcomes`); ticket and number are the
    id of the wish that the line gets."""

    number: str
    outcome: int


class OutcomeSettled(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """This outcome need not be told any more: it has been told, or the ticket was reopened. A call that waits is
    withdrawn, and `by` has done the tasks for which the citizen was to be told it."""

    number: str
    outcome: int
    by: str = ""


class NumberChanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The citizen who waits to be told this outcome, or was not reached, has another number: the telling begins anew
    with it, a call to the earlier number that waits is withdrawn, and `by` has done the task that asked for the right
    one."""

    number: str
    outcome: int
    by: str = ""


class CallsUnwanted(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The citizen who waits to be told this outcome wants no calls any more: one that waits is withdrawn, and the
    telling goes on without calls."""

    number: str
    outcome: int


class RingDuty(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Ring the person of the unit who is on duty, until somebody accepts. Replaces an earlier one for the ticket; `by`
    has done the task that this one has left: the list is begun anew."""

    number: str
    unit: str
    by: str = ""


class StopRinging(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Somebody has accepted the ticket, or need not: stop ringing for it. `by` has done the task that asked for
    somebody. `taken`: they see to its duplicates too. Without `rings` nobody is rung for it by the present rules, but
    the task may be left of those before a reload."""

    number: str
    by: str = ""
    taken: bool = False
    rings: bool = True


class DeadlineChanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Warnings and escalations have other times now."""

    number: str
    due_at: float | None


class ChildrenFollow(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The duplicates of this ticket must follow it: `tickets.joining.follow` for each of them."""

    number: str


class TasksOver(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The reason of tasks of these kinds is over; `by` has done those that are open."""

    number: str
    kinds: tuple[TaskKind, ...]
    by: str = ""


class OpenTask(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A person must look at the ticket and decide."""

    number: str
    kind: TaskKind
    why: str = ""


Effect = (
    NotifyUnit
    | NotifyInbox
    | TellCitizen
    | QuestionOver
    | WriteToCitizen
    | OutcomeDue
    | OutcomeSettled
    | NumberChanged
    | CallsUnwanted
    | RingDuty
    | StopRinging
    | DeadlineChanged
    | ChildrenFollow
    | OpenTask
    | TasksOver
)
