"""What time does to requests, on both databases: told once, in time, and after a time without us."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from storage.database import DatabaseError
from storage.requests import watch as watch_module
from storage.requests.rows import tickets, to_ticket
from storage.requests.tables import HistoryRow, NoticeRow, TaskRow, TicketRow
from storage.requests.watch import Watch
from tests.storage.requests.desk import Desk, check_whole, renamed
from tests.tickets.life import DAY, HOUR, MACHINE, MONDAY, RULES
from tests.tickets.towns import TOWN, shipped_texts, town_with
from tests.waiting import until
from tickets.changes import Rules
from tickets.moves import Wish
from tickets.watching import next_look


def watch_of(desk: Desk) -> Watch:
    return Watch(desk.database, lambda: desk.rules, lambda: desk.now)


async def told(desk: Desk, number: str) -> list[tuple[str, str, bool]]:
    """What people were told of a request in the desk, in order."""
    return [(row["unit"], row["about"], row["head"]) for row in await desk.rows(NoticeRow, number=number)]


async def test_a_deadline_is_warned_of_then_told_as_passed_then_to_the_head_each_once(desk: Desk) -> None:
    number = (await desk.open()).number
    watch = watch_of(desk)
    assert await watch.look() == 0
    seen = []
    for _ in range(120):
        next_at = await watch.next_at()
        if next_at is None:
            break
        assert next_at > desk.now, "it would look for ever"
        desk.now = next_at
        assert await watch.look() == 1
        seen.append((await told(desk, number))[-1])
        assert await watch.look() == 0
    assert seen == [
        ("fen_isleri", "warned", False),
        ("fen_isleri", "overdue", False),
        ("fen_isleri", "escalated", True),
    ]
    assert (await desk.queries.get(number) or {})["version"] == 2, "a warning is no change of the request"
    assert (await desk.rows(TicketRow, number=number))[0]["stages"] == ["warned", "overdue", "escalated"]
    await check_whole(desk, [number])


async def test_stages_that_passed_while_we_were_down_are_told_by_the_last_one(desk: Desk) -> None:
    number = (await desk.open()).number
    desk.now += 200 * DAY
    assert await watch_of(desk).look() == 1
    assert (await told(desk, number))[1:] == [("fen_isleri", "escalated", True)]


async def test_more_time_means_a_new_warning(desk: Desk) -> None:
    number = (await desk.open()).number
    watch = watch_of(desk)
    desk.now = await watch.next_at() or 0
    await watch.look()
    await desk.store.extend(number, 5, "Malzeme bekleniyor", MACHINE)
    assert (await desk.rows(TicketRow, number=number))[0]["stages"] == []
    next_at = await watch.next_at()
    assert next_at is not None
    assert next_at > desk.now


async def test_an_urgent_request_that_nobody_accepts_is_told_within_minutes(desk: Desk) -> None:
    number = (
        await desk.open(service="funeral", service_class="urgent", kind="urgent", topic=None, district=None)
    ).number
    watch = watch_of(desk)
    next_at = await watch.next_at()
    assert next_at is not None
    assert next_at - desk.now <= HOUR
    desk.now = next_at
    await watch.look()
    assert (await told(desk, number))[-1] == ("mezarliklar", "unaccepted", True)


async def test_who_says_nothing_of_the_outcome_is_taken_for_satisfied_after_ten_days(desk: Desk) -> None:
    number = (await desk.open()).number
    await desk.moved(number, "in_progress", "resolved", "told")
    watch = watch_of(desk)
    desk.now += 9 * DAY
    assert await watch.look() == 0
    desk.now += 1.1 * DAY
    assert await watch.look() == 1
    last = (await desk.rows(HistoryRow, number=number))[-1]
    assert (last["what"], last["role"], last["note"], last["after"]) == ("close", "system", "no answer", "closed")
    assert await watch.next_at() is None
    await check_whole(desk, [number])


async def test_a_fee_that_is_not_paid_ends_it_and_an_answer_that_does_not_come_is_a_person_s(desk: Desk) -> None:
    fee = (await desk.open(kind="information", channel="paper", topic=None, district=None)).number
    answer = (await desk.open()).number
    for number, awaits in ((fee, "fee"), (answer, "answer")):
        await desk.store.move(number, Wish(to="assigned", unit="zabita", note="x"), MACHINE)
        await desk.store.move(number, Wish(to="waiting_citizen", result="Nerede?", awaits=awaits), MACHINE)  # type: ignore[arg-type]  # any text
    desk.now += 90 * DAY
    watch = watch_of(desk)
    await watch.look()
    assert (await desk.queries.get(fee) or {})["state"] == "closed"
    assert (await desk.queries.get(answer) or {})["state"] == "waiting_citizen"
    kinds = [(row["number"], row["kind"]) for row in await desk.rows(TaskRow) if row["kind"] == "not_answered"]
    assert kinds == [(answer, "not_answered")]
    await watch.look()
    assert len([row for row in await desk.rows(TaskRow) if row["kind"] == "not_answered"]) == 1
    await check_whole(desk, [fee, answer])


async def test_each_question_that_is_not_answered_is_noticed_after_the_deadline_too(desk: Desk) -> None:
    """What is overdue has no other deadline when its citizen has answered, and is asked again."""
    number = (await desk.open(kind="information", channel="paper", topic=None, district=None)).number
    await desk.store.move(number, Wish(to="assigned", unit="zabita", note="x"), MACHINE)
    desk.now += 60 * DAY
    watch = watch_of(desk)
    await watch.look()
    await desk.store.move(number, Wish(to="waiting_citizen", result="Hangi yıl?"), MACHINE)
    desk.now += 30 * DAY
    await watch.look()
    (task,) = await desk.tasks.list(kind="not_answered")
    assert task["why"] == "Hangi yıl?"
    await desk.tasks.done(task["id"], MACHINE, "arandı")
    await watch.look()
    assert list(await desk.tasks.list(kind="not_answered")) == [], "each question once"
    await desk.store.move(number, Wish(to="in_progress"), MACHINE)
    await desk.store.move(number, Wish(to="waiting_citizen", result="Ücret 100 TL", awaits="fee"), MACHINE)
    desk.now += 30 * DAY
    await watch.look()
    assert (await desk.queries.get(number) or {})["state"] == "closed"
    await check_whole(desk, [number])


async def test_leave_that_is_announced_later_moves_open_deadlines_and_no_others(desk: Desk) -> None:
    number, done = (await desk.open()).number, (await desk.open()).number
    await desk.moved(done, "in_progress", "resolved")
    watch = watch_of(desk)
    assert await watch.recompute("a") == 0
    before = (await desk.queries.get(number) or {})["due_at"]
    leave = '\n[[leave]]\nfirst = 2026-06-08\nlast = 2026-06-09\ntr = "İdari izin"\nen = "Leave"\n'
    town = town_with(calendar_toml=shipped_texts()["calendar.toml"] + leave)
    assert town.calendar != TOWN.calendar
    desk.rules = msgspec.structs.replace(desk.rules, town=town)
    assert await watch.recompute("a") == 0, "the same files"
    assert await watch.recompute("b") == 1
    after = await desk.queries.get(number, "en")
    assert after is not None
    assert after["due_at"] == before + 3 * DAY, "13 July and two days of leave; 15 July is a holiday"
    assert after["clock"]["due_at"] == after["due_at"]
    assert any("Leave does not count" in step for step in after["clock"]["steps"])
    assert after["history"][-1]["what"] == "deadline"
    assert after["history"][-1]["detail"] == {"before": before, "after": after["due_at"]}
    assert await watch.recompute("b") == 0
    assert before > MONDAY
    await check_whole(desk, [number, done])


async def test_requests_whose_deadline_stays_are_neither_locked_nor_written(desk: Desk) -> None:
    """Each of 14,000 open requests had a transaction of its own, although nothing moved: 22 s of the desk's CPU."""
    for _ in range(3):
        await desk.open()
    changed: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "tickets" in statement and ("UPDATE" in statement or statement.startswith("INSERT")):
            changed.append(statement)

    sa.event.listen(desk.database.engine.sync_engine, "before_cursor_execute", note)
    assert await watch_of(desk).recompute("a") == 0
    assert changed == []
    leave = '\n[[leave]]\nfirst = 2026-06-08\nlast = 2026-06-09\ntr = "İdari izin"\nen = "Leave"\n'
    town = town_with(calendar_toml=shipped_texts()["calendar.toml"] + leave)
    desk.rules = msgspec.structs.replace(desk.rules, town=town)
    assert await watch_of(desk).recompute("b") == 3
    assert changed, "it would have been seen"


