"""Requests as the API shows them."""

from typing import Any, Final, Literal

from pydantic import Field

from acd.engine.model.config import ServiceClass
from console.views import RecordingState, Seconds, Time, View
from tickets.decisions import Decision
from tickets.dispositions import Disposition
from tickets.effects import TaskKind
from tickets.kinds import Kind
from tickets.outcome.plan import AttemptResult
from tickets.states import Outcome, Role, TicketState
from tickets.task_calls import TaskCallResult
from tickets.ticket import Contact, TellWay
from tickets.town.model import Priority


class Ticket(View):
    """What a citizen asked for."""

    number: str
    service: str
    service_class: ServiceClass | None = Field(None, alias="class")
    kind: Kind = "request"
    topic: str | None = None
    priority: Priority = "normal"
    state: TicketState
    unit: str | None = None
    responsible: str | None = Field(None, description="the outside body that is responsible or awaited")
    district: str | None = Field(None, description="mahalle, where known")
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    text: str = ""
    channel: str = "phone"
    language: str | None = None
    caller: str | None = Field(None, description="empty if withheld")
    name: str = ""
    call: str | None = Field(None, description="the call that opened it")
    fields: dict[str, Any] = Field({}, description="answers to the topic's questions, and what the flow learnt")
    agrees: bool = Field(False, description="the unit may learn who made a report about somebody")
    contact: Contact = "call"
    opened_at: Time
    updated_at: Time | None = None
    due_at: Time | None = Field(None, description="null while the clock stands still")
    overdue: bool = Field(False, description="the deadline has passed while the clock runs")
    accepted_at: Time | None = None
    outcome: Outcome | None = None
    outcome_at: Time | None = None
    words: str = Field("", description="what the citizen is told")
    outcomes: int = Field(0, description="how many outcomes it has had")
    resolved_at: Time | None = Field(None, description="the first outcome; reopening does not change it")
    resolved_in_time: bool | None = None
    reopened: int = 0
    told_at: Time | None = None
    told_how: TellWay | None = None
    closed_at: Time | None = None
    score: int | None = None
    remark: str = ""
    parent: str | None = Field(None, description="the request that this one is a duplicate of")
    follows: str | None = Field(None, description="the closed request that this one follows up")
    external_source: str | None = Field(None, description="another system that knows it too, such as cimer")
    external_number: str | None = Field(None, description="its number there")
    wait_s: Seconds | None = Field(None, description="of its call")
    within_target: bool | None = Field(None, description="whether its call met target_wait_s, as in a call")
    version: int = Field(1, description="its ETag")


class DistrictCount(View):
    """How many open requests a mahalle has."""

    district: str | None = Field(description="mahalle; null: of requests without one")
    open: int
    overdue: int = Field(description="of these")


class Citizen(View):
    """The citizen who made a request."""

    number: str = Field(description="of the request")
    caller: str = Field(description="empty if withheld")
    name: str = ""
    fields: dict[str, Any] = Field({}, description="answers to the topic's questions, the personal ones too")


class HistoryStep(View):
    """A row of a request's history; `version` is the request's after it."""

    version: int
    at: Time
    role: Role
    who: str = ""
    what: str = Field(
        description="a move's name, or open, amend, note, join, leave, extend, score, wait_on, give_task, write"
    )
    before: TicketState | None = None
    after: TicketState
    note: str = Field("", description="for the people who work on it")
    words: str = Field("", description="what the citizen is told")
    unit: str | None = None
    responsible: str | None = None
    detail: dict[str, Any] = {}


class TicketCall(View):
    """A call that has to do with a request."""

    id: str
    how: str = Field(
        description="opened, again (the same caller once more), surge, outcome (to tell it), asked (about it), "
        "looked_up (they asked the line for its state), heard (the line said it unasked), task (an agent rang them "
        "about a task), or message or left (they left a message)"
    )
    at: Time
    entered_at: Time | None = None
    answered_at: Time | None = None
    ended_at: Time | None = None
    outcome: str | None = None
    agent: str | None = None
    service: str | None = None
    wait_s: Seconds | None = None
    within_target: bool | None = Field(None, description="whether it met target_wait_s, as in a call")
    talk_s: Seconds | None = None
    recorded: RecordingState | None = Field(
        None, description="`state` of the talk's recording, as in a call; null: it was not to be recorded"
    )
    recording_sha256: str = Field("", description="of the recording's sound file, since it was kept")


class TicketFile(View):
    """A photo, recording or other file of a request."""

    id: str
    kind: Literal["photo", "audio", "document"]
    about: Literal["request", "work"] = Field(description="what the citizen shows, or what was done")
    name: str = ""
    media_type: str
    size: int
    at: Time


class TicketTry(View):
    """A call by which the citizen was to be told an outcome."""

    outcome: int = Field(description="which outcome of the request, from 1")
    at: Time
    began_at: Time | None = Field(None, description="when the citizen picked up, or the line's words began")
    ended_at: Time | None = None
    result: AttemptResult
    automatic: bool = Field(description="the line called without an agent")
    call: str | None = None


class TicketText(View):
    """A text message to the citizen that left or was given up."""

    at: Time
    about: str
    result: Literal["sent", "failed"]


class TicketRing(View):
    """A ring of a person on duty about an urgent request."""

    at: Time
    unit: str
    person: str
    result: str = Field(description="ringing, accepted, no_answer, busy, …")
    heard_at: Time | None = Field(None, description="when they had heard what it is about")
    ended_at: Time | None = None


