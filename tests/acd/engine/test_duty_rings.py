"""The duty ring: one wish, one ring, one end; never two people at one request, never two rings of one telephone."""

from typing import Any

import pytest

from acd.engine.machine import Engine
from acd.engine.model.commands import RingDuty
from acd.engine.model.duty_events import DutyKeyed, DutyPickedUp, DutyRingOver, DutyRingWished, DutyRingWithdrawn
from acd.engine.model.duty_facts import DutyHeard, DutyRingEnded, DutyRung
from acd.engine.model.events import EngineStarted, LineStops
from acd.engine.model.ids import NodeId
from tests.acd.engine.line import Line

REQUEST = "26-000123-3"
WISH = f"{REQUEST}.1"
RING_S = 60.0
GRACE_S = 5.0
WORDS_S = 60.0
KNOWN_S = 86_400.0
NODE = NodeId("ast1")


def wishes(line: Line, wish: str = WISH, digits: str = "7101", **fields: Any) -> None:
    given: dict[str, Any] = {
        "request": wish.rpartition(".")[0],
        "number": "7101",
        "prompts": ("duty_funeral",),
        "ring_s": RING_S,
        "not_after": line.at + 150,
        **fields,
    }
    line.do(DutyRingWished(at=line.at, wish=wish, node=NODE, callable=digits, **given))


def picks_up(line: Line, wish: str = WISH) -> None:
    line.do(DutyPickedUp(at=line.at, wish=wish))


def presses(line: Line, accepts: bool, wish: str = WISH) -> None:
    line.do(DutyKeyed(at=line.at, wish=wish, accepts=accepts))


def ends(line: Line) -> list[tuple[str, str]]:
    return [(fact.wish, fact.result) for fact in line.facts(DutyRingEnded)]


@pytest.fixture
def line() -> Line:
    return Line("1001")


def test_the_person_is_rung(line: Line) -> None:
    wishes(line)
    assert line.facts(DutyRung) == [DutyRung(at=line.at, wish=WISH, request=REQUEST)]
    assert line.commands == [RingDuty(wish=WISH, node=NODE, number="7101", ring_s=RING_S)]
    assert line.timers == {f"duty:{WISH}": line.at + RING_S + GRACE_S}
    ring = line.engine.state.duty_rings[WISH]
    assert (ring.prompts, ring.picked_up, ring.last) == (("duty_funeral",), False, False)


@pytest.mark.parametrize(("accepts", "result"), [(True, "accepted"), (False, "declined")])
def test_a_key_is_the_end(line: Line, accepts: bool, result: str) -> None:
    wishes(line)
    picks_up(line)
    assert line.out[0] == DutyHeard(at=line.at, wish=WISH, request=REQUEST)
    presses(line, accepts)
    assert line.out[-1] == DutyRingEnded(at=line.at, wish=WISH, request=REQUEST, result=result)  # type: ignore[arg-type]  # one of the results
    assert (line.engine.state.duty_rings, line.timers) == ({}, {})
    presses(line, True)
    assert line.out == [], "once"


@pytest.mark.parametrize("result", ["no_answer", "busy", "unreachable", "failed"])
def test_a_ring_without_an_answer_is_over_once(line: Line, result: Any) -> None:
    wishes(line, last=True)
    over = DutyRingOver(at=line.at, wish=WISH, result=result)
    line.do(over)
    assert line.out[-1] == DutyRingEnded(at=line.at, wish=WISH, request=REQUEST, result=result, last=True)
    line.do(over)
    assert line.out == []


def test_a_ring_of_which_nothing_is_heard_ends_by_itself(line: Line) -> None:
    wishes(line)
    line.passes(RING_S + GRACE_S - 1)
    assert ends(line) == []
    line.passes(1)
    assert ends(line) == [(WISH, "no_answer")]


def test_a_person_who_hears_the_request_has_their_time_from_then(line: Line) -> None:
    wishes(line)
    line.passes(RING_S)
    picks_up(line)
    line.passes(WORDS_S - 1)
    assert ends(line) == []
    picks_up(line)
    assert line.out == [], "who comes back after a line that died has the time that is left"
    line.passes(1)
    assert ends(line) == [(WISH, "no_answer")]
    presses(line, True)
    picks_up(line)
    assert ends(line) == [(WISH, "no_answer")]
    assert line.out == []


def test_a_key_that_comes_as_the_time_is_over_does_not_count(line: Line) -> None:
    wishes(line)
    line.at += RING_S + GRACE_S  # the timer is late
    picks_up(line)
    presses(line, True)
    assert line.out == []
    line.passes(0)
    assert ends(line) == [(WISH, "no_answer")]


