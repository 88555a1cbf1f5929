"""The outbox on both databases: what is due is taken by one, once, and tried again; duplicates follow."""

import asyncio
from typing import Any, get_args

import msgspec
import pytest

from acd.desk.delivery import letters
from storage.database import Database
from storage.requests.outbox import LEASE_S, PAUSES_S, Outbox
from storage.requests.tables import HistoryRow, OutboxRow
from storage.requests.watch import Watch
from tests.storage.requests.desk import Desk, check_whole
from tests.tickets.life import AGENT, MACHINE, RULES
from tests.tickets.towns import shipped_texts, town_with
from tickets.changes import Rules
from tickets.effects import NoticeAbout
from tickets.failures import NotGranted
from tickets.moves import Wish
from tickets.opening import Amendment
from tickets.ticket import Actor
from tickets.writing import LONGEST_WRITTEN

MEMBERS = 'members = [{ user = "fen", mail = "fen@example.org", webhook = "https://example.org/hook" }]'


@pytest.fixture
def desk(database: Database) -> Desk:
    units = shipped_texts()["units.toml"].replace('members = [{ user = "fen" }]', MEMBERS)
    assert MEMBERS in units
    return Desk(database, Rules(town=town_with(units_toml=units), zone=RULES.zone, texts=True))


def outbox_of(desk: Desk) -> Outbox:
    return Outbox(desk.database, lambda: desk.rules, lambda: desk.now)


KINDS = ("mail", "webhook", "text")


async def test_a_new_request_goes_to_its_unit_s_members_and_its_citizen(desk: Desk) -> None:
    number = (await desk.open()).number
    outbox = outbox_of(desk)
    parcels = await outbox.take(KINDS)
    assert {(one.kind, one.about, one.to) for one in parcels} == {
        ("mail", "assigned", "fen@example.org"),
        ("webhook", "assigned", "https://example.org/hook"),
        ("text", "receipt", ""),
    }
    assert all(one.ticket.number == number for one in parcels)
    assert await outbox.take(KINDS) == []
    for one in parcels:
        await outbox.done(one)
    desk.now += LEASE_S * 2
    assert await outbox.take(KINDS) == []
    assert {row["state"] for row in await desk.rows(OutboxRow, number=number)} == {"done"}


async def test_what_a_person_writes_to_a_citizen_is_sent_word_for_word_each_time(desk: Desk) -> None:
    number = (await desk.open()).number
    outbox = outbox_of(desk)
    for one in await outbox.take(KINDS):
        await outbox.done(one)
    inbox = Actor(role="inbox", who="inbox")
    for words in ("  Yarın 10.00'da evde olur musunuz?", "Ekip yolda."):
        ticket = await desk.store.write(number, words, inbox)
    parcels = await outbox.take(KINDS)
    assert [one.about for one in parcels] == ["written", "written"]
    assert [letters.text(one, desk.rules) for one in parcels] == [
        f"{number} numaralı başvurunuz için: Yarın 10.00'da evde olur musunuz?",
        f"{number} numaralı başvurunuz için: Ekip yolda.",
    ]
    assert not any(letters.needless(one, desk.rules) for one in parcels)
    (first, second) = [one for one in await desk.rows(HistoryRow, number=number) if one["what"] == "write"]
    assert (first["words"], first["who"]) == ("Yarın 10.00'da evde olur musunuz?", "inbox")
    assert (second["version"], ticket.state, ticket.words) == (ticket.version, "assigned", "")  # no unit's answer


@pytest.mark.parametrize(
    ("values", "texts", "words"),
    [
        ({}, False, "Ekip yolda."),
        ({"contact": "none"}, True, "Ekip yolda."),
        ({"caller": "+902121112233"}, True, "Ekip yolda."),
        ({"caller": "+882135551234567"}, True, "Ekip yolda."),
        ({}, True, "x" * (LONGEST_WRITTEN + 1)),
        ({}, True, "  "),
    ],
)
async def test_nobody_writes_what_would_not_arrive(desk: Desk, values: dict[str, Any], texts: bool, words: str) -> None:
    desk.rules = msgspec.structs.replace(desk.rules, texts=texts)
    number = (await desk.open(**values)).number
    with pytest.raises(NotGranted) as refused:
        await desk.store.write(number, words, Actor(role="inbox", who="inbox"))
    assert refused.value.refusal.key == "words"
    assert (await desk.queries.get(number) or {})["takes_texts"] == (texts and not values)


async def test_of_two_who_take_at_once_each_gets_what_the_other_has_not(desk: Desk) -> None:
    for _ in range(4):
        await desk.open()
    outbox = outbox_of(desk)
    taken = await asyncio.gather(*(outbox.take(KINDS, limit=5) for _ in range(6)))
    keys = [one.key for parcels in taken for one in parcels]
    assert len(keys) == len(set(keys))
    rest = await outbox.take(KINDS, limit=100)
    assert len(keys) + len(rest) == 12


