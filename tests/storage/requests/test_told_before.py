"""What citizens are told before the outcome, a question or why it takes longer: once, by one way, at their number."""

from storage.database import Database
from storage.requests.tables import OutboxRow
from storage.requests.watch import Watch
from tests.storage.requests.desk import Desk
from tests.storage.requests.outcome_desk import Line
from tests.storage.requests.test_questions import RIGHT, done_by, tasks
from tests.tickets.life import DAY, INBOX, RULES
from tests.tickets.towns import TOWN
from tickets.changes import Rules
from tickets.opening import Amendment

LANDLINE = "+902121112233"


def texting(database: Database) -> Desk:
    """A desk whose text messages reach citizens."""
    return Desk(database, Rules(town=TOWN, zone=RULES.zone, texts=True))


async def sent(line: Line) -> list[tuple[str, str]]:
    """What text messages leave now, and to which number; the receipt is none of them."""
    parcels = await line.outbox.take(("text",))
    for parcel in parcels:
        await line.outbox.done(parcel)
    return [(one.about, one.ticket.caller) for one in parcels if one.about != "receipt"]


async def test_whoever_is_asked_anew_has_their_whole_time_to_answer(desk: Desk) -> None:
    watch = Watch(desk.database, lambda: desk.rules, lambda: desk.now)
    number = (await desk.open()).number
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    desk.now += 60 * DAY
    await watch.look()
    assert [kind for kind, _ in await tasks(desk, number)] == ["tell_citizen", "not_answered"]
    await desk.store.amend(number, Amendment(caller=RIGHT), INBOX)
    assert await done_by(desk, number, "not_answered") == ["inbox"]
    await watch.look()
    assert [kind for kind, _ in await tasks(desk, number)] == ["tell_citizen"], "they have been asked only now"
    desk.now += 60 * DAY
    await watch.look()
    assert sorted(kind for kind, _ in await tasks(desk, number)) == ["not_answered", "tell_citizen"]


async def test_why_it_takes_longer_goes_to_the_number_that_was_put_right(database: Database) -> None:
    line = Line(database)
    line.desk = texting(database)
    number = (await line.desk.open()).number
    await line.desk.store.extend(number, 5, "Malzeme bekleniyor", INBOX)
    await line.desk.store.extend(number, 5, "İhale açıldı", INBOX)
    assert await sent(line) == [("extension", "+905321112233")]
    await line.desk.store.amend(number, Amendment(caller="0532 111 22 33"), INBOX)
    assert await sent(line) == [], "the same number, written in another way"
    await line.desk.store.amend(number, Amendment(caller=RIGHT), INBOX)
    assert await sent(line) == [("extension", RIGHT)], "one text message, which has the last reason and the day"
    await line.desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
    await line.desk.store.amend(number, Amendment(caller="+905321112255"), INBOX)
    assert await sent(line) == [], "there is an outcome"


async def test_a_person_says_once_more_why_it_takes_longer(desk: Desk) -> None:
    number = (await desk.open()).number
    for reason in ("Malzeme bekleniyor", "İhale açıldı"):
        await desk.store.extend(number, 5, reason, INBOX)
    (task,) = await desk.tasks.list()
    await desk.tasks.done(task["id"], INBOX, "numara başkasının")
    await desk.store.amend(number, Amendment(caller=RIGHT), INBOX)
    both = [("tell_citizen", "Malzeme bekleniyor\nİhale açıldı")]
    assert await tasks(desk, number) == both
    await desk.store.amend(number, Amendment(caller="+905321112255"), INBOX)
    assert await tasks(desk, number) == both, "nobody has told them yet"


async def test_what_a_text_message_tells_now_no_person_tells_too(database: Database) -> None:
    desk = texting(database)
    number = (await desk.open(caller=LANDLINE)).number
    await desk.store.extend(number, 5, "Malzeme bekleniyor", INBOX)
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    assert await tasks(desk, number) == [("tell_citizen", "Malzeme bekleniyor\nHangi sokak?")]
    await desk.store.amend(number, Amendment(caller=RIGHT), INBOX)
    assert await tasks(desk, number) == []
    assert await done_by(desk, number, "tell_citizen") == ["inbox"]
    rows = await desk.rows(OutboxRow, number=number, kind="text", state="pending")
    assert sorted(row["about"] for row in rows) == ["extension", "question"]


async def test_what_a_person_tells_now_no_text_message_tells_too(database: Database) -> None:
    desk = texting(database)
    number = (await desk.open()).number
    await desk.store.extend(number, 5, "Malzeme bekleniyor", INBOX)
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    await desk.store.amend(number, Amendment(caller=LANDLINE), INBOX)
    assert await tasks(desk, number) == [("tell_citizen", "Malzeme bekleniyor\nHangi sokak?")]
    rows = [row for row in await desk.rows(OutboxRow, number=number, kind="text") if row["about"] != "receipt"]
    assert {row["state"] for row in rows} == {"dropped"}


async def test_nobody_asks_what_was_answered_while_its_text_message_was_being_sent(database: Database) -> None:
    line = Line(database)
    line.desk = texting(database)
    number = (await line.desk.open()).number
    await line.desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    (parcel,) = [one for one in await line.outbox.take(("text",)) if one.about == "question"]
    await line.desk.moved(number, "in_progress")
    await line.outbox.failed(parcel, "sms.example answered 410", lasting=True)
    assert await tasks(line.desk, number) == []
