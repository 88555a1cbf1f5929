"""The duty ring between desk and line: each ring is a row before the line hears of it, and each fact is one change."""

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from acd.engine.model.duty_facts import DutyFact, DutyHeard, DutyResult, DutyRingEnded, DutyRung
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.requests.duty import (
    AGAIN_FOR_S,
    AGAIN_S,
    FAULT_AGAIN_FOR_S,
    FAULT_AGAIN_S,
    HEARD_S,
    OVER_S,
    WISH_S,
    DutyCalls,
    WantedRing,
)
from storage.requests.duty_facts import DutyFacts, of_wish, outbox, wish_name
from storage.requests.tables import DutyRingRow, HistoryRow, NoticeRow, OutboxRow, TaskRow
from tests.storage.requests.desk import Desk
from tests.tickets.life import AGENT, HOUR, LEAD, MONDAY, RULES
from tests.tickets.towns import shipped_texts, town_with
from tickets.duty import BUSY_S, FAULT_S, REST_S, TAKEN_S
from tickets.importing import ImportRow, Origin
from tickets.opening import Amendment, NewTicket

RING_S = 60.0
LOST_S = WISH_S + RING_S + HEARD_S
DUTY = """
[[shift]]
unit = "fen_isleri"
days = "mon-sun holiday"
hours = "00:00-24:00"
people = [{ name = "Acil ekip", phone = "7401" }, { name = "Nöbet amiri", phone = "7402" }]

[[shift]]
unit = "veteriner_isleri"
days = "mon-sun holiday"
hours = "23:00-23:01"
people = [{ name = "Veteriner", phone = "7301" }]
"""
URGENT = msgspec.structs.replace(RULES, town=town_with(duty_toml=DUTY))


class Ringer:
    """A desk that has people rung, and a line that says what came of it."""

    def __init__(self, database: Database) -> None:
        self.desk = Desk(database, URGENT)
        self.ring_s = RING_S
        self.duty = DutyCalls(database, lambda: self.desk.rules, lambda: self.ring_s, lambda: self.desk.now)
        self.number = ""

    async def opens(self, **values: Any) -> None:
        self.number = (await self.desk.open(topic="yol_cokmesi", **values)).number

    async def wanted(self) -> list[WantedRing]:
        await self.duty.step()
        return list(await self.duty.wanted())

    async def rung(self, results: str, *, most_s: float = 3600.0) -> list[float]:
        """When each ring began, from now on, if each ends after a second by the next of the results (f: unreachable,
        n: no answer, b: busy). The desk looks when something is due."""
        words: dict[str, DutyResult] = {"f": "unreachable", "n": "no_answer", "b": "busy"}
        begin = self.desk.now
        found: list[float] = []
        for letter in results:
            while not (one := await self.wanted()):
                self.desk.now = await self.due()
                assert self.desk.now < begin + most_s, found
            found.append(round(self.desk.now - begin, 3))
            await self.ends(of_wish(one[0].wish)[1], words[letter])
        return found

    async def due(self) -> float:
        """When the desk looks at the request next."""
        query = sa.select(outbox.c.next_at).where(outbox.c.number == self.number, outbox.c.about == "ring_duty")
        async with self.desk.database.reading() as connection:
            return float((await connection.execute(query.where(outbox.c.state == "pending"))).scalar_one()) / 1000

    async def says(self, *facts: DutyFact) -> None:
        """The line's facts, as the projector takes them in."""
        async with self.desk.database.writing() as connection:
            told = DutyFacts(self.desk.rules)
            for fact in facts:
                told.take(fact)
            await told.write(connection)

    async def ends(self, ring: int, result: DutyResult) -> None:
        self.desk.now += 1
        (one,) = await self.desk.rows(DutyRingRow, number=self.number, ring=ring)
        wish = wish_name(self.number, ring, one["at"])
        await self.says(DutyRingEnded(at=self.desk.now, wish=wish, request=self.number, result=result))

    async def rings(self) -> list[tuple[str, str]]:
        return [(one["phone"], one["result"]) for one in await self.desk.rows(DutyRingRow, number=self.number)]

    async def history(self) -> list[str]:
        found = await self.desk.rows(HistoryRow, number=self.number)
        return [one["what"] for one in found if one["what"] in ("ring", "accept")]

    async def tasks(self) -> list[str]:
        return [one["kind"] for one in await self.desk.rows(TaskRow, number=self.number)]

    async def state(self) -> str:
        found = await self.desk.queries.get(self.number)
        assert found is not None
        return str(found["state"])

    async def asked(self) -> str:
        query = sa.select(outbox.c.state).where(outbox.c.number == self.number, outbox.c.about == "ring_duty")
        async with self.desk.database.reading() as connection:
            return str((await connection.execute(query.order_by(outbox.c.id.desc()))).scalars().first())