async def test_what_its_taker_never_finished_is_due_again(desk: Desk) -> None:
    await desk.open()
    outbox = outbox_of(desk)
    first = await outbox.take(("mail",))
    desk.now += LEASE_S + 1
    again = await outbox.take(("mail",))
    assert [one.key for one in again] == [one.key for one in first]
    await outbox.failed(first[0], "late word of the first taker")
    assert (await desk.rows(OutboxRow, kind="mail"))[0]["error"] == ""


async def test_what_cannot_be_sent_is_tried_again_and_given_up_in_the_end(desk: Desk) -> None:
    await desk.open()
    outbox = outbox_of(desk)
    for pause_s in PAUSES_S:
        (parcel,) = await outbox.take(("mail",))
        await outbox.failed(parcel, "connection refused")
        assert await outbox.take(("mail",)) == []
        desk.now += pause_s
    (parcel,) = await outbox.take(("mail",))
    await outbox.failed(parcel, "connection refused")
    desk.now += 10**7
    assert await outbox.take(("mail",)) == []
    assert [row["state"] for row in await desk.rows(OutboxRow, kind="mail")] == ["failed"]


async def test_a_duplicate_that_was_corrected_gets_no_outcome_and_one_whose_parent_was_does(desk: Desk) -> None:
    parent, kept, corrected, named, door, street = [(await desk.open(address="Işık Sokak 1")).number for _ in range(6)]
    await desk.store.amend(kept, Amendment(kind="complaint"), AGENT)
    for child in (kept, corrected, named, door, street):
        await desk.store.join(child, parent, AGENT)
    await desk.store.amend(door, Amendment(address="Işık Sokak 1, kat 2"), AGENT)
    await desk.store.amend(street, Amendment(address="Gül Caddesi 90"), AGENT)
    await desk.store.amend(corrected, Amendment(topic="rogar_kapagi"), AGENT)
    await desk.store.amend(named, Amendment(name="Ayşe"), AGENT)
    await desk.moved(parent, "in_progress")
    await desk.store.amend(parent, Amendment(kind="complaint"), AGENT)
    await desk.moved(parent, "resolved", result="Asfalt döküldü.")
    outbox = outbox_of(desk)
    for parcel in await outbox.take(("children",)):
        await outbox.follow(parcel)
    found = {number: await desk.queries.get(number) or {} for number in (kept, corrected, named, door, street)}
    assert {number: (one["state"], one["parent"]) for number, one in found.items()} == {
        kept: ("resolved", parent),
        corrected: ("assigned", None),
        named: ("resolved", parent),
        door: ("resolved", parent),
        street: ("assigned", None),
    }


async def test_duplicates_get_the_outcome_of_their_parent_once(desk: Desk) -> None:
    parent, one, two = [(await desk.open()).number for _ in range(3)]
    for child in (one, two):
        await desk.store.join(child, parent, AGENT)
    await desk.moved(parent, "in_progress", "resolved", result="Asfalt döküldü.")
    outbox = outbox_of(desk)
    parcels = await outbox.take(("children",))
    assert [parcel.ticket.number for parcel in parcels] == [parent]
    for _ in range(2):  # a taker who died after it changes nothing the second time
        await outbox.follow(parcels[0])
    for child in (one, two):
        record = await desk.queries.get(child)
        assert record is not None
        assert (record["state"], record["words"]) == ("resolved", "Asfalt döküldü.")
        assert (record["history"][-1]["role"], record["history"][-1]["who"]) == ("parent", parent)
        due = [row for row in await desk.rows(OutboxRow, number=child) if row["kind"] == "outcome"]
        assert len(due) == 1
    await desk.store.move(parent, Wish(to="assigned", note="yine bozuk"), MACHINE)
    for parcel in await outbox.take(("children",)):
        await outbox.follow(parcel)
    assert (await desk.queries.get(one) or {})["state"] == "assigned"
    dropped = [row["state"] for row in await desk.rows(OutboxRow, number=one) if row["kind"] == "outcome"]
    assert dropped == ["dropped"]
    await check_whole(desk, [parent, one, two])


def test_a_mail_has_other_words_for_each_thing_that_a_unit_is_told() -> None:
    assert set(letters.ABOUT) == set(get_args(NoticeAbout))
    assert len(set(letters.ABOUT.values())) == len(letters.ABOUT)


async def test_the_mail_about_a_request_that_nobody_accepted_does_not_say_that_its_time_is_up(desk: Desk) -> None:
    number = (await desk.open(topic="rogar_kapagi")).number
    desk.now += 21 * 60  # the clock `danger` has 20 minutes to be accepted, and three hours
    watch = Watch(desk.database, lambda: desk.rules, lambda: desk.now)
    assert await watch.look() == 1
    parcels = [one for one in await outbox_of(desk).take(("mail",)) if one.about == "unaccepted"]
    assert [letters.subject(one) for one in parcels] == [f"{number}: birim zamanında kabul etmedi"]
    assert letters.webhook(parcels[0], desk.rules)["about"] == "unaccepted"
