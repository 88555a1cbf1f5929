"""How many of the lower class are answered in time, against what is known of it otherwise."""

import cmath
import math

import pytest

from acd.simulate.overtaken import answered_within
from acd.simulate.theory import erlang_a, erlang_c, routine_level, service_level


def by_transform(urgent: float, routine: float, handle_s: float, agents: int, wait_s: float) -> float:
    """The same from its Laplace transform (Kella and Yechiali 1985: a busy period of the upper class for each of a
    geometric number of callers), inverted by the Euler sum of J. Abate and W. Whitt (1995)."""
    service = agents / handle_s
    rho = (urgent + routine) / service
    waiting = erlang_c(rho * agents, agents)

    def survival(s: complex) -> complex:
        b = urgent + service + s
        busy = (b - cmath.sqrt(b * b - 4 * urgent * service)) / (2 * urgent)
        return waiting * (1 - (1 - rho) * busy / (1 - rho * busy)) / s

    a, first, binomials = 18.4, 40, 12
    sums = [survival(complex(a, 0) / (2 * wait_s)).real / 2]
    for k in range(1, first + binomials + 1):
        sums.append(sums[-1] + (-1) ** k * survival(complex(a, 2 * k * math.pi) / (2 * wait_s)).real)
    mean: float = sum(math.comb(binomials, j) * sums[first + j] for j in range(binomials + 1)) / 2**binomials
    return 1 - math.exp(a / 2) / wait_s * mean


@pytest.mark.parametrize(
    ("agents", "occupancy", "share", "handle_s"),
    [(1, 0.6, 0.5, 30), (2, 0.97, 0.08, 165), (7, 0.746, 0.08, 165), (12, 0.85, 0.9, 60), (60, 0.98, 0.3, 300)],
)
@pytest.mark.parametrize("wait_s", [6, 15, 20, 90])
def test_it_is_the_transform_it_says(
    agents: int, occupancy: float, share: float, handle_s: float, wait_s: float
) -> None:
    rate = agents * occupancy / handle_s
    rates = rate * share, rate * (1 - share)
    known = by_transform(*rates, handle_s, agents, wait_s)
    assert routine_level(*rates, handle_s, agents, wait_s) == pytest.approx(known, abs=2e-6)


@pytest.mark.parametrize("wait_s", [0, 6, 20, 600])
def test_nobody_who_overtakes_is_first_come_first_served(wait_s: float) -> None:
    assert routine_level(0, 0.04, 165, 7, wait_s) == pytest.approx(service_level(0.04, 165, 7, wait_s))
    line = erlang_a(0.06, 165, 7, 90)
    assert line.overtaken_within(0, wait_s) == pytest.approx(line.within(wait_s))


def test_in_the_end_all_are_answered_or_gave_up() -> None:
    assert routine_level(0.01, 0.02, 165, 7, 5000) == pytest.approx(1, abs=1e-6)
    line = erlang_a(0.06, 165, 7, 90)
    # one who is overtaken all the time gives up more often than one who is not
    assert line.overtaken_within(0.02, 3000) < line.within(3000)  # type: ignore[operator]  # neither takes too long here


def test_what_takes_too_long_is_not_told() -> None:
    assert answered_within([1.0], 400.0, 500.0, 0.0, 600.0) is None
    assert routine_level(0.1, 0.1, 165, 7, 20) is None  # the line grows without end
