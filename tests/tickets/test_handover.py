"""Whom an agent may hand a caller over to."""

from datetime import datetime

import msgspec

from tests.tickets.towns import TOWN
from tickets.handover import handovers, may_hand_over

NIGHT = datetime.fromisoformat("2026-06-02 03:00")
DAY = datetime.fromisoformat("2026-06-02 11:00")


def test_bodies_that_take_callers_and_who_is_on_duty() -> None:
    found = handovers(TOWN, NIGHT)
    assert (found[0].id, found[0].phone) == ("acil_112", "112")
    assert {one.id for one in found if one.kind == "body"} == set(TOWN.bodies)
    night = next(one for one in found if one.kind == "duty" and one.id == "saglik_isleri")
    assert (night.tr, night.phone) == ("Sağlık İşleri: Sağlık gece nöbetçisi", "7203")


def test_no_other_number() -> None:
    assert may_hand_over(TOWN, "185", DAY)
    assert may_hand_over(TOWN, "7203", NIGHT)
    assert not may_hand_over(TOWN, "7203", DAY), "off duty"
    for number in ("0900123", "+905321112233", "", "1001", "185#"):
        assert not may_hand_over(TOWN, number, DAY)
    quiet = msgspec.structs.replace(TOWN.bodies["iski"], transfer=False)
    town = msgspec.structs.replace(TOWN, bodies={**TOWN.bodies, "iski": quiet})
    assert not may_hand_over(town, "185", DAY)
