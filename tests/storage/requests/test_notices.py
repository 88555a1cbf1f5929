"""A unit's notices: listed, read for the whole unit, and gone after some months."""

import pytest

from storage.requests.notices import BATCH, KEPT_DAYS, Notices
from storage.requests.tables import NoticeRow
from tests.storage.requests.desk import Desk
from tests.tickets.life import DAY

UNIT = "fen_isleri"


@pytest.fixture
def notices(desk: Desk) -> Notices:
    return Notices(desk.database, lambda: desk.now)


async def test_a_unit_has_its_own_newest_first(desk: Desk, notices: Notices) -> None:
    numbers = [(await desk.open()).number for _ in range(3)]
    await desk.moved(numbers[0], "waiting_citizen", "in_progress")
    found = await notices.list(UNIT)
    assert [(one["number"], one["about"]) for one in found] == [
        (numbers[0], "answered"),
        *((number, "assigned") for number in reversed(numbers)),
    ]
    assert (found[0]["topic"], found[0]["state"], found[0]["read_at"]) == ("asfalt_talebi", "in_progress", None)
    assert [one["id"] for one in await notices.list(UNIT, limit=1, before=found[0]["id"])] == [found[1]["id"]]
    assert await notices.list("zabita") == []


async def test_the_first_reader_stays_and_reads_for_the_whole_unit(desk: Desk, notices: Notices) -> None:
    await desk.open()
    await desk.open()
    new, old = await notices.list(UNIT)
    (read,) = await notices.read([new["id"]], "ayse", UNIT)
    assert (read["read_by"], read["read_at"]) == ("ayse", desk.now)
    desk.now += 60
    assert [one["read_by"] for one in await notices.read([new["id"]], "veli")] == ["ayse"]
    assert [one["id"] for one in await notices.list(UNIT, unread=True)] == [old["id"]]
    assert await notices.read([old["id"]], "zeki", "zabita") == [], "another unit's"
    assert [one["read_by"] for one in await notices.list(UNIT)] == ["ayse", ""]


async def test_notices_go_after_some_months(desk: Desk, notices: Notices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.requests.notices.BATCH", 2)
    assert BATCH > 2
    for _ in range(3):
        await desk.open()
    desk.now += (KEPT_DAYS - 1) * DAY
    fresh = (await desk.open()).number
    assert await notices.forget() == 0
    desk.now += 2 * DAY
    assert await notices.forget() == 3
    assert [one["number"] for one in await desk.rows(NoticeRow)] == [fresh]
