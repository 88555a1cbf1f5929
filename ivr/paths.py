"""Computes from the audio how long each way through a flow takes. Pure, except for reading the sounds' lengths.

A caller presses a key when the prompt that names it is over, and `REACTION_S` have passed; where no prompt names it,
when all are over. Which prompt names a key is read from its text: the key's word, in Turkish or English. Each step is
passed once; ways back are not followed.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import msgspec

from ivr.flow import Ask, Choose, Finish, Flow, Language, LookUp, Menu, Play, is_field

FILE_S = 0.03
"""Seconds that Asterisk and the line add for each file."""
KEY_S = 0.1
"""Seconds from a key to the next step."""
REACTION_S = 0.2
URGENT_SAID_S = 1.8
"""The target: by so many seconds after the line's answer a caller has heard which key is for an emergency."""
DIGIT_S = 0.4
"""Seconds for each digit of a number that a caller enters."""
WORDS: Mapping[str, tuple[str, ...]] = {
    "0": ("sıfır", "sıfıra", "zero"),
    "1": ("bir", "bire", "one"),
    "2": ("iki", "ikiye", "two"),
    "3": ("üç", "üçe", "three"),
    "4": ("dört", "dörde", "four"),
    "5": ("beş", "beşe", "five"),
    "6": ("altı", "altıya", "six"),
    "7": ("yedi", "yediye", "seven"),
    "8": ("sekiz", "sekize", "eight"),
    "9": ("dokuz", "dokuza", "nine"),
    "*": ("yıldız", "yıldıza", "star"),
    "#": ("kare", "kareye", "hash", "pound"),
}


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way: what the caller did, where it ends, and after how many seconds from the line's answer."""

    did: tuple[str, ...]
    """Keys, `silence`, `number` (one was entered) or the state that was found, such as `=new`."""
    end: str
    """The step."""
    service: str
    """The service; empty if the caller needs no agent."""
    seconds: float
    rings: bool = False
    """A phone rings from here on, while the caller presses the kind."""


class Walk:
    """The ways through a flow in one language. `lasts_s` gives a prompt's length, `text` its words; `early`: a phone
    may ring while a menu is heard."""

    def __init__(
        self, flow: Flow, lasts_s: Callable[[str], float], text: Callable[[str], str], *, early: bool = True
    ) -> None:
        self._flow, self._lasts_s, self._text, self._early = flow, lasts_s, text, early

    def ways(self) -> list[Way]:
        """All ways, the quickest first."""
        return sorted(self._from(self._flow.start, (), 0.0, frozenset()), key=lambda way: (way.seconds, way.did))

    def urgent_key(self, urgent: Collection[str]) -> tuple[str, float] | None:
        """The key of the first menu that leads to one of these services, and when it has been said, in seconds from the
        line's answer. None if there is no such key."""
        menu = self._flow.steps[self._flow.start]
        if not isinstance(menu, Menu):
            return None
        keys = {way.did[0] for way in self.ways() if way.did and way.service in urgent} & menu.keys.keys()
        said = {key: self._until(key, menu.notice + menu.prompts) - REACTION_S for key in sorted(keys)}
        return min(said.items(), key=lambda one: one[1], default=None)

    def _from(self, name: str, did: tuple[str, ...], at: float, passed: frozenset[str]) -> Iterator[Way]:
        if name in passed:
            return
        step, passed = self._flow.steps[name], passed | {name}
        match step:
            case Choose():
                yield self._end(name, step.service, did, at + self._said(step.prompts))
            case Finish():
                yield self._end(name, "", did, at + self._said(step.prompts))
            case Play():
                yield from self._from(step.next, did, at + self._said(step.prompts), passed)
            case Language():
                return  # the other language has ways of its own
            case LookUp():
                for state, to in step.cases.items():
                    yield from self._from(to, (*did, f"={state}"), at, passed)
                yield from self._from(step.not_found, (*did, "=none"), at, passed)
            case Ask():
                said = at + self._said(step.prompts)
                entered = said + REACTION_S + DIGIT_S * step.min_digits + KEY_S
                yield from self._from(step.next, (*did, "number"), entered, passed)
                yield from self._from(step.no_key, (*did, "silence"), said + step.timeout_s, passed)
            case Menu():
                yield from self._menu(name, step, did, at, passed)

    def _menu(self, name: str, menu: Menu, did: tuple[str, ...], at: float, passed: frozenset[str]) -> Iterator[Way]:
        if menu.early is not None and self._early:
            rings = at + self._said(menu.notice)
            untold = self._flow.steps[menu.early.untold]
            service = untold.service if isinstance(untold, Choose) else ""
            yield Way(did=did, end=name, service=service, seconds=round(rings, 2), rings=True)
            for key, to in menu.keys.items():
                end = self._flow.steps[to]
                if isinstance(end, Choose):
                    told = rings + self._until(key, menu.early.prompts) + KEY_S
                    yield Way(did=(*did, key), end=to, service=end.service, seconds=round(told, 2), rings=True)
            return
        prompts = menu.notice + menu.prompts
        for key, to in menu.keys.items():
            yield from self._from(to, (*did, key), at + self._until(key, prompts) + KEY_S, passed)
        yield from self._from(menu.no_key, (*did, "silence"), at + self._said(prompts) + menu.timeout_s, passed)

    def _end(self, name: str, service: str, did: tuple[str, ...], at: float) -> Way:
        return Way(did=did, end=name, service=service, seconds=round(at, 2))

    def _said(self, prompts: Sequence[str]) -> float:
        """How long it takes to say these; a number or a date that is read out is not counted."""
        return sum(FILE_S + self._lasts_s(prompt) for prompt in prompts if not is_field(prompt))

    def _until(self, key: str, prompts: Sequence[str]) -> float:
        """When a caller presses a key, from the first of these prompts on."""
        for place, prompt in enumerate(prompts, 1):
            if not is_field(prompt) and set(WORDS[key]) & set(re.findall(r"\w+", self._text(prompt))):
                return self._said(prompts[:place]) + REACTION_S
        return self._said(prompts) + REACTION_S


def costs(ways: Sequence[Way], before: Sequence[Way]) -> dict[str, float]:
    """By the first that a caller does, a key or `silence`, how many seconds longer their ways take than `before`: those
    of the way that has become longest. Only who waits longer is named."""
    known = {way.did: way.seconds for way in before}
    found: dict[str, float] = {}
    for way in ways:
        more = round(way.seconds - known.get(way.did, way.seconds), 2)
        if more > 0:
            first = way.did[0] if way.did else "silence"
            found[first] = max(more, found.get(first, 0.0))
    return found
