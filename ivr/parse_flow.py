"""Reads a flow from TOML and checks it."""

from collections.abc import Collection, Mapping
from typing import Annotated

import msgspec

from acd.lib.file_checks import Checker
from ivr.flow import STEP_TYPES, Ask, Flow, LookUp, Menu, Step
from ivr.flow_checks import check_names, check_ways
from ivr.own import OwnWords


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    start: str
    fallback: str
    when_full: str = ""
    languages: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("tr",)
    max_turns: Annotated[int, msgspec.Meta(ge=1, le=100)] = 24
    own: OwnWords | None = None


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
        own=head.own,
        steps={step_name: _with_fallback(step, head.fallback) for step_name, step in steps.items()},
    )
    check_names(check, flow, known=set(raw), prompts=prompts, services=services)
    if not check.problems:  # the ways through it make sense only where every step is known
        check_ways(check, flow)
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
