"""Everything that the console needs from the rest of the system. The console imports neither storage nor adapters: the
desk gives it these functions.

Records travel as mappings with the keys of the API (`class`, not `priority`). A time is Unix seconds (float) or a
`datetime` with a zone; a duration is seconds. A key that is not known is left out or None.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol

from acd.engine.model.config import ServiceClass
from acd.engine.model.fact_base import FirstWhy
from acd.engine.model.monitor_facts import MonitorMode
from console.admin_ports import Accounts, AuditQuery, Configuration, DestructionQuery, Heard, PromptRecordings
from console.openid_ports import OpenId
from console.people_ports import People
from console.phone_relay import PhoneRelay
from console.request_ports import Articles, Drafts, Requests, TicketPage
from tickets.ticket import Actor
from tickets.town.model import Town

Record = Mapping[str, Any]


class Unavailable(Exception):
    """A part that the answer needs is not available now (the database is away, the journal cannot be written).

    The text is shown to the API's user: it says which part and, if known, why. Becomes a 503."""


class OnlyAtTheLine(Exception):
    """This desk follows the line of another machine and cannot do it. Becomes a 409.

    The text is shown to the API's user: it says what, and where it can be done."""


class UnknownCallback(LookupError):
    """This call has no callback. Becomes a 404."""


class UnknownCall(LookupError):
    """There is no such call. Becomes a 404."""


class Refused(ValueError):
    """A request that the line cannot carry out. Becomes a 409 that names the key."""

    def __init__(self, detail: str, *, key: str, value: object, allowed: object = None) -> None:
        super().__init__(detail)
        self.key, self.value, self.allowed = key, value, allowed


