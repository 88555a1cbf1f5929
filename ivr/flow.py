"""A flow: what a caller hears and where each key leads, as data read from TOML and checked before it is served.

Pure. A flow that passed `parse_flow` cannot strand a caller: every step exists and can be reached, every prompt has
a text in every language, no steps follow each other in a circle without asking the caller anything, from every step
an agent or an end can be reached, and a caller who never presses a key comes to an agent."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Annotated, Any, Final

import msgspec

from acd.lib.file_checks import Checker
from tickets.states import RENAMED, STATES

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*\Z", max_length=64)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=30)]
Few = Annotated[int, msgspec.Meta(ge=1, le=5)]
Digits = Annotated[int, msgspec.Meta(ge=1, le=20)]
Prompts = tuple[str, ...]

KEYS = "0123456789*#"
"""What a telephone can send."""


class Play(msgspec.Struct, frozen=True, kw_only=True):
    """Say something and go on. A prompt `{field}` is read out digit by digit."""

    prompts: Prompts
    next: str


class Early(msgspec.Struct, frozen=True, kw_only=True):
    """A menu of kinds that the caller hears while an agent's phone rings for them. Each key leads to a `choose` step,
    whose service is the kind; `untold` is the `choose` step of a caller who presses none."""

    untold: str
    prompts: Prompts
    """What is said while the phone rings. It is not cut short by a key, and an answer cuts it."""


class Menu(msgspec.Struct, frozen=True, kw_only=True):
    """Say what there is, wait for one key. Without one the caller goes on to `no_key` at once; a key that means nothing
    is answered with `wrong` and the menu again, until `tries` are used up, then `wrong_key`."""

    prompts: Prompts
    again: Prompts = ()
    """Said instead of `prompts` when the caller comes here again; the same if empty."""
    notice: Prompts = ()
    """Said before either. Where a phone rings meanwhile (`early`), it is heard whole before that."""
    early: Early | None = None
    """An agent's phone rings while this menu is heard, where that can be."""
    keys: dict[str, str]
    wrong: Prompts = ()
    tries: Few = 2
    timeout_s: Seconds = 3.0
    """How long after the last word a key may come."""
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
    """Have a `kind` of thing (a ticket) looked up by what was asked before, and go on by what is found."""

    kind: Name
    field: Name
    by: Name
    """The entry of what was found that decides, such as `state`."""
    cases: dict[str, str]
    otherwise: str = ""
    """Where a value leads that has no case; empty means the flow's `fallback`."""
    not_found: str = ""
    dates: dict[Name, Name] = {}
    """Entries of what was found that are dates (`2026-06-15`), with the prompt that is said before each. A prompt
    `{due}` says the date `due`, and nothing where what was found has none."""


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """Change the language: `switch` gives, for each language spoken now, the one to speak next."""

    switch: dict[str, str]
    next: str


class Choose(msgspec.Struct, frozen=True, kw_only=True):
    """The end: the caller wants an agent for a service. `prompts` hold the call up, so they should be few."""

    service: Name
    prompts: Prompts = ()
    fields: dict[str, str] = {}
    """Told to the engine beside what the caller entered."""


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """The end: the caller needs nobody."""

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
    """The step, a `choose`, at which every dead end arrives."""
    languages: tuple[str, ...]
    """The first is the one spoken to a caller who said nothing else."""
    max_turns: int
    """After so many inputs the caller is brought to the fallback, whatever they press."""
    steps: dict[str, Step]
    when_full: str = ""
    """Where a caller begins who comes while the line is full but for emergencies; empty: at `start`."""

    def prompts(self) -> set[str]:
        """Names of all prompts it can say, without the digits of numbers the caller entered."""
        steps = self.steps.values()
        said = {prompt for step in steps for _, prompt in _said(step) if not is_field(prompt)}
        dates = {prompt for step in steps if isinstance(step, LookUp) for prompt in step.dates.values()}
        return said | dates | (DATE_PROMPTS if dates else frozenset())


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


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    start: str
    fallback: str
    when_full: str = ""
    languages: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("tr",)
    max_turns: Annotated[int, msgspec.Meta(ge=1, le=100)] = 24


