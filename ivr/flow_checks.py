"""Checks of a flow before it is used. Each fault names the file, the key, the value and what is allowed."""

from collections.abc import Collection, Mapping

from acd.lib.file_checks import Checker
from ivr.flow import (
    KEYS,
    Ask,
    Choose,
    Early,
    Finish,
    Flow,
    Language,
    LookUp,
    Menu,
    Play,
    Step,
    is_field,
    prompts_of,
    silent_way,
    ways,
)
from ivr.own import KIND, OWN, OWN_ALL
from ivr.spoken import DATE_PROMPTS, digit_prompt
from tickets.states import RENAMED, STATES


def check_names(
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
    _check_own(check, flow, {one: prompts[one] for one in languages})
    for name, step in flow.steps.items():
        here = f"steps.{name}"
        for key, to in ways(step):
            if to not in known and to != flow.fallback:
                check.unknown(f"{here}.{key}", to, "step", known)
        for key, prompt in prompts_of(step):
            if prompt in (OWN, OWN_ALL):
                _check_own_place(check, f"{here}.{key}", step, prompt, flow)
                continue
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


def _check_own(check: Checker, flow: Flow, prompts: Mapping[str, Collection[str]]) -> None:
    """The words for the caller's own requests: all of them, and all dates, are in each language."""
    if flow.own is None:
        return
    for prompt in sorted({*flow.own.prompts(), *DATE_PROMPTS}):
        _check_prompt(check, "own", prompt, prompts, (), ())
    for table, states in (("states", flow.own.states), ("details", flow.own.details)):
        for state, said in states.items():
            if state not in STATES:
                check.unknown(f"own.{table}.{state}", said, "key", STATES)


def _check_own_place(check: Checker, key: str, step: Step, prompt: str, flow: Flow) -> None:
    """`{own}` is asked for where a menu first says it, `{own_all}` by a look-up before it."""
    if flow.own is None:
        check.add(key, prompt, "needs the table [own], which says how the caller's requests are said")
    if prompt == OWN and not (isinstance(step, Menu) and key.rpartition(".")[0].endswith(".prompts")):
        check.add(key, prompt, "may stand in the prompts of a menu only")
    if prompt == OWN and isinstance(step, Menu) and step.early is not None:
        check.add(key, prompt, "may not stand in a menu with early: nothing delays an urgent caller")
    looks = any(isinstance(one, LookUp) and one.kind == KIND for one in flow.steps.values())
    if prompt == OWN_ALL and not looks:
        check.add(key, prompt, f'needs a step of type "lookup" with kind = "{KIND}"')


def _check_lookup(check: Checker, here: str, step: LookUp, fields: Collection[str]) -> None:
    if step.kind == KIND:
        for key, value in (("field", step.field), ("cases", step.cases), ("dates", step.dates)):
            if value:
                check.add(f"{here}.{key}", value, f'must be left out in a look-up of the kind "{KIND}"')
        return
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


def check_ways(check: Checker, flow: Flow) -> None:
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
    """All steps that can be reached from `starts`, including these."""
    found = set(starts)
    todo = list(starts)
    while todo:
        for to in graph[todo.pop()]:
            if to not in found:
                found.add(to)
                todo.append(to)
    return found


def _unasked_loops(flow: Flow) -> list[str]:
    """Steps from which a caller comes back to the same step without a menu, a question or a look-up."""
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
    """The end that a caller reaches who presses no key; None if there is none."""
    at = flow.start
    for _ in range(len(flow.steps)):
        to = silent_way(flow.steps[at])
        if to is None:
            return at
        at = to
    return at if silent_way(flow.steps[at]) is None else None