class TicketTask(View):
    """What a person had or has to decide about a request."""

    id: int
    kind: TaskKind
    opened_at: Time
    assigned_to: str = ""
    done_at: Time | None = None
    done_by: str = ""


class FollowUp(View):
    """A request that follows up another one."""

    number: str
    at: Time = Field(description="when it was opened")


class StepsIn(View):
    """The steps of a deadline in each language."""

    tr: list[str]
    en: list[str]


class TicketClock(View):
    """The deadline and how it is reached."""

    rule: str
    started_at: Time
    due_at: Time | None = None
    stands: bool = Field(False, description="the citizen is awaited")
    ended_at: Time | None = None
    warn_at: Time | None = None
    escalate_at: Time | None = None
    accept_by: Time | None = Field(None, description="until when somebody must have accepted it")
    answer_by: Time | None = Field(None, description="until when the citizen has to answer or pay")
    steps: list[str] = Field([], description="one line a rule, in the language that was asked for")
    steps_in: StepsIn = Field(description="the same in each language: who reads the other one need not ask again")


StoryKind = Literal["call", "history", "file", "try", "text", "ring", "task", "task_done", "followed", "duplicate"]


class StoryStep(View):
    """One thing that happened about a request. What a field means depends on `kind`."""

    at: Time
    kind: StoryKind = Field(
        description="the list that has the rest: calls, history, files, tries, texts, rings, tasks (opened and done), "
        "followed_by; of a duplicate, its own history"
    )
    what: str = Field(
        description="call: how it has to do with the request; history: the step; file: its kind; try, text and ring: "
        "the result; task: its kind; followed: opened; duplicate: joined or left"
    )
    who: str = Field("", description="role and name, the agent of a call, the person on duty, or who did the task")
    unit: str | None = None
    note: str = Field("", description="for the people who work on it")
    words: str = Field("", description="what the citizen is told")
    id: str = Field(
        "",
        description="of the call, the file, the call of a try, or the task; the number of the follow-up or duplicate",
    )
    detail: dict[str, Any] = {}


class WholeTicket(Ticket):
    """A request with all that belongs to it."""

    story: list[StoryStep] = Field([], description="all that happened about it, in one order, oldest first")
    history: list[HistoryStep] = Field([], description="oldest first")
    calls: list[TicketCall] = []
    files: list[TicketFile] = []
    tries: list[TicketTry] = Field([], description="calls by which the citizen was to be told, oldest first")
    texts: list[TicketText] = Field([], description="text messages to the citizen, oldest first")
    rings: list[TicketRing] = Field([], description="of people on duty, oldest first")
    tasks: list[TicketTask] = Field([], description="for persons, oldest first")
    children: list[str] = Field([], description="the duplicates of it")
    followed_by: list[FollowUp] = Field([], description="the requests that follow it up, oldest first")
    moves: list[TicketState] = Field([], description="where it can go from here")
    clock: TicketClock
    missing: list[str] = Field(
        [], description="what its topic still has to be asked: ids of required questions, and `district`"
    )
    takes_texts: bool = Field(False, description="whether a text message reaches its citizen, and they want one")
    code: str | None = Field(None, description="by which its citizen reads it on the public page; for who serves them")


class TaskCall(View):
    """The last call by which an agent rang the citizen about a task."""

    id: str
    at: Time
    agent: str | None = Field(None, description="null once what happened in the call has been destroyed")
    result: TaskCallResult = Field(
        description="of the citizen's telephone; not_made: it was not rung, since the agent did not pick up or the "
        "call was called off; unknown: nothing was heard of it"
    )


class Task(View):
    """Something about a request that a person must decide."""

    id: int
    number: str
    kind: TaskKind
    why: str = ""
    unit: str | None = None
    topic: str | None = None
    state: TicketState
    opened_at: Time
    assigned_to: str = Field("", description="the person who has taken it")
    done_at: Time | None = None
    done_by: str = ""
    note: str = ""
    decisions: tuple[Decision, ...] = Field(
        (), description="what the person who closes it decides; empty where the request goes on by itself"
    )
    call: TaskCall | None = None


class TaskCalled(View):
    """An agent's own telephone rings, and then that of the citizen of a task."""

    id: str = Field(description="the call")
    task: int
    agent: str


class TaskWorker(View):
    """A person who works on tasks."""

    user: str
    name: str = ""
    role: Literal["inbox", "lead", "admin"]


class OutcomeCall(View):
    """A call by which a citizen is told an outcome."""

    call: str
    number: str = Field(description="the request")
    state: TicketState
    topic: str | None = None
    language: str
    words: str = Field(description="what the citizen is told; empty if the request was reopened since")
    result: AttemptResult
    began_at: Time | None = Field(None, description="when the citizen picked up")
    score: int | None = None


class CallDisposition(View):
    """What became of a call that opened no request."""

    call: str
    disposition: Disposition
    topic: str | None = None
    article: int | None = Field(None, description="the article that answered it")
    number: str | None = Field(None, description="the open request that it was about")
    district: str | None = Field(None, description="the mahalle that it was about")
    asks_topic: bool = Field(
        False, description="answered at once, and neither its topic nor an article is said: say it again with the topic"
    )
    at: Time
    who: str = ""


TICKET_FIELDS: Final = tuple(field.alias or name for name, field in Ticket.model_fields.items())
