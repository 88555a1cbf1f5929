"""The unit that does it: by topic, mahalle and service."""

from typing import Any

import msgspec
import pytest

from tests.tickets.life import AGENT, FEN, HOUR, INBOX, LEAD, MONDAY, RULES, made, moved, opened
from tests.tickets.towns import SERVICES, TOWN, shipped_texts, town_with
from tickets.changes import Changed
from tickets.effects import NotifyInbox, NotifyUnit
from tickets.joining import join
from tickets.opening import Amendment, NewTicket, open_ticket
from tickets.routing import Past, amended, past, place, placed, put_right, route
from tickets.ticket import Actor, Ticket


def test_every_topic_routes_somewhere_in_every_mahalle() -> None:
    for topic in TOWN.topics.values():
        for district in (None, "gone", *TOWN.mahalle):
            found = route(TOWN, topic=topic.id, district=district, service="request")
            assert (found.unit, found.body) == (topic.unit or None, topic.body or None)
            assert found.why_tr
            assert found.why_en


def test_every_service_routes_somewhere() -> None:
    found = {service: route(TOWN, topic=None, district=None, service=service).unit for service in (*SERVICES, "gone")}
    assert found == {
        "funeral": "mezarliklar",
        "doctor": "saglik_isleri",
        "patient_transfer": "saglik_isleri",
        "ambulance": "saglik_isleri",
        "injured_animal": "veteriner_isleri",
        "request": None,
        "information": None,
        "ticket_status": None,
        "agent": None,
        "gone": None,
    }
    assert route(TOWN, topic="gone", district=None, service="funeral").unit == "mezarliklar"


def test_somebody_else_may_do_it_in_a_mahalle() -> None:
    text = shipped_texts()["topics.toml"].replace(
        'unit = "fen_isleri"', 'unit = "fen_isleri"\nelsewhere = { esenkent = "ibb", fatih = "zabita" }', 1
    )
    town = town_with(topics_toml=text)
    found = route(town, topic="yol_cukuru", district="esenkent", service="request")
    assert (found.unit, found.body) == (None, "ibb")
    assert found.why_tr == "İBB: Yolda çukur, Esenkent mahallesi için"
    assert route(town, topic="yol_cukuru", district="fatih", service="request").unit == "zabita"
    assert route(town, topic="yol_cukuru", district="zafer", service="request").unit == "fen_isleri"


def test_a_new_ticket_is_given_to_its_unit_with_the_reason() -> None:
    placed = place(opened(), MONDAY + HOUR, RULES)
    assert placed.changed is not None
    assert (placed.changed.ticket.state, placed.changed.ticket.unit) == ("assigned", "fen_isleri")
    assert placed.changed.entry.note == "Public Works: its topic is Pothole"
    assert placed.changed.entry.role == "system"
    assert NotifyUnit(number=opened().number, unit="fen_isleri", about="assigned") in placed.changed.follows


def test_what_an_outside_body_does_is_left_to_a_person() -> None:
    ticket = opened(topic="su_kesintisi")
    placed = place(ticket, MONDAY, RULES)
    assert (placed.route.body, placed.changed) == ("iski", None)
    assert placed.follows == (NotifyInbox(number=ticket.number, about="assigned"),)


def test_the_history_says_who_else_is_responsible_and_why() -> None:
    new = NewTicket(service="request", topic="su_kesintisi")
    opening = open_ticket("26-000001-0", new, AGENT, MONDAY, RULES)
    assert isinstance(opening, Changed)
    (told,) = placed(opening, RULES)
    why = {"tr": "İSKİ: konusu Su kesintisi", "en": "İSKİ (water and sewerage): its topic is Water cut"}
    assert (told.ticket.state, told.entry.what, told.entry.detail) == ("new", "open", {"body": "iski", "why": why})


def test_another_topic_of_an_outside_body_leaves_it_where_it_is_and_the_history_says_why() -> None:
    given = made(opened(), "assigned", unit="fen_isleri").ticket
    for ticket, unit in ((opened(topic=None), None), (given, "fen_isleri")):
        found = amended(ticket, Amendment(topic="su_kesintisi"), LEAD, ticket.updated_at + HOUR, RULES, Past())
        assert isinstance(found, list)
        (only,) = found
        assert (only.ticket.unit, only.entry.detail["body"], only.entry.detail["fields"]) == (unit, "iski", ["topic"])


def test_a_unit_that_gave_it_back_does_not_get_it_again_by_itself() -> None:
    back = made(moved(opened(), "assigned"), "new").ticket
    placed = place(back, MONDAY + 9 * HOUR, RULES, returned_by=("fen_isleri",))
    assert placed.changed is None
    assert placed.route.why_tr == "Fen İşleri geri verdi; bir görevli yönlendirir"


# --- put right after it was opened

DOG = "saldirgan_kopek"


def after(ticket: Ticket, *, by: Actor = AGENT, before: Past | None = None, **values: Any) -> list[Changed]:
    """The changes of an amendment."""
    done = amended(ticket, Amendment(**values), by, ticket.updated_at + HOUR, RULES, before or Past())
    assert isinstance(done, list), done
    return done


