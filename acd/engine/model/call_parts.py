"""The optional parts of a call: a place in the queue, an offer, a talk, a callback. Plain data, like the state."""

from typing import Literal

import msgspec

from acd.engine.model.config import ServiceClass
from acd.engine.model.event_base import DialStatus
from acd.engine.model.fact_base import CallbackReason, Outcome, OutcomeResult, RepeatWhy, TalkHow
from acd.engine.model.handover_facts import HandOverResult
from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId
from acd.engine.model.message_facts import MessageResult, MessageWhy
from acd.engine.model.recording_facts import WhichRecorded

# gc=False: none of them contains a reference back to itself.


class Named(msgspec.Struct, kw_only=True, gc=False):
    """What the caller wants, when it is known."""

    service: ServiceId
    priority: ServiceClass


class Preference(msgspec.Struct, kw_only=True, gc=False):
    """The preferred agent of a caller."""

    agent: AgentId
    until: float | None = None
    """The end of the exclusive wait for that agent; None: there is none."""


class KindMenu(msgspec.Struct, kw_only=True):
    """The menu of kinds, for an urgent caller who hears it while an agent's phone rings."""

    services: dict[str, ServiceId]
    """The service of each key."""
    music: str = ""
    """The class of music that plays it; empty: the menu is over."""
    menu_s: float = 0.0
    """How long it lasts, with the time for a key."""
    until: float = 0.0
    """The end of the menu, with the time for a key."""
    is_open: bool = True
    """Whether the kind is not known, and a key may give it."""
    key: str = ""
    """The key that gave it last; empty if none did, or an agent has set the kind since."""
    changes: int = 0
    """How often another key changed it."""
    closed_at: float = 0.0
    """When the kind was given last, or was not expected any more."""
    left_untold: bool = False
    """Whether the call's request was opened without a kind, and no agent has said it since."""


class Queued(Named, kw_only=True, gc=False):
    """A caller's place in the queue, from entering it to the end of the call. Offers and talks do not end it: the
    caller may come back to it."""

    call: CallId
    language: str
    """The call's language, which is settled by then."""
    at: float
    """When they entered the queue."""
    order: int
    """Rank by that time; it never changes. A repeat caller's rank is behind all others of the class
    (`repeat_callers.LATER`), that of a caller who is put first is negative (`rules.put_first`)."""
    points: float = 0.0
    """Points at the start; they count among routine callers."""
    urgent_calls: int = 0
    """Urgent calls of the number within the hour when this call was counted, including it; 0: it was not counted."""
    repeat: RepeatWhy = ""
    """Why the caller comes after first-time urgent callers; empty if they do not."""
    ewt_s: float | None = None
    """The estimated wait when the caller entered the queue."""
    ewt_now_s: float | None = None
    """The latest estimate of the whole wait."""
    lined_up: str = ""
    """The queue in which they were told to wait now; empty while they are in none."""
    moved_at: float
    """When the call came to its present service; `max_wait_s` counts from then."""
    relaxed: int = 0
    """How many of its service's steps of relaxation have been taken."""
    relax_at: float | None = None
    """When the next one is due."""
    preferred: Preference | None = None
    """The agent who knows the caller."""
    skipped: list[AgentId] = []
    """Agents who let the caller pass, or transferred them."""
    retry_at: float | None = None
    backup_at: float | None = None
    """The time from which the backup tier is rung too, for an urgent caller."""
    backup_open: bool = False
    """Whether that time has come."""
    offer_callback_at: float | None = None
    """When the caller is offered a callback, which happens once."""
    callback_offered: bool = False
    told_at: float | None = None
    """When the latest announcement to the caller began."""
    announce_at: float | None = None
    """When the next announcement to the caller is due."""
    told_position: int | None = None
    told_minutes: int | None = None
    kinds: KindMenu | None = None
    """The menu with which the caller gives the kind of an urgent call after entering the queue."""

    @property
    def untold(self) -> bool:
        """Whether the caller is urgent and may still give the kind by a key."""
        return self.kinds is not None and self.kinds.is_open

    @property
    def hears_menu(self) -> bool:
        """Whether the menu of kinds plays instead of music."""
        return self.kinds is not None and self.kinds.is_open and bool(self.kinds.music)