class UnknownAgent(LookupError):
    """There is no agent with this extension. Becomes a 404."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """Which calls; None and empty leave a filter out. Entered at or after `since` and before `until` (Unix seconds).
    `agent` has talked in them, be it before or after a transfer; `caller` is a number, whichever way it was written."""

    limit: int = 100
    cursor: str = ""
    since: float | None = None
    until: float | None = None
    priority: str | None = None
    outcome: str | None = None
    disposition: str | None = None
    agent: str | None = None
    service: str | None = None
    caller: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorBy:
    """A lead's wish to monitor a talk by their own phone."""

    who: str
    role: str
    extension: str
    mode: MonitorMode


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverBy:
    """The person who wishes that a caller is handed over. `agent`: the extension of the only agent whose caller it may
    be; None: any agent's."""

    who: str
    agent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must be well for the line to be served. `detail` says what is wrong and what to do."""

    name: str
    ok: bool
    detail: str = ""


class LiveView(Protocol):
    """What is true now, folded from the journal's facts. All calls are quick and never block."""

    def agents(self) -> Sequence[Record]:
        """Every agent by extension: `extension, name, state, reason, since` (when the state began), `until` (when
        after-call work is over by itself), and while the agent is with a call `call, service, class`."""

    def call(self, call: str) -> Record | None:
        """One call that is up: `id, caller, service, class, language, state, queued_at, answered_at,
        target_at, within_target, agent, urgent_calls, repeat, callback`; None if it is not."""

    def queue(self) -> Sequence[Record]:
        """Callers who wait, in the order of service: `id, caller, service, class, position, queued_at, target_at`,
        `state` (`waiting` or `ringing`) and, while an agent rings for them, `agent`."""

    def outside(self) -> Sequence[Record]:
        """Callers whom an agent handed over to an outside telephone, the longest first: `id, caller, service, class,
        since` (when they left the agent), `state` (`ringing` or `talking`), `agent` (who handed them over)."""

    def callbacks(self) -> Sequence[Record]:
        """Callers who are to be called back, in the order of service: `id, caller, service, class, reason, asked_at,
        queued_at, tries, again_at, state, agent`."""

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` after every change, on the loop and without arguments; the answer ends the subscription."""


class Days(Protocol):
    """Reports of one day on the line's calendar, as `cozum report` has them. Raise `Unavailable`."""

    async def report(self, day: date) -> Record:
        """Calls, waits and agents, with the fields of `console.day_views.DayReport`."""

    async def why(self, day: date) -> Record:
        """What callers waited for, with the fields of `console.day_views.WaitReport`."""

    async def of_requests(self, last: date, days: int) -> Record:
        """Requests of so many days, with the fields of `console.report_views.RequestsReport`."""

    async def contacts(self, day: date) -> Record:
        """What became of calls, with the fields of `console.day_views.DayContacts`."""

    async def without_a_word(self, extension: str) -> Sequence[Record]:
        """The calls that an agent had lately and of which nobody has said what became of them, the newest first, with
        the fields of `console.day_views.SilentCall`."""

    async def plan(self, day: date) -> Record | None:
        """What was planned for the day, with the fields of `console.day_views.DayPlan`; None: it has no plan."""

    async def abandoned(self, day: date) -> Record:
        """`calls`: those whose callers gave up, with the fields of `console.day_views.AbandonedCall`."""


class Outbreaks(Protocol):
    """More callers about one topic in one mahalle than is usual. Raise `Unavailable`."""

    async def list(self) -> Sequence[Record]:
        """Proposals, then open parents, with the fields of `console.outbreaks.Outbreak`."""

    async def accept(self, topic: str, district: str, actor: Actor) -> Record:
        """Open a parent and join the requests of these callers to it. Raises `Refused`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A recording that is open for reading. `read(start, stop)` gives its bytes in pieces, and blocks; call `close`
    afterwards."""

    size: int
    read: Callable[[int, int], Iterator[bytes]]
    close: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsolePorts:
    """The console's view of the daemon."""

    list_calls: Callable[[CallQuery], Awaitable[TicketPage]]
    """A page of the calls that have ended, newest first by `entered_at`, with the fields of `console.views.ListedCall`.
    Raises `console.request_ports.BadCursor` or `Unavailable`."""
    get_call: Callable[[str], Awaitable[Record | None]]
    """One call, up or ended, with `segments`, each agent's part of the talk, and `history`: records with `at`, `type`
    and whatever else belongs to the step, oldest first."""
    tell_call: Callable[[Record, Literal["tr", "en"]], Awaitable[Sequence[Record]]]
    """What happened to a call that `get_call` gave, and why, in sentences with the fields of
    `console.views.Sentence`."""
    requests: Requests
    """What citizens asked for."""
    articles: Articles
    """The knowledge base."""
    drafts: Drafts
    """Requests that agents are taking down."""
    town: Callable[[], Town]
    """What requests can be about, and where."""
    services: Callable[[], Mapping[str, ServiceClass]]
    """The line's services with their classes."""
    transfer_codes: Callable[[], Mapping[str, str]]
    """By service, the digits behind `*8` with which an agent's phone sends a caller there; only services with some."""
    live: LiveView
    statistics: Callable[[], Record]
    """What `acd.metrics.Metrics.statistics()` gives: the windows' service statistics."""
    days: Days
    """Reports of a day."""
    outbreaks: Outbreaks
    """What is proposed to the shift lead."""
    configuration: Configuration
    accounts: Accounts
    destructions: Callable[[DestructionQuery], Awaitable[TicketPage]]
    """The records of what was destroyed, newest first, with the fields of `console.destructions.Destruction`. Raises
    `console.request_ports.BadCursor` or `Unavailable`."""
    audit: Callable[[AuditQuery], Awaitable[TicketPage]]
    """The audit, newest first, with the fields of `console.audit.AuditRecord`. Raises
    `console.request_ports.BadCursor` or `Unavailable`."""
    heard: Heard
    prompt_recordings: PromptRecordings
    request_agent_state: Callable[[str, str, str, bool], Awaitable[Record]]
    """`(extension, state, reason, at_page)`; comes back only after the engine took the event, with the agent as
    `live.agents()` shows them. `at_page`: the agent says it themselves, at a page. Raises `UnknownAgent`, `Refused` or
    `Unavailable`."""
    cancel_callback: Callable[[str], Awaitable[None]]
    """By the call's id; comes back only after the engine took it. Raises `UnknownCallback` or `Unavailable`."""
    set_kind: Callable[[str, str, str | None], Awaitable[Record]]
    """`(call, service, agent)`: say by a service what an urgent call, by its id, is about; `id`, `service` and `class`
    of the call then. An `agent` must have the call, or have had it. Raises `UnknownCall`, `Refused` or
    `Unavailable`."""
    monitor: Callable[[str, MonitorBy], Awaitable[Record]]
    """Let a lead's phone monitor the talk of a call, by its id, with the fields of `console.monitoring.MonitorRight`.
    Raises `UnknownCall`, `Refused` or `Unavailable`."""
    hand_over_targets: Callable[[], Sequence[Record]]
    """To whom a caller may be handed over now: `target`, `kind`, `name` by language, `phone`."""
    hand_over: Callable[[str, str, HandOverBy], Awaitable[Record]]
    """Hand a talking caller, by the call's id, over to a target; `id`, `target` and `name` once Asterisk has taken the
    caller out of the talk. Raises `UnknownCall`, `Refused`, `OnlyAtTheLine` or `Unavailable`."""
    call_citizen: Callable[[int, Actor, str], Awaitable[Record]]
    """`(task, actor, extension)`: ring the extension's own telephone, and then the citizen of a task, which is the
    actor's from then on; with the fields of `console.tasks.TaskCalled`. Raises `NoSuch`, `NotGranted`, `Refused`,
    `OnlyAtTheLine` or `Unavailable`."""
    consultant: Callable[[str, str, Sequence[str]], Awaitable[Record]]
    """`(call, service, without)`: `extension` and `name` of a ready agent who takes the service's callers, and is
    neither the call's agent nor one of `without`. Raises `UnknownCall`, `Refused` or `Unavailable`."""
    put_first: Callable[[str, FirstWhy], Awaitable[Record]]
    """Put a waiting caller, by the call's id, before all others of the class; `id`, `service` and `class` of the call.
    Raises `UnknownCall`, `Refused` or `Unavailable`."""
    pause_recording: Callable[[str, bool, str | None], Awaitable[Record]]
    """`(call, paused, agent)`: pause the recording of a talk, or let it go on; `id` and `recording` of the call once
    Asterisk does. An `agent` must be the one who talks. Raises `UnknownCall`, `Refused` or `Unavailable`."""
    sound: Callable[[str], Awaitable[Sound]]
    """The recording of a call. Raises `UnknownCall`, `Refused`, `OnlyAtTheLine` or `Unavailable`."""
    get_agent_services: Callable[[str], Awaitable[Record]]
    """The services that an agent takes now: `extension`, `services`, and `known`, all there are. Raises `UnknownAgent`
    or `Unavailable`."""
    set_agent_services: Callable[[str, Sequence[str]], Awaitable[Record]]
    """Have an agent take these, until the line reads its rules anew. Raises `UnknownAgent`, `Refused` or
    `Unavailable`."""
    checks: Callable[[], Awaitable[Sequence[Check]]]
    """The checks of readiness, called at each `/readyz`."""
    metrics: Callable[[], Awaitable[tuple[bytes, str]]]
    """The exposition and its content type; see `acd.metrics.render`."""
    check_token: Callable[[str], bool]
    """Whether this is the machine's own token. Compares in constant time; see `console.auth.token_check`."""
    check_wallboard: Callable[[str], bool]
    """Whether this is the wallboard's token."""
    people: People
    """People who sign in, and programs' tokens."""
    clock: Callable[[], float]
    """Unix seconds."""
    get_surge: Callable[[], Awaitable[Record | None]]
    """The message that callers of some services hear before they queue (`console.surge.Surge`), if there is one."""
    set_surge: Callable[[Record], Awaitable[Record]]
    """Set one, by the fields of `console.surge.SurgeWish`. Raises `Refused` or `Unavailable`."""
    clear_surge: Callable[[], Awaitable[Record | None]]
    """Withdraw it; what it came to."""
    open_phone: Callable[[str], Awaitable[tuple[str, str]]]
    """`(extension)`: account and new secret of the agent's phone in the browser. Raises `UnknownAgent` or
    `Unavailable`."""
    demo_phone: Callable[[], Awaitable[tuple[str, str]]] | None = None
    """The same for the demo's caller; None: there is none. Several pages may have it."""
    openid: OpenId | None = None
    """The provider by whose accounts people sign in too; None: there is none."""
    relay: PhoneRelay | None = None
    """What holds the WebSockets of the browser phones; None: there is none here."""
    realm: str = ""
    """The realm of the browser phones' secrets."""
    count_refused: Callable[[str], None] = lambda _: None
    """Gets the reason of a request that was refused before it was read: `too_many`, `wrong_tokens`,
    `sign_in_delayed`, `openid_refused`."""
    line: str = ""
    """The number that callers dial."""
    public_number: str = ""
    """The same as citizens read it."""
    version: str = ""
    timezone: str = "UTC"
    """The line's zone, for times on the wallboard."""
