"""Opening a ticket, putting it right, noting on it."""

from typing import Any

import msgspec
import pytest

from tests.tickets.clock.dates import at
from tests.tickets.life import AGENT, DAY, FEN, HOUR, LEAD, MONDAY, RULES, ZABITA, in_state, moved, opened
from tests.tickets.towns import TOWN, shipped_texts, town_with
from tickets.answers import missing, misspelt
from tickets.changes import Changed
from tickets.effects import CallsUnwanted, DeadlineChanged
from tickets.opening import Amendment, NewTicket, amend, note, open_ticket
from tickets.outcome.no_calls import no_calls
from tickets.privacy.masking import MASK, seen_by
from tickets.refusals import Refusal
from tickets.scoring import extend
from tickets.ticket import SYSTEM, Ticket


def refusal(**values: Any) -> str:
    done = open_ticket("26-000001-9", NewTicket(**{"service": "request", **values}), AGENT, MONDAY, RULES)
    assert isinstance(done, Refusal)
    return str(done)


def amended(ticket: Ticket, **values: Any) -> Changed:
    done = amend(ticket, Amendment(**values), AGENT, ticket.updated_at + HOUR, RULES)
    assert isinstance(done, Changed), done
    return done


def test_opening_is_the_first_row_of_the_history() -> None:
    done = open_ticket("26-000001-9", NewTicket(service="request", topic="yol_cukuru"), AGENT, MONDAY, RULES)
    assert isinstance(done, Changed)
    entry = done.entry
    assert (entry.version, entry.what, entry.before, entry.after, entry.who) == (1, "open", None, "new", "1001")
    assert done.follows == (DeadlineChanged(number="26-000001-9", due_at=at("2026-06-10 23:59:59")),)


def test_the_topic_says_kind_clock_and_priority() -> None:
    assert (opened().kind, opened().clock.rule, opened().priority) == ("complaint", "seven_days", "normal")
    danger = opened(topic="rogar_kapagi")
    assert (danger.clock.rule, danger.priority, danger.due_at) == ("danger", "high", MONDAY + 3 * HOUR)
    assert opened(kind="petition").clock.rule == "petition", "a petition about a hole is a petition"
    assert opened(topic=None).kind == "request"
    assert opened(topic=None, kind="cimer", fields={"information": True}).clock.rule == "cimer_information"


def test_a_request_in_writing_counts_from_the_day_on_which_it_came() -> None:
    came = MONDAY - 10 * DAY
    ticket = opened(kind="petition", topic="yol_cukuru", received_at=came)
    assert (ticket.opened_at, ticket.clock.started_at, ticket.updated_at) == (came, came, MONDAY)
    assert ticket.due_at == at("2026-06-22 23:59:59"), "the thirtieth day is a Sunday"
    done = open_ticket(
        "26-000001-9", NewTicket(service="request", kind="cimer", received_at=came), AGENT, MONDAY, RULES
    )
    assert isinstance(done, Changed)
    assert (done.entry.at, done.entry.detail) == (MONDAY, {"received_at": came})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"kind": "petition", "received_at": MONDAY + 1}, "a time of the last 365 days is allowed"),
        ({"kind": "petition", "received_at": MONDAY - 366 * DAY}, "a time of the last 365 days is allowed"),
        ({"kind": "complaint", "received_at": MONDAY}, "is for requests in writing: cimer, information, petition"),
    ],
)
def test_when_it_came_is_checked(values: dict[str, Any], expected: str) -> None:
    assert refusal(**values) == f"received_at = {values['received_at']}: {expected}"


