"""The units whose urgent requests would ring nobody."""

import msgspec

from tests.tickets.towns import TOWN
from tickets.duty_cover import Uncovered, uncovered, without_unit
from tickets.town.times import parse_spans

URGENT = ("funeral", "doctor", "patient_transfer", "ambulance", "injured_animal")


def without(unit: str) -> tuple[Uncovered, ...]:
    """What is not covered if this unit has no shift."""
    shifts = tuple(one for one in TOWN.shifts if one.unit != unit)
    return uncovered(msgspec.structs.replace(TOWN, shifts=shifts), URGENT)


def test_the_shipped_town_is_covered() -> None:
    assert uncovered(TOWN, URGENT) == ()


def test_a_unit_of_an_urgent_service_needs_a_shift() -> None:
    assert [one.text for one in uncovered(TOWN, (*URGENT, "request"))] == ["halkla_iliskiler has no shift"]


def test_a_unit_of_a_topic_that_must_be_accepted_soon_needs_a_shift() -> None:
    assert [one.unit for one in without("zabita")] == ["zabita"]


def test_a_unit_that_does_a_topic_in_one_mahalle_needs_a_shift() -> None:
    topic = msgspec.structs.replace(TOWN.topics["yol_cokmesi"], elsewhere={"esenkent": "yazi_isleri"})
    town = msgspec.structs.replace(TOWN, topics={**TOWN.topics, topic.id: topic})
    assert [one.unit for one in uncovered(town, URGENT)] == ["yazi_isleri"]


def test_a_unit_without_urgent_requests_needs_none() -> None:
    assert without("yazi_isleri") == ()


def test_gaps_are_named() -> None:
    day = parse_spans("08:30-17:30")
    shifts = tuple(msgspec.structs.replace(one, spans=day) if one.unit == "zabita" else one for one in TOWN.shifts)
    (one,) = uncovered(msgspec.structs.replace(TOWN, shifts=shifts), URGENT)
    assert one.text == "zabita has nobody on mon 00:00-08:30, mon 17:30-24:00, tue 00:00-08:30 and 11 more"


def test_an_urgent_service_of_no_unit_is_named() -> None:
    assert without_unit(TOWN, URGENT) == ()
    units = {
        one.id: msgspec.structs.replace(one, services=("funeral", *one.services) if one.inbox else ())
        for one in TOWN.units.values()
    }
    town = msgspec.structs.replace(TOWN, units=units)
    assert without_unit(town, ("doctor", "funeral")) == ("doctor", "funeral"), "the inbox sorts, and is not rung"
