"""What is proposed as a duplicate, and what never is."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.life import DAY, HOUR, MONDAY, in_state, opened
from tests.tickets.towns import TOWN
from tickets.duplicates import Candidate, propose
from tickets.joining import same_place
from tickets.ticket import Ticket

OLD = opened("26-000001-9", text="1234. sokakta büyük çukur", address="1234. Sokak No 5", caller="+905320000001")


def new(**values: Any) -> Ticket:
    given = {"text": "büyük bir çukur, 1234 sokak", "address": "1234 sok. no:7", "caller": "+905320000002", **values}
    return opened("26-000002-7", MONDAY + 3 * HOUR, **given)


def proposed(ticket: Ticket, *others: Ticket) -> list[Candidate]:
    return propose(ticket, others or (OLD,), TOWN)


def test_the_same_hole_is_proposed_with_the_reasons() -> None:
    (found,) = proposed(new())
    assert (found.number, found.same_topic, found.same_caller, found.metres) == (OLD.number, True, False, None)
    assert found.score > 0.85
    assert found.why_tr == ("konusu aynı: Yolda çukur", "aynı mahalle: Esenkent", "3 saat arayla", "anlatım %88 benzer")
    assert found.why_en == ("same topic: Pothole", "same mahalle: Esenkent", "3 hours apart", "words 88% alike")


def test_a_second_call_of_the_same_person_is_said_to_be_one() -> None:
    (found,) = proposed(new(caller=OLD.caller))
    assert found.same_caller
    assert found.why_tr[-1] == "aynı numaradan"
    assert not proposed(new(caller=""), msgspec.structs.replace(OLD, caller=""))[0].same_caller, "withheld is nobody"


@pytest.mark.parametrize(
    "values",
    [
        {"district": "fatih"},
        {"district": None},
        {"topic": "cop_alinmadi"},
        {"topic": None},
        {"address": "Lale Caddesi 100", "text": "asfalt soyulmuş"},
        {"address": "Lale Caddesi 100"},
    ],
)
def test_what_is_no_duplicate(values: dict[str, Any]) -> None:
    assert proposed(new(**values)) == []


def test_points_that_are_far_apart_are_other_places_in_one_mahalle_too() -> None:
    here, there = {"lat": 41.035, "lon": 28.675}, {"lat": 41.040, "lon": 28.675}
    one = msgspec.structs.replace(OLD, **here)
    assert proposed(new(**here), one)[0].metres == 0
    assert proposed(new(**there), one) == []
    near = proposed(new(lat=41.0355, lon=28.675), one)[0]
    assert near.metres == 56
    assert "56 m uzakta" in near.why_tr


def test_an_old_one_and_one_that_is_over_are_left_alone() -> None:
    assert propose(opened("26-000002-7", MONDAY + 15 * DAY), [OLD], TOWN) == []
    for state in ("resolved", "told", "closed"):
        assert proposed(new(), in_state(state)) == []
    assert proposed(OLD, OLD) == []


def test_a_near_topic_is_said_to_need_putting_right() -> None:
    (found,) = proposed(new(topic="yol_cokmesi"))
    assert not found.same_topic
    assert found.why_tr[0] == "konusu yakın: Yolda çukur"


def test_the_parent_is_proposed_once_for_all_its_duplicates() -> None:
    children = [msgspec.structs.replace(OLD, number=f"26-00010{n}-0", parent="26-000001-9") for n in range(3)]
    found = proposed(new(), OLD, *children)
    assert [one.number for one in found] == ["26-000001-9"]


def test_a_ticket_with_duplicates_is_not_proposed_to_be_one_of_itself() -> None:
    child = msgspec.structs.replace(new(), parent=OLD.number)
    assert proposed(OLD, child) == []


def test_the_best_come_first_and_not_too_many() -> None:
    others = [msgspec.structs.replace(OLD, number=f"26-00010{n}-0", opened_at=MONDAY - n * DAY) for n in range(9)]
    found = proposed(new(), *others)
    assert [one.number for one in found] == [f"26-00010{n}-0" for n in range(5)]


STREETS = {
    "1234. Sokak": "1234",
    "1234 sk. no 7": "1234",
    "1235. Sokak No 1234": "1235",
    "Lale Sokağı 3": "lale",
    "LALE SK. NO: 90": "lale",
    "Işık Sokak 1": "isik",
    "isik sokakta, 90": "isik",
}
"""Addresses, each with the name of its street."""
PLACES = st.fixed_dictionaries(
    {
        "district": st.sampled_from([None, "esenkent", "fatih"]),
        "point": st.sampled_from([None, (41.035, 28.675), (41.0351, 28.675), (41.06, 28.70)]),
        "topic": st.sampled_from(["yol_cukuru", "yol_cokmesi", "gurultu"]),
        "address": st.sampled_from(["", "okulun yanı", *STREETS]),
    }
)


def placed(number: str, place: dict[str, Any]) -> Ticket:
    point = place["point"] or (None, None)
    given = {name: place[name] for name in ("district", "topic", "address")}
    return msgspec.structs.replace(opened(number, **given), district=place["district"], lat=point[0], lon=point[1])


@settings(derandomize=True, max_examples=300)
@given(PLACES, PLACES)
def test_nothing_is_ever_proposed_across_places(one: dict[str, Any], two: dict[str, Any]) -> None:
    left, right = placed("26-000001-9", one), placed("26-000002-7", two)
    for found in propose(left, [right], TOWN):
        assert same_place(left, right)
        assert 0 < found.score <= 1
        if found.metres is None:
            assert left.district == right.district is not None
            streets = {STREETS[address] for address in (left.address, right.address) if address in STREETS}
            assert len(streets) <= 1, "two streets are two places"
