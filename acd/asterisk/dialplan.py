"""Checks a dialplan: what can be reached in it, where calls go from a context, and which applications run there. Our
own dialplan is `asterisk-conf/extensions.conf`.

It follows the dialplan as Asterisk does, as far as the text shows. A jump with a computed target is reported as a
fault.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from acd.asterisk.confread import Option, Section
from acd.asterisk.reservation import RESERVE_CONTEXT

DIALS_OUT = frozenset(
    {
        "dial", "retrydial", "originate", "page", "followme", "disa", "transfer", "pickup", "pickupchan", "bridge",
        "bridgeadd", "chanspy", "extenspy", "channelredirect", "confbridge", "meetme", "parkandannounce",
    }
)  # fmt: skip
"""Applications that connect a caller, or somebody for them, to another line."""
OPTIONS_AT = {"dial": 2, "retrydial": 5, "queue": 1}
"""Applications that ring phones, with the position of their options. The option `i` follows no forward."""
FOLLOWERS = frozenset({"page", "followme", "originate", "parkandannounce"})
"""Applications that ring phones and have no such option."""
RUNS_PROGRAMS = frozenset({"system", "trysystem", "externalivr", "jack", "macro", "macroif", "macroexclusive"})
"""Applications that run programs, or macros, which cannot be followed and no longer exist in newer versions."""
SPIES = frozenset({"chanspy", "extenspy"})
"""Applications that listen to the talks of others. The engine alone runs them."""
MONITOR_PATH = "monitor"
"""The request of a phone that has dialled the code for monitoring."""
JUMPS = frozenset({"goto", "gotoif", "gotoiftime", "gosub", "gosubif"})
WRAPPERS = frozenset({"execif", "exec", "tryexec", "execiftime"})
"""Applications that run another one."""
FUNCTIONS = re.compile(r"\$\{\s*(SHELL|EVAL|FILE|AMI_CLIENT|CURL)\s*\(|\b(SHELL|FILE|CURL)\s*\(", re.IGNORECASE)
_APPLICATION = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*$", re.DOTALL)
_INNER = re.compile(r"(?<![\w{$])([A-Za-z_]\w*)\(")
_ENGINE = re.compile(r"agi://[^/]*?:(\d+)(?:/([^,?]*))?(?:[,?]|$)")
_BRACKETS = re.compile(r"\([^()]*\)")
_HANDLER = re.compile(r"CHANNEL\(hangup_handler_(?:push|wipe)\)\s*=\s*(.+)", re.IGNORECASE)

Finding = tuple[str, str]
"""The place, and the fault."""


@dataclass(frozen=True, slots=True)
class Step:
    """One priority of a dialplan: an application and its argument."""

    context: str
    application: str
    argument: str
    option: Option

    @property
    def where(self) -> str:
        return f"{self.option.at} [{self.context}]"


def dialplan_faults(
    sections: Sequence[Section], trunks: Sequence[str], fastagi_port: int, agi_secret: str
) -> Iterator[Finding]:
    """The faults for callers who come in at the contexts `trunks`."""
    contexts: dict[str, list[Section]] = {}
    for section in sections:
        if section.name not in ("general", "globals"):
            contexts.setdefault(section.name, []).append(section)
    if not trunks:
        yield "pjsip.conf", "no trunk: there is no endpoint that callers come in by"
    todo, seen = list(trunks), set(trunks)
    to_engine = False
    while todo:
        name = todo.pop(0)
        if name not in contexts:
            yield "extensions.conf", f"there is no context [{name}], where a trunk's calls go"
            continue
        for section in contexts[name]:
            yield from _ways_out(section)
            for step in steps(section):
                yield from _step_faults(step)
                if _reaches(step, fastagi_port):
                    to_engine = True
                    if _is_monitor(step):
                        yield step.where, "a trunk's caller comes to the code for monitoring; remove the way to it"
                    if agi_secret not in _split(step.argument)[1:2]:
                        yield (
                            step.where,
                            f"AGI({step.argument.partition(',')[0]}, …): its first argument is not our agi_secret, so "
                            "the engine drops the caller's channel; start Asterisk again with these settings",
                        )
                for target, fault in targets(step):
                    if fault:
                        yield step.where, fault
                    elif target and target not in seen:
                        seen.add(target)
                        todo.append(target)
    if trunks and not to_engine:
        yield (
            "extensions.conf",
            f"no AGI(agi://…:{fastagi_port}/…) is reached from [{trunks[0]}]: callers do not come to the engine at our "
            f"fastagi_port; start Asterisk again with these settings",
        )


def way_to(sections: Sequence[Section], phones: Iterable[str], forbidden: str) -> Iterator[Finding]:
    """Every include and jump that leads from the contexts `phones` to the context `forbidden`."""
    todo, seen = sorted(phones), set(phones)
    while todo:
        name = todo.pop(0)
        for section in (one for one in sections if one.name == name):
            ways = [
                (option.value.partition(",")[0].strip(), f"{option.at} [{name}]") for option in section.all("include")
            ]
            ways += [(target, step.where) for step in steps(section) for target, fault in targets(step) if not fault]
            for target, where in ways:
                if target == forbidden:
                    yield where, f"leads to [{forbidden}], which dials out and is for the engine alone; remove it"
                elif target not in seen:
                    seen.add(target)
                    todo.append(target)


def followed_forwards(sections: Sequence[Section]) -> Iterator[Finding]:
    """Every step, in any context, that follows a phone's forward. In a forward a phone can name any number to dial."""
    for section in sections:
        if section.name in ("general", "globals"):
            continue
        for step in steps(section):
            for application, argument in _applications(step):
                place = OPTIONS_AT.get(application.lower())
                if application.lower() in FOLLOWERS:
                    yield step.where, f"{application}(): follows forwards, and no option keeps it from that; remove it"
                elif place is not None:
                    parts = _split(_inside(argument))
                    options = _without_brackets(parts[place]) if len(parts) > place else ""
                    if "${" in options:
                        yield step.where, f"{application}(): its options depend on a variable; name them, i among them"
                    elif "i" not in options:
                        yield (
                            step.where,
                            f"{application}(): without the option i a phone that answers with a forward (302) has the "
                            "line call whatever it names; add i",
                        )


