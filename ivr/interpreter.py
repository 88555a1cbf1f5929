"""Leads one caller through a flow. Pure: it takes the caller's input and returns the next actions.

`start()` and each `handle()` give a list of actions, to be carried out in order. Its last action, and only that one,
is a `Gather`, a `LookUp` or an `AskOwn` (carry it out and call `handle` with what came of it) or a `Choose`, a
`RingEarly` or a `Finish` (the flow is over; a later `handle` gives an empty list). If no phone may ring any more when
it comes to a `RingEarly`, call `handle` with `NotRung`: the caller hears the menu before any phone rings.

How the actions are meant:

- `Play`: say the prompts one after the other, in the language set last. Any key interrupts the whole of it and is
  kept for the next `Gather`; where a key is kept already, nothing is said.
- `Gather`: take the keys kept, then wait for more: until there are `max_digits`, or `terminator` (if not empty) is
  pressed, or no key comes for `timeout_s`, counted from the last word or the last key. Then `Keys` with what there is,
  without the terminator, or `NoKey` if there is nothing. Keys beyond `max_digits` stay kept.
- `LookUp`: look the thing up and answer `Found`, with None if there is no such thing, and `{}` if nobody could tell.
- `AskOwn`: what the desk has said of the caller's own requests, as `Found`; None for nothing, or if it has said nothing
  `wait_s` from now.
- `Told`: tell the engine that the caller was told of this request, if its words were heard.
- `Record`: tell the engine that the caller came to this step. `Interpreter(flow, language=…, step=…)` resumes there."""

from typing import Literal

import msgspec

from ivr import flow as f
from ivr.own import KIND as OWN_KIND
from ivr.own import MOST, OWN, OWN_ALL, Known, each, only_one, requests_in, sentence
from ivr.spoken import date_prompts, digit_prompt

OWN_WAIT_S = 0.3
"""Seconds for which a caller who asks for their own requests waits, where the desk has not answered yet."""


class Play(msgspec.Struct, frozen=True):
    """Say prompts, by name."""

    prompts: tuple[str, ...]


class Gather(msgspec.Struct, frozen=True):
    """Wait for keys."""

    max_digits: int
    timeout_s: float
    terminator: str = ""


class Record(msgspec.Struct, frozen=True):
    """The caller came to a step, by a key (empty for silence)."""

    step: str
    key: str = ""


class SetLanguage(msgspec.Struct, frozen=True):
    """Speak this language from now on."""

    language: str


class Choose(msgspec.Struct, frozen=True):
    """The flow is over: an agent for this service."""

    service: str
    language: str
    fields: dict[str, str]


class Notice(msgspec.Struct, frozen=True):
    """Say prompts whole, whatever is pressed; keys are kept."""

    prompts: tuple[str, ...]


class RingEarly(msgspec.Struct, frozen=True):
    """The flow is over: an agent's phone rings while the caller hears the menu `step` and says the kind by a key."""

    step: str
    service: str
    """What they are taken to want until then."""
    kinds: dict[str, str]
    """Services by key."""
    language: str


class Finish(msgspec.Struct, frozen=True):
    """The flow is over: the caller needs nobody."""

    reason: str


class LookUp(msgspec.Struct, frozen=True):
    """Look up a thing of this kind (`ticket`) by what the caller entered."""

    kind: str
    value: str


class AskOwn(msgspec.Struct, frozen=True):
    """What is known of the caller's own requests by now, or within `wait_s`."""

    wait_s: float


class Told(msgspec.Struct, frozen=True):
    """The caller was told of this request, if the `Play` just before was heard as far as `words`."""

    number: str
    how: Literal["number", "own", "unasked"]
    """As `acd.engine.model.request_facts.HeardHow`."""
    words: tuple[str, ...]


class Keys(msgspec.Struct, frozen=True):
    """The caller pressed these keys."""

    digits: str


class NoKey(msgspec.Struct, frozen=True):
    """The caller pressed nothing in time."""


class NotRung(msgspec.Struct, frozen=True):
    """No phone may ring early any more. The notice before the menu has been said."""


class Found(msgspec.Struct, frozen=True):
    """What a look-up gave; None for nothing."""

    data: dict[str, str] | None


Action = Play | Notice | Gather | Record | SetLanguage | Choose | RingEarly | Finish | LookUp | AskOwn | Told
Answer = Keys | NoKey | Found | NotRung


