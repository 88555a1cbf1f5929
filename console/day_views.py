"""What the API shows of a day: the fields of `cozum report --json` and `cozum report --why --json`."""

from typing import Annotated, Literal

from pydantic import Field

from console.views import Call, Seconds, Time, View

Share = Annotated[float, Field(ge=0, le=1)]
Became = Literal["called_back", "called_again", "ticket", "not_reached", "gave_up_again", "no_number", "nothing"]


class ReportGroup(View):
    """Calls that came to the queue, counted. Waits are seconds; null where there is nothing to take them of."""

    offered: int
    answered: int
    abandoned: int
    called_back: int
    callbacks_failed: int = Field(description="called back, not reached")
    callbacks_off: int = Field(description="a callback that is not wanted any more")
    message_left: int = Field(description="a message instead of waiting on")
    other: int = Field(description="let go by us: nobody was free in time, or on duty")
    asa_s: Seconds | None = Field(description="mean wait of the answered")
    p95_wait_s: Seconds | None
    max_wait_s: Seconds | None
    callback_wait_s: Seconds | None = Field(description="mean wait of those who were called back")
    max_callback_wait_s: Seconds | None
    within_target: Share | None = Field(description="share of the answered and abandoned that met target_wait_s")
    service_level: dict[str, float | None]
    mean_talk_s: Seconds | None
    mean_hold_s: Seconds | None
    mean_wrapup_s: Seconds | None
    aht_s: Seconds | None


class ReportHour(ReportGroup):
    """One hour of the day."""

    hour: int = Field(ge=0, le=23)
    agents: float = Field(description="agents who were signed in, on average")
    urgent: ReportGroup


class ReportService(ReportGroup):
    """The calls of one service."""

    service: str


class ReportAgent(View):
    """One agent's day."""

    extension: str
    name: str | None
    handled: int
    called_back: int
    missed: int
    pickup_p50_s: Seconds | None = Field(description="how long their phone rings until they pick it up: the median")
    pickup_p90_s: Seconds | None = Field(description="and in nine of ten calls")
    talk_s: Seconds
    hold_s: Seconds
    wrapup_s: Seconds
    aht_s: Seconds | None
    signed_in_s: Seconds
    ready_s: Seconds
    paused_s: Seconds
    occupancy: Share | None


class DayReport(View):
    """A day on the line's calendar."""

    begin: Time = Field(alias="from")
    end: Time = Field(alias="to")
    timezone: str
    service_level_s: float
    target_wait_s: float
    calls: int
    abandoned_in_menu: int
    self_served: int
    all: ReportGroup
    urgent: ReportGroup
    routine: ReportGroup
    hours: list[ReportHour] = Field(description="those in which anything was")
    services: list[ReportService]
    agents: list[ReportAgent]


class SilentCall(View):
    """A routine call that an agent had and that has neither a request nor a result."""

    id: str
    ended_at: Time | None = None
    service: str | None = None
    agent: str | None = Field(None, description="the last agent who had the caller, and who is asked")
    caller: str = Field(description="empty if withheld")
    language: str | None = None


class AnsweredTopic(View):
    """The calls about one topic that were answered at once."""

    topic: str | None = Field(description="null: the agent said none")
    answered: int


class DayContacts(View):
    """What became of the calls of a day."""

    talks: int = Field(description="routine calls that an agent had")
    without_a_word: int = Field(description="of them those with neither a request nor a result")
    known: Share | None = Field(description="the share of the others; null: there was no talk")
    first_contact_resolution: Share | None = Field(
        description="calls answered at once / calls of citizens who wanted something and of which this is known; null: "
        "there were none"
    )
    opened_a_request: int = Field(description="calls that opened one")
    dispositions: dict[str, int] = Field(description="how many calls had each result")
    answered_by_topic: list[AnsweredTopic] = Field(
        [], description="calls answered at once, the most first; those without a topic are the last"
    )
    silent: list[SilentCall] = Field(description="the calls without a word, newest first, at most 200")


class PlannedHour(View):
    """One hour of a plan."""

    hour: int = Field(ge=0, le=23)
    calls: float = Field(ge=0)
    agents: int = Field(ge=0)
    asa_s: Seconds | None = Field(description="mean wait; null: no calls, or the queue would grow without end")
    within_target: Share | None = Field(
        description="share of the calls answered within target_wait_s; null: no calls, or the plan was made for "
        "another time"
    )


class DayPlan(View):
    """What `cozum plan --json` planned for a day."""

    file: str = Field(description="its file in plan_dir")
    hours: list[PlannedHour] = Field(description="all 24")


class AgentWait(View):
    """Seconds that callers waited for one agent's phone."""

    extension: str
    waited_s: Seconds


class HourWait(View):
    """Seconds waited by callers who came in one hour."""

    hour: int
    waited_s: Seconds


class ServiceWait(View):
    """Seconds waited for one service."""

    service: str
    waited_s: Seconds


class WaitCause(View):
    """One cause of waiting; all causes add up to the waits."""

    cause: str = Field(description="docs/adr/0030-why-callers-wait.md has the list")
    waited_s: Seconds
    share: Share | None
    missed_s: Seconds = Field(description="by callers for whom the target was missed")
    urgent_s: Seconds
    routine_s: Seconds
    agents: list[AgentWait] = Field(description="the most first")
    hours: list[HourWait] = Field(description="the most first")
    services: list[ServiceWait] = Field(description="the most first")


class PickUp(View):
    """How long phones ring until they are picked up."""

    p50_s: Seconds
    p90_s: Seconds


class AgentPickUp(PickUp):
    """The same of one agent."""

    extension: str
    calls: int


class DayWaits(View):
    """What the callers of a day waited for."""

    begin: Time = Field(alias="from")
    end: Time = Field(alias="to")
    timezone: str
    target_wait_s: float
    waited_s: Seconds = Field(description="by callers who held the line")
    missed_s: Seconds = Field(description="of it by callers for whom the target was missed")
    callback_s: Seconds = Field(description="until callers were called back, off the line")
    causes: list[WaitCause] = Field(description="the most first")
    pick_up: PickUp | None
    pick_ups: list[AgentPickUp]
    calls_untold: int = Field(description="calls that waited before causes were kept")


class AbandonedCall(Call):
    """A call whose caller gave up waiting, and what became of the caller."""

    became: Became = Field(
        description="called_back: we reached them; called_again: they called again and an agent answered; ticket: a "
        "request keeps what they wanted; not_reached: we called in vain; gave_up_again: they called again and nobody "
        "answered; no_number: withheld; nothing: none of these"
    )
    again: str | None = Field(None, description="id of their next call within a day")
    again_at: Time | None = None
