"""Published values, and laws that hold for any parameters."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.simulate.theory import (
    accumulating_waits,
    erlang_a,
    erlang_a_strict,
    erlang_b,
    erlang_c,
    mean_of_class,
    mean_wait,
    one_agent_waits,
    priority_waits,
    reserve,
    service_level,
    top_class_tail,
)

RATE = 114 / 3600
URGENT, ROUTINE = 0.08 * RATE, 0.92 * RATE

agents_ = st.integers(1, 60)
shares = st.floats(0.01, 0.99)
handles = st.floats(1, 1000)


@st.composite
def lines(draw: st.DrawFn) -> tuple[float, float, float, int]:
    """Urgent and routine rate, handle time and agents of a line that is not overloaded."""
    agents, handle_s, occupancy, share = draw(agents_), draw(handles), draw(st.floats(0.05, 0.97)), draw(shares)
    rate = agents * occupancy / handle_s
    return rate * share, rate * (1 - share), handle_s, agents


# --- published values


def test_erlang_c_of_ten_erlangs() -> None:
    assert [round(erlang_c(10, agents), 5) for agents in (13, 14, 15)] == [0.28527, 0.17413, 0.10204]


def test_three_classes_of_stevenson() -> None:
    hour = 3600
    waits = priority_waits([2 / hour, 2 / hour, 1 / hour], hour, 6)
    # printed with three digits, the second and third from a rounded first
    assert [wait / hour for wait in waits] == pytest.approx([0.147, 0.441, 1.763], abs=1e-3)


def test_garnett_mandelbaum_reiman() -> None:
    line = erlang_a(48 / 60, 60, 50, 120)
    assert mean_wait(48 / 60, 60, 50) == pytest.approx(20.8, abs=0.05)
    assert line.mean_wait_s == pytest.approx(3.7, abs=0.05)
    assert line.abandoned_share == pytest.approx(0.031, abs=5e-4)


def test_the_line_at_114_calls_an_hour() -> None:
    assert mean_wait(RATE, 165, 7) == pytest.approx(35.4, abs=0.05)
    assert priority_waits([URGENT, ROUTINE], 165, 7) == pytest.approx([9.54, 37.6], abs=0.05)
    assert accumulating_waits([URGENT, ROUTINE], [5, 1], 165, 7) == pytest.approx([14.97, 37.1], abs=0.05)
    held = reserve(URGENT, ROUTINE, 165, 7, 1)
    assert held.urgent_wait_s == pytest.approx(0.98, abs=0.005)
    assert held.routine_wait_s == pytest.approx(136.5, abs=0.05)


# --- simple cases worked by hand


def test_one_agent() -> None:
    assert erlang_b(0.5, 1) == pytest.approx(1 / 3)
    assert erlang_c(0.5, 1) == pytest.approx(0.5)
    assert mean_wait(0.005, 100, 1) == pytest.approx(100)  # rho/(1-rho) times the handle time
    assert service_level(0.005, 100, 1, 0) == pytest.approx(0.5)


def test_overload_waits_for_ever_and_spares_the_class_above() -> None:
    assert mean_wait(0.02, 100, 1) == math.inf
    assert service_level(0.02, 100, 1, 1e9) == 0
    urgent, routine = priority_waits([0.005, 0.02], 100, 1)
    assert urgent == pytest.approx(200)  # always finds the agent busy: (100 s) / (1 - 0.5)
    assert routine == math.inf
    assert top_class_tail([0.005, 0.02], 100, 1, 0) == 1


@pytest.mark.parametrize(("rate", "handle_s", "agents"), [(-1, 1, 1), (1, 0, 1), (1, 1, 0), (math.inf, 1, 1)])
def test_impossible_lines_are_refused(rate: float, handle_s: float, agents: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        mean_wait(rate, handle_s, agents)


# --- laws


@given(lines())
def test_conservation(line: tuple[float, float, float, int]) -> None:
    """No order of service that looks at no handle times changes the work that waits: sum rho_k W_k stays."""
    urgent, routine, handle_s, agents = line
    fifo = mean_wait(urgent + routine, handle_s, agents) * (urgent + routine)
    for waits in (
        priority_waits([urgent, routine], handle_s, agents),
        accumulating_waits([urgent, routine], [7, 2], handle_s, agents),
    ):
        assert urgent * waits[0] + routine * waits[1] == pytest.approx(fifo, rel=1e-9)


@given(lines())
def test_accumulating_lies_between_fifo_and_strict(line: tuple[float, float, float, int]) -> None:
    urgent, routine, handle_s, agents = line
    rates, strict = [urgent, routine], priority_waits([urgent, routine], handle_s, agents)
    fifo = mean_wait(urgent + routine, handle_s, agents)
    assert accumulating_waits(rates, [1, 1], handle_s, agents) == pytest.approx([fifo, fifo])
    assert accumulating_waits(rates, [1e12, 1], handle_s, agents) == pytest.approx(strict)
    some, more = (accumulating_waits(rates, [weight, 1], handle_s, agents)[0] for weight in (2, 20))
    assert strict[0] <= more * (1 + 1e-9)
    assert more <= some * (1 + 1e-9) <= fifo * (1 + 1e-8)


@given(lines(), st.floats(0, 600))
def test_more_agents_never_hurt(line: tuple[float, float, float, int], wait_s: float) -> None:
    urgent, routine, handle_s, agents = line
    rate = urgent + routine
    assert mean_wait(rate, handle_s, agents + 1) <= mean_wait(rate, handle_s, agents)
    assert service_level(rate, handle_s, agents + 1, wait_s) >= service_level(rate, handle_s, agents, wait_s)


@given(lines())
def test_nobody_held_back_is_strict_priority(line: tuple[float, float, float, int]) -> None:
    urgent, routine, handle_s, agents = line
    held = reserve(urgent, routine, handle_s, agents, 0)
    assert [held.urgent_wait_s, held.routine_wait_s] == pytest.approx(
        priority_waits([urgent, routine], handle_s, agents), rel=1e-6
    )
    assert held.urgent_tail(20) == pytest.approx(top_class_tail([urgent, routine], handle_s, agents, 20), rel=1e-6)


@given(lines())
def test_holding_back_helps_urgent_and_costs_routine(line: tuple[float, float, float, int]) -> None:
    urgent, routine, handle_s, agents = line
    before = reserve(urgent, routine, handle_s, agents, 0)
    for held_back in range(1, min(agents, 4)):
        now = reserve(urgent, routine, handle_s, agents, held_back)
        assert now.urgent_wait_s <= before.urgent_wait_s * (1 + 1e-6)
        assert now.routine_wait_s >= before.routine_wait_s * (1 - 1e-6)
        before = now


def test_reserve_is_the_chain_it_says() -> None:
    """Against the two-dimensional chain itself, cut off where nothing is left and iterated until it stands still."""
    urgent, routine, handle_s, agents, held_back = 0.3, 0.8, 1.0, 3, 1
    m, width, depth = agents - held_back, 12, 40
    chance = {(i, j): 0.0 for i in range(width) for j in range(depth) if j == 0 or i >= m}
    chance[0, 0] = 1.0
    flows = []
    for i, j in chance:
        routine_to = (i + 1, j) if i < m else (i, j + 1)
        done = (i, j - 1) if i == m and j else (i - 1, j)
        rates = (((i + 1, j), urgent), (routine_to, routine), (done, min(i, agents) / handle_s))
        flows.append(((i, j), [(to, rate / 5) for to, rate in rates if to in chance and rate > 0]))
    for _ in range(4000):
        following = dict.fromkeys(chance, 0.0)
        for state, moves in flows:
            mass = chance[state]
            if mass > 1e-14:
                for to, share in moves:
                    following[to] += mass * share
                following[state] += mass * (1 - sum(share for _, share in moves))
        change = max(abs(following[state] - chance[state]) for state in chance)
        chance = following
        if change < 1e-10:
            break
    held = reserve(urgent, routine, handle_s, agents, held_back)
    assert held.urgent_wait_s == pytest.approx(
        sum(max(0, i - agents) * mass for (i, _), mass in chance.items()) / urgent, rel=1e-4
    )
    assert held.routine_wait_s == pytest.approx(sum(j * mass for (_, j), mass in chance.items()) / routine, rel=1e-4)


@given(lines(), st.floats(0.1, 20))
def test_patience(line: tuple[float, float, float, int], patience: float) -> None:
    urgent, routine, handle_s, agents = line
    patience_s = patience * handle_s
    one = erlang_a(urgent + routine, handle_s, agents, patience_s)
    assert one.mean_wait_s <= mean_wait(urgent + routine, handle_s, agents) * (1 + 1e-9)
    assert one.within(0) == pytest.approx(1 - one.waiting_share)
    assert one.within(1e9) == pytest.approx(1 - one.abandoned_share)
    assert one.within(10) <= one.within(20) + 1e-12
    # what is answered uses the agents; what is not was given up
    top, everyone = erlang_a_strict([urgent, routine], handle_s, agents, patience_s)
    assert everyone.mean_wait_s == pytest.approx(one.mean_wait_s)
    assert top.mean_wait_s <= one.mean_wait_s * (1 + 1e-9)
    waits = [top.mean_wait_s, everyone.mean_wait_s]
    routine_wait = mean_of_class([urgent, routine], waits, 1)
    assert urgent * waits[0] + routine * routine_wait == pytest.approx((urgent + routine) * waits[1])


@given(lines())
def test_endless_patience_is_erlang_c(line: tuple[float, float, float, int]) -> None:
    urgent, routine, handle_s, agents = line
    one = erlang_a(urgent + routine, handle_s, agents, handle_s * 1e7)
    assert one.mean_wait_s == pytest.approx(mean_wait(urgent + routine, handle_s, agents), rel=1e-3)
    assert one.within(20) == pytest.approx(service_level(urgent + routine, handle_s, agents, 20), abs=1e-4)


def test_patience_bears_any_overload() -> None:
    one = erlang_a(1.0, 100, 10, 60)  # ten times what the agents can do
    assert one.abandoned_share == pytest.approx(0.9, abs=1e-3)
    assert one.mean_wait_s == pytest.approx(54, rel=1e-3)


def test_within_where_many_agents_are_quick() -> None:
    """A line of thousands: next to nobody is answered within 15 s. Once told as 81%, since x^a underflowed."""
    line = erlang_a(74.4, 1, 60, 600)
    assert line.mean_wait_s > 100
    assert line.within(15) < 1e-6
    assert line.within(3000) == pytest.approx(1 - line.abandoned_share, rel=1e-6)


def test_one_agent_and_any_handle_time() -> None:
    """Exponential ones as Erlang C and Cobham have it for one agent; fixed ones wait half as long."""
    rates, weights = [0.002, 0.005], [4.0, 1.0]
    assert one_agent_waits(rates, 100, 2e4) == pytest.approx(priority_waits(rates, 100, 1))
    assert one_agent_waits(rates, 100, 2e4, weights) == pytest.approx(accumulating_waits(rates, weights, 100, 1))
    assert one_agent_waits([0.007], 100, 1e4) == pytest.approx([mean_wait(0.007, 100, 1) / 2])
    assert one_agent_waits([0.007, 0.006], 100, 1e4)[1] == math.inf
    assert one_agent_waits([0.007, 0.006], 100, 1e4, weights) == [math.inf] * 2
