"""Lists of requests: search as people write."""

import json
import random
from typing import Any

import msgspec
import pytest

from bench.requests import NOUNS, NOW, SAID, Many
from storage.database import Database
from storage.requests.listing import Wanted, kind_of, page_of
from storage.requests.tables import TicketRow
from tests.storage.requests.desk import Desk
from tickets.find.folding import same_words, words


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("isik", True),
        ("IŞIK", True),
        ("ışık sok", True),
        ("Isik Sokak asfalt", True),
        ("TAŞI", True),
        ("asfaltlar", False),
        ("kedi", False),
        ("' OR 1=1 --", False),
        ('"*', False),
        ("esenkent", True),
    ],
)
async def test_a_search_finds_what_people_mean(desk: Desk, words: str, found: bool) -> None:
    number = (await desk.open(text="Işık Sokak'ta asfalt yok")).number
    await desk.open(text="Başka bir şey", topic="agac_budama", district="zafer")
    assert await desk.found(query=words) == ([number] if found else [])


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Işık Sokak", ("Işık Sk.", "isik sok", "IŞIK SOKAĞI", "ışık sokağında", "Işık Sok. asfalt")),
        ("Işık Sk. 5", ("ışık sokak", "Işık Sokağı", "isik sok.5", "Işık sokakta")),
        ("Işık Sok.", ("ışık sk", "Işık Sokak")),
        ("Işık sokağında çukur", ("ışık sk", "Işık Sokak")),
        ("Bağdat Cad.", ("bagdat cd", "Bağdat Caddesi", "bağdat cadde")),
        ("Bağdat Caddesi", ("bağdat cd.", "bagdat cad")),
        ("İnönü Mh.", ("inonu mah", "İnönü Mahallesi", "inönü mahalle")),
        ("İnönü Mahallesi", ("inonu mh.", "İnönü Mah.")),
        ("Kıbrıs Blv.", ("kibris bulvar", "Kıbrıs Bulvarı", "kıbrıs bulv.")),
        ("Kıbrıs Bulvarı", ("kibris blv", "Kıbrıs Bulv.")),
        ("Gül Apt. No 3", ("gül apartmanı", "gul apartman")),
        ("Gül Apartmanı", ("gül apt.", "GÜL APT")),
    ],
)
async def test_a_kind_of_place_is_found_short_and_long(desk: Desk, written: str, asked: tuple[str, ...]) -> None:
    number = (await desk.open(text="asfalt yok", address=written)).number
    await desk.open(text="Işıklı Bağdatlı İnönülü Kıbrıslı Güllü yer bul", topic=None, district=None)
    for query in asked:
        assert await desk.found(query=query) == [number], query
        assert await desk.found(query=query, order="due") == [number], query
        assert await desk.found(query=query, unit="fen_isleri") == [number], query
        assert await desk.found(query=f"{query} kedi") == [], query


async def test_a_word_that_begins_like_a_kind_of_place_stays_itself(desk: Desk) -> None:
    found = (await desk.open(text="Caddebostan sahili", topic=None, district=None)).number
    street = (await desk.open(text="Bağdat Cad.", topic=None, district=None)).number
    assert await desk.found(query="caddebostan") == [found]
    assert await desk.found(query="cad") == [street, found], "as long as it is typed"
    assert await desk.found(query="bagdat cadd") == [], "a beginning of a word stands for itself alone"


async def test_words_with_letters_that_do_not_fold_have_sqlite_s_short_way_too(desk: Desk) -> None:
    """They were looked up with the table of requests first: all that have the word were read for one page."""
    number = (await desk.open(text="Köpek собака", topic=None)).number
    assert await desk.found(query="собака") == [number]
    kind, _ = kind_of(Wanted(query="собака"), 0)
    assert kind.search == "vector"
    text = " ".join(page_of(kind, desk.database.engine.dialect).text.split())
    assert ("FROM ticket_search JOIN tickets" in text) == (not desk.database.is_postgres), text


async def test_another_systems_number_that_passes_as_ours_is_found(desk: Desk) -> None:
    ours = await desk.open()
    digits = ours.number.replace("-", "")
    theirs = (await desk.open(channel="cimer", external_source="cimer", external_number=digits)).number
    other = await desk.open(text="26 000002")
    assert await desk.found(query=digits) == [theirs, ours.number]
    assert await desk.found(query=digits, district="zafer") == []
    assert other.number not in await desk.found(query=digits)


async def test_a_search_finds_a_number_and_no_person(desk: Desk) -> None:
    number = (await desk.open(name="Ayşe Yılmaz")).number
    assert await desk.found(query=number) == [number]
    assert await desk.found(query=number.replace("-", "")) == [number]
    assert await desk.found(query="yılmaz") == []
    assert await desk.found(query="5321112233") == []


