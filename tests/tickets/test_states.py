"""The table of moves: every state can be reached and left, and what the citizen must be told is asked for."""

from typing import get_args

from tickets.states import FINAL, MOVES, OPEN, OUTCOMES, RENAMED, ROLES, STATES, TicketState, ways_out


def reachable(start: TicketState) -> set[TicketState]:
    found: set[TicketState] = {start}
    while more := {after for before, after in MOVES if before in found} - found:
        found |= more
    return found


def test_every_state_is_explained_and_reached_from_new() -> None:
    assert set(STATES) == set(get_args(TicketState)) == reachable("new")


def test_every_state_belongs_to_one_part_of_life() -> None:
    assert sorted([*OPEN, *OUTCOMES, *FINAL, "told"]) == sorted(STATES)


def test_a_ticket_can_be_closed_from_every_state() -> None:
    for state in STATES:
        assert "closed" in reachable(state)


def test_an_outcome_is_told_before_it_is_closed() -> None:
    for state in OUTCOMES:
        assert set(ways_out(state)) == {"told", "assigned"}


def test_every_outcome_needs_words_for_the_citizen_and_not_ours_a_body_too() -> None:
    for (before, after), move in MOVES.items():
        if before == "told" and after in OUTCOMES:
            assert (move.name, move.needs) == ("tell_anew", ()), "it has them"
            continue
        if after in OUTCOMES or after == "waiting_citizen":
            assert "words" in move.needs
        assert ("responsible" in move.needs) == (after in ("not_ours", "waiting_outside"))


def test_only_a_person_reopens_and_then_a_unit_has_it() -> None:
    for (before, after), move in MOVES.items():
        if before not in OPEN and after not in ("told", "closed", *OUTCOMES):
            assert (after, move.name, move.needs) == ("assigned", "reopen", ("reason",))
            assert set(move.who) == {"lead", "inbox"}


def test_only_the_program_has_an_outcome_told_anew_that_nobody_heard() -> None:
    for (before, after), move in MOVES.items():
        if before not in OPEN and after in OUTCOMES:
            assert (before, move.name, move.who) == ("told", "tell_anew", ("system",))


def test_every_move_is_made_by_known_roles_and_admin_is_not_listed() -> None:
    for move in MOVES.values():
        assert move.who
        assert set(move.who) <= set(ROLES) - {"admin"}


def test_a_duplicate_can_follow_its_parent_to_every_outcome_from_every_open_state() -> None:
    for state in OPEN:
        for outcome in OUTCOMES:
            assert "parent" in MOVES[state, outcome].who


def test_old_names_are_gone() -> None:
    assert not set(RENAMED) & set(STATES)
    assert set(RENAMED.values()) <= set(STATES)
