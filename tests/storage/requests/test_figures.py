"""Figures of requests by unit, topic and mahalle: what the database groups is what the requests went through."""

from dataclasses import replace
from statistics import mean, median
from typing import Any

from acd.report.requests import (
    MOST,
    _opened,
    _overdue,
    _resolved,
    _scored,
    _told,
    requests_of,
    told_and_scored,
    town_names,
)
from acd.report.statistics import Span
from tests.storage.requests.desk import Desk
from tests.tickets.life import DAY, HOUR, LEAD, MONDAY
from tests.tickets.towns import TOWN
from tickets.outbreaks import CHANNEL
from tickets.ticket import SYSTEM, Actor

AYSE = Actor(role="agent", who="ayse")
ALWAYS = Span(MONDAY - DAY, MONDAY + 400 * DAY, MONDAY + 400 * DAY)


async def figures(desk: Desk, span: Span | None = None) -> dict[str, Any]:
    async with desk.database.reading() as connection:
        return await requests_of(connection, span or replace(ALWAYS, now=desk.now), town_names(TOWN))


def row(table: list[dict[str, Any]], dimension: str, one: str | None) -> dict[str, Any]:
    """The only row of a table with this id."""
    (found,) = [row for row in table if row[dimension] == one]
    return found


async def told(desk: Desk, score: int | None = None, actor: Actor = AYSE, **values: Any) -> str:
    """A request that was resolved, told and scored."""
    number = (await desk.open(**values)).number
    await desk.moved(number, "in_progress", "resolved", "told")
    if score is not None:
        await desk.store.score(number, score, actor)
    return number


async def test_a_reopening_changes_no_figure(desk: Desk) -> None:
    number = await told(desk, 1)
    await told(desk, 4, SYSTEM)
    before = await figures(desk)
    async with desk.database.reading() as connection:
        ways, scores = await told_and_scored(connection, ALWAYS)
    assert (ways, scores) == ({"call": 2}, {"1": 1, "2": 0, "3": 0, "4": 1, "5": 0})
    await desk.moved(number, "assigned", actor=LEAD, unit="zabita")
    after = await figures(desk)
    assert {**after, "units": None} == {**before, "units": None}
    unit = row(after["units"], "unit", "fen_isleri")
    assert {**unit, "opened": unit["opened"] + 1} == row(before["units"], "unit", "fen_isleri"), (
        "the unit of that time has them"
    )
    async with desk.database.reading() as connection:
        assert await told_and_scored(connection, ALWAYS) == (ways, scores)
    await desk.moved(number, "in_progress", "resolved", "told")
    await desk.store.score(number, 5, AYSE)
    again = (await figures(desk))["all"]
    assert (again["resolved"], again["told"], again["scored"]) == (2, 3, 3)
    assert again["score"] == round(mean([1, 4, 5]), 2)


async def test_a_citizen_who_is_told_after_vain_attempts_is_counted_once(desk: Desk) -> None:
    number = (await desk.open()).number
    await desk.moved(number, "in_progress", "resolved", "told", how="attempts")
    assert (await figures(desk))["all"]["told"] == 0, "nobody has heard it"
    await desk.moved(number, "resolved", "told")
    assert (await figures(desk))["all"]["told"] == 1


async def test_the_request_of_an_outbreak_has_no_citizen_to_be_told(desk: Desk) -> None:
    await told(desk, channel=CHANNEL)
    await told(desk)
    assert (await figures(desk))["all"]["told"] == 1


async def test_each_group_has_its_own_figures(desk: Desk) -> None:
    await told(desk, 5, district="zafer")
    await told(desk, 2)
    await told(desk, topic="gurultu")
    waits = (await desk.open(topic=None, district=None)).number
    desk.now += 60 * DAY
    late = await told(desk, district="zafer")
    found = await figures(desk)
    whole = found["all"]
    assert (whole["opened"], whole["resolved"], whole["told"], whole["scored"]) == (5, 4, 4, 2)
    assert (whole["overdue"], whole["score"], whole["in_time"]) == (1, 3.5, 1.0)
    nowhere = row(found["districts"], "district", None)
    assert (nowhere["opened"], nowhere["overdue"], nowhere["median_days"], nowhere["name"]) == (1, 1, None, None)
    zafer = row(found["districts"], "district", "zafer")
    assert (zafer["opened"], zafer["resolved"], zafer["scored"], zafer["score"]) == (2, 2, 1, 5.0)
    road = row(found["topics"], "topic", "asfalt_talebi")
    assert (road["name"], road["opened"], road["scored"], road["score"]) == (
        TOWN.name("topic", "asfalt_talebi"), 3, 2, 3.5,
    )  # fmt: skip
    assert [one["agent"] for one in found["agents"]] == ["ayse"]
    tickets = [await desk.queries.get(number) for number in (waits, late)]
    assert [one["overdue"] for one in tickets if one] == [True, False]