def is_field(prompt: str) -> bool:
    """Whether a prompt stands for a number the caller entered or a date that was found, such as `{ticket}`."""
    return prompt.startswith("{") and prompt.endswith("}")


def digit_prompt(digit: str) -> str:
    """The prompt that says a digit."""
    return f"digit_{digit}"


def date_prompts(day: str) -> tuple[str, ...]:
    """The prompts that say the day and month of a date, `2026-06-15`; none if it is no date."""
    _, dash, rest = day.partition("-")
    month, _, number = rest.partition("-")
    if not (dash and month in MONTHS and number in _DAYS):
        return ()
    return (*_DAYS[number], f"month_{int(month)}")


def _day_prompts(day: int) -> tuple[str, ...]:
    """The prompts of a number up to 31."""
    if day < 10:
        return (digit_prompt(str(day)),)
    if day < 20 or day % 10 == 0:
        return (f"number_{day}",)
    return (f"number_{day - day % 10}", digit_prompt(str(day % 10)))


MONTHS: Final = tuple(f"{month:02}" for month in range(1, 13))
_DAYS: Final = {f"{day:02}": _day_prompts(day) for day in range(1, 32)}
DATE_PROMPTS: Final = frozenset(prompt for words in _DAYS.values() for prompt in words) | {
    f"month_{month}" for month in range(1, 13)
}
"""All that dates are said with."""


def parse_flow(
    text: str, *, name: str, file: str, prompts: Mapping[str, Collection[str]], services: Collection[str]
) -> Flow:
    """Read and check a flow. `prompts` holds, per language, the names in its catalogue.

    Raises `acd.lib.file_checks.BadFile` with every problem found."""
    check = Checker(file)
    table = check.toml(text)
    check.finish()
    raw = table.get("steps", {})
    head = check.struct(_Head, table, "", skip=("steps",))
    steps: dict[str, Step] = {}
    if not isinstance(raw, Mapping) or not raw:
        check.add("steps", raw or None, "must hold at least one step, as tables [steps.NAME]")
        raw = {}
    for step_name, step_table in raw.items():
        step = _step(check, f"steps.{step_name}", step_table)
        if step is not None:
            steps[step_name] = step
    if head is None:
        check.finish()
        raise AssertionError("a head that could not be read is a problem")
    flow = Flow(
        name=name,
        start=head.start,
        fallback=head.fallback,
        when_full=head.when_full,
        languages=head.languages,
        max_turns=head.max_turns,
        steps={step_name: _with_fallback(step, head.fallback) for step_name, step in steps.items()},
    )
    _check_names(check, flow, known=set(raw), prompts=prompts, services=services)
    if not check.problems:  # the ways through it make sense only where every step is known
        _check_ways(check, flow)
    check.finish()
    return flow


def _step(check: Checker, key: str, table: object) -> Step | None:
    if not isinstance(table, Mapping):
        check.add(key, table, "must be a table")
        return None
    kind = table.get("type")
    if kind is None:
        check.add(f"{key}.type", None, f"is missing; allowed: {', '.join(STEP_TYPES)}")
        return None
    if not isinstance(kind, str) or kind not in STEP_TYPES:
        check.unknown(f"{key}.type", kind, "type", STEP_TYPES)
        return None
    step: Step | None = check.struct(STEP_TYPES[kind], table, key, skip=("type",))
    return step


def _with_fallback(step: Step, fallback: str) -> Step:
    match step:
        case Menu() | Ask():
            return msgspec.structs.replace(step, no_key=step.no_key or fallback, wrong_key=step.wrong_key or fallback)
        case LookUp():
            return msgspec.structs.replace(
                step, otherwise=step.otherwise or fallback, not_found=step.not_found or fallback
            )
        case _:
            return step


def _said(step: Step) -> Iterator[tuple[str, str]]:
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
    """Where a caller goes who never presses a key; None at an end."""
    match step:
        case Play() | Language():
            return step.next
        case Menu() | Ask():
            return step.no_key
        case LookUp():
            return step.not_found
        case Choose() | Finish():
            return None