def by_rule(**values: Any) -> Ticket:
    """A ticket that a rule gave to its unit."""
    found = place(opened(**values), MONDAY + HOUR, RULES)
    assert found.changed is not None
    return found.changed.ticket


@pytest.mark.parametrize("by", [AGENT, FEN])
def test_another_topic_brings_it_to_the_unit_of_that_topic(by: Actor) -> None:
    amending, moving = after(by_rule(), by=by, topic=DOG)
    assert (amending.entry.what, amending.ticket.unit) == ("amend", "fen_isleri")
    entry = moving.entry
    assert (moving.ticket.state, moving.ticket.unit) == ("assigned", "veteriner_isleri")
    assert (entry.what, entry.role, entry.before, entry.version) == ("hand_on", "system", "assigned", 4)
    assert entry.note == route(TOWN, topic=DOG, district="esenkent", service="request").why_en
    told = NotifyUnit(number=moving.ticket.number, unit="veteriner_isleri", about="handed_on")
    assert told in moving.follows


def test_a_new_ticket_goes_to_its_unit_when_it_gets_a_topic() -> None:
    moving = after(opened(topic=None), by=INBOX, text="köpek", topic=DOG)[-1]
    assert (moving.ticket.unit, moving.entry.what, moving.entry.role) == ("veteriner_isleri", "assign", "system")
    assert len(after(opened(topic=None), text="köpek")) == 1, "words alone say no unit"


def test_another_place_brings_it_to_the_unit_of_that_place() -> None:
    text = shipped_texts()["topics.toml"].replace(
        'unit = "fen_isleri"', 'unit = "fen_isleri"\nelsewhere = { aksemseddin = "zabita" }', 1
    )
    rules = msgspec.structs.replace(RULES, town=town_with(topics_toml=text))
    for ticket, put in (
        (by_rule(district="fatih"), Amendment(district="aksemseddin")),
        (by_rule(district=None), Amendment(lat=41.035, lon=28.675)),
    ):
        done = amended(ticket, put, AGENT, MONDAY + 2 * HOUR, rules, Past())
        assert isinstance(done, list)
        assert (done[-1].ticket.district, done[-1].ticket.unit) == ("aksemseddin", "zabita"), put


def test_what_stays_where_it_is() -> None:
    assert len(after(by_rule(), topic="kaldirim_bozuk")) == 1, "the same unit does it"
    assert len(after(by_rule(), topic="su_kesintisi")) == 1, "no rule sends a citizen away"
    assert len(after(made(by_rule(), "accepted", FEN).ticket, topic=DOG)) == 1, "the unit has accepted it"
    child = join(by_rule(), opened("26-000002-7"), AGENT, MONDAY + 2 * HOUR, RULES)
    assert isinstance(child, Changed)
    assert len(after(child.ticket, topic=DOG)) == 1, "a duplicate gets the outcome of its parent"


def test_a_unit_that_a_person_chose_keeps_it() -> None:
    rule = place(opened(), MONDAY + HOUR, RULES).changed
    assert rule is not None
    hand = made(rule.ticket, "assigned", LEAD, unit="zabita")
    again = made(hand.ticket, "assigned", INBOX, unit="fen_isleri")
    assert not past([rule.entry]).by_hand
    assert past([rule.entry, hand.entry]).by_hand
    assert len(after(again.ticket, before=past([rule.entry, hand.entry, again.entry]), topic=DOG)) == 1
    done = moved(rule.ticket, "in_progress", "resolved", "told")
    reopened = made(done, "assigned", LEAD, unit="")
    assert past([rule.entry, reopened.entry]).by_hand, "a person wants the unit to do it again"


def test_a_unit_that_gave_it_back_does_not_get_it_by_an_amendment() -> None:
    first = place(opened(), MONDAY + HOUR, RULES).changed
    assert first is not None
    back = made(first.ticket, "new", FEN)
    before = past([first.entry, back.entry])
    assert before == Past(returned_by=("fen_isleri",))
    assert len(after(back.ticket, before=before, topic="kaldirim_bozuk")) == 1
    assert after(back.ticket, before=before, topic=DOG)[-1].ticket.unit == "veteriner_isleri"


def test_what_a_caller_says_is_urgent_later_goes_to_the_unit_of_that() -> None:
    urgent: dict[str, Any] = {"service_class": "urgent", "kind": "urgent", "topic": None, "district": None}
    untold = by_rule(service="ambulance", **urgent)
    assert untold.unit == "saglik_isleri"
    assert put_right(untold, "funeral", MONDAY + 2 * HOUR, RULES, Past())[-1].ticket.unit == "mezarliklar"
    assert len(put_right(untold, "funeral", MONDAY + 2 * HOUR, RULES, Past(by_hand=True))) == 1
    assert put_right(moved(untold, "closed"), "funeral", MONDAY + 9 * HOUR, RULES, Past()) == []
