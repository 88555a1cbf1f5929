"""Flows for tests: the shipped one, small ones from text, and random ones."""

import json
from typing import Any

from hypothesis import strategies as st

from ivr.catalogue import load_catalogues, load_flow
from ivr.flow import Flow
from ivr.parse_flow import parse_flow

SERVICES = (
    "funeral",
    "doctor",
    "patient_transfer",
    "ambulance",
    "injured_animal",
    "request",
    "information",
    "ticket_status",
    "agent",
)
NAMES = {"hello", "menu", "again", "sorry", "bye", *(f"digit_{digit}" for digit in range(10))}


def hotline(*, recording: bool = False, monitoring: bool = False) -> Flow:
    return load_flow(services=SERVICES, recording="all" if recording else "none", monitoring=monitoring)


def catalogue_names() -> dict[str, set[str]]:
    return {language: set(catalogue) for language, catalogue in load_catalogues().items()}


def small(text: str, languages: tuple[str, ...] = ("tr",)) -> Flow:
    """A flow from text, with prompts `NAMES` in each of the languages."""
    return parse_flow(text, name="small", file="small.toml", prompts=dict.fromkeys(languages, NAMES), services=SERVICES)


def toml(head: dict[str, Any], steps: dict[str, dict[str, Any]]) -> str:
    """A flow file's text."""
    lines = [f"{key} = {_value(value)}" for key, value in head.items()]
    for name, step in steps.items():
        lines.append(f"[steps.{name}]")
        lines += [f"{key} = {_value(value)}" for key, value in step.items()]
    return "\n".join(lines)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


STEP_NAMES = ("a", "b", "c", "d", "e")
_to = st.sampled_from((*STEP_NAMES, "agent"))
_prompts = st.lists(st.sampled_from(("hello", "menu", "{ticket}")), max_size=3)
_step = st.one_of(
    st.fixed_dictionaries({"type": st.just("play"), "prompts": _prompts, "next": _to}),
    st.fixed_dictionaries(
        {
            "type": st.just("menu"),
            "prompts": _prompts,
            "keys": st.dictionaries(st.sampled_from("0123456789*#"), _to, min_size=1, max_size=4),
            "no_key": _to,
            "wrong_key": _to,
            "tries": st.integers(1, 5),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("ask"),
            "prompts": _prompts,
            "field": st.just("ticket"),
            "next": _to,
            "max_digits": st.integers(1, 5),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("lookup"),
            "kind": st.just("ticket"),
            "field": st.just("ticket"),
            "by": st.just("state"),
            "cases": st.dictionaries(st.sampled_from(("new", "closed")), _to, max_size=2),
            "not_found": _to,
        }
    ),
    st.fixed_dictionaries({"type": st.just("language"), "switch": st.just({"tr": "en", "en": "tr"}), "next": _to}),
    st.fixed_dictionaries({"type": st.just("choose"), "service": st.sampled_from(SERVICES), "prompts": _prompts}),
    st.fixed_dictionaries({"type": st.just("finish"), "reason": st.just("done"), "prompts": _prompts}),
)


def _mended(steps: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Without the faults that nearly every random flow has: unknown and unreachable steps, numbers never asked for."""
    steps.setdefault("a", {"type": "menu", "prompts": [], "keys": {"1": "b", "2": "c"}, "no_key": "d"})
    steps["agent"] = {"type": "choose", "service": "agent"}

    def name(key: str, value: Any) -> Any:
        if key in ("keys", "cases"):
            return {one: name("next", to) for one, to in value.items()}
        return "agent" if key in ("next", "no_key", "wrong_key", "not_found") and value not in steps else value

    steps = {one: {key: name(key, value) for key, value in step.items()} for one, step in steps.items()}
    asked = any(step["type"] == "ask" for step in steps.values())
    for one, step in steps.items():
        if not asked and step["type"] == "lookup":
            steps[one] = {"type": "play", "prompts": ["hello"], "next": step["not_found"]}
        elif not asked and "prompts" in step:
            step["prompts"] = [prompt for prompt in step["prompts"] if prompt != "{ticket}"]
    reached: set[str] = set()
    todo = ["a", "agent"]
    while todo:
        at = todo.pop()
        if at in reached:
            continue
        reached.add(at)
        for value in steps[at].values():
            todo += [to for to in (value.values() if isinstance(value, dict) else [value]) if _is_step(to, steps)]
    return {one: step for one, step in steps.items() if one in reached}


def _is_step(value: object, steps: dict[str, dict[str, Any]]) -> bool:
    return isinstance(value, str) and value in steps


random_flow_texts = st.builds(
    lambda steps, turns: toml(
        {"start": "a", "fallback": "agent", "languages": ["tr", "en"], "max_turns": turns}, _mended(steps)
    ),
    st.dictionaries(st.sampled_from(STEP_NAMES), _step, min_size=1),
    st.integers(1, 30),
)
"""Files of flows, a good part of which pass the checks."""
