"""The open requests of a caller's number, whichever way trunk and people wrote it, and nobody else's."""

import pytest

from storage.requests.own import MOST, OwnRequests
from tests.storage.requests.desk import Desk


def own_of(desk: Desk) -> OwnRequests:
    return OwnRequests(desk.database, lambda: desk.rules, lambda: desk.now)


async def test_a_number_is_one_however_it_is_written(desk: Desk) -> None:
    await desk.open(caller="05321112233")
    own = own_of(desk)
    for written in ("05321112233", "5321112233", "+905321112233", "905321112233", "00905321112233"):
        (found,) = await own.of_number(written)
        assert (found.group, found.unit, found.state) == ("yol", "fen_isleri", "assigned"), written


@pytest.mark.parametrize(
    "number",
    [
        "", "anonymous", "Anonymous", "unknown", "1001", "2233", "05321112234", "+4915321112233", "00495321112233",
        "' OR '1'='1", "0532%", "0532111223_", "sip:05321112233@evil", "٠٥٣٢١١١٢٢٣٣",
    ],
)  # fmt: skip
async def test_a_hostile_or_withheld_number_finds_nothing(desk: Desk, number: str) -> None:
    await desk.open(caller="05321112233")
    await desk.open(caller="")
    await desk.open(caller="1001")
    assert await own_of(desk).of_number(number) == ()


async def test_requests_are_told_newest_first_while_they_are_open(desk: Desk) -> None:
    old = await desk.open()
    await desk.open(topic="agac_budama")
    await desk.open(topic="gurultu")
    assert [one.group for one in await own_of(desk).of_number("05321112233")] == ["park", "yol"]
    await desk.moved(old.number, "accepted", "resolved", result="Asfaltlandı.")
    assert [one.group for one in await own_of(desk).of_number("05321112233")] == ["park"]


async def test_a_crowds_number_costs_one_short_query(desk: Desk) -> None:
    for _ in range(MOST + 3):
        await desk.open()
    assert len(await own_of(desk).of_number("05321112233")) == MOST


async def test_a_typed_number_is_found_and_one_of_another_country_is_not(desk: Desk) -> None:
    own = own_of(desk)
    await desk.open(caller="0212 555 12 34")
    assert len(await own.of_number("+902125551234")) == 1
    for abroad in ("+12125551234", "0012125551234", "12125551234"):
        assert await own.of_number(abroad) == ()


async def test_a_number_of_another_country_takes_no_room(desk: Desk) -> None:
    await desk.open(caller="0212 555 12 34")
    for _ in range(MOST):
        await desk.open(caller="+1 212 555 1234")
    assert len(await own_of(desk).of_number("02125551234")) == 1
