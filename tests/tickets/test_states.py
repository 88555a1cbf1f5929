"""How a ticket moves."""

from typing import get_args

import pytest

from acd.engine.ids import ServiceId
from tickets.states import FINAL, MOVES, STATES, IllegalMove, TicketState, move
from tickets.ticket import Ticket, moved

TICKET = Ticket(number="26-000123-3", service=ServiceId("funeral"), klass="urgent", opened_at=1.0, updated_at=1.0)


def reachable(start: TicketState) -> set[TicketState]:
    found: set[TicketState] = {start}
    while more := {after for before, after in MOVES if before in found} - found:
        found |= more
    return found


def test_every_state_is_explained_and_reached_from_new() -> None:
    assert set(STATES) == set(get_args(TicketState)) == reachable("new")


def test_from_every_state_a_ticket_can_be_closed() -> None:
    for state in STATES:
        assert "closed" in reachable(state)


def test_what_comes_back_goes_to_a_unit() -> None:
    for (before, after), one in MOVES.items():
        if before in FINAL:
            assert (after, one.name, one.needs_note) == ("assigned", "reopen", True)


def test_nothing_is_done_or_refused_without_a_word_to_the_citizen() -> None:
    for (_, after), one in MOVES.items():
        if after in ("resolved", "rejected", "waiting"):
            assert one.needs_note


def test_a_wrong_move_names_the_right_ones() -> None:
    with pytest.raises(IllegalMove, match="from new to resolved; allowed: assigned, closed, in_progress, rejected"):
        move("new", "resolved")
    with pytest.raises(IllegalMove, match="needs a note"):
        move("new", "rejected", "  ")


def test_a_ticket_is_moved_and_keeps_the_rest() -> None:
    closed = moved(TICKET, "closed", 5.0)
    assert (closed.state, closed.opened_at, closed.updated_at, closed.closed_at) == ("closed", 1.0, 5.0, 5.0)
    again = moved(closed, "assigned", 6.0, "su yine akmıyor")
    assert (again.state, again.updated_at, again.closed_at) == ("assigned", 6.0, None)
    assert TICKET.state == "new"
