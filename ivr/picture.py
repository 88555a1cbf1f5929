"""A flow as a picture: where each step stands, and where each key leads. Pure.

The steps are a tree from left to right, in the order of the keys. A step that several ways lead to stands where the
first of them comes to it; the others are arrows to that place. The way to the flow's `fallback` is not drawn, since
every step has it."""

from collections.abc import Iterator

import msgspec

from ivr.flow import Ask, Choose, Finish, Flow, Language, LookUp, Menu, Play, Step, prompts_of

SILENCE, WRONG, NOT_FOUND, OTHERWISE = "silence", "wrong", "not_found", "otherwise"
"""The ways of a caller who presses nothing or a wrong key, of a number that is not found, of a value without a case."""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A step, in a column and a row of the picture, both from 0."""

    step: str
    kind: str
    column: int
    row: int
    prompts: tuple[str, ...]
    service: str = ""


class Arrow(msgspec.Struct, frozen=True, kw_only=True):
    """A way from one step to another: `key` is a telephone's key, one of the words above, `=` and a
    value that was found, or empty."""

    begin: str
    end: str
    key: str


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """All of a flow."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def picture(flow: Flow) -> Picture:
    """The picture of a flow."""
    boxes: dict[str, Box] = {}
    arrows: list[Arrow] = []
    rows = 0

    def place(name: str, column: int) -> int:
        """Place a step and all behind it; returns its row."""
        nonlocal rows
        step = flow.steps[name]
        boxes[name] = _box(name, step, column, rows)
        below: list[int] = []
        for key, end in dict.fromkeys(ways(flow, step)):  # two ways of one key to one step are one arrow
            arrows.append(Arrow(begin=name, end=end, key=key))
            if end not in boxes:
                below.append(place(end, column + 1))
        row = below[0] if below else rows
        rows += not below
        boxes[name] = msgspec.structs.replace(boxes[name], row=row)
        return row

    for first in dict.fromkeys([flow.start, flow.when_full or flow.start, flow.fallback]):
        if first not in boxes:
            place(first, 0)
    return Picture(boxes=tuple(boxes.values()), arrows=tuple(arrows))


def ways(flow: Flow, step: Step) -> Iterator[tuple[str, str]]:
    """The ways out of a step, each with its key, without those to the fallback that are not written down."""
    match step:
        case Play() | Language():
            yield "", step.next
        case Menu():
            yield from step.keys.items()
            yield from _written(flow, (SILENCE, step.no_key), (WRONG, step.wrong_key))
            if step.early is not None:
                yield from _written(flow, (SILENCE, step.early.untold))
        case Ask():
            yield "", step.next
            yield from _written(flow, (SILENCE, step.no_key), (WRONG, step.wrong_key))
        case LookUp():
            yield from ((f"={value}", end) for value, end in step.cases.items())
            yield from _written(flow, (NOT_FOUND, step.not_found), (OTHERWISE, step.otherwise))
        case Choose() | Finish():
            return


def _written(flow: Flow, *found: tuple[str, str]) -> Iterator[tuple[str, str]]:
    return ((key, end) for key, end in found if end and end != flow.fallback)


def _box(name: str, step: Step, column: int, row: int) -> Box:
    return Box(
        step=name,
        kind=type(step).__name__.lower(),
        column=column,
        row=row,
        prompts=tuple(prompt for key, prompt in prompts_of(step) if key.startswith("prompts.")),
        service=step.service if isinstance(step, Choose) else "",
    )