async def test_a_search_finds_old_requests_behind_new_ones(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL searches the newest first, and all if these do not fill a page."""
    monkeypatch.setattr("storage.requests.listing.PROBED", 3)
    monkeypatch.setattr("storage.requests.listing.NEWEST", 6)
    with_word = [(await desk.open(text="rögar" if place % 4 == 0 else "çukur")).number for place in range(12)][::4]
    pages, cursor = [], ""
    while True:
        page = await desk.queries.page(Wanted(query="rogar", limit=1, cursor=cursor))
        pages.append([one["number"] for one in page.records])
        cursor = page.next
        if not cursor:
            break
    assert pages == [[number] for number in reversed(with_word)]
    holes = await desk.queries.page(Wanted(query="çukur", limit=2))
    assert len(holes.records) == 2
    assert holes.next


async def test_a_page_of_a_common_word_is_looked_for_among_the_newest_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word that a third of 200,000 requests have took 293 ms, since far more were read than a page has."""
    monkeypatch.setattr("storage.requests.listing.PROBED", 2)
    monkeypatch.setattr("storage.requests.listing.NEWEST", 6)
    texts = ["rögar", *["çukur"] * 4, "kanal", *["çukur", "asfalt"] * 3]
    numbers = [(await desk.open(text=text, topic="agac_budama")).number for text in texts]
    for word, by_index in {"çukur": False, "kanal": True, "rögar": True, "yoktur": True, "agac": False}.items():
        every = [number for number, text in zip(numbers, texts, strict=True) if word in ("agac", text)][::-1]
        page = await desk.queries.page(Wanted(query=word, limit=1))
        assert [one["number"] for one in page.records] == every[:1], word
        assert bool(page.next) == (len(every) > 1), word
        assert await desk.found(query=word) == every, word
        assert await desk.found(query=word, order="due", limit=20) == every[::-1], word
        if desk.database.is_postgres:
            assert await searches_all(desk.database, Wanted(query=word, limit=1)) is by_index, word


async def searches_all(database: Database, wanted: Wanted) -> bool:
    """Whether PostgreSQL looked for the words of a page by their index, among all requests."""
    kind, given = kind_of(wanted, NOW)
    statement = page_of(kind, database.engine.dialect)
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}"
    async with database.asking() as connection:
        ((plan,),) = (await connection.exec_driver_sql(explain, statement.values(given))).all()
    steps = [json.loads(plan)[0]["Plan"] if isinstance(plan, str) else plan[0]["Plan"]]
    for step in steps:
        steps += step.get("Plans", ())
    return any(
        step["Node Type"] == "Result" and step["Actual Loops"] and "<=" in filtered(step) for step in steps
    ) and any(
        step.get("Relation Name") == "tickets" and "to_tsquery" in filtered(step) and step["Actual Loops"]
        for step in steps
    )


def filtered(step: dict[str, Any]) -> str:
    """The conditions of a step of a plan."""
    return " ".join(str(value) for name, value in step.items() if name.endswith(("Cond", "Filter")))


async def test_a_search_finds_every_request_that_has_all_words_newest_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whichever way: among the newest, of a unit or of all, or by the index of words without those too common."""
    many = Many(1500, seed=4)
    await many.fill(desk.database)
    rows = sorted(await desk.rows(TicketRow), key=lambda row: -row["id"])
    draw = random.Random(5)
    units = [*dict.fromkeys(row["unit"] for row in rows if row["unit"]), None]
    for _ in range(60):
        monkeypatch.setattr("storage.requests.listing.PROBED", probed := draw.choice((4, 20, 100)))
        monkeypatch.setattr("storage.requests.listing.NEWEST", probed * draw.choice((2, 8)))
        monkeypatch.setattr("storage.requests.listing.SPAN", draw.choice((50, 700, 5000)))
        monkeypatch.setattr("storage.requests.listing.COMMON", draw.choice((1, 15)))
        monkeypatch.setattr("storage.requests.listing.LOOKED_UP", draw.choice((1, 3)))
        query = " ".join(
            draw.sample(
                (*NOUNS, *SAID, "ka", "kapı", "Sk", "Apt", many.rare(draw.randrange(1500))), draw.randrange(1, 6)
            )
        )
        unit, is_open = draw.choice(units), draw.choice((None, None, True, False))
        wanted = Wanted(query=query, unit=unit, is_open=is_open, limit=draw.choice((1, 5, 60)))
        asked = words(query)
        expected = [
            row["number"]
            for row in rows
            if (unit is None or row["unit"] == unit)
            and is_open in (None, row["is_open"])
            and all(
                any(word.startswith(one) or word in same_words(one) for word in row["folded"].split()) for one in asked
            )
        ]
        found: list[str] = []
        for _ in range(4):
            page = await desk.queries.page(wanted)
            found += [one["number"] for one in page.records]
            if not page.next:
                break
            wanted = msgspec.structs.replace(wanted, cursor=page.next)
        assert found == expected[: len(found)], wanted
        assert page.next or len(found) == len(expected), wanted