def test_a_personal_answer_that_comes_back_masked_stays() -> None:
    fields = {"vefat_eden": "Ali Veli", "vefat_yeri": "ev"}
    funeral = opened(topic="cenaze", fields=fields)
    shown = seen_by(funeral, TOWN, "agent").fields
    assert shown["vefat_eden"] == MASK
    done = amended(funeral, fields={**shown, "vefat_yeri": "hastane"})
    assert done.ticket.fields == {"vefat_eden": "Ali Veli", "vefat_yeri": "hastane"}
    assert amended(funeral, fields={**shown, "vefat_eden": "Ali Can"}).ticket.fields == {
        **fields,
        "vefat_eden": "Ali Can",
    }
    assert amended(funeral, fields={"vefat_yeri": "ev"}).ticket.fields == {"vefat_yeri": "ev"}, "it can be taken away"


def test_a_correction_may_make_it_an_application_for_information() -> None:
    ticket = opened(kind="cimer", topic="yol_cukuru")
    assert ticket.clock.rule == "cimer"
    asks = amended(ticket, fields={"information": True}).ticket
    assert asks.clock.rule == "cimer_information"
    kept = {"information": True, "yeri": "x"}
    assert amended(asks, fields={"yeri": "x"}).ticket.fields == kept, "its import said so, no answer does"
    assert amended(asks, fields={"information": False}).ticket.clock.rule == "cimer"
    assert amended(ticket, topic="bilgi_edinme").ticket.clock.rule == "cimer_information"


def test_an_application_for_information_is_not_taken_by_telephone() -> None:
    """Law 4982 takes it in writing; the agent reads what to tell the citizen, and a program what it may give."""
    asked: list[dict[str, Any]] = [
        {"kind": "information"},
        {"topic": "bilgi_edinme"},
        {"topic": "bilgi_edinme", "kind": "request"},
    ]
    written: list[dict[str, Any]] = [
        {"channel": "paper"},
        {"channel": "email"},
        {"external_source": "e_belediye", "external_number": "B-1"},
    ]
    for one in asked:
        values = {"topic": None, "district": None, "call": "ast1-1.1", **one}
        told = refusal(**values)
        assert told.startswith(f"{'topic = bilgi_edinme' if 'topic' in one else 'kind = information'}: law 4982 ")
        assert "tell the citizen to apply in person, by post, by e-Devlet or by CİMER" in told
        assert "close the call with the disposition answered" in told
        assert "give its channel, such as paper or email" in told
        for how in written:
            assert opened(**values, **how)
    by_call: dict[str, Any] = {"district": None, "call": "ast1-1.1"}
    typed_in = opened(kind="information", topic=None, received_at=MONDAY - DAY, **by_call)
    assert typed_in.channel == "paper"
    assert amended(typed_in, topic="bilgi_edinme")
    assert opened(kind="cimer", topic="bilgi_edinme", **by_call).clock.rule == "cimer_information"
    assert opened(kind="information", topic=None, district=None), "nobody made it in a call"


@pytest.mark.parametrize("correction", [{"kind": "information"}, {"topic": "bilgi_edinme"}])
def test_what_was_said_on_the_telephone_becomes_no_application_for_information(correction: dict[str, Any]) -> None:
    said = opened(topic=None, district=None, call="ast1-1.1")
    refused = amend(said, Amendment(**correction), AGENT, said.updated_at, RULES)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.key) == ("not_allowed", next(iter(correction)))
    assert "a request of its own" in refused.allowed
    assert amended(opened(topic=None, district=None, call="ast1-1.1", channel="paper"), **correction)
    assert amended(opened(topic=None, district=None), **correction)
    older = msgspec.structs.replace(said, **correction)
    assert amended(older, name="Ayşe").ticket.name == "Ayşe", "it was taken before this rule"


def test_an_urgent_call_opens_an_urgent_ticket_with_nothing_but_its_service() -> None:
    ticket = opened(service="funeral", service_class="urgent", kind="urgent", topic=None, district=None, caller="")
    assert (ticket.clock.rule, ticket.priority, ticket.due_at) == ("urgent", "high", MONDAY + 4 * HOUR)


