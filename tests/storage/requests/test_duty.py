"""The duty ring between desk and line: each ring is a row before the line hears of it, and each fact is one change."""

import pytest

from acd.engine.model.duty_facts import DutyHeard, DutyRingEnded, DutyRung
from storage.columns import milliseconds
from storage.requests.duty import OVER_S, WISH_S
from storage.requests.duty_facts import of_wish, wish_name
from storage.requests.tables import HistoryRow, NoticeRow, OutboxRow
from tests.storage.requests.duty_ringer import LOST_S, Ringer, ringer
from tests.tickets.life import AGENT, HOUR, LEAD
from tickets.duty import FAULT_S, TAKEN_S
from tickets.opening import Amendment

__all__ = ["ringer"]


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
