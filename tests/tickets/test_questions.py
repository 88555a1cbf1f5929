"""A question to the citizen reaches the number that they have, and is over once they have answered."""

import msgspec
import pytest

from tests.tickets.clock.dates import at
from tests.tickets.life import AGENT, HOUR, INBOX, RULES, in_state, moved, opened
from tickets.changes import Changed
from tickets.decisions import decide
from tickets.effects import OpenTask, TellCitizen
from tickets.opening import Amendment, amend
from tickets.refusals import Refusal
from tickets.scoring import extend, lapse
from tickets.states import TicketState
from tickets.ticket import Ticket

RIGHT = "+905321112244"
JUNE = at("2026-06-20 10:00")


def asked_again(ticket: Ticket, caller: str) -> list[str]:
    """The questions that are asked once the number is put right."""
    made = amend(ticket, Amendment(caller=caller), INBOX, ticket.updated_at + HOUR, RULES)
    assert isinstance(made, Changed)
    return [one.words for one in made.follows if isinstance(one, TellCitizen) and one.about == "question"]


def test_a_question_is_asked_again_at_the_right_number() -> None:
    waits = msgspec.structs.replace(in_state("waiting_citizen"), words="Hangi sokak?")
    assert asked_again(waits, RIGHT) == ["Hangi sokak?"]
    assert asked_again(waits, "") == ["Hangi sokak?"], "a person finds another way"
    assert asked_again(waits, "0532 111 22 33") == [], "the same number, typed in another way"
    assert asked_again(msgspec.structs.replace(waits, caller=""), RIGHT) == ["Hangi sokak?"]


@pytest.mark.parametrize("state", ["in_progress", "waiting_outside", "resolved", "told"])
def test_a_number_that_is_put_right_asks_nothing_of_one_who_has_answered(state: TicketState) -> None:
    assert asked_again(in_state(state), RIGHT) == []


def test_another_correction_asks_nothing() -> None:
    waits = in_state("waiting_citizen")
    made = amend(waits, Amendment(name="Ayşe"), AGENT, waits.updated_at + HOUR, RULES)
    assert isinstance(made, Changed)
    assert made.follows == ()


def test_whoever_is_asked_anew_has_their_whole_time_to_pay() -> None:
    """Nobody has told them of the fee before."""
    fee = moved(opened(kind="information", topic=None, channel="paper"), "assigned", "waiting_citizen", awaits="fee")
    assert isinstance(lapse(fee, at("2026-06-23 00:00"), RULES), Changed)
    made = amend(fee, Amendment(caller=RIGHT), INBOX, JUNE, RULES)
    assert isinstance(made, Changed)
    assert lapse(made.ticket, at("2026-06-23 00:00"), RULES) is None
    assert isinstance(lapse(made.ticket, at("2026-07-15 00:00"), RULES), Changed)
    paid = [moved(one, "in_progress").due_at for one in (msgspec.structs.replace(fee, updated_at=JUNE), made.ticket)]
    assert paid[0] == paid[1], "the clock stands all the while"
    same = amend(fee, Amendment(caller="0532 111 22 33"), INBOX, JUNE, RULES)
    assert isinstance(same, Changed)
    assert same.ticket.clock == fee.clock


def test_whoever_has_not_answered_and_is_waited_for_has_their_whole_time_again() -> None:
    waits = msgspec.structs.replace(in_state("waiting_citizen"), words="Hangi sokak?")
    late = at("2026-12-01 10:00")
    assert isinstance(lapse(waits, late, RULES), OpenTask)
    made = decide(waits, "not_answered", None, "haftaya bakacak", INBOX, late, RULES, telling=False)
    assert not isinstance(made, Refusal)
    (one,) = made
    assert (one.entry.what, one.entry.who, one.entry.note, one.entry.after) == (
        "wait_on", "inbox", "haftaya bakacak", "waiting_citizen",
    )  # fmt: skip
    assert lapse(one.ticket, late + HOUR, RULES) is None
    assert isinstance(lapse(one.ticket, at("2027-03-01 10:00"), RULES), OpenTask)
    answered = [moved(each, "in_progress") for each in (msgspec.structs.replace(waits, updated_at=late), one.ticket)]
    assert answered[0].due_at == answered[1].due_at, "the clock stands all the while"


# --- why it takes longer


def extended(ticket: Ticket, *reasons: str) -> Ticket:
    for reason in reasons:
        made = extend(ticket, 2, reason, INBOX, ticket.updated_at + HOUR, RULES)
        assert isinstance(made, Changed), made
        ticket = made.ticket
    return ticket


def told_again(ticket: Ticket, caller: str) -> list[tuple[str, str]]:
    """What is told again once the number is put right."""
    made = amend(ticket, Amendment(caller=caller), INBOX, ticket.updated_at + HOUR, RULES)
    assert isinstance(made, Changed)
    return [(one.about, one.words) for one in made.follows if isinstance(one, TellCitizen) and one.again]


def test_why_it_takes_longer_is_told_again_at_the_right_number_until_there_is_an_outcome() -> None:
    longer = extended(in_state("in_progress", topic="asfalt_talebi"), "Malzeme bekleniyor", "İhale açıldı")
    both = [("extension", "Malzeme bekleniyor"), ("extension", "İhale açıldı")]
    assert told_again(longer, RIGHT) == told_again(longer, "") == both
    assert told_again(longer, "0532 111 22 33") == [], "the same number, typed in another way"
    asks = moved(longer, "waiting_citizen", result="Hangi sokak?")
    assert told_again(asks, RIGHT) == [*both, ("question", "Hangi sokak?")]
    assert told_again(moved(longer, "resolved"), RIGHT) == []
