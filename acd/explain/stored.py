"""A call's story from what the database has of it: its facts without the events that brought them out, and what its
wait was spent on. Pure.

It costs no replay, so a page can tell it. It does not say who was passed over and who else waited: for that
`cozum journal why` runs the engine again."""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, get_args

import msgspec
from msgspec import structs

from acd.engine.model.events import TimerFired
from acd.engine.model.facts import AnyFact, CallRelaxed
from acd.engine.model.ids import AgentId, CallId, TimerId
from acd.engine.model.journal import Entry
from acd.engine.model.state import State
from acd.engine.model.wait_causes import WaitPart
from acd.explain.narrator import Sentence
from acd.explain.six_seconds import Target
from acd.explain.story import Story

PERSONAL: Mapping[str, str] = {"number": "", "name": "", "person": ""}
"""What a stored fact lacks: the database has these beside the call alone, where they can be erased."""


NO_TIMER: Final = TimerId("")
"""It stands for the event, which is not known: no timer has this name."""


class StoredStory(Story):
    """Tells one call. `names` are the agents', `parts` what its wait was spent on, the longest first."""

    def __init__(
        self, call: CallId, *args: Any, names: Mapping[str, str], parts: tuple[WaitPart, ...], **more: Any
    ) -> None:
        super().__init__(call, *args, **more)
        self._names = {AgentId(agent): name for agent, name in names.items()}
        target_s: float = more["target_s"]
        self._target = _Known(call, target_s, self._words, self._why)
        self._target.parts = parts

    def told(self, facts: Iterable[AnyFact]) -> list[Sentence]:
        """All that they mean for the call."""
        found: list[Sentence] = []
        for at, together in groupby(facts, attrgetter("at")):
            found += self.tell(None, Entry(seq=0, event=TimerFired(at=at, timer=NO_TIMER), facts=tuple(together)))
        return found

    def _of_wait(self, fact: AnyFact, state: State | None, entry: Entry, place: int) -> None:
        if isinstance(fact, CallRelaxed):  # only the event says whether it was due, or there was nobody to wait for
            self._add("relaxed", level=fact.level, language=self._spoken(fact))
            return
        super()._of_wait(fact, state, entry, place)


class _Known(Target):
    """What the wait was spent on has been added up before."""

    def take(self, fact: AnyFact, state: State | None, entry: Entry) -> None:
        pass


@cache
def _nulls(tag: str) -> dict[str, None]:
    """The fields that each fact of this name has, as they are where the database has no value of them."""
    cls = next((one for one in get_args(AnyFact) if one.__struct_config__.tag == tag), None)
    return {} if cls is None else {one.encode_name: None for one in structs.fields(cls) if one.required}


def facts_of(call: str, history: Iterable[Mapping[str, Any]]) -> list[AnyFact]:
    """The facts of a stored history: steps with `at`, `type` and `data`, oldest first. A step of a version that wrote
    less is left out."""
    found: list[AnyFact] = []
    talks = 0
    for step in history:
        known = {("priority" if name == "class" else name): value for name, value in step["data"].items()}
        fact = {**_nulls(step["type"]), **PERSONAL, **known, "at": step["at"], "type": step["type"], "call": call}
        if step["type"] == "talk_ended":
            talks += 1
            fact["number"] = talks
        try:
            found.append(msgspec.convert(fact, AnyFact))
        except msgspec.ValidationError:
            continue
    return found