def test_a_point_says_the_mahalle() -> None:
    ticket = opened(district=None, lat=41.035, lon=28.675)
    assert ticket.district == TOWN.shapes.at(41.035, 28.675)
    assert opened(district=None, lat=41.5, lon=28.675).district is None, "far outside of the town"
    assert opened(lat=41.035, lon=28.675).district == "esenkent", "what was said counts more"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"kind": "wish"}, "kind = wish: urgent, request, complaint, information, petition, cimer are allowed"),
        ({"topic": "hole"}, "topic = hole: no such topic"),
        ({"district": "esenkant"}, "district = esenkant: no such mahalle; allowed: akcaburgaz, "),
        ({"lat": 41.0}, "lon: a point needs both lat and lon"),
        ({"lon": 28.0}, "lat: a point needs both lat and lon"),
        ({"lat": 91.0, "lon": 28.0}, "lat = 91.0, 28.0: lat -90 to 90, lon -180 to 180 is allowed"),
        ({"contact": "letter"}, "contact = letter: call, text, none are allowed"),
        ({"text": "a" * 4001}, "text = aaaa"),
        ({"topic": "yol_cukuru", "fields": {"gecis": "belki"}}, "fields.gecis = belki: evet, hayir are allowed"),
        ({"topic": "eski_esya", "fields": {"parca": 51}}, "fields.parca = 51: a whole number from 1 to 50 is allowed"),
        ({"topic": "eski_esya", "fields": {"parca": True}}, "fields.parca = True: a whole number from 1"),
        ({"topic": "eski_esya", "fields": {"parca": "üç"}}, "fields.parca = üç: a whole number from 1"),
        ({"topic": "eski_esya", "fields": {"esya": 3}}, "fields.esya = 3: a text of at most 500 characters is allowed"),
    ],
)
def test_what_cannot_be_opened_names_key_value_and_what_is_allowed(values: dict[str, Any], expected: str) -> None:
    assert refusal(**values).startswith(expected)


def test_answers_may_still_be_missing_when_a_caller_hangs_up() -> None:
    topic = TOWN.topics["eski_esya"]
    assert missing(topic, {}, None) == ("esya", "district")
    assert missing(topic, {"esya": "koltuk"}, "esenkent") == ()
    assert missing(TOWN.topics["diger"], {}, None) == ()
    assert missing(topic, {"esya": "  \t"}, "esenkent") == ("esya",), "blanks say nothing"
    assert opened(topic="eski_esya", fields={}).state == "new"
    assert opened(topic="eski_esya", fields={"from_the_flow": "4", "parca": ""}).fields["from_the_flow"] == "4"


def test_an_answer_to_a_misspelt_question_is_found() -> None:
    lamp = TOWN.topics["sokak_lambasi"]
    wrong = misspelt(lamp, {"lamab": "12. direk"})
    assert str(wrong) == (
        'fields.lamab = 12. direk: sokak_lambasi has no such question (did you mean "lamba"?); it asks lamba'
    )
    for fields in ({"lamba": "12", "lamab": "12"}, {"lamab": " "}, {"from_the_flow": "4"}, {"lamba": "12"}):
        assert misspelt(lamp, fields) is None, fields


def test_a_ticket_is_put_right_while_it_is_open() -> None:
    done = amended(opened(), topic="rogar_kapagi", text="kapak yok", agrees=True)
    assert (done.ticket.clock.rule, done.ticket.clock.started_at) == ("danger", MONDAY)
    assert (done.ticket.due_at, done.ticket.priority, done.ticket.agrees) == (MONDAY + 3 * HOUR, "high", True)
    assert (done.entry.what, done.entry.detail) == ("amend", {"fields": ["agrees", "text", "topic"]})
    assert DeadlineChanged(number=done.ticket.number, due_at=MONDAY + 3 * HOUR) in done.follows
    assert "kapak" not in str(done.entry.detail), "the history says which fields, not whose words"