async def test_a_request_that_is_changed_by_the_rules_of_before_after_it_was_judged_is_judged_again(
    desk: Desk,
) -> None:
    """A transaction that had begun before the reload committed behind the look, and the deadline stayed for good."""
    number = (await desk.open()).number
    other = (await desk.open()).number
    (row,) = await desk.rows(TicketRow, number=number)
    watch, judged = watch_of(desk), asyncio.Event()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM tickets" in statement and "clock_runs" in statement:
            judged.set()

    sa.event.listen(desk.database.engine.sync_engine, "after_cursor_execute", note)
    wrong = {"due_at": row["due_at"] + 86_400_000, "version": row["version"] + 1}
    async with desk.database.writing() as connection:
        await connection.execute(sa.update(tickets).where(tickets.c.number == number).values(wrong))
        computing = asyncio.create_task(watch.recompute("a"))
        await until(lambda: judged.is_set() or computing.done())
        await asyncio.wait({computing}, timeout=1.0)  # it waits for us; without that, it would be over by now
    assert await computing == 1
    assert (await desk.rows(TicketRow, number=number))[0]["due_at"] == row["due_at"]
    assert (await desk.rows(TicketRow, number=other))[0]["version"] == row["version"]
    assert await watch.recompute("a") == 0


async def test_a_deadline_that_moves_by_less_than_the_tables_keep_stays(desk: Desk) -> None:
    number = (await desk.open(service="funeral", service_class="urgent", kind="urgent", topic=None)).number
    (row,) = await desk.rows(TicketRow, number=number)
    clock = {**row["clock"], "started_at": row["clock"]["started_at"] + 0.0004}
    async with desk.database.writing() as connection:
        await connection.execute(sa.update(tickets).where(tickets.c.number == number).values(clock=clock))
    assert await watch_of(desk).recompute("a") == 0
    assert (await desk.rows(TicketRow, number=number))[0]["version"] == row["version"]


