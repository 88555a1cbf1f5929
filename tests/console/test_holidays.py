"""`GET holidays`: the public holidays to come, for a year from the town's today."""

from datetime import UTC, datetime

import pytest

from console.routing import PREFIX
from tests.console.desk import Desk
from tests.console.known_people import KnownPeople
from tests.console.test_config import sent


@pytest.fixture
def desk(people: KnownPeople) -> Desk:
    desk = Desk()
    desk.people = people
    return desk


async def test_the_holidays_of_a_year_are_told_in_their_order(desk: Desk) -> None:
    desk.now = datetime(2026, 3, 19, 21, 30, tzinfo=UTC).timestamp()  # in the town it is the 20th
    found = (await sent(desk, "GET", f"{PREFIX}/holidays")).json()
    days = [one["day"] for one in found]
    assert days == sorted(days)
    assert found[0] == {"day": "2026-03-20", "half": False, "tr": "Ramazan Bayramı", "en": "Eid al-Fitr"}
    halves = [one["day"] for one in found if one["half"]]
    assert halves == ["2026-05-26", "2026-10-28", "2027-03-08"]
    assert days[-1] == "2027-03-11"