class Recording(msgspec.Struct, kw_only=True, gc=False):
    """What is known of the recording of a call that is to be recorded."""

    runs: bool = True
    """Whether Asterisk records, or will in the talk."""
    paused: bool = False
    silence_asked: bool = False
    """Whether a pause is what Asterisk was asked for last; it may not have told yet that it was made."""


class Offer(msgspec.Struct, kw_only=True, gc=False):
    """The present attempt to connect a call to an agent."""

    id: OfferId
    agent: AgentId
    made_at: float
    expires_at: float
    ring_s: float = 0.0
    """How long the agent's phone rings."""
    channel: str = ""
    cause_code: int = 0
    picked_up: bool = False
    """The agent's phone has answered, but there is no talk yet: in a callback the caller's phone rings; otherwise the
    phone answered by itself, and the agent has not been heard (`speaks_by`)."""
    failed: DialStatus = ""
    """In a callback: why the caller was not reached; the agent's channel ends next."""
    after: str = ""
    """The agent's leg of the call they were taken from; their phone rings for this one when that leg is gone."""
    auto_answer: bool = False
    """Whether the agent's phone is asked to answer by itself."""
    picked_up_at: float | None = None
    """When it did, if the agent has not been heard yet."""
    speaks_by: float | None = None
    """The agent must be heard before this time."""
    reconnects: bool = False
    """The caller was kept for this agent, whose page went in their talk (`Kept`)."""
    for_agent: bool = False
    """The caller was sent to this agent, or is back with them: no other agent is meant."""
    returned_at: float | None = None
    """When the Dial was over, if an answer may still be reported (`handlers/late_answers.py`); `returned`: how."""
    returned: DialStatus = ""
    overdue: bool = False
    """The Dial lasts longer than it can ring, so the two talk, as far as is known; `sought`: Asterisk was asked whether
    they do."""
    sought: bool = False
    hear_s: float = 0.0
    """Seconds within which the agent must be heard whose phone answered by itself; 0: they need not. This and the next
    two are by the rules at the time of the offer: a reload judges no offer of before."""
    recording: WhichRecorded | None = None
    """Which talks are recorded; None: not known."""
    answer_s: float | None = None
    """In a callback: how long the caller's phone rings, as Asterisk was told."""

    @property
    def rings(self) -> bool:
        """Whether the agent's phone may ring still, as far as is known."""
        return not self.picked_up and not self.overdue and self.returned_at is None


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
    """The caller's choice, kept while they hear the message."""


class Talk(msgspec.Struct, kw_only=True, gc=False):
    """The present part of a call's talk, with one agent."""

    offer: OfferId
    """The offer that the agent answered; it identifies the caller's Dial."""
    agent: AgentId
    channel: str
    """The agent's leg; empty if it is not known."""
    began_at: float
    how: TalkHow
    hold_since: float | None = None
    hold_s: float = 0.0
    before_s: float = 0.0
    """Seconds that the two had talked before the agent's page went."""
    over_by: float | None = None
    """When the Dial was over, if it was before the answer was reported: the talk ended then at the latest."""


class Kept(msgspec.Struct, kw_only=True, gc=False):
    """The caller is kept for an agent whose page went in their talk (`rules/page_reload.py`)."""

    agent: AgentId
    leg: str
    """The agent's leg, which is dead."""
    since: float
    until: float
    talk_s: float
    """Seconds that the two have talked."""
    back: bool = False
    """Whether the page is there again."""
    told: bool = False
    """Whether the caller was told that they are connected again."""


class Talked(msgspec.Struct, kw_only=True, gc=False):
    """The finished parts of a call's talk."""

    parts: int
    talk_s: float
    hold_s: float
    """Seconds of all parts together."""
    agent: AgentId
    leg: str
    ended_at: float
    """Agent, channel and end of the latest part."""
    handed_on: bool = False
    """Whether that agent transferred the caller, and no agent has talked to them since."""