@pytest.fixture
def ringer(database: Database) -> Ringer:
    return Ringer(database)


async def test_the_first_person_is_wanted_until_the_line_has_the_ring(ringer: Ringer) -> None:
    await ringer.opens()
    (one,) = await ringer.wanted()
    assert of_wish(one.wish) == (ringer.number, 1, milliseconds(ringer.desk.now))
    assert (one.request, one.phone, one.last) == (ringer.number, "7401", False)
    assert one.prompts[:3] == ("duty_request", "topic_yol", "place_esenkent")
    assert one.not_after == ringer.desk.now + WISH_S
    assert await ringer.wanted() == [one], "the desk may have died before it said it"
    await ringer.says(DutyRung(at=ringer.desk.now, wish=one.wish, request=one.request))
    assert await ringer.wanted() == []
    assert await ringer.rings() == [("7401", "ringing")]


@pytest.mark.parametrize("begun", [False, True])
async def test_nobody_is_rung_about_what_an_old_copy_of_the_database_still_asks_for(
    ringer: Ringer, begun: bool
) -> None:
    await ringer.opens()
    if begun:
        await ringer.wanted()
    ringer.desk.now += OVER_S + 1
    assert await ringer.wanted() == []
    assert len(await ringer.rings()) == begun
    assert (await ringer.asked(), await ringer.tasks()) == ("dropped", ["duty_unanswered"])


async def test_whoever_accepts_has_the_request_and_nobody_else_is_rung(ringer: Ringer) -> None:
    await ringer.opens()
    await ringer.wanted()
    await ringer.says(DutyHeard(at=ringer.desk.now, wish=f"{ringer.number}.1", request=ringer.number))
    await ringer.ends(1, "accepted")
    assert (await ringer.state(), await ringer.history()) == ("accepted", ["accept"])
    await ringer.ends(1, "accepted")
    assert await ringer.history() == ["accept"], "once"
    ringer.desk.now += LOST_S
    assert await ringer.wanted() == []
    assert (await ringer.rings(), await ringer.asked()) == ([("7401", "accepted")], "dropped")
    assert [(one.request, one.rings) for one in await ringer.duty.withdrawn()] == [(ringer.number, False)]


async def test_the_lead_is_alarmed_after_the_first_ring_until_somebody_accepts(ringer: Ringer) -> None:
    await ringer.opens()
    await ringer.wanted()
    since = ringer.desk.now
    assert await ringer.duty.alarms() == [], "the first telephone still rings"
    await ringer.ends(1, "no_answer")
    (one,) = await ringer.duty.alarms()
    assert (one["number"], one["unit"], one["rung"], one["over"]) == (ringer.number, "fen_isleri", 1, False)
    assert one["since"] == since
    await ringer.wanted()
    assert [(one["rung"], one["over"]) for one in await ringer.duty.alarms()] == [(2, False)]
    await ringer.ends(2, "accepted")
    assert await ringer.duty.alarms() == []


async def test_the_lead_is_alarmed_after_the_last_ring_until_the_task_is_done(ringer: Ringer) -> None:
    await ringer.opens()
    await ringer.rung("nnnnnn")
    await ringer.wanted()
    assert await ringer.tasks() == ["duty_unanswered"]
    assert [(one["rung"], one["over"]) for one in await ringer.duty.alarms()] == [(6, True)]
    (task,) = await ringer.desk.rows(TaskRow, number=ringer.number)
    await ringer.desk.tasks.done(task["id"], LEAD, "ben aradım")
    assert await ringer.duty.alarms() == []


