"""The parts of a call that exist or do not: a place in the queue, an offer, a talk, a callback. Plain data, as the
state that they are of."""

import msgspec

from acd.engine.model.config import ServiceClass
from acd.engine.model.event_base import DialStatus
from acd.engine.model.fact_base import CallbackReason, Outcome, RepeatWhy, TalkHow
from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId

# gc=False: none holds anything that leads back to it.


class Named(msgspec.Struct, kw_only=True, gc=False):
    """What the caller wants, once it is known."""

    service: ServiceId
    priority: ServiceClass


class Preference(msgspec.Struct, kw_only=True, gc=False):
    """An agent who knows a caller."""

    agent: AgentId
    until: float | None = None
    """Until then the caller waits for that agent alone; None: they do not."""


class KindMenu(msgspec.Struct, kw_only=True):
    """What the keys of the menu of kinds mean, for an urgent caller who hears it while an agent's phone rings."""

    services: dict[str, ServiceId]
    """By key."""
    music: str = ""
    """The class of music by which they hear it; empty: it has been heard."""
    until: float = 0.0
    """Until when that takes, with the time for a key."""
    is_open: bool = True
    """The kind is not known, and a key may say it."""
    key: str = ""
    """The key that said it, and when."""
    key_at: float = 0.0


class Queued(Named, kw_only=True, gc=False):
    """A caller's place in the queue, from their entering it to the end of their call. Offers and talks do not end it:
    the caller comes back to it."""

    call: CallId
    language: str
    """Of the call, which is settled by then."""
    at: float
    """When they entered the queue."""
    order: int
    """Rank by that time; never changes, whatever happens to the call. That of a repeat caller lies behind all others of
    their class (`repeat_callers.LATER`)."""
    points: float = 0.0
    """What the caller came with; counts among routine callers."""
    urgent_calls: int = 0
    """Urgent calls of the number within the hour when this one was counted, itself included; 0: it was not."""
    repeat: RepeatWhy = ""
    """Why they come after first-time urgent callers; empty where they do not."""
    ewt_s: float | None = None
    """The wait as it was estimated when the caller entered the queue."""
    ewt_now_s: float | None = None
    """The same as it was last estimated."""
    lined_up: str = ""
    """The queue in which they were told to wait now; empty while they are in none."""
    moved_at: float
    """When the call came to its present service, from which `max_wait_s` counts."""
    relaxed: int = 0
    """How many of its service's steps of relaxation have been taken."""
    relax_at: float | None = None
    """When the next one is due."""
    preferred: Preference | None = None
    """The agent who knows the caller."""
    skipped: list[AgentId] = []
    """Agents who let the caller pass, or sent them on."""
    retry_at: float | None = None
    backup_at: float | None = None
    """From when the backup tier is rung too, for an urgent caller."""
    backup_open: bool = False
    """Whether that time has come."""
    offer_callback_at: float | None = None
    """When the caller is told that they can be called back, which happens once."""
    callback_offered: bool = False
    told_at: float | None = None
    """When the latest announcement to the caller began."""
    announce_at: float | None = None
    """When the caller is next told where they stand."""
    told_position: int | None = None
    told_minutes: int | None = None
    kinds: KindMenu | None = None
    """The menu by which the caller says what an urgent call is about once they are in the queue."""

    @property
    def untold(self) -> bool:
        """Whether the caller said that it is urgent, and may still say by a key what it is."""
        return self.kinds is not None and self.kinds.is_open


class Offer(msgspec.Struct, kw_only=True, gc=False):
    """The attempt under way to bring a call to an agent."""

    id: OfferId
    agent: AgentId
    made_at: float
    expires_at: float
    ring_s: float = 0.0
    """How long the agent's phone rings."""
    channel: str = ""
    cause_code: int = 0
    picked_up: bool = False
    """In a callback, the agent has picked up and the caller's phone rings."""
    failed: DialStatus = ""
    """In a callback, why the caller was not reached; the agent's channel goes next."""
    after: str = ""
    """The agent's leg of the call they were taken from; they are rung once it is gone."""


class Choice(msgspec.Struct, kw_only=True, gc=False):
    """What a caller chose before they heard the surge message."""

    service: ServiceId
    fields: dict[str, str] = {}
    preferred: AgentId | None = None


class Heard(msgspec.Struct, kw_only=True, gc=False):
    """The surge message that a caller heard, or hears now."""

    surge: str
    ticket: str
    choice: Choice | None
    """What they had chosen, while they hear it."""


class Talk(msgspec.Struct, kw_only=True, gc=False):
    """The talk that goes on with one agent: the present part of a call's talk."""

    offer: OfferId
    """The offer that they answered, by which the caller's Dial is known."""
    agent: AgentId
    channel: str
    """The agent's leg; empty where nothing told of it."""
    began_at: float
    how: TalkHow
    hold_since: float | None = None
    hold_s: float = 0.0


class Talked(msgspec.Struct, kw_only=True, gc=False):
    """The parts of a call's talk that are over."""

    parts: int
    talk_s: float
    hold_s: float
    """Seconds of all parts together."""
    agent: AgentId
    leg: str
    ended_at: float
    """Of the latest part: its agent, their channel and its end."""
    handed_on: bool = False
    """That agent sent the caller on, and none has talked to them since."""


class Answered(msgspec.Struct, kw_only=True, gc=False):
    """The first answer of a call, which is the one that counts."""

    agent: AgentId
    at: float
    ring_s: float | None = None
    """None where the standby had the call."""


class SentOn(msgspec.Struct, kw_only=True, gc=False):
    """An agent sent the caller on."""

    to: AgentId | None
    """The agent whom they were sent to: they are offered to them alone once their channel is back with us."""
    rings: bool
    """The other's phone still rang: Asterisk rings it, not we."""


class Released(msgspec.Struct, kw_only=True, gc=False):
    """We let the caller go whom no agent served: the outcome, and when we began to."""

    outcome: Outcome
    at: float


class Callback(msgspec.Struct, kw_only=True, gc=False):
    """A caller has no channel any more and is to be called back, or was."""

    reason: CallbackReason
    asked_at: float
    reached: bool = False
    """The caller has picked up, and is one with a channel from then on, like any other."""
    until: float | None = None
    """Until then the caller is kept out of the queue."""
    lent_to: CallId | None = None
    """The call that has, or had, the place of this callback: of the same number."""
    tries: int = 0
    """How often the caller was called and not reached."""
    wish: str = ""
    """Of a citizen who is told an outcome: the desk's name for this call."""
    not_after: float | None = None
    """They are not called after this time."""


class Unheld(msgspec.Struct, kw_only=True, gc=False):
    """The watch over a caller whom nobody holds: no session, no offer, no talk (`rules/unheld.py`)."""

    since: float
    look_at: float
    """When they are looked for in Asterisk next."""
    unseen: bool = False
    """Asterisk had no channel of theirs when it was last asked."""
    stranded: bool = False
    """They were found to be up with nobody, and that has been told."""
