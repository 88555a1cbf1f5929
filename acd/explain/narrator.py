"""The part of a story that every sentence needs: words, names of agents, the time."""

from collections.abc import Callable

import msgspec

from acd.engine.core import span
from acd.engine.model.facts import TalkEnded
from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.target import TARGET_S
from acd.explain.meanwhile import Meanwhile
from acd.explain.reasons import Line, Why
from acd.explain.six_seconds import Target
from acd.explain.words import Words


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
        target_s: float = TARGET_S,
    ) -> None:
        """`personal`: with the caller's number and name, and agents' names. `label` names a service. `target_s`: how
        soon the caller should have spoken to a person."""
        self.call = call
        self.over = False
        """Nothing more will happen to this call."""
        self._words, self._say = words, words.say
        self._personal = personal
        self._label = label
        self._waits = False
        self._on_line = False
        self._node, self._came_at = "", 0.0
        self._ended = False
        self._agent: AgentId | None = None
        self._part: TalkEnded | None = None
        """The first agent's part of the talk, until it is known whether they sent the caller on."""
        self._meanwhile = Meanwhile(call, words)
        self._target = Target(target_s, words)
        self._why = Why(words, label, self._named)
        self._names: dict[AgentId, str] = {}
        self._out: list[Sentence] = []
        self._at = 0.0

    def _add(self, kind: str, **values: object) -> None:
        self._out.append(Sentence(at=self._at, kind=kind, text=self._say(kind, **values)))

    def _detail(self, kind: str, **values: object) -> None:
        self._out.append(Sentence(at=self._at, kind=kind, text=self._say(kind, **values), detail=True))

    def _details(self, lines: list[Line]) -> None:
        for kind, values in lines:
            self._detail(kind, **values)

    def _named(self, agent: AgentId) -> str:
        name = self._names.get(agent, "")
        return self._say("agent_named", extension=agent, name=name) if name else self._say("agent", extension=agent)

    def _in(self, until: float) -> str:
        return self._words.seconds(span(self._at, until))
