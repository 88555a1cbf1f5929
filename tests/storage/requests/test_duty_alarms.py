"""The duty ring: when the lead is alarmed, and when a person has a task of it."""

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from acd.engine.model.handover_facts import HandOverEnded
from storage.columns import milliseconds, table_of
from storage.requests import without_unit
from storage.requests.handover_facts import HandOverFacts
from storage.requests.tables import NoticeRow, OutboxRow, TaskRow
from tests.storage.requests.desk import renamed
from tests.storage.requests.duty_ringer import DUTY, URGENT, Ringer, ringer
from tests.tickets.life import HOUR, LEAD, MONDAY
from tests.tickets.towns import shipped_texts, town_with
from tickets.importing import ImportRow, Origin
from tickets.opening import NewTicket

__all__ = ["ringer"]


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


async def test_many_that_wait_for_a_body_hide_nobody_who_is_with_no_unit(
    ringer: Ringer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a storm fifty burst pipes come after an injured animal that no unit has."""
    monkeypatch.setattr(without_unit, "BATCH", 2)
    units = shipped_texts()["units.toml"].replace('services = ["funeral"]', "")
    ringer.desk.rules = msgspec.structs.replace(URGENT, town=town_with(duty_toml=DUTY, units_toml=units))
    urgent: dict[str, Any] = {"service": "funeral", "service_class": "urgent", "kind": "urgent", "district": None}
    number = (await ringer.desk.open(topic=None, **urgent)).number
    opened = ringer.desk.now
    for _ in range(3):
        ringer.desk.now = opened
        await ringer.desk.open(topic="su_patlagi")
    ringer.desk.now = opened
    assert [one["number"] for one in await ringer.duty.alarms()] == [number]


async def test_a_request_whose_clock_a_reload_renames_is_an_alarm_when_its_minutes_are_over(ringer: Ringer) -> None:
    """Its rule is gone, and it goes by the one that it would get now."""
    ringer.desk.rules = renamed(URGENT, duty_toml=DUTY)
    pipe = await ringer.desk.open(topic="su_patlagi")
    road = (await ringer.desk.open()).number
    await ringer.desk.moved(road, "new")
    assert pipe.clock.rule == "old_danger"
    ringer.desk.rules = URGENT
    opened_at = pipe.opened_at
    ringer.desk.now = opened_at + 19 * 60
    assert await ringer.duty.alarms() == []
    ringer.desk.now = opened_at + 20 * 60
    (one,) = await ringer.duty.alarms()
    assert (one["number"], one["body"], one["since"]) == (pipe.number, "iski", opened_at + 20 * 60)


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


@pytest.mark.parametrize("handed", [None, "no_answer", "answered"])
async def test_what_an_outside_body_does_is_an_alarm_once_nobody_has_passed_it_on_in_time(
    ringer: Ringer, handed: str | None
) -> None:
    """That no unit has it is right. An agent hands the caller over, or somebody tells the body and says so."""
    await ringer.desk.add_call("ast1-1.1")
    number = (await ringer.desk.open(topic="su_patlagi", call="ast1-1.1")).number
    opened = ringer.desk.now
    assert await ringer.duty.alarms() == []
    if handed is not None:
        ringer.desk.now = opened + 60
        async with ringer.desk.database.writing() as connection:
            told = HandOverFacts(ringer.desk.rules)
            ended = {"type": "hand_over_ended", "at": ringer.desk.now, "call": "ast1-1.1", "to": "iski", "by": "1001"}
            told.take(msgspec.convert({**ended, "result": handed, "rang_s": 9.0}, HandOverEnded))
            await told.write(connection)
    ringer.desk.now = opened + 20 * 60 - 1
    assert await ringer.duty.alarms() == []
    ringer.desk.now = opened + 20 * 60
    late = [(one["number"], one["unit"], one["body"], one["since"]) for one in await ringer.duty.alarms()]
    assert late == ([] if handed == "answered" else [(number, None, "iski", opened + 20 * 60)])
    await ringer.desk.moved(number, "not_ours", responsible="iski")
    assert await ringer.duty.alarms() == []