def test_a_caller_who_says_what_is_urgent_later_changes_the_service() -> None:
    untold = opened(service="ambulance", service_class="urgent", kind="urgent", topic=None, district=None)
    after = amended(untold, service="funeral", topic="cenaze").ticket
    assert (after.service, after.topic, after.clock, after.service_class) == (
        "funeral",
        "cenaze",
        untold.clock,
        "urgent",
    )


def test_an_outcome_is_not_given_another_topic() -> None:
    resolved = in_state("resolved")
    assert isinstance(amend(resolved, Amendment(topic="moloz"), LEAD, MONDAY, RULES), Refusal)
    assert amended(resolved, name="Ayşe").ticket.name == "Ayşe"
    assert isinstance(amend(in_state("closed"), Amendment(name="x"), LEAD, MONDAY, RULES), Refusal)


def test_a_unit_puts_its_own_tickets_right() -> None:
    ticket = moved(opened(), "assigned")
    assert isinstance(amend(ticket, Amendment(address="x"), FEN, MONDAY, RULES), Changed)
    assert isinstance(amend(ticket, Amendment(address="x"), ZABITA, MONDAY, RULES), Refusal)


def extended_by(ticket: Ticket, amount: int) -> Ticket:
    done = extend(ticket, amount, "kazı ruhsatı bekleniyor", LEAD, ticket.updated_at + HOUR, RULES)
    assert isinstance(done, Changed), done
    return done.ticket


def test_an_extension_counts_as_far_as_the_new_clock_allows_it() -> None:
    """A complaint of 2 March, extended by ten working days; a petition's 30 days end on 1 April whatever was given."""
    ticket = extended_by(opened(topic=None, kind="complaint", when=at("2026-03-02 10:00")), 10)
    assert ticket.clock.rule == "complaint"
    done = amended(ticket, kind="petition")
    found = RULES.deadline(done.ticket)
    assert found is not None
    assert (str(found.due), done.ticket.due_at) == ("2026-04-01", found.due_at)
    assert "Extension under the earlier clock, does not count: 10 working days (kazı ruhsatı bekleniyor)" in [
        step.en for step in found.steps
    ]
    assert "extension" not in [step.rule for step in found.steps]
    assert done.entry.detail == {"fields": ["kind"], "extension": {"given": 10, "counts": 0}}
    back = amended(done.ticket, kind="complaint")
    assert back.ticket.due_at == ticket.due_at, "it was given under this clock"
    assert back.entry.detail["extension"] == {"given": 0, "counts": 10}


def test_days_of_an_extension_are_no_minutes() -> None:
    ticket = extended_by(opened(topic="yol_cukuru"), 3)
    found = RULES.deadline(amended(ticket, topic="yol_cokmesi").ticket)
    assert found is not None
    assert found.due_at == ticket.opened_at + 180 * 60


def test_part_of_an_extension_counts_where_the_new_clock_allows_less() -> None:
    ticket = extended_by(opened(topic=None, kind="request"), 15)
    done = amended(ticket, kind="complaint")
    assert done.entry.detail["extension"] == {"given": 15, "counts": 10}
    found = RULES.deadline(done.ticket)
    assert found is not None
    told = [step.en for step in found.steps if step.rule in ("extension", "extension_void")]
    assert told == [
        "Extended by 10 working days (kazı ruhsatı bekleniyor)",
        "Extension under the earlier clock, does not count: 5 working days (kazı ruhsatı bekleniyor)",
    ]
    assert isinstance(extend(done.ticket, 1, "x", LEAD, done.ticket.updated_at, RULES), Refusal)


def test_wrong_amendments_are_refused() -> None:
    for wrong in ({"topic": "x"}, {"district": "x"}, {"kind": "x"}, {"contact": "x"}, {"lat": 99.0, "lon": 0.0}):
        assert isinstance(amend(opened(), Amendment(**wrong), AGENT, MONDAY, RULES), Refusal), wrong
    assert isinstance(amend(opened(), Amendment(fields={"gecis": "x"}), AGENT, MONDAY, RULES), Refusal)


