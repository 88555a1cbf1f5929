"""A citizen finds their own request, by number and telephone or by code, and nobody else's."""

from storage.columns import table_of
from storage.requests.public import PublicRequests
from storage.requests.tables import CodeRow
from tests.storage.requests.desk import Desk
from tests.tickets.life import DAY


def public_of(desk: Desk) -> PublicRequests:
    return PublicRequests(desk.database, lambda: desk.rules, lambda: desk.now)


async def test_a_request_is_found_by_its_number_and_the_end_of_its_telephone(desk: Desk) -> None:
    number = (await desk.open(text="Işık Sokak'ta asfalt yok", name="Ayşe")).number
    public = public_of(desk)
    found = await public.by_number(number.replace("-", " "), "2233")
    assert found is not None
    assert (found.number, found.state, found.words, found.outcome) == (number, "assigned", "", None)
    assert found.due_at is not None
    assert found.topic is not None
    assert found.topic.tr
    assert "Ayşe" not in str(found)
    assert "Işık" not in str(found)
    for digits in ("2234", "", "3322", "33", "1112233", "２２３３"):
        assert await public.by_number(number, digits) is None
    for wrong in ("26-000009-9", "no number", "", "26-000001-8"):
        assert await public.by_number(wrong, "2233") is None


async def test_the_outcome_is_read_in_the_units_words(desk: Desk) -> None:
    number = (await desk.open()).number
    await desk.moved(number, "not_ours", result="Bu yol İBB'nin.")
    found = await public_of(desk).by_number(number, "2233")
    assert found is not None
    assert (found.state, found.outcome, found.words, found.due_at) == (
        "not_ours",
        "not_ours",
        "Bu yol İBB'nin.",
        None,
    )
    assert found.responsible is not None
    assert found.reach is not None


async def test_a_deadline_that_has_passed_is_not_promised(desk: Desk) -> None:
    number = (await desk.open()).number
    desk.now += 400 * DAY
    found = await public_of(desk).by_number(number, "2233")
    assert found is not None
    assert found.due_at is None


async def test_whoever_gave_no_number_has_a_code(desk: Desk) -> None:
    number = (await desk.open(caller="")).number
    (row,) = await desk.rows(CodeRow)
    code = str(row["code"])
    public = public_of(desk)
    found = await public.by_code(code.replace("-", ""))
    assert found is not None
    assert found.number == number
    assert await public.by_number(number, "") is None
    assert (await desk.queries.get(number) or {})["code"] == code
    swapped = code[:-1] + ("0" if code[-1] != "0" else "1")
    for wrong in (swapped, "", "000-000-000-000-000", "482"):
        assert await public.by_code(wrong) is None
    async with desk.database.writing() as connection:
        await connection.execute(table_of(CodeRow).delete())
    assert await public.by_code(code) is None


async def test_a_request_with_a_number_has_none(desk: Desk) -> None:
    await desk.open()
    assert await desk.rows(CodeRow) == []