def test_a_key_in_the_last_moment_counts(line: Line) -> None:
    wishes(line)
    line.at += RING_S + GRACE_S - 0.001
    presses(line, True)
    assert ends(line) == [(WISH, "accepted")]


def test_a_wish_that_is_said_again_is_the_same(line: Line) -> None:
    wishes(line)
    wishes(line)
    assert line.out == []
    presses(line, False)
    wishes(line)
    assert line.out == [], "after its end too"
    line.passes(KNOWN_S - 1)
    wishes(line, not_after=line.at + 1)
    assert line.out == []


def test_names_are_forgotten_after_a_day(line: Line) -> None:
    wishes(line, not_after=0.0)
    line.passes(KNOWN_S - 1)
    wishes(line, f"{REQUEST}.2", not_after=0.0)
    assert set(line.engine.state.duty_wishes) == {WISH, f"{REQUEST}.2"}
    line.passes(1)
    wishes(line, f"{REQUEST}.3", not_after=0.0)
    assert set(line.engine.state.duty_wishes) == {f"{REQUEST}.2", f"{REQUEST}.3"}


def test_a_request_has_one_ring_at_a_time(line: Line) -> None:
    """The next person is rung: the one before can accept no more."""
    wishes(line)
    picks_up(line)
    second = f"{REQUEST}.2"
    wishes(line, second, "7102")
    assert ends(line) == [(WISH, "withdrawn")]
    presses(line, True)
    assert line.out == []
    presses(line, True, second)
    assert ends(line)[1:] == [(second, "accepted")]


def test_another_request_is_rung_for_at_the_same_time_but_not_at_one_telephone(line: Line) -> None:
    wishes(line)
    wishes(line, "26-000124-1.1", "7102")
    wishes(line, "26-000125-9.1", "7101")
    assert ends(line) == [("26-000125-9.1", "busy")]
    assert set(line.engine.state.duty_rings) == {WISH, "26-000124-1.1"}


def test_a_request_that_somebody_accepted_rings_no_more(line: Line) -> None:
    wishes(line)
    wishes(line, "26-000124-1.1", "7102")
    line.do(DutyRingWithdrawn(at=line.at, request=REQUEST))
    assert ends(line) == [(WISH, "withdrawn")]
    line.do(DutyRingWithdrawn(at=line.at, request=REQUEST))
    assert line.out == []
    assert set(line.timers) == {"duty:26-000124-1.1"}


@pytest.mark.parametrize(
    ("why", "digits", "late_s"), [("unreachable", "", -1.0), ("failed", "7101", 0.0), ("failed", "7101", 9.0)]
)
def test_a_wish_that_cannot_be_met_comes_to_nothing(line: Line, why: Any, digits: str, late_s: float) -> None:
    wishes(line, digits=digits, not_after=line.at - late_s, last=True)
    assert line.out == [DutyRingEnded(at=line.at, wish=WISH, request=REQUEST, result=why, last=True)]
    assert (line.engine.state.duty_rings, line.timers) == ({}, {})


def test_nobody_is_rung_while_the_system_stops(line: Line) -> None:
    line.do(LineStops(at=line.at))
    wishes(line)
    assert ends(line) == [(WISH, "failed")]


def test_a_new_process_keeps_the_ring_and_its_end(line: Line) -> None:
    """Nobody is rung a second time for it: Asterisk rings on, and the dialplan brings who picks up to the new line."""
    wishes(line)
    due = dict(line.timers)
    line.engine, line.timers = Engine.restore(line.engine.snapshot()), {}
    line.at += 3
    line.do(EngineStarted(at=line.at))
    assert line.timers == due
    wishes(line)
    assert line.commands == []
    picks_up(line)
    presses(line, True)
    assert ends(line) == [(WISH, "accepted")]


def test_rings_of_several_requests_start_again_in_one_order(line: Line) -> None:
    for number in (3, 1, 2):
        wishes(line, f"26-00000{number}-0.1", f"710{number}")
    line.engine, line.timers = Engine.restore(line.engine.snapshot()), {}
    line.do(EngineStarted(at=line.at))
    assert list(line.timers) == [f"duty:26-00000{number}-0.1" for number in (1, 2, 3)]


def test_words_about_a_ring_that_nobody_knows_change_nothing(line: Line) -> None:
    picks_up(line)
    presses(line, True)
    line.do(DutyRingOver(at=line.at, wish=WISH, result="busy"))
    assert line.out == []