class Answered(msgspec.Struct, kw_only=True, gc=False):
    """The first answer of a call, which is the one that counts."""

    agent: AgentId
    at: float
    ring_s: float | None = None
    """None if the standby had the call."""
    counted_from: float | None = None
    """From when the wait counted that is compared with the target: a transfer may change the class later."""


class SentOn(msgspec.Struct, kw_only=True, gc=False):
    """A transfer whose caller's channel has not arrived yet."""

    to: AgentId | None
    """The target agent: the caller is offered to this agent only when their channel arrives."""
    rings: bool
    """Whether the other agent's phone still rang: Asterisk rings it, not the engine."""


class Handover(msgspec.Struct, kw_only=True, gc=False):
    """The hand-over of a caller to an outside telephone."""

    to: str
    """The target's name in the town's files."""
    by: AgentId
    ring_s: float
    ordered_at: float
    began_at: float | None = None
    """When the caller left the agent; None: they still talk."""
    until: float | None
    """Asterisk takes the caller out of the talk, or brings them back, before this time; None: the target answered."""
    answered: bool = False
    result: HandOverResult | Literal[""] = ""
    """What came of it; empty: it is not over."""
    unseen: bool = False
    """Whether Asterisk had no channel of the caller's at the last question."""


class Released(msgspec.Struct, kw_only=True, gc=False):
    """The release of a caller whom no agent served: its outcome, and when it began."""

    outcome: Outcome
    at: float


class Callback(msgspec.Struct, kw_only=True, gc=False):
    """A callback: the caller has no channel and waits for it, or was called back."""

    reason: CallbackReason
    asked_at: float
    reached: bool = False
    """Whether the caller has answered; from then on they have a channel, like any other caller."""
    until: float | None = None
    """The caller is kept out of the queue until this time."""
    lent_to: CallId | None = None
    """The call of the same number that uses, or used, the place of this callback."""
    tries: int = 0
    """How often the caller was called and not reached."""
    wish: str = ""
    """The desk's name for a call that tells an outcome or is about a task; else empty."""
    not_after: float | None = None
    """They are not called after this time."""
    channel: str = ""
    """The channel by which they were reached, if it is known."""

    @property
    def is_own(self) -> bool:
        """Whether an agent rings the citizen themselves, who has not been reached (`rules/own_calls.py`)."""
        return self.reason == "task" and not self.reached


class Telling(msgspec.Struct, kw_only=True, gc=False):
    """An automatic call: the line tells a citizen the outcome of their request."""

    prompts: tuple[str, ...] = ()
    """What is said to tell it, and whether the unit's words are in it."""
    whole: bool = True
    until: float | None = None
    """While the citizen is called: their channel has come to us by then, or never will."""
    picked_up: bool = False
    """Whether the citizen's phone was picked up."""
    began: bool = False
    """Whether the words have begun; and whether they were said to their end."""
    heard: bool = False
    score: int | None = None
    result: OutcomeResult | None = None
    """What came of it, if the above does not show it."""


class Message(msgspec.Struct, kw_only=True, gc=False):
    """A message that a caller may leave instead of talking to an agent."""

    why: MessageWhy
    asked_at: float
    most_s: float | None = None
    least_s: float | None = None
    """The longest and the shortest message, by the rules when the caller was asked to speak; None: not known."""
    began_at: float | None = None
    """When the recording began; None before, and after a recording that is none."""
    kept: bool = False
    """Whether the message is on the disk."""
    gone_at: float | None = None
    """When the caller hung up, if their session has not said yet what they left."""
    result: MessageResult | None = None


class Unheld(msgspec.Struct, kw_only=True, gc=False):
    """The watch over a caller without session, offer and talk (`rules/unheld.py`)."""

    since: float
    look_at: float
    """When the line looks for them in Asterisk next."""
    unseen: bool = False
    """Whether Asterisk had no channel of theirs at the last question."""
    stranded: bool = False
    """Whether they were found stranded, and the fact was emitted."""
