"""The unit that does it: by topic, mahalle and service."""

from tests.tickets.life import AGENT, HOUR, MONDAY, RULES, made, moved, opened
from tests.tickets.towns import SERVICES, TOWN, shipped_texts, town_with
from tickets.changes import Changed
from tickets.effects import NotifyInbox, NotifyUnit
from tickets.moves import move
from tickets.routing import place, route, sent_on


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


def test_a_unit_that_gave_it_back_does_not_get_it_again_by_itself() -> None:
    back = made(moved(opened(), "assigned"), "new").ticket
    placed = place(back, MONDAY + 9 * HOUR, RULES, returned_by=("fen_isleri",))
    assert placed.changed is None
    assert placed.route.why_tr == "Fen İşleri geri verdi; bir görevli yönlendirir"


def test_the_words_for_an_outside_body_are_filled_in() -> None:
    wish = sent_on(TOWN, "iski")
    assert wish.result == "Bu konuda görevli kurum: İSKİ. İSKİ'ye 185 numaralı telefondan ulaşabilirsiniz."
    done = move(opened(topic="su_kesintisi"), wish, AGENT, MONDAY + HOUR, RULES)
    assert isinstance(done, Changed)
    assert (done.ticket.state, done.ticket.responsible) == ("not_ours", "iski")
    assert sent_on(TOWN, "bedas", "en").result.startswith("BEDAŞ (electricity) is responsible for this. You can reach")
