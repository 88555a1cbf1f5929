"""A question to the citizen reaches the number that they have, and is over once they have answered."""

import msgspec
import pytest

from tests.tickets.life import AGENT, HOUR, INBOX, RULES, in_state
from tickets.changes import Changed
from tickets.effects import TellCitizen
from tickets.opening import Amendment, amend
from tickets.states import TicketState
from tickets.ticket import Ticket

RIGHT = "+905321112244"


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