def not_reserved(sections: Sequence[Section]) -> Iterator[Finding]:
    """A fault if the context is missing in which legs of the engine and of Asterisk's queue exclude each other."""
    if not any(section.name == RESERVE_CONTEXT for section in sections):
        yield (
            "extensions.conf",
            f"there is no context [{RESERVE_CONTEXT}]: the engine and Asterisk's own queue may ring an agent at the "
            "same moment; take ours, and start Asterisk again",
        )


def monitor_faults(sections: Sequence[Section], fastagi_port: int, *, monitoring: bool) -> Iterator[Finding]:
    """Every step, in any context, that listens to talks without the engine, which checks the right; and a fault if
    leads' phones have no way to the engine, or have one without `monitoring`."""
    asks = []
    for section in sections:
        if section.name in ("general", "globals"):
            continue
        for step in steps(section):
            for application, _ in _applications(step):
                if application.lower() in SPIES:
                    yield (
                        step.where,
                        f"{application}(): listens to talks without the engine, which checks the right; remove it",
                    )
            if _reaches(step, fastagi_port) and _is_monitor(step):
                asks.append(step)
    if monitoring and not asks:
        yield (
            "extensions.conf",
            f"no AGI(agi://…:{fastagi_port}/{MONITOR_PATH}, …): leads' phones cannot ask the engine to monitor; take "
            "ours, and start Asterisk again",
        )
    for step in [] if monitoring else asks:
        yield step.where, "asks the engine to monitor a talk, and monitoring is off; start Asterisk again"


def _without_brackets(options: str) -> str:
    """Options without their own arguments, which may contain brackets."""
    while (outer := _BRACKETS.sub("", options)) != options:
        options = outer
    return options


def _inside(argument: str) -> str:
    """An application's argument up to the bracket that ends it, if that is in it."""
    depth = 0
    for place, character in enumerate(argument):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return argument[:place]
    return argument


