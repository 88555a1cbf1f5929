"""A flow: what a caller hears and where each key leads, as data read from TOML and checked before it is served.

Pure. A flow that passed `parse_flow` cannot strand a caller: every step exists and can be reached, every prompt has
a text in every language, no steps follow each other in a circle without asking the caller anything, from every step
an agent or an end can be reached, and a caller who never presses a key comes to an agent."""

from collections.abc import Collection, Iterable, Iterator
from typing import Annotated, Any

import msgspec

from ivr.own import OwnWords
from ivr.spoken import DATE_PROMPTS

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*\Z", max_length=64)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=30)]
Few = Annotated[int, msgspec.Meta(ge=1, le=5)]
Digits = Annotated[int, msgspec.Meta(ge=1, le=20)]
Prompts = tuple[str, ...]

KEYS = "0123456789*#"
"""The keys of a telephone."""


class Play(msgspec.Struct, frozen=True, kw_only=True):
    """Say something and go on. A prompt `{field}` is read out digit by digit; `{own_all}` are the caller's own
    requests."""

    prompts: Prompts
    next: str


class Early(msgspec.Struct, frozen=True, kw_only=True):
    """A menu of kinds that the caller hears while an agent's phone rings for them. Each key leads to a `choose` step,
    whose service is the kind; `untold` is the `choose` step of a caller who presses none."""

    untold: str
    prompts: Prompts
    """The prompts during the ring. A key does not interrupt them; an answer does."""


class Menu(msgspec.Struct, frozen=True, kw_only=True):
    """Play the choices and wait for one key. Without a key the caller goes on to `no_key` at once. After a wrong key
    they hear `wrong` and the menu again, until `tries` are used up; then they go to `wrong_key`."""

    prompts: Prompts
    """`{own}` among them is the caller's only open request, if the desk has said so by then; nobody waits for it."""
    again: Prompts = ()
    """Played instead of `prompts` when the caller comes here again; empty: `prompts`."""
    notice: Prompts = ()
    """Played before both. With `early` the caller hears it whole before a phone rings."""
    early: Early | None = None
    """An agent's phone rings during this menu, if that is possible."""
    keys: dict[str, str]
    wrong: Prompts = ()
    tries: Few = 2
    timeout_s: Seconds = 3.0
    """Seconds after the last word within which a key may come."""
    no_key: str = ""
    """Empty, like `wrong_key`: the flow's `fallback`."""
    wrong_key: str = ""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for a number, kept as `field`. Ended by `#` or when no digit comes for `timeout_s`."""

    prompts: Prompts
    field: Name
    next: str
    min_digits: Digits = 1
    max_digits: Digits = 20
    wrong: Prompts = ()
    tries: Few = 2
    timeout_s: Seconds = 4.0
    no_key: str = ""
    wrong_key: str = ""


class LookUp(msgspec.Struct, frozen=True, kw_only=True):
    """Have a `kind` of thing (a ticket) looked up by what was asked before, and go on by what is found. The kind `own`
    is what is known of the number the caller calls from, and needs no `field`."""

    kind: Name
    field: Name = ""
    by: Name = "state"
    """The entry of what was found that decides."""
    cases: dict[str, str] = {}
    otherwise: str = ""
    """The step for a value without a case; empty means the flow's `fallback`."""
    not_found: str = ""
    dates: dict[Name, Name] = {}
    """Entries of what was found that are dates (`2026-06-15`), with the prompt that is said before each. A prompt
    `{due}` says the date `due`, and nothing where what was found has none."""


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """Change the language: `switch` gives, for each language spoken now, the one to speak next."""

    switch: dict[str, str]
    next: str


class Choose(msgspec.Struct, frozen=True, kw_only=True):
    """The end: the caller wants an agent for a service. `prompts` delay the call, so they should be few."""

    service: Name
    prompts: Prompts = ()
    fields: dict[str, str] = {}
    """Further values for the engine, beside what the caller entered."""


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """The end: the caller needs no agent."""

    reason: Name
    prompts: Prompts = ()


Step = Play | Menu | Ask | LookUp | Language | Choose | Finish

