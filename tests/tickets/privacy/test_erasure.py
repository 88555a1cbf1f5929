"""Taking a person out of a ticket: the figures stay."""

import msgspec
import pytest

from tests.tickets.life import AGENT, DAY, LEAD, MACHINE, RULES, in_state, made, opened
from tests.tickets.life import moved as walked
from tickets.changes import Changed
from tickets.clock.deadline import Extension
from tickets.privacy.erasure import PARTS, Part, erase, erase_entry, reference_digest
from tickets.refusals import Refusal
from tickets.scoring import score
from tickets.ticket import SYSTEM, Ticket

TEXT: tuple[Part, ...] = ("text",)
PERSON: tuple[Part, ...] = ("person",)
SECRETS = ("Ayşe Yılmaz", "+905321112233", "1234. Sokak", "komşum", "Ali", "teşekkürler", "sizinle konuştuk")


def closed() -> Ticket:
    ticket = opened(
        topic="cenaze",
        name="Ayşe Yılmaz",
        address="1234. Sokak 5",
        lat=41.035,
        lon=28.675,
        text="komşum vefat etti",
        call="ast1-1.1",
        fields={"vefat_eden": "Ali", "vefat_yeri": "ev"},
    )
    told = walked(walked(ticket, "assigned", "in_progress"), "resolved", "told", note="sizinle konuştuk")
    done = score(told, 5, SYSTEM, told.updated_at, RULES, remark="teşekkürler")
    assert isinstance(done, Changed)
    return made(done.ticket, "closed", LEAD).ticket


def erased(ticket: Ticket, *parts: Part) -> Changed:
    done = erase(ticket, SYSTEM, ticket.updated_at + 900 * DAY, RULES, "age", parts or ("person", "text"))
    assert isinstance(done, Changed), done
    return done


def test_no_word_of_the_person_is_left_and_every_figure_is() -> None:
    before = closed()
    done = erased(before)
    text = msgspec.json.encode(done).decode()
    assert not [secret for secret in SECRETS if secret in text]
    after = done.ticket
    kept = (
        *("number", "kind", "topic", "district", "unit", "opened_at", "resolved_at", "resolved_in_time", "told_at"),
        *("closed_at", "outcome", "outcomes", "score", "clock", "due_at", "channel", "language", "priority"),
    )
    for name in kept:
        assert getattr(after, name) == getattr(before, name), name
    assert (after.lat, after.lon, after.call) == (None, None, None)
    assert (done.entry.what, done.entry.note, done.entry.detail) == ("erase", "age", {"parts": ["person", "text"]})


def test_the_person_may_go_before_the_text() -> None:
    after = erased(closed(), "person").ticket
    assert (after.caller, after.name, after.address) == ("", "", "")
    assert (after.text, after.fields) == ("komşum vefat etti", {"vefat_yeri": "ev"}), (
        "personal answers go with the person"
    )
    gone = msgspec.structs.replace(closed(), topic="gone")
    assert erased(gone, "person").ticket.fields == {}, "nobody knows any more which answers were personal"


def test_why_it_took_longer_goes_with_the_text() -> None:
    clock = closed().clock
    extension = Extension(amount=3, reason="Ali Bey yurt dışında", at=clock.started_at)
    ticket = msgspec.structs.replace(closed(), clock=msgspec.structs.replace(clock, extensions=(extension,)))
    assert erased(ticket, "person").ticket.clock == ticket.clock
    (after,) = erased(ticket).ticket.clock.extensions
    assert (after.amount, after.reason) == (3, "")


def test_an_open_request_is_not_erased_and_not_by_everybody() -> None:
    for state in ("new", "resolved", "told"):
        done = erase(in_state(state), MACHINE, 9e9, RULES, "asked")
        assert isinstance(done, Refusal)
        assert "once it is closed" in done.allowed
    refusal = erase(closed(), AGENT, 9e9, RULES, "asked")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "not_your_role"


def test_the_history_keeps_who_did_what_and_when() -> None:
    told = in_state("told")
    done = score(told, 2, SYSTEM, told.updated_at, RULES, remark="teşekkürler")
    assert isinstance(done, Changed)
    entry = erase_entry(msgspec.structs.replace(done.entry, note="sizinle konuştuk", words="komşum"), TEXT)
    assert not [secret for secret in SECRETS if secret in msgspec.json.encode(entry).decode()]
    assert (entry.what, entry.at, entry.detail) == (
        "score",
        done.entry.at,
        {"score": 2, "outcome": 1, "unit": "fen_isleri"},
    )
    erasure = erased(closed()).entry
    assert erase_entry(erasure, ("person", "text")) == erasure


@pytest.mark.parametrize("part", sorted(PARTS))
def test_the_parts_name_fields_that_there_are(part: Part) -> None:
    assert set(PARTS[part]) <= {field.name for field in msgspec.structs.fields(Ticket)}


def test_another_systems_number_goes_with_the_person() -> None:
    ticket = msgspec.structs.replace(closed(), external_source="cimer", external_number="2405-123456")
    assert erased(ticket, "text").ticket.external_number == "2405-123456"
    after = erased(ticket, "person").ticket
    assert (after.external_source, after.external_number) == ("cimer", None)
    entry = erased(ticket).entry
    told = msgspec.structs.replace(
        entry, what="import", note="n", detail={"source": "cimer", "reference": "2405-123456"}
    )
    assert erase_entry(told, PERSON) == msgspec.structs.replace(told, detail={"source": "cimer"})
    assert erase_entry(told, TEXT) == msgspec.structs.replace(told, note="")


def test_a_digest_is_of_source_and_number_together() -> None:
    assert len({reference_digest(*one) for one in (("a", "bc"), ("ab", "c"), ("abc", ""), ("cimer", "bc"))}) == 4
