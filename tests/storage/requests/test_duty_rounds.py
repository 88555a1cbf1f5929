"""The duty ring: a list is used up, begun again and given up, and a trunk or a telephone is not to be had."""

import msgspec

from storage.requests.duty import AGAIN_FOR_S, AGAIN_S, FAULT_AGAIN_FOR_S, FAULT_AGAIN_S
from storage.requests.duty_facts import of_wish
from storage.requests.tables import NoticeRow, TaskRow
from tests.storage.requests.duty_ringer import DUTY, URGENT, Ringer, ringer
from tests.tickets.life import HOUR, LEAD
from tests.tickets.towns import town_with
from tickets.duty import BUSY_S, FAULT_S, REST_S

__all__ = ["ringer"]


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