def _ways_out(section: Section) -> Iterator[Finding]:
    for option in section.all("include", "switch", "lswitch", "eswitch"):
        yield (
            f"{option.at} [{section.name}]",
            f"{option.name} => {option.value}: what a trunk reaches may not take in another context; use Gosub or Goto",
        )


def steps(section: Section) -> Iterator[Step]:
    """The steps of a context, in the file's order."""
    for option in section.options:
        name = option.name.lower()
        if name == "exten":
            parts = option.value.split(",", 2)
            if len(parts) < 3 or parts[1].strip().lower() == "hint":
                continue
            text = parts[2]
        elif name == "same":
            parts = option.value.split(",", 1)
            if len(parts) < 2 or parts[0].strip().lower() == "hint":
                continue
            text = parts[1]
        else:
            continue
        found = _APPLICATION.match(text)
        if found:
            yield Step(section.name, found[1], found[2], option)
        else:  # without an argument, or in the old form App,argument
            application, _, argument = text.strip().partition(",")
            yield Step(section.name, application.strip(), argument, option)


def _step_faults(step: Step) -> Iterator[Finding]:
    for application, argument in _applications(step):
        name = application.lower()
        if name in DIALS_OUT:
            yield step.where, f"{application}(): what a trunk reaches may not dial out"
        elif name in RUNS_PROGRAMS:
            yield step.where, f"{application}(): what a trunk reaches may not run programs or macros"
        elif "${" in name:
            yield step.where, f"{application}: which application this is depends on a variable; name it"
        elif name in ("agi", "eagi", "deadagi") and "${" in argument.partition(",")[0]:
            yield step.where, f"{application}({argument}): which program this is depends on a variable; name it"
    if FUNCTIONS.search(step.argument):
        yield step.where, f"{step.application}({step.argument}): runs a program or evaluates a caller's text; remove it"


def _applications(step: Step) -> Iterator[tuple[str, str]]:
    yield step.application, step.argument
    if step.application.lower() in WRAPPERS:
        body = step.argument.partition("?")[2] if "if" in step.application.lower() else step.argument
        for found in _INNER.finditer(body):
            yield found[1], body[found.end() :]
        if re.match(r"\s*\$\{", body):
            yield "${…}", body


def _reaches(step: Step, port: int) -> bool:
    found = _ENGINE.match(step.argument) if step.application.lower() == "agi" else None
    return found is not None and int(found[1]) == port


def _is_monitor(step: Step) -> bool:
    found = _ENGINE.match(step.argument)
    return found is not None and found[2] == MONITOR_PATH


def targets(step: Step) -> Iterator[tuple[str, str]]:
    """Contexts that a step jumps to, each with an empty text, or with the fault if the target cannot be known."""
    for application, argument in _applications(step):
        name = application.lower()
        handler = _HANDLER.search(argument) if name in ("set", "mset") else None
        if handler is not None:  # run when the caller's channel ends
            name, argument = "gosub", handler[1]
        if name not in JUMPS:
            continue
        conditional = name.endswith("if") or name == "gotoiftime"
        # A condition may have a ? in an expression's strings; the last ? outside of ${…} and $[…] begins the targets.
        text = _after_condition(argument) if conditional else argument
        for label in _labels(text) if conditional else [text]:
            parts = _split(label)
            if len(parts) < 3:
                continue  # stays in its context
            context = parts[0].strip()
            if "${" in context or "$[" in context:
                yield "", f"{application}({argument}): where this goes depends on a variable; name the context"
            else:
                yield context, ""


def _after_condition(text: str) -> str:
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "{[") - (character in "}]")
        if character == "?" and depth <= 0:
            return text[place + 1 :]
    return ""


def _labels(text: str) -> list[str]:
    """The targets of `first:second`."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "{[(") - (character in "}])")
        if character == ":" and depth <= 0:
            return [text[:place], text[place + 1 :]]
    return [text]


def _split(label: str) -> list[str]:
    """`context,extension,priority(arguments)` at its commas, those of the arguments left alone."""
    parts, depth, begin = [], 0, 0
    for place, character in enumerate(label):
        depth += (character in "{[(") - (character in "}])")
        if character == "," and depth <= 0:
            parts.append(label[begin:place])
            begin = place + 1
    return [*parts, label[begin:]]