def _check_names(
    check: Checker,
    flow: Flow,
    *,
    known: Collection[str],
    prompts: Mapping[str, Collection[str]],
    services: Collection[str],
) -> None:
    for key, value in (("start", flow.start), ("fallback", flow.fallback), ("when_full", flow.when_full)):
        if value not in known and (value or key != "when_full"):
            check.unknown(key, value, "step", known)
    fallback = flow.steps.get(flow.fallback)
    if fallback is not None and not isinstance(fallback, Choose):
        check.add("fallback", flow.fallback, 'must be a step of type "choose": every dead end leads there')
    languages = [language for language in flow.languages if language in prompts]
    for place, language in enumerate(flow.languages):
        if language not in prompts:
            check.unknown(f"languages.{place}", language, "language", prompts)
    fields = {step.field for step in flow.steps.values() if isinstance(step, Ask)}
    dates = {name for step in flow.steps.values() if isinstance(step, LookUp) for name in step.dates}
    for name, step in flow.steps.items():
        here = f"steps.{name}"
        for key, to in ways(step):
            if to not in known and to != flow.fallback:
                check.unknown(f"{here}.{key}", to, "step", known)
        for key, prompt in _said(step):
            _check_prompt(check, f"{here}.{key}", prompt, {one: prompts[one] for one in languages}, fields, dates)
        match step:
            case Menu() if not step.keys:
                check.add(f"{here}.keys", {}, "a menu needs at least one key")
            case Menu():
                for key in step.keys:
                    if len(key) != 1 or key not in KEYS:
                        check.unknown(f"{here}.keys.{key}", step.keys[key], "telephone key", KEYS)
                if step.early is not None:
                    _check_early(check, here, step, step.early, flow)
            case Ask() if step.min_digits > step.max_digits:
                check.add(f"{here}.min_digits", step.min_digits, f"must be at most max_digits ({step.max_digits})")
            case LookUp():
                _check_lookup(check, here, step, fields)
                for name, prompt in step.dates.items():
                    key = f"{here}.dates.{name}"
                    if name in fields:
                        check.add(key, prompt, "is a field asked for too; choose another name")
                    _check_prompt(check, key, prompt, {one: prompts[one] for one in languages}, (), ())
            case Language():
                _check_switch(check, f"{here}.switch", step.switch, flow.languages)
            case Choose() if step.service not in services:
                check.unknown(f"{here}.service", step.service, "service", services)
            case _:
                pass


def _check_early(check: Checker, here: str, step: Menu, early: Early, flow: Flow) -> None:
    for key, to in ((f"{here}.early.untold", early.untold), *((f"{here}.keys.{k}", to) for k, to in step.keys.items())):
        if to in flow.steps and not isinstance(flow.steps[to], Choose):
            check.add(key, to, 'must be a step of type "choose", since a phone rings for the caller (early) already')
    if not early.prompts:
        check.add(f"{here}.early.prompts", [], "must say what each key means")
    for prompt in early.prompts:
        if is_field(prompt):
            check.add(f"{here}.early.prompts", prompt, "must be a prompt: the sound file is made beforehand")


def kinds(flow: Flow, menu: Menu) -> dict[str, str]:
    """The service that each key of a menu of kinds leads to."""
    ends = {key: flow.steps[to] for key, to in menu.keys.items()}
    return {key: end.service for key, end in ends.items() if isinstance(end, Choose)}


def early_menus(flow: Flow) -> dict[str, Menu]:
    """The menus that are heard while a phone rings, by step."""
    return {name: step for name, step in flow.steps.items() if isinstance(step, Menu) and step.early is not None}


def music_class(step: str, language: str) -> str:
    """The class of music that is the menu of a step."""
    return f"{step}-{language}"


def _check_prompt(
    check: Checker,
    key: str,
    prompt: str,
    prompts: Mapping[str, Collection[str]],
    fields: Collection[str],
    dates: Collection[str],
) -> None:
    needed: Collection[str]
    if is_field(prompt) and prompt[1:-1] in dates:
        needed = DATE_PROMPTS
    elif is_field(prompt):
        if prompt[1:-1] not in fields:
            check.unknown(key, prompt, "field asked for", {f"{{{field}}}" for field in (*fields, *dates)})
        needed = [digit_prompt(digit) for digit in "0123456789"]
    else:
        needed = [prompt]
    for language, names in prompts.items():
        for name in needed:
            if name not in names:
                check.unknown(key, name, f'prompt in the catalogue of "{language}"', names)