async def test_a_request_that_nobody_is_on_duty_for_is_an_alarm_at_once(ringer: Ringer) -> None:
    ringer.desk.rules = msgspec.structs.replace(
        URGENT, town=town_with(duty_toml=DUTY.replace('hours = "00:00-24:00"', 'hours = "23:00-23:01"'))
    )
    await ringer.opens()
    await ringer.wanted()
    since = ringer.desk.now
    other = {"number": ringer.number, "kind": "hear_message", "opened_at": milliseconds(since + 60.0)}
    async with ringer.desk.database.writing() as connection:
        await connection.execute(
            sa.insert(table_of(TaskRow)), {**other, "why": "", "assigned_to": "", "done_by": "", "note": ""}
        )
    (one,) = await ringer.duty.alarms()
    assert (one["rung"], one["over"], one["since"]) == (0, True, since), (
        "a later task about something else is none of it"
    )


async def test_what_its_unit_gives_back_is_an_alarm_at_once_until_a_unit_has_it(ringer: Ringer) -> None:
    await ringer.opens()
    routine = (await ringer.desk.open()).number
    await ringer.desk.moved(ringer.number, "new")
    await ringer.desk.moved(routine, "new")
    given_back = ringer.desk.now - HOUR
    assert await ringer.wanted() == [], "it rings nobody"
    (one,) = await ringer.duty.alarms()
    assert (one["number"], one["unit"], one["rung"], one["over"]) == (ringer.number, None, 0, True)
    assert one["since"] == given_back
    await ringer.desk.store.note(ringer.number, "bakıyorum", LEAD)
    assert [one["since"] for one in await ringer.duty.alarms()] == [given_back], "a note gives it to nobody"
    await ringer.desk.moved(ringer.number, "assigned")
    assert await ringer.duty.alarms() == []


async def test_an_urgent_service_of_no_unit_is_an_alarm_at_once(ringer: Ringer) -> None:
    units = shipped_texts()["units.toml"].replace('services = ["funeral"]', "")
    ringer.desk.rules = msgspec.structs.replace(URGENT, town=town_with(duty_toml=DUTY, units_toml=units))
    urgent: dict[str, Any] = {"service": "funeral", "service_class": "urgent", "kind": "urgent", "district": None}
    number = (await ringer.desk.open(topic=None, **urgent)).number
    twin = (await ringer.desk.open(topic="cenaze", **urgent)).number
    assert (await ringer.desk.queries.get(number) or {})["state"] == "new"
    assert [(one["number"], one["unit"]) for one in await ringer.duty.alarms()] == [(number, None)], twin
    new = NewTicket(service="request", topic="gaz_kokusu", caller="", text="gaz", district="esenkent")
    old = ImportRow(line=2, new=new, opened_at=MONDAY - HOUR, source="cimer", reference="C-1")
    (row,) = await ringer.desk.store.import_rows([old], LEAD, Origin(), skip_faulty=False)
    assert row.result == "opened"
    assert len(await ringer.duty.alarms()) == 1, "another system has had it long"
    await ringer.desk.moved(number, "closed")
    assert await ringer.duty.alarms() == []


async def test_the_inbox_hears_outside_the_desk_that_nobody_on_duty_was_found(ringer: Ringer) -> None:
    inbox = 'members = [{ user = "inbox", mail = "inbox@example.org", webhook = "https://example.org/inbox" }]'
    units = shipped_texts()["units.toml"].replace('members = [{ user = "inbox" }]', inbox)
    assert inbox in units
    ringer.desk.rules = msgspec.structs.replace(URGENT, town=town_with(duty_toml=DUTY, units_toml=units))
    await ringer.opens()
    await ringer.rung("nnnnn")
    assert await ringer.desk.rows(OutboxRow, number=ringer.number, kind="mail") == [], "somebody is yet to be rung"
    await ringer.rung("n")
    await ringer.wanted()
    await ringer.rung("nn")
    told = await ringer.desk.rows(OutboxRow, number=ringer.number, about="unanswered")
    assert sorted((one["kind"], one["to"]) for one in told) == [
        ("mail", "inbox@example.org"),
        ("webhook", "https://example.org/inbox"),
    ], "once"
    assert [one["about"] for one in await ringer.desk.rows(NoticeRow, unit="halkla_iliskiler")] == ["unanswered"]


