"""A flow as a picture: every step has a place of its own, and every key an arrow."""

from acd.config.services import parse_services, services_text
from ivr.catalogue import load_flow
from ivr.flow import Menu
from ivr.picture import picture

FLOW = load_flow(services=[str(one.id) for one in parse_services(*reversed(services_text(None))).services])


def test_every_step_stands_once_and_nowhere_another_stands() -> None:
    boxes = picture(FLOW).boxes
    assert {box.step for box in boxes} == set(FLOW.steps)
    assert len({(box.column, box.row) for box in boxes}) == len(boxes)


def test_every_key_of_a_menu_is_an_arrow() -> None:
    drawn = {(arrow.begin, arrow.key): arrow.end for arrow in picture(FLOW).arrows}
    for name, step in FLOW.steps.items():
        if isinstance(step, Menu):
            assert {key: drawn[name, key] for key in step.keys} == step.keys


def test_no_arrow_is_drawn_twice() -> None:
    arrows = picture(FLOW).arrows
    assert len(set(arrows)) == len(arrows)


def test_an_arrow_leads_to_the_right_unless_its_step_stands_already() -> None:
    found = picture(FLOW)
    columns = {box.step: box.column for box in found.boxes}
    first: set[str] = {FLOW.start}
    for arrow in found.arrows:
        if arrow.end not in first:
            first.add(arrow.end)
            assert columns[arrow.end] >= 0
    assert columns[FLOW.start] == 0
    assert max(columns.values()) > 1