async def test_the_median_is_that_of_the_first_outcomes(desk: Desk) -> None:
    took: dict[str, list[float]] = {"esenkent": [], "zafer": []}
    in_time: dict[str, int] = {"esenkent": 0, "zafer": 0}
    for place, days in enumerate((1, 30, 2, 7, 90)):
        district = "zafer" if place % 2 else "esenkent"
        number = (await desk.open(district=district)).number
        desk.now += days * DAY
        await desk.moved(number, "in_progress", "resolved")
        ticket = await desk.queries.get(number) or {}
        took[district].append((ticket["resolved_at"] - ticket["opened_at"]) / DAY)
        in_time[district] += ticket["resolved_in_time"]
    found = await figures(desk)
    assert found["all"]["median_days"] == round(median([*took["esenkent"], *took["zafer"]]), 2)
    for district, of_district in took.items():
        one = row(found["districts"], "district", district)
        assert one["median_days"] == round(median(of_district), 2)
        assert one["resolved_in_time"] == in_time[district]
        assert one["in_time"] == round(in_time[district] / len(of_district), 6)
    assert found["all"]["resolved_in_time"] == sum(in_time.values()) == 4


async def test_a_petition_is_in_time_when_its_citizen_is_told(desk: Desk) -> None:
    numbers = [(await desk.open(topic="dilekce", district=None)).number for _ in range(3)]
    for number in numbers:
        await desk.moved(number, "in_progress", "resolved")
    assert [(await figures(desk))["all"][name] for name in ("resolved", "resolved_in_time", "in_time")] == [3, 0, None]
    await desk.moved(numbers[0], "told")
    await told(desk)
    whole = (await figures(desk))["all"]
    assert (whole["resolved"], whole["resolved_in_time"], whole["in_time"]) == (4, 2, 1.0)
    desk.now += 40 * DAY
    late = (await figures(desk))["all"]
    assert (late["resolved_in_time"], late["in_time"]) == (2, 0.5), "two of four, though nobody was told since"
    await desk.moved(numbers[1], "told")
    assert (await figures(desk))["all"]["in_time"] == 0.5


async def test_a_span_has_what_happened_in_it(desk: Desk) -> None:
    number = (await desk.open()).number
    desk.now += 3 * DAY
    await desk.moved(number, "in_progress", "resolved", "told")
    await desk.store.score(number, 3, AYSE)
    first = (await figures(desk, Span(MONDAY, MONDAY + DAY, desk.now)))["all"]
    assert (first["opened"], first["resolved"], first["told"], first["scored"]) == (1, 0, 0, 0)
    later = (await figures(desk, Span(MONDAY + DAY, desk.now + HOUR, desk.now)))["all"]
    assert (later["opened"], later["resolved"], later["told"], later["scored"]) == (0, 1, 1, 1)
    nothing = await figures(desk, Span(MONDAY - DAY, MONDAY, MONDAY))
    assert nothing["all"] == {
        "opened": 0, "resolved": 0, "resolved_in_time": 0, "in_time": None, "median_days": None, "overdue": 0,
        "told": 0, "scored": 0, "score": None,
    }  # fmt: skip
    assert nothing["units"] == nothing["agents"] == []


async def test_tables_are_in_the_order_of_a_turkish_dictionary_and_end(desk: Desk) -> None:
    for district in ("zafer", "ardicli", "esenkent", None):
        await desk.open(district=district)
    names = {"zafer": "Çınar", "ardicli": "Cumhuriyet", "esenkent": "Ilıca"}
    async with desk.database.reading() as connection:
        found = await requests_of(connection, ALWAYS, lambda _, one, __: names.get(one, one))
    assert [one["name"] for one in found["districts"]] == ["Cumhuriyet", "Çınar", "Ilıca", None]
    assert len(found["districts"]) < MOST


async def test_a_group_has_its_name_in_both_languages(desk: Desk) -> None:
    await desk.open(topic="yol_cukuru", district="esenkent")
    found = await figures(desk)
    (unit,), (topic,), (district,) = (
        [one for one in found[of] if one["opened"]] for of in ("units", "topics", "districts")
    )
    assert (unit["name"], unit["name_en"]) == (TOWN.name("unit", unit["unit"]), TOWN.name("unit", unit["unit"], "en"))
    assert (topic["name"], topic["name_en"]) == (
        TOWN.name("topic", "yol_cukuru"),
        TOWN.name("topic", "yol_cukuru", "en"),
    )
    assert topic["name"] != topic["name_en"]
    assert district["name"] == district["name_en"] == "Esenkent"


async def test_the_rows_of_a_figure_are_read_once_and_found_by_an_index(desk: Desk) -> None:
    """Else a year of a large town takes four times as long, and a day as long as a year."""
    await told(desk, 3)
    is_postgres = desk.database.is_postgres
    explain, once = ("EXPLAIN", "CTE base") if is_postgres else ("EXPLAIN QUERY PLAN", "MATERIALIZE base")
    async with desk.database.reading() as connection:
        if is_postgres:  # a table of three rows is read whole, if that is not forbidden
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for query in (_opened, _resolved, _overdue, _told, _scored):
            text = str(query(ALWAYS).compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
            plan = [str(step[-1]).strip() for step in await connection.exec_driver_sql(f"{explain} {text}")]
            assert plan.count(once) == 1, plan
            whole = ("SCAN tickets", "SCAN ticket_history", "->  Seq Scan on ticket")
            assert not [step for step in plan if step.startswith(whole)], plan