async def test_the_next_person_is_rung_at_once_after_a_no_and_the_head_is_told(ringer: Ringer) -> None:
    await ringer.opens()
    await ringer.wanted()
    await ringer.ends(1, "declined")
    (second,) = await ringer.wanted()
    assert (of_wish(second.wish)[:2], second.phone) == ((ringer.number, 2), "7402")
    told = [one["about"] for one in await ringer.desk.rows(NoticeRow, number=ringer.number)]
    assert told.count("unanswered") == 1
    await ringer.ends(2, "no_answer")
    await ringer.wanted()
    told = [one["about"] for one in await ringer.desk.rows(NoticeRow, number=ringer.number)]
    assert told.count("unanswered") == 1, "of the first alone"


async def test_after_three_rounds_a_person_gets_a_task(ringer: Ringer) -> None:
    await ringer.opens()
    for ring in range(1, 7):
        while not (found := await ringer.wanted()):
            ringer.desk.now = await ringer.due()
        assert found[0].last == (ring == 6)
        await ringer.ends(ring, "no_answer")
    assert await ringer.wanted() == []
    assert await ringer.rings() == [("7401", "no_answer"), ("7402", "no_answer")] * 3
    assert await ringer.tasks() == ["duty_unanswered"]
    assert (await ringer.state(), await ringer.history()) == ("assigned", ["ring"] * 7)


async def test_a_list_that_is_used_up_is_begun_again_until_somebody_accepts(ringer: Ringer) -> None:
    await ringer.opens()
    await ringer.rung("nnnnnn")
    await ringer.wanted()
    used_up = ringer.desk.now
    await ringer.rung("nn")
    assert len(await ringer.rings()) == 8, "one round"
    assert ringer.desk.now >= used_up + AGAIN_S
    (one,) = await ringer.duty.alarms()
    assert (one["rung"], one["over"]) == (8, True)
    assert (await ringer.tasks(), await ringer.history()) == (["duty_unanswered"], ["ring"] * 9), "said once"
    assert await ringer.wanted() == []
    ringer.desk.now += AGAIN_S
    (again,) = await ringer.wanted()
    assert (again.phone, again.last) == ("7401", False), "the list is counted as used up once"
    await ringer.ends(9, "accepted")
    ringer.desk.now += AGAIN_S
    assert (await ringer.wanted(), await ringer.state(), await ringer.asked()) == ([], "accepted", "dropped")


async def test_a_list_is_begun_again_for_an_hour(ringer: Ringer) -> None:
    await ringer.opens()
    await ringer.rung("nnnnnn")
    await ringer.wanted()
    used_up = ringer.desk.now
    while await ringer.asked() == "pending":
        assert ringer.desk.now < used_up + 2 * AGAIN_FOR_S
        for one in await ringer.wanted():
            await ringer.ends(of_wish(one.wish)[1], "no_answer")
        ringer.desk.now += 20
    assert await ringer.asked() == "done"
    assert used_up + AGAIN_FOR_S - AGAIN_S <= ringer.desk.now <= used_up + AGAIN_FOR_S + 40
    rounds = (len(await ringer.rings()) - 6) / 2
    assert AGAIN_FOR_S / AGAIN_S - 2 <= rounds <= AGAIN_FOR_S / AGAIN_S
    assert [one["over"] for one in await ringer.duty.alarms()] == [True]


async def test_a_list_is_not_begun_again_once_the_lead_has_decided(ringer: Ringer) -> None:
    await ringer.opens()
    await ringer.rung("nnnnnn")
    await ringer.wanted()
    (task,) = await ringer.desk.rows(TaskRow, number=ringer.number)
    await ringer.desk.tasks.done(task["id"], LEAD, "ben aradım")
    assert await ringer.duty.alarms() == []
    ringer.desk.now += AGAIN_S
    assert (await ringer.wanted(), await ringer.asked(), len(await ringer.rings())) == ([], "done", 6)


async def test_nobody_is_rung_for_a_duplicate_once_somebody_sees_to_its_parent(ringer: Ringer) -> None:
    await ringer.opens()
    parent = ringer.number
    await ringer.opens()
    await ringer.desk.store.join(ringer.number, parent, LEAD)
    assert len(await ringer.wanted()) == 2, "nobody sees to either"
    await ringer.ends(1, "no_answer")
    await ringer.desk.moved(parent, "accepted")
    ringer.desk.now += LOST_S
    assert (await ringer.wanted(), await ringer.asked(), await ringer.state()) == ([], "dropped", "assigned")


