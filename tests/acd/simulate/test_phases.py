"""Talk plus wrap-up against what is known of it otherwise. The simulator is its other witness (test_expect.py)."""

import pytest

from acd.simulate import theory
from acd.simulate.phases import MAX_AGENTS, talk_and_wrapup


def rates(calls_per_hour: float, urgent_share: float = 0.08) -> list[float]:
    return [calls_per_hour / 3600 * urgent_share, calls_per_hour / 3600 * (1 - urgent_share)]


@pytest.mark.parametrize(
    ("calls_per_hour", "talk_s", "wrapup_s"), [(20, 100, 50), (12, 30, 200), (30, 80, 0.5), (30, 60, 40)]
)
def test_one_agent_is_pollaczek_and_khinchine(calls_per_hour: float, talk_s: float, wrapup_s: float) -> None:
    """W = lambda E[S^2] / (2 (1 - rho)), and under priority W_k as Cobham gives it from that."""
    both = rates(calls_per_hour)
    rate, square = sum(both), 2 * (talk_s**2 + wrapup_s**2 + talk_s * wrapup_s)
    rho, first = rate * (talk_s + wrapup_s), rate * square / 2
    top, everyone = talk_and_wrapup(both, talk_s, wrapup_s, 1)
    assert everyone.waiting_share == pytest.approx(rho)
    assert everyone.mean_wait_s == pytest.approx(first / (1 - rho))
    assert top.mean_wait_s == pytest.approx(first / (1 - both[0] * (talk_s + wrapup_s)))


@pytest.mark.parametrize("agents", [2, 7, 20])
def test_no_wrapup_to_speak_of_is_erlang_c(agents: int) -> None:
    both = rates(agents * 0.85 * 3600 / 165)
    top, everyone = talk_and_wrapup(both, 164.99, 0.01, agents)
    assert everyone.mean_wait_s == pytest.approx(theory.mean_wait(sum(both), 165, agents), rel=1e-3)
    assert top.mean_wait_s == pytest.approx(theory.priority_waits(both, 165, agents)[0], rel=1e-3)


def test_within_is_a_distribution() -> None:
    top, everyone = talk_and_wrapup(rates(114), 140, 25, 7)
    for line in (top, everyone):
        assert line.within(0) == pytest.approx(1 - line.waiting_share)
        shares = [line.within(wait_s) for wait_s in (0, 6, 15, 20, 60)]
        assert shares == sorted(shares)
    assert everyone.within(2000) == pytest.approx(1, abs=1e-3)
    # the mean is the area above the distribution
    step = 4.0
    area = sum(step * (1 - top.within(step * (n + 0.5))) for n in range(60))
    assert area == pytest.approx(top.mean_wait_s, rel=0.01)


def test_patience_without_wrapup_to_speak_of_is_erlang_a() -> None:
    both = rates(221)
    got = talk_and_wrapup(both, 164.9, 0.1, 12, patience_s=120)
    for line, known in zip(got, theory.erlang_a_strict(both, 165, 12, 120), strict=True):
        assert line.mean_wait_s == pytest.approx(known.mean_wait_s, rel=2e-3)
        assert line.abandoned_share == pytest.approx(known.abandoned_share, rel=2e-3)


def test_patience_in_the_time_given() -> None:
    line = talk_and_wrapup(rates(221), 140, 25, 12, patience_s=120)[1]
    assert line.within(0) == pytest.approx(1 - line.waiting_share)
    assert line.within(600) == pytest.approx(1 - line.abandoned_share, abs=1e-4)


def test_the_published_line_of_twelve() -> None:
    """Simulated elsewhere: 1.09 s at 158 calls/h; 6.6 s and 84% within 15 s at 221."""
    quiet, busy = (talk_and_wrapup(rates(calls), 140, 25, 12)[0] for calls in (158, 221))
    assert quiet.mean_wait_s == pytest.approx(1.09, abs=0.06)
    assert busy.mean_wait_s == pytest.approx(6.6, abs=0.05)
    assert busy.within(15) == pytest.approx(0.84, abs=0.005)


def test_what_cannot_be_solved_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than the load"):
        talk_and_wrapup(rates(300), 140, 25, 7)
    with pytest.raises(ValueError, match="agents"):
        talk_and_wrapup(rates(300), 140, 25, MAX_AGENTS + 1)