STEP_TYPES: dict[str, type[Step]] = {
    "play": Play,
    "menu": Menu,
    "ask": Ask,
    "lookup": LookUp,
    "language": Language,
    "choose": Choose,
    "finish": Finish,
}


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A checked flow. Made by `parse_flow` only."""

    name: str
    start: str
    fallback: str
    """The `choose` step to which every dead end leads."""
    languages: tuple[str, ...]
    """The flow's languages; callers hear the first one unless they choose another."""
    max_turns: int
    """After so many inputs the caller goes to the fallback, whatever they press."""
    steps: dict[str, Step]
    when_full: str = ""
    """The first step of a caller who comes when only the places for emergencies are left; empty: `start`."""
    own: OwnWords | None = None
    """How callers hear of their own requests."""

    def prompts(self) -> set[str]:
        """Names of all prompts it can say, without the digits of numbers the caller entered."""
        steps = self.steps.values()
        said = {prompt for step in steps for _, prompt in prompts_of(step) if not is_field(prompt)}
        dates = {prompt for step in steps if isinstance(step, LookUp) for prompt in step.dates.values()}
        own = self.own.prompts() if self.own is not None else set()
        return said | dates | own | (DATE_PROMPTS if dates or own else frozenset())


def without(flow: Flow, prompts: Collection[str]) -> Flow:
    """The same flow with these prompts left unsaid."""

    def said(names: Prompts) -> Prompts:
        return tuple(name for name in names if name not in prompts)

    steps: dict[str, Step] = {}
    for name, step in flow.steps.items():
        spoken = ("prompts", "again", "wrong", "notice")
        groups: dict[str, Any] = {group: said(getattr(step, group)) for group in spoken if hasattr(step, group)}
        if isinstance(step, Menu) and step.early is not None:
            groups["early"] = msgspec.structs.replace(step.early, prompts=said(step.early.prompts))
        steps[name] = msgspec.structs.replace(step, **groups)
    return msgspec.structs.replace(flow, steps=steps)


def is_field(prompt: str) -> bool:
    """Whether a prompt stands for a number the caller entered, a date that was found, such as `{ticket}`, or the
    caller's own requests."""
    return prompt.startswith("{") and prompt.endswith("}")


def prompts_of(step: Step) -> Iterator[tuple[str, str]]:
    """Each prompt of a step, with the key it stands under."""
    match step:
        case Menu():
            groups: Iterable[tuple[str, Prompts]] = (
                ("prompts", step.prompts),
                ("again", step.again),
                ("wrong", step.wrong),
                ("notice", step.notice),
                ("early.prompts", step.early.prompts if step.early is not None else ()),
            )
        case Ask():
            groups = (("prompts", step.prompts), ("wrong", step.wrong))
        case Play() | Choose() | Finish():
            groups = (("prompts", step.prompts),)
        case LookUp() | Language():
            groups = ()
    for key, names in groups:
        for place, prompt in enumerate(names):
            yield f"{key}.{place}", prompt


def ways(step: Step) -> Iterator[tuple[str, str]]:
    """Each step that can follow, with the key it stands under."""
    match step:
        case Play() | Language():
            yield "next", step.next
        case Menu():
            yield from ((f"keys.{key}", to) for key, to in step.keys.items())
            if step.early is not None:
                yield "early.untold", step.early.untold
            yield "no_key", step.no_key
            yield "wrong_key", step.wrong_key
        case Ask():
            yield "next", step.next
            yield "no_key", step.no_key
            yield "wrong_key", step.wrong_key
        case LookUp():
            yield from ((f"cases.{case}", to) for case, to in step.cases.items())
            yield "otherwise", step.otherwise
            yield "not_found", step.not_found
        case Choose() | Finish():
            return


def silent_way(step: Step) -> str | None:
    """The next step of a caller who presses no key; None at an end."""
    match step:
        case Play() | Language():
            return step.next
        case Menu() | Ask():
            return step.no_key
        case LookUp():
            return step.not_found
        case Choose() | Finish():
            return None


def kinds(flow: Flow, menu: Menu) -> dict[str, str]:
    """The service that each key of a menu of kinds leads to. A key for a caller who says no kind gives none."""
    untold = None if menu.early is None else menu.early.untold
    ends = {key: flow.steps[to] for key, to in menu.keys.items() if to != untold}
    return {key: end.service for key, end in ends.items() if isinstance(end, Choose)}


def early_menus(flow: Flow) -> dict[str, Menu]:
    """The menus that are heard while a phone rings, by step."""
    return {name: step for name, step in flow.steps.items() if isinstance(step, Menu) and step.early is not None}


def music_class(step: str, language: str) -> str:
    """The class of music that is the menu of a step."""
    return f"{step}-{language}"