@pytest.mark.parametrize("taken", [False, True])
async def test_whoever_accepts_a_duplicate_has_the_request_above_it(ringer: Ringer, taken: bool) -> None:
    await ringer.opens()
    parent = ringer.number
    await ringer.opens()
    await ringer.desk.store.join(ringer.number, parent, LEAD)
    await ringer.wanted()
    if taken:
        await ringer.desk.moved(parent, "accepted")
    await ringer.ends(1, "accepted")
    assert (await ringer.state(), await ringer.history()) == ("assigned", ["ring"] if taken else [])
    found = await ringer.desk.rows(HistoryRow, number=parent, what="accept")
    assert [row["who"] for row in found] == (["token"] if taken else ["Nöbet amiri"])
    ringer.desk.now += LOST_S
    assert await ringer.wanted() == [], "nobody is rung for either"
    assert parent in [one.request for one in await ringer.duty.withdrawn()]


async def test_a_duplicate_that_is_parted_rings_anew(ringer: Ringer) -> None:
    await ringer.opens()
    parent = ringer.number
    await ringer.opens()
    await ringer.desk.store.join(ringer.number, parent, LEAD)
    await ringer.desk.moved(parent, "accepted")
    assert (await ringer.wanted(), await ringer.asked()) == ([], "dropped")
    await ringer.desk.store.part(ringer.number, "başka yol", LEAD)
    assert [(one.request, one.phone) for one in await ringer.wanted()] == [(ringer.number, "7401")]


async def test_a_trunk_that_is_away_for_ten_seconds_uses_up_no_list(ringer: Ringer) -> None:
    await ringer.opens()
    assert await ringer.rung("ff") == [0, 1], "either telephone may be at fault, so the next is rung at once"
    assert (await ringer.wanted(), await ringer.tasks()) == ([], [])
    assert len(await ringer.duty.alarms()) == 1
    assert await ringer.rung("nnnnnn", most_s=60) != []
    await ringer.wanted()
    assert await ringer.rings() == [("7401", "unreachable"), ("7402", "unreachable"), *[
        ("7401", "no_answer"), ("7402", "no_answer"),
    ] * 3]  # fmt: skip


async def test_while_the_trunk_is_away_the_lead_has_a_task_and_the_list_is_begun_again(ringer: Ringer) -> None:
    await ringer.opens()
    times = await ringer.rung("ffffff")
    assert times[2] - times[1] >= FAULT_S
    await ringer.wanted()
    assert await ringer.tasks() == ["duty_unanswered"]
    used_up = ringer.desk.now
    assert [one["over"] for one in await ringer.duty.alarms()] == [True]
    await ringer.rung("ff")
    assert ringer.desk.now >= used_up + FAULT_AGAIN_S
    assert await ringer.wanted() == [], "one ring each shows that the trunk is still away"
    assert (await ringer.tasks(), await ringer.history()) == (["duty_unanswered"], ["ring"] * 9), "said once"
    times = await ringer.rung("nnnnnn")
    assert times[0] <= AGAIN_S
    await ringer.wanted()
    assert (await ringer.asked(), await ringer.history()) == ("pending", ["ring"] * 16), "three rounds, and used up"


async def test_a_trunk_that_stays_away_is_given_up_after_a_night(ringer: Ringer) -> None:
    await ringer.opens()
    ringer.desk.now -= HOUR  # the clock of `Desk` makes an hour of each change
    begin = ringer.desk.now
    while await ringer.asked() == "pending":
        for one in await ringer.wanted():
            await ringer.ends(of_wish(one.wish)[1], "unreachable")
        ringer.desk.now += 30
        assert ringer.desk.now < begin + 2 * FAULT_AGAIN_FOR_S
    assert await ringer.asked() == "done"
    assert ringer.desk.now > begin + FAULT_AGAIN_FOR_S - 2 * HOUR
    assert len(await ringer.rings()) < 250, "two people, each five minutes for eight hours"