class Interpreter:
    """One caller in one flow, from its start or a recorded step; a step that is no longer there means the start."""

    def __init__(self, flow: f.Flow, *, language: str = "tr", step: str = "") -> None:
        self._flow = flow
        self.language = language if language in flow.languages else flow.languages[0]
        self.step = step if step in flow.steps else flow.start
        """Where the caller is."""
        self.over = False
        self._fields: dict[str, str] = {}
        self._dates: dict[str, tuple[str, ...]] = {}
        """The prompts of the dates that were found, by name; none of one that was not."""
        self._own: tuple[Known, ...] = ()
        """The caller's open requests, as far as the desk has told of them."""
        self._left: tuple[str, ...] = ()
        """What a menu says once it has asked for them."""
        self._found = ""
        """The number of the request that was looked up and of which nothing was said yet."""
        self._heard = {step} if step in flow.steps else set[str]()
        self._wrong = 0
        self._turns = 0
        self.early = False
        """Whether a phone may ring early now; to be set before each `start` and `handle`."""
        self.asks_own = False
        """Whether the desk is asked about the caller's own requests. To be set before `start`."""

    def start(self) -> list[Action]:
        """The first actions."""
        return self._go(self.step, "")

    def handle(self, answer: Answer) -> list[Action]:
        """The actions after this input. An input that does not fit the last action counts as none."""
        if isinstance(answer, NotRung):
            return self._not_rung()
        if self.over:
            return []
        self._turns, self._found = self._turns + 1, ""
        if self._turns >= self._flow.max_turns:
            return self._go(self._flow.fallback, "")
        step = self._flow.steps[self.step]
        match step:
            case f.Menu() if isinstance(answer, Found):
                self._own = requests_in(answer.data)
                return [*self._say_left(), self._gather(step)]
            case f.Menu():
                return self._menu(step, answer)
            case f.Ask():
                return self._ask(step, answer)
            case f.LookUp() if step.kind == OWN_KIND:
                self._own = requests_in(answer.data if isinstance(answer, Found) else None)
                return self._go(step.otherwise if self._own else step.not_found, "")
            case f.LookUp():
                data = answer.data if isinstance(answer, Found) else None
                if data is None:
                    return self._go(step.not_found, "")
                for name, lead in step.dates.items():
                    words = date_prompts(data.get(name, ""))
                    self._dates[name] = (lead, *words) if words else ()
                case = step.cases.get(data.get(step.by, ""))
                self._found = "" if case is None else data.get("number", "")
                return self._go(case or step.otherwise, "")
            case _:
                raise AssertionError(f"{self.step} waits for nothing")

    def _say_left(self) -> list[Action]:
        """What a menu says from the caller's own request on."""
        words = self._flow.own
        said = only_one(words, self._own) if words is not None and OWN in self._left else ()
        if not said or "number" not in self._own[0]:
            return self._say(self._left)
        return [*_play(said, self._own[0]["number"], "unasked"), *self._say(self._left[1:])]

    def _menu(self, step: f.Menu, answer: Answer) -> list[Action]:
        key = answer.digits[:1] if isinstance(answer, Keys) else ""
        if not key:
            return self._go(step.no_key, "")
        if key in step.keys:
            return self._go(step.keys[key], key)
        return self._again(step, key)

    def _ask(self, step: f.Ask, answer: Answer) -> list[Action]:
        digits = answer.digits.rstrip("#").replace("*", "") if isinstance(answer, Keys) else ""  # `*`: a dash
        if not digits:
            return self._go(step.no_key, "")
        if digits.isascii() and digits.isdecimal() and step.min_digits <= len(digits) <= step.max_digits:
            self._fields[step.field] = digits
            return self._go(step.next, "")
        return self._again(step, "")

    def _again(self, step: f.Menu | f.Ask, key: str) -> list[Action]:
        """After a wrong key: repeat the menu, or go on to the step for wrong keys."""
        self._wrong += 1
        if self._wrong >= step.tries:
            return self._go(step.wrong_key, key)
        again = (step.again if isinstance(step, f.Menu) else ()) or step.prompts
        return [Play(self._spoken(step.wrong + again)), self._gather(step)]

    def _go(self, name: str, key: str) -> list[Action]:
        """Go to a step and on, until the caller is asked for something or the flow is over."""
        actions: list[Action] = []
        while True:
            step = self._flow.steps[name]
            self.step = name
            self._wrong = 0
            if self._resumable(step):
                actions.append(Record(name, key))
                key = ""
            match step:
                case f.Play():
                    actions += self._say(step.prompts)
                    name = step.next
                case f.Language():
                    self.language = step.switch.get(self.language, self.language)
                    self._heard.clear()  # nothing was said yet in the new language
                    actions.append(SetLanguage(self.language))
                    name = step.next
                case f.Menu():
                    if step.early is not None and self.early:
                        return [*actions, *self._ring(name, step, step.early)]
                    prompts = step.again if step.again and name in self._heard else step.notice + step.prompts
                    self._heard.add(name)
                    return [*actions, *self._choices(step, prompts)]
                case f.Ask():
                    return [*actions, *self._say(step.prompts), self._gather(step)]
                case f.LookUp() if step.kind == OWN_KIND:
                    if self.asks_own:
                        return [*actions, AskOwn(OWN_WAIT_S)]
                    name = step.not_found
                case f.LookUp():
                    value = self._fields.get(step.field, "")
                    if value:
                        return [*actions, LookUp(step.kind, value)]
                    name = step.not_found
                case f.Choose():
                    self.over = True
                    fields = {**self._fields, **step.fields}
                    return [*actions, *self._say(step.prompts), Choose(step.service, self.language, fields)]
                case f.Finish():
                    self.over = True
                    return [*actions, *self._say(step.prompts), Finish(step.reason)]

    def _ring(self, name: str, menu: f.Menu, early: f.Early) -> list[Action]:
        """A phone rings while the caller hears this menu."""
        untold = self._flow.steps[early.untold]
        assert isinstance(untold, f.Choose)
        self.over = True
        kinds = f.kinds(self._flow, menu)
        ring = RingEarly(name, untold.service, kinds, self.language)
        return [Notice(menu.notice), ring] if menu.notice else [ring]

    def _not_rung(self) -> list[Action]:
        """The caller hears the menu during which a phone was to ring."""
        menu = self._flow.steps[self.step]
        assert isinstance(menu, f.Menu), f"{self.step} rings no phone"
        self.over = False
        self._heard.add(self.step)
        return self._choices(menu, menu.prompts)

    def _choices(self, menu: f.Menu, prompts: tuple[str, ...]) -> list[Action]:
        """Say a menu. What is said before the caller's own request gives the desk its time to answer."""
        if self.asks_own and OWN in prompts:
            place = prompts.index(OWN)
            self._left = prompts[place:]
            return [*self._say(prompts[:place]), AskOwn(0.0)]
        return [*self._say(prompts), self._gather(menu)]

    def _resumable(self, step: f.Step) -> bool:
        """Whether a flow can resume here; not if the step needs an earlier input, which is not stored."""
        if isinstance(step, f.LookUp | f.Language):
            return False
        return not any(f.is_field(prompt) and prompt != OWN for prompt in step.prompts)

    def _gather(self, step: f.Menu | f.Ask) -> Gather:
        if isinstance(step, f.Menu):
            return Gather(1, step.timeout_s)
        return Gather(step.max_digits, step.timeout_s, "#")

    def _say(self, prompts: tuple[str, ...]) -> list[Action]:
        """Say prompts. That the caller has heard of a request is told before the words after it, during which they may
        hang up."""
        words = self._flow.own
        if words is not None and OWN_ALL in prompts:
            place = prompts.index(OWN_ALL)
            own: list[Action] = []
            for one in self._own[:MOST]:
                own += _play(sentence(words, one, detailed=True), one.get("number", ""), "own")
            return [*self._say(prompts[:place]), *own, *self._say(prompts[place + 1 :])]
        if not self._found:
            return _play(self._spoken(prompts))
        dates = (nth for nth, one in enumerate(prompts) if f.is_field(one) and one[1:-1] in self._dates)
        until = next(dates, 0) or len(prompts)
        told = _play(self._spoken(prompts[:until]), self._found, "number")
        self._found = "" if told else self._found
        return [*told, *_play(self._spoken(prompts[until:]))]

    def _spoken(self, prompts: tuple[str, ...]) -> tuple[str, ...]:
        """Prompts with the dates that were found put in, and the numbers the caller entered, digit by digit."""
        spoken: list[str] = []
        for prompt in prompts:
            if prompt in (OWN, OWN_ALL):
                words = self._flow.own
                say = only_one if prompt == OWN else each
                spoken += say(words, self._own) if words is not None else ()
            elif f.is_field(prompt):
                name = prompt[1:-1]
                spoken += self._dates.get(name, ())
                spoken += [digit_prompt(digit) for digit in self._fields.get(name, "")]
            else:
                spoken.append(prompt)
        return tuple(spoken)


def _play(words: tuple[str, ...], number: str = "", how: Literal["number", "own", "unasked"] = "own") -> list[Action]:
    """Say words, if there are any; `number` is the request of which they tell."""
    if not words:
        return []
    return [Play(words), Told(number, how, words)] if number else [Play(words)]