def _check_lookup(check: Checker, here: str, step: LookUp, fields: Collection[str]) -> None:
    if step.field not in fields:
        check.unknown(f"{here}.field", step.field, "field asked for", fields)
    if (step.kind, step.by) != ("ticket", "state"):
        return
    for state, to in step.cases.items():
        if state in RENAMED:
            check.add(f"{here}.cases.{state}", to, f"this state of a ticket is called {RENAMED[state]} now")
        elif state not in STATES:
            check.unknown(f"{here}.cases.{state}", to, "key", STATES)


def _check_switch(check: Checker, key: str, switch: Mapping[str, str], languages: Collection[str]) -> None:
    for language in languages:
        if language not in switch:
            check.add(f"{key}.{language}", None, "is missing: say which language is spoken next")
    for before, after in switch.items():
        if before not in languages:
            check.add(f"{key}.{before}", after, f"the flow is never in that language; allowed: {', '.join(languages)}")
        if after not in languages:
            check.unknown(f"{key}.{before}", after, "language", languages)


def _check_ways(check: Checker, flow: Flow) -> None:
    after = {name: {to for _, to in ways(step)} for name, step in flow.steps.items()}
    reached = _reach(after, {flow.start, flow.fallback} | ({flow.when_full} if flow.when_full else set()))
    for name in flow.steps:
        if name not in reached:
            check.add(f"steps.{name}", None, "can be reached from no other step: lead a key to it or remove it")
    before: dict[str, set[str]] = {name: set() for name in flow.steps}
    for name, targets in after.items():
        for to in targets:
            before[to].add(name)
    ends = {name for name, step in flow.steps.items() if isinstance(step, Choose | Finish)}
    agents = {name for name in ends if isinstance(flow.steps[name], Choose)}
    can_end, can_talk = _reach(before, ends), _reach(before, agents)
    for name in flow.steps:
        if name not in can_end:
            check.add(f"steps.{name}", None, 'no way out: no step of type "choose" or "finish" can be reached from it')
        elif name not in can_talk and name in _reach(after, after[name]):
            check.add(
                f"steps.{name}", None, "a loop without an exit to an agent: lead one of its ways to a choose step"
            )
    for name in _unasked_loops(flow):
        check.add(f"steps.{name}", None, "comes back to itself without asking the caller for anything")
    end = _silent_end(flow)
    if end is None:
        check.add(
            "start", flow.start, "a caller who presses nothing goes round in a circle: no_key must lead to an agent"
        )
    elif not isinstance(flow.steps[end], Choose):
        check.add(
            "start", flow.start, f'a caller who presses nothing ends at "{end}": it must be a step of type "choose"'
        )


def _reach(graph: Mapping[str, set[str]], starts: Collection[str]) -> set[str]:
    """All that can be come to from `starts`, themselves included."""
    found = set(starts)
    todo = list(starts)
    while todo:
        for to in graph[todo.pop()]:
            if to not in found:
                found.add(to)
                todo.append(to)
    return found


def _unasked_loops(flow: Flow) -> list[str]:
    """Steps from which one comes back to the same step without a menu, a question or a look-up on the way."""
    nexts = {name: step.next for name, step in flow.steps.items() if isinstance(step, Play | Language)}
    looping = []
    for name in nexts:
        at: str | None = nexts[name]
        for _ in nexts:
            if at is None or at == name:
                break
            at = nexts.get(at)
        if at == name:
            looping.append(name)
    return looping


def _silent_end(flow: Flow) -> str | None:
    """Where a caller ends who never presses a key; None if nowhere."""
    at = flow.start
    for _ in range(len(flow.steps)):
        to = silent_way(flow.steps[at])
        if to is None:
            return at
        at = to
    return at if silent_way(flow.steps[at]) is None else None


__all__ = [
    "KEYS",
    "STEP_TYPES",
    "Flow",
    "Step",
    "digit_prompt",
    "is_field",
    "parse_flow",
    "silent_way",
    "ways",
]