async def test_one_who_is_on_the_telephone_is_rung_again_after_pauses(ringer: Ringer) -> None:
    ringer.desk.rules = msgspec.structs.replace(
        URGENT, town=town_with(duty_toml=DUTY.replace(', { name = "Nöbet amiri", phone = "7402" }', ""))
    )
    await ringer.opens()
    times = await ringer.rung("bbb")
    assert times[1] - times[0] >= BUSY_S
    assert times[2] - times[1] >= 2 * BUSY_S
    await ringer.wanted()
    assert await ringer.tasks() == ["duty_unanswered"]
    assert await ringer.rung("n") >= [AGAIN_S - BUSY_S], "their talk may be over"


async def test_the_head_is_told_in_the_first_pause(ringer: Ringer) -> None:
    ringer.desk.rules = msgspec.structs.replace(
        URGENT, town=town_with(duty_toml=DUTY.replace(', { name = "Nöbet amiri", phone = "7402" }', ""))
    )
    await ringer.opens()
    await ringer.rung("n")
    for _ in range(3):
        assert await ringer.wanted() == []
        ringer.desk.now += REST_S / 4
    told = [one["about"] for one in await ringer.desk.rows(NoticeRow, number=ringer.number)]
    assert told.count("unanswered") == 1


async def test_a_ring_of_which_the_line_says_nothing_is_given_up(ringer: Ringer) -> None:
    await ringer.opens()
    await ringer.wanted()
    ringer.desk.now += WISH_S
    assert await ringer.wanted() == [], "too late for the line"
    ringer.desk.now += LOST_S - WISH_S - 1
    assert await ringer.wanted() == []
    ringer.desk.now += 1
    (second,) = await ringer.wanted()
    assert second.phone == "7402"


async def test_a_ring_of_another_time_is_another_ring(ringer: Ringer) -> None:
    """After the database was put back to an older state, requests get numbers that the line knows from before."""
    await ringer.opens()
    (one,) = await ringer.wanted()
    at = milliseconds(ringer.desk.now)
    before = wish_name(ringer.number, 1, at - 1)
    assert one.wish != before, "or the line would drop it"
    await ringer.says(DutyRingEnded(at=ringer.desk.now, wish=before, request=ringer.number, result="accepted"))
    assert (await ringer.rings(), await ringer.state()) == ([("7401", "ringing")], "assigned")


async def test_the_facts_of_a_name_without_a_time_are_taken_in(ringer: Ringer) -> None:
    """The journal may have them from a version before."""
    await ringer.opens()
    await ringer.wanted()
    wish = f"{ringer.number}.1"
    await ringer.says(DutyRingEnded(at=ringer.desk.now, wish=wish, request=ringer.number, result="accepted"))
    assert (await ringer.rings(), await ringer.state()) == ([("7401", "accepted")], "accepted")


async def test_a_fault_of_the_line_does_not_use_the_list_up_at_once(ringer: Ringer) -> None:
    await ringer.opens()
    await ringer.wanted()
    await ringer.ends(1, "failed")
    assert await ringer.wanted() == []
    ringer.desk.now += FAULT_S
    assert [one.phone for one in await ringer.wanted()] == ["7402"]


async def test_rings_that_the_line_never_had_are_no_tries(ringer: Ringer) -> None:
    await ringer.opens()
    for _ in range(2):
        assert len(await ringer.wanted()) == 1
        ringer.desk.now += LOST_S
    assert await ringer.rung("nnnnnn") != [], "each has three tries"


async def test_a_telephone_rings_for_one_request_at_a_time(ringer: Ringer) -> None:
    await ringer.opens()
    first = ringer.number
    await ringer.opens()
    second = ringer.number
    await ringer.opens()
    third = ringer.number
    ringer.number = first
    assert [(one.request, one.phone) for one in await ringer.wanted()] == [(first, "7401"), (second, "7402")], (
        "whoever is idle is rung for the second, and does not wait until the first one wakes up"
    )
    await ringer.ends(1, "accepted")
    ringer.desk.now += TAKEN_S
    assert {(one.request, one.phone) for one in await ringer.wanted()} == {(second, "7402"), (third, "7401")}


async def test_a_unit_without_a_duty_list_is_a_person_s_task(ringer: Ringer) -> None:
    """Nobody is rung, and without the task and the alarm nobody would know that."""
    await ringer.opens(district="esenkent")
    await ringer.desk.moved(ringer.number, "assigned", unit="zabita")
    assert await ringer.wanted() == []
    assert (await ringer.rings(), await ringer.tasks(), await ringer.history()) == ([], ["duty_unanswered"], ["ring"])
    assert [(one["unit"], one["over"]) for one in await ringer.duty.alarms()] == [("zabita", True)]