@pytest.mark.parametrize(
    ("state", "key", "days", "next_days"),
    [("assigned", "warn", 3, 10), ("assigned", "warn", 10, 3), ("waiting_citizen", "answer_days", 15, 5)],
)
async def test_a_reload_that_moves_no_deadline_moves_what_comes_before_it(
    desk: Desk, state: str, key: str, days: int, next_days: int
) -> None:
    def with_days(days: int) -> Rules:
        return msgspec.structs.replace(RULES, town=town_with(clocks_toml=clocks_with("request", key, days)))

    desk.rules = with_days(days)
    number = (await desk.open(topic=None, kind="request")).number
    await desk.moved(number, "assigned")
    if state == "waiting_citizen":
        await desk.moved(number, state, result="Nerede?")
    watch = watch_of(desk)
    await watch.recompute("a")
    before, version = await watch.next_at(), (await desk.queries.get(number) or {})["version"]
    desk.rules = with_days(next_days)
    assert await watch.recompute("b") == 0, "no deadline has changed"
    after = await watch.next_at()
    (row,) = await desk.rows(TicketRow, number=number)
    look = next_look(to_ticket(row), desk.rules, row["stages"])
    assert before is not None
    assert after == look
    assert after is not None
    assert (after < before) == (key == "answer_days" or next_days > days), (before, after)
    assert row["version"] == version
    await check_whole(desk, [number])


def clocks_with(clock: str, key: str, value: int) -> str:
    """The first town's clocks, with another value of one key of one of them."""
    parts = shipped_texts()["clocks.toml"].split("[[clock]]")
    for place, part in enumerate(parts):
        if f'id = "{clock}"' in part:
            kept = [line for line in part.rstrip().splitlines() if not line.startswith(f"{key} =")]
            parts[place] = "\n".join((*kept, f"{key} = {value}", "", ""))
    return "[[clock]]".join(parts)


async def test_many_whose_time_comes_at_once_are_all_looked_at(desk: Desk) -> None:
    numbers = [(await desk.open()).number for _ in range(250)]
    desk.now += 200 * DAY
    assert await watch_of(desk).look() == 250
    assert len({row["number"] for row in await desk.rows(NoticeRow, about="escalated")}) == len(numbers)


