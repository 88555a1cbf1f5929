"""Whom an agent may hand a caller over to."""

from datetime import datetime

import msgspec
import pytest

from acd.lib.file_checks import BadFile
from tests.tickets.life import MONDAY, RULES, opened
from tests.tickets.towns import TOWN, shipped_texts, town_with
from tickets.handover import handed_over, target, targets
from tickets.town.model import HANDED, Person

NIGHT = datetime.fromisoformat("2026-06-02 03:00")
DAY = datetime.fromisoformat("2026-06-02 11:00")


def test_bodies_that_take_callers_and_who_is_on_duty() -> None:
    found = targets(TOWN, NIGHT)
    assert (found[0].key, found[0].kind, found[0].phone) == ("acil_112", "body", "112")
    assert {one.key for one in found if one.kind == "body"} == set(TOWN.bodies)
    night = {one.key: one for one in found if one.kind == "duty"}
    first, second = night["saglik_isleri.1"], night["saglik_isleri.2"]
    assert (first.tr, first.en, first.phone) == (
        *("Sağlık İşleri: Sağlık gece nöbetçisi", "Health Services: Sağlık gece nöbetçisi", "7203"),
    )
    assert second.phone == "7202"
    assert len({one.key for one in found}) == len(found)


def test_a_target_is_named_by_its_key_alone() -> None:
    iski, person = target(TOWN, "iski", DAY), target(TOWN, "saglik_isleri.1", NIGHT)
    assert (iski is not None and iski.phone, person is not None and person.phone) == ("185", "7203")
    day = target(TOWN, "saglik_isleri.1", DAY)
    assert day is not None
    assert day.phone == "7201", "who is on duty by day"
    for other in (
        *("185", "112", "7203", "", "İSKİ", "iski ", "iski\n", "iski.1", "saglik_isleri", "saglik_isleri.0"),
        *("saglik_isleri.3", "saglik_isleri.100", "+905321112233", "iski@outside", "../iski", "1" * 100_000),
    ):
        assert target(TOWN, other, NIGHT) is None, other


def test_a_body_that_takes_no_callers_is_none() -> None:
    quiet = msgspec.structs.replace(TOWN.bodies["iski"], transfer=False)
    town = msgspec.structs.replace(TOWN, bodies={**TOWN.bodies, "iski": quiet})
    assert target(town, "iski", DAY) is None
    assert "iski" not in {one.key for one in targets(town, DAY)}


def test_a_person_whose_number_is_not_dialled_is_left_out_and_the_others_keep_their_places() -> None:
    abroad = Person(name="Uzakta", phone="+4930123456")
    shifts = tuple(
        msgspec.structs.replace(shift, people=(abroad, *shift.people)) if shift.unit == "saglik_isleri" else shift
        for shift in TOWN.shifts
    )
    found = {one.key: one.phone for one in targets(msgspec.structs.replace(TOWN, shifts=shifts), NIGHT)}
    assert "saglik_isleri.1" not in found
    assert found["saglik_isleri.2"] == "7203"


@pytest.mark.parametrize("phone", ["112", "185", "7203", "123456", "+902124440411", "+905321112233", "+904440411"])
def test_numbers_to_which_callers_are_handed_over(phone: str) -> None:
    assert HANDED.fullmatch(phone)
    texts = shipped_texts()["bodies.toml"].replace('phone = "185"', f'phone = "{phone}"')
    assert town_with(bodies_toml=texts).bodies["iski"].phone == phone


@pytest.mark.parametrize("phone", ["+4930123456", "+909001234567", "+908501234567", "+90532111223", "+90444041"])
def test_a_body_with_another_number_is_refused_when_its_file_is_read(phone: str) -> None:
    texts = shipped_texts()["bodies.toml"].replace('phone = "185"', f'phone = "{phone}"')
    with pytest.raises(BadFile) as error:
        town_with(bodies_toml=texts)
    (said,) = str(error.value).splitlines()
    assert said.startswith(f'bodies.toml: body.3.phone = "{phone}": callers are not handed over to it; allowed: ')
    quiet = texts.replace("transfer = true", "transfer = false")
    assert town_with(bodies_toml=quiet).bodies["iski"].phone == phone


def test_the_request_tells_to_whom_its_citizen_was_handed_over() -> None:
    ticket = opened()
    made = handed_over(ticket, "iski", "1001", "busy", MONDAY + 60, RULES)
    entry = made.entry
    assert (entry.what, entry.role, entry.who, entry.note) == ("hand_over", "agent", "1001", "iski was busy")
    assert entry.detail == {"to": "iski", "result": "busy"}
    assert (made.ticket.state, made.ticket.version, made.follows) == (ticket.state, ticket.version + 1, ())