def test_an_answer_that_the_topic_allows_no_more_is_no_fault_of_a_later_change() -> None:
    text = shipped_texts()["topics.toml"]
    assert '{ id = "hayir", ' in text
    rules = msgspec.structs.replace(
        RULES, town=town_with(topics_toml=text.replace('{ id = "hayir", ', '{ id = "yok", '))
    )
    old = opened(fields={"gecis": "hayir", "from_the_flow": "4"})
    resolved = moved(old, "assigned", "accepted", "resolved")

    def change(ticket: Ticket, **values: Any) -> Changed | Refusal:
        return amend(ticket, Amendment(**values), LEAD, ticket.updated_at + HOUR, rules)

    assert isinstance(no_calls(resolved, SYSTEM, resolved.updated_at, rules), Changed)
    for values in ({"caller": "+905325556677"}, {"text": "yeni"}, {"fields": {**old.fields, "from_the_flow": "5"}}):
        assert isinstance(change(old, **values), Changed), values
    assert isinstance(change(old, topic="yol_cukuru", fields=old.fields), Changed), "nothing of it is new"
    assert str(change(old, fields={"gecis": "belki"})).startswith("fields.gecis = belki: evet, yok are allowed")
    other = msgspec.structs.replace(old, topic="moloz")
    assert str(change(other, topic="yol_cukuru")).startswith("fields.gecis = hayir"), "another topic asks for it anew"


@pytest.mark.parametrize("contact", ["text", "none"])
def test_whoever_wants_no_calls_any_more_is_told_an_outcome_otherwise(contact: str) -> None:
    waits = moved(opened(), "assigned", "accepted", "resolved")
    unwanted = (CallsUnwanted(number=waits.number, outcome=1),)
    assert amended(waits, contact=contact).follows == unwanted
    assert amended(amended(waits, contact=contact).ticket, contact="call").follows == ()
    assert amended(opened(), contact=contact).follows == (), "there is nothing to tell yet"


def test_what_a_reload_took_away_is_no_fault_of_a_later_change() -> None:
    old = msgspec.structs.replace(opened(), topic="gone_topic", district="gone_mahalle")
    done = amended(old, text="yeni")
    assert (done.ticket.topic, done.ticket.district, done.ticket.text) == ("gone_topic", "gone_mahalle", "yeni")


def test_a_note_for_those_who_work_on_it() -> None:
    done = note(opened(), " arandı, açmadı ", AGENT, MONDAY + HOUR, RULES)
    assert isinstance(done, Changed)
    assert (done.entry.what, done.entry.note, done.ticket.version) == ("note", "arandı, açmadı", 2)
    assert isinstance(note(opened(), " ", AGENT, MONDAY, RULES), Refusal)
    assert isinstance(note(opened(), "a" * 4001, AGENT, MONDAY, RULES), Refusal)


def test_a_follow_up_names_the_ticket_it_follows() -> None:
    done = open_ticket("26-000009-9", NewTicket(service="request", follows="26-000001-9"), AGENT, MONDAY, RULES)
    assert isinstance(done, Changed)
    assert (done.ticket.follows, done.entry.detail) == ("26-000001-9", {"follows": "26-000001-9"})


def test_what_an_urgent_call_follows_up_is_said_after_its_ticket_was_opened() -> None:
    ticket = opened(service="funeral", service_class="urgent", kind="urgent", topic=None, district=None, caller="")
    done = amended(ticket, follows="26-000002-7")
    assert (done.ticket.follows, done.entry.detail) == ("26-000002-7", {"fields": ["follows"]})
    itself = amend(ticket, Amendment(follows=ticket.number), AGENT, MONDAY, RULES)
    assert isinstance(itself, Refusal)
    assert (itself.code, itself.key) == ("not_allowed", "follows")