async def test_few_are_looked_at_at_once_and_a_crowd_behind_them_unhurried(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert watch_module.PROMPT == 50, "docs/requests.md says so"
    monkeypatch.setattr(watch_module, "PROMPT", 3)
    pieces = 0

    @contextlib.asynccontextmanager
    async def unhurried() -> AsyncIterator[None]:
        nonlocal pieces
        pieces += 1
        yield

    monkeypatch.setattr(desk.database, "unhurried", unhurried)
    for count, expected in ((3, 0), (5, 2)):
        for _ in range(count):
            await desk.open()
        desk.now += 200 * DAY
        assert await watch_of(desk).look() == count
        assert pieces == expected


async def test_what_presses_waits_for_no_crowd_even_if_it_comes_due_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At nine all days' warnings come at once: an urgent request that nobody accepted waited for all of them."""
    monkeypatch.setattr(watch_module, "PROMPT", 0)
    monkeypatch.setattr(watch_module, "PRESSING_S", 0.01)
    hold, held = asyncio.Event(), asyncio.Event()

    @contextlib.asynccontextmanager
    async def unhurried() -> AsyncIterator[None]:
        held.set()
        await hold.wait()
        yield

    monkeypatch.setattr(desk.database, "unhurried", unhurried)
    for _ in range(3):
        await desk.open()
    desk.now += 200 * DAY
    urgent: dict[str, Any] = {"service": "funeral", "kind": "urgent", "topic": None, "district": None}
    first, second = [(await desk.open(service_class="urgent", **urgent)).number for _ in range(2)]
    by_clock = (await desk.open(**urgent)).number
    plain = (await desk.open()).number
    desk.now = (await desk.rows(TicketRow, number=first))[0]["watch_at"] / 1000
    told_of: list[str] = []

    async def look_at(number: str) -> None:
        await whole(number)
        told_of.append(number)

    watch = watch_of(desk)
    whole = watch._look_at
    monkeypatch.setattr(watch, "_look_at", look_at)
    looking = asyncio.create_task(watch.look())
    try:
        await until(held.is_set, "the crowd is at work")
        assert told_of == [first]
        desk.now += 2 * HOUR  # the two others have come due
        await until(lambda: told_of == [first, second, by_clock], "they wait for the crowd")
        hold.set()
        assert await looking == 6
    finally:
        looking.cancel()
    assert set(told_of[3:]).isdisjoint({first, second, by_clock, plain})
    for number in (first, second, by_clock):
        assert (await told(desk, number))[-1] == ("mezarliklar", "unaccepted", True)
    await check_whole(desk, [first, second, by_clock])


async def test_what_presses_by_the_rule_that_it_has_since_a_reload_is_in_no_crowd(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "PROMPT", 0)
    pieces = 0

    @contextlib.asynccontextmanager
    async def unhurried() -> AsyncIterator[None]:
        nonlocal pieces
        pieces += 1
        yield

    monkeypatch.setattr(desk.database, "unhurried", unhurried)
    desk.rules = renamed(RULES)
    pressing = await desk.open(topic="yol_cokmesi")
    assert pressing.clock.rule == "old_danger"
    desk.now = pressing.opened_at
    plain = await desk.open()
    assert plain.clock.rule == "old_thirty_days"
    desk.rules = RULES
    desk.now = pressing.opened_at + HOUR
    assert (await watch_of(desk).look(), pieces) == (1, 0)
    assert (await told(desk, pressing.number))[-1] == ("fen_isleri", "unaccepted", True)
    desk.now += 200 * DAY
    await watch_of(desk).look()
    assert pieces == 1, "only what does not press"
    assert (await told(desk, plain.number))[-1][1] == "escalated"


async def test_a_look_that_is_cancelled_or_fails_leaves_no_crowd_behind(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.open()
    desk.now += 200 * DAY
    watch = watch_of(desk)
    at_work = asyncio.Event()
    ended = False

    async def look_at(_: str) -> None:
        nonlocal ended
        at_work.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended = True

    monkeypatch.setattr(watch, "_look_at", look_at)
    looking = asyncio.create_task(watch.look())
    await until(at_work.is_set)
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert ended

    async def fail(_: str) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(watch, "_look_at", fail)
    with pytest.raises(DatabaseError):
        await watch.look()
