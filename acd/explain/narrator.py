"""The part of a story that every sentence needs: words, names of agents, the time."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec

from acd.engine.core import span
from acd.engine.model.facts import AnyFact, CallEscalated, CallQueued, CallRelaxed, CallStepped, TalkEnded
from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.message_facts import MessageFact, MessageOffered, MessageRefused
from acd.engine.model.monitor_facts import MonitorBegan, MonitorEnded, NoticeGiven
from acd.engine.model.page_facts import CallKept, KeepingEnded, PageFact
from acd.engine.model.recording_facts import (
    NotRecorded,
    RecordingAnnounced,
    RecordingBegan,
    RecordingFact,
    RecordingKept,
    RecordingLost,
    RecordingPaused,
    RecordingResumed,
)
from acd.engine.model.target import TARGET_S
from acd.engine.rules.declared import Told
from acd.engine.rules.registry import RULES
from acd.explain.meanwhile import Meanwhile
from acd.explain.reasons import Line, Why
from acd.explain.six_seconds import Target
from acd.explain.words import Words

STORED_S = 60.0
"""So long after a call the story waits for what became of its recording, which takes some seconds, or a desk."""


def _tellers() -> dict[type, list[Callable[[Any], Told | None]]]:
    found: defaultdict[type, list[Callable[[Any], Told | None]]] = defaultdict(list)
    for rule in RULES:
        for fact, tell in rule.tells.items():
            found[fact].append(tell)
    return found


_TELL = _tellers()
"""By a fact's class, what rules say of it."""


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell. A `detail` belongs to the sentence before it."""

    at: float
    kind: str
    text: str
    detail: bool = False


class Narrator:
    """Puts sentences about one call together."""

    def __init__(
        self,
        call: CallId,
        words: Words,
        *,
        personal: bool = False,
        label: Callable[[str], str] = str,
        outside: Callable[[str], str] = str,
        target_s: float = TARGET_S,
    ) -> None:
        """`personal`: with the caller's number and name, and agents' names. `label` names a service, `outside` to whom
        a caller was handed over. `target_s`: how soon the caller should have spoken to a person."""
        self.call = call
        self._done = False
        """Nothing more will happen to this call, but that its recording is stored."""
        self._recorded = False
        """What becomes of the recording will be told."""
        self._words, self._say = words, words.say
        self._personal = personal
        self._label, self._outside = label, outside
        self._waits = False
        self._talks = False
        self._automatic = False
        self._on_line = False
        self._node, self._came_at = "", 0.0
        self._ended_at: float | None = None
        self._agent: AgentId | None = None
        self._part: TalkEnded | None = None
        """The first agent's part of the talk, until it is known whether they sent the caller on."""
        self._meanwhile = Meanwhile(call, words)
        self._why = Why(words, label, self._named)
        self._target = Target(call, target_s, words, self._why)
        self._names: dict[AgentId, str] = {}
        self._out: list[Sentence] = []
        self._at = 0.0

    @property
    def over(self) -> bool:
        """Whether nothing more is to be told of this call."""
        waits = self._recorded and self._ended_at is not None and self._at < self._ended_at + STORED_S
        return self._done and not waits

    def _add(self, kind: str, **values: object) -> None:
        self._out.append(Sentence(at=self._at, kind=kind, text=self._say(kind, **values)))

    def _detail(self, kind: str, **values: object) -> None:
        self._out.append(Sentence(at=self._at, kind=kind, text=self._say(kind, **values), detail=True))

    def _details(self, lines: list[Line]) -> None:
        for kind, values in lines:
            self._detail(kind, **values)

    def _by_rules(self, fact: AnyFact, *, under: bool) -> None:
        """What rules that are declared say of a fact; `under`: below its sentence."""
        for tell in _TELL.get(type(fact), ()):
            told = tell(fact)
            if told is not None:
                values = {name: self._words.seconds(value) for name, value in told.seconds.items()}
                (self._detail if under else self._add)(told.key, **values)

    def _of_listening(self, fact: AnyFact) -> None:
        """A shift lead monitors the talk, or it is recorded."""
        if isinstance(fact, RecordingFact):
            self._of_recording(fact)
            return
        match fact:
            case NoticeGiven():
                version = self._say("notice_version", version=fact.version) if fact.version else ""
                after = self._words.seconds(span(self._came_at, fact.at))
                self._add(f"notice_{fact.notice}", after=after, version=version)
            case MonitorBegan():
                self._add(f"monitor_{fact.mode}", agent=self._named(fact.agent))
            case MonitorEnded():
                self._add("monitor_ended", lasted=self._words.seconds(fact.lasted_s))

    def _of_recording(self, fact: RecordingFact) -> None:
        match fact:
            case RecordingAnnounced():
                self._add("notice_recording", after=self._words.seconds(span(self._came_at, fact.at)), version="")
            case RecordingBegan():
                self._recorded = True
                self._add("recording_began")
            case NotRecorded():
                self._add(f"not_recorded_{fact.why}")
            case RecordingPaused():
                self._add(f"recording_paused_{fact.by}")
            case RecordingResumed():
                self._add(f"recording_resumed_{fact.by}")
            case RecordingKept() if self._recorded:  # it may come twice
                self._recorded = False
                self._add("recording_kept", length=self._words.seconds(fact.seconds))
                if fact.missing_s:
                    self._detail("recording_short", missing=self._words.seconds(fact.missing_s))
            case RecordingLost() if self._recorded:
                self._recorded = False
                self._add(f"recording_lost_{fact.why}")

    def _of_page(self, fact: PageFact) -> None:
        """The page of the caller's agent went in the talk."""
        match fact:
            case CallKept():
                self._add("page_gone", agent=self._named(fact.agent), within=self._in(fact.until))
                self._end_part()
            case KeepingEnded():
                self._add(f"keeping_{fact.why}", agent=self._named(fact.agent))

    def _end_part(self) -> None:
        """Tell the first part of a talk, which goes on in another one."""
        if self._part is not None:
            self._tell_part(self._part)
            self._part = None

    def _tell_part(self, fact: TalkEnded) -> None:
        talk, hold = self._words.seconds(fact.talk_s), self._words.seconds(fact.hold_s)
        tell = self._add if fact.number > 1 else self._detail
        tell("talked_held" if fact.hold_s else "talked", agent=self._named(fact.agent), talk=talk, hold=hold)

    def _named(self, agent: AgentId) -> str:
        name = self._names.get(agent, "")
        return self._say("agent_named", extension=agent, name=name) if name else self._say("agent", extension=agent)

    def _of_message(self, fact: MessageFact) -> None:
        """The caller may leave a message, or not, and what came of it."""
        if isinstance(fact, MessageRefused):
            self._add(f"message_refused_{fact.why}")
        elif isinstance(fact, MessageOffered):
            self._waits = False
            self._add(f"message_{fact.why}")
        elif fact.result == "left" and not fact.spoken_s:
            self._add("message_left_unmeasured")
        else:
            self._add(f"message_{fact.result}", spoken=self._words.seconds(fact.spoken_s))

    def _repeat(self, fact: CallQueued | CallEscalated) -> None:
        """Why an urgent caller comes after first-time callers."""
        if fact.repeat:
            self._detail(f"repeat_{fact.repeat}", nth=self._words.ordinal(fact.urgent_calls))

    def _spoken(self, fact: CallRelaxed) -> str:
        """The language that is still asked of an agent."""
        if not fact.language:
            return self._say("spoken_any")
        return self._say("spoken", language=self._words.language_name(fact.language))

    def _step(self, fact: CallStepped) -> str:
        """A step of the flow in words."""
        return self._words.step(fact.step) or self._label(fact.step).replace("_", " ")

    def _in(self, until: float) -> str:
        return self._words.seconds(span(self._at, until))