async def test_a_unit_with_nobody_on_duty_at_this_hour_is_a_person_s_task(ringer: Ringer) -> None:
    await ringer.opens()
    await ringer.desk.moved(ringer.number, "assigned", unit="veteriner_isleri")
    assert await ringer.wanted() == []
    assert (await ringer.rings(), await ringer.tasks(), await ringer.history()) == ([], ["duty_unanswered"], ["ring"])


async def test_without_a_trunk_nobody_is_rung(ringer: Ringer) -> None:
    ringer.ring_s = 0.0
    await ringer.opens()
    assert await ringer.wanted() == []
    assert (await ringer.rings(), await ringer.asked(), await ringer.tasks()) == ([], "dropped", [])


async def test_a_request_that_is_accepted_at_the_desk_is_wanted_no_more(ringer: Ringer) -> None:
    await ringer.opens()
    await ringer.duty.step()
    await ringer.desk.moved(ringer.number, "accepted")
    assert await ringer.wanted() == []
    (one,) = await ringer.duty.withdrawn()
    assert (one.request, one.rings) == (ringer.number, True)
    await ringer.duty.withdrew(one.row)
    assert await ringer.duty.withdrawn() == []
    await ringer.ends(1, "accepted")
    assert await ringer.history() == ["accept", "ring"], "the first has it, and the second is on record"


async def test_an_amendment_that_makes_it_urgent_rings_and_one_that_does_not_stops_it(ringer: Ringer) -> None:
    number = ringer.number = (await ringer.desk.open(topic="yol_cukuru")).number
    assert await ringer.wanted() == []
    await ringer.desk.store.amend(number, Amendment(topic="yol_cokmesi"), AGENT)
    await ringer.desk.store.amend(number, Amendment(text="iki metre"), AGENT)
    assert len(await ringer.desk.rows(OutboxRow, about="ring_duty")) == 1, "as urgent as before"
    (one,) = await ringer.wanted()
    assert (of_wish(one.wish)[:2], one.phone) == ((number, 1), "7401")
    ringer.desk.now -= HOUR  # at once
    await ringer.desk.store.amend(number, Amendment(topic="yol_cukuru"), AGENT)
    assert await ringer.wanted() == [], "the line had not taken it yet"
    (withdrawn,) = await ringer.duty.withdrawn()
    assert (withdrawn.request, withdrawn.rings) == (number, True)
    await ringer.duty.withdrew(withdrawn.row)
    await ringer.ends(1, "withdrawn")
    ringer.desk.now += LOST_S
    assert (await ringer.wanted(), await ringer.asked()) == ([], "dropped")
    assert (await ringer.state(), await ringer.history(), await ringer.tasks()) == ("assigned", [], [])
    await ringer.desk.store.amend(number, Amendment(topic="yol_cokmesi"), AGENT)
    assert [(of_wish(again.wish)[1], again.phone) for again in await ringer.wanted()] == [(2, "7401")]


async def test_an_amendment_rings_the_unit_that_gets_it_and_no_other(ringer: Ringer) -> None:
    ringer.number = (await ringer.desk.open(topic="saldirgan_kopek")).number
    await ringer.desk.store.amend(ringer.number, Amendment(topic="yol_cokmesi"), AGENT)
    assert [one.phone for one in await ringer.wanted()] == ["7401"]
    asked = await ringer.desk.rows(OutboxRow, about="ring_duty")
    assert [(row["payload"]["unit"], row["state"]) for row in asked] == [
        ("veteriner_isleri", "dropped"), ("fen_isleri", "pending"),
    ]  # fmt: skip


async def test_nobody_is_rung_for_what_a_unit_has_accepted(ringer: Ringer) -> None:
    ringer.number = (await ringer.desk.open(topic="yol_cukuru")).number
    await ringer.desk.moved(ringer.number, "accepted")
    await ringer.desk.store.amend(ringer.number, Amendment(topic="yol_cokmesi"), AGENT)
    assert await ringer.wanted() == []
    assert await ringer.desk.rows(OutboxRow, about="ring_duty") == []
