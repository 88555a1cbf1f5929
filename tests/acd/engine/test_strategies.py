"""Which of several idle agents is rung."""

from acd.engine.machine import Engine
from acd.engine.model.events import ConfigChanged
from tests.acd.engine.line import Line, profile
from tests.acd.explain.telling import texts


def served(line: Line, call: str) -> str:
    """The agent a new caller is offered to, who answers and hangs up at once."""
    line.arrives(call, "request")
    [(agent, _)] = line.offered.items()
    line.answers(call)
    line.agent_hangs_up(call)
    line.caller_gone(call)
    return agent


def test_longest_idle_goes_round() -> None:
    line = Line("1001 1002 1003", wrapup_s=0)
    line.ready("1002", "1003", "1001")
    assert [served(line, f"c{n}") for n in range(4)] == ["1002", "1003", "1001", "1002"]


def test_least_calls_rings_who_has_answered_fewest_since_signing_in() -> None:
    line = Line("1001 1002", wrapup_s=0, strategy="least_calls")
    line.ready("1001")
    assert [served(line, f"a{n}") for n in range(2)] == ["1001", "1001"]
    line.ready("1002")
    assert [served(line, f"b{n}") for n in range(3)] == ["1002", "1002", "1001"], "of equals the one idle longest"
    line.wishes("1002", "paused", "break")
    line.wishes("1002", "ready")
    assert served(line, "c1") == "1002", "a break is no new beginning"
    line.wishes("1001", "offline")
    line.wishes("1001", "ready")
    assert [served(line, f"d{n}") for n in range(3)] == ["1001"] * 3


def test_linear_rings_in_the_order_of_the_list() -> None:
    line = Line("1003 1001 1002", wrapup_s=0, strategy="linear")
    line.ready("1001", "1002", "1003")
    assert [served(line, f"c{n}") for n in range(3)] == ["1003", "1003", "1003"]
    line.arrives("x", "request")
    line.arrives("y", "request")
    assert line.offered == {"1003": "x", "1001": "y"}


def test_a_list_read_anew_counts_at_once_and_over_a_restart() -> None:
    line = Line("1001 1002", wrapup_s=0, strategy="linear")
    line.ready("1001", "1002")
    again = Line("1002 1001", wrapup_s=0, strategy="linear").config
    line.do(ConfigChanged(at=line.at, config=again))
    line.engine = Engine.restore(line.engine.snapshot())
    assert served(line, "c1") == "1002"


def test_a_strategy_chooses_among_those_who_can_take_the_call() -> None:
    agents = (profile("1001", "agent"), profile("1002", "request"), profile("1003"))
    line = Line(agents, wrapup_s=0, strategy="linear")
    line.ready("1003", "1002", "1001")
    line.arrives("c1", "request")
    line.fails("c1", "NOANSWER")
    assert line.offered == {"1003": "c1"}, "1002 let it pass"


def test_a_reserved_agent_is_the_last_by_the_strategy() -> None:
    line = Line("1001 1002", reserve=1, wrapup_s=0, strategy="linear")
    line.ready("1002", "1001")
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    assert line.offered == {"1001": "r1"}


def test_a_caller_who_comes_back_while_agents_are_held_back_goes_to_the_first_by_the_strategy() -> None:
    """The freed agent's own skill set is not looked at first: an agent of another one may come before."""
    agents = (profile("1001"), profile("1002", "funeral request"), profile("1003"))
    line = Line(agents, reserve=1, strategy="linear", max_misses=5)
    line.ready("1001", "1002", "1003")
    line.arrives("c1", "request")
    assert line.offered == {"1001": "c1"}
    line.fails("c1", "NOANSWER")
    assert line.offered == {"1002": "c1"}


def test_how_many_calls_the_agent_has_answered_is_told() -> None:
    line = Line("1001 1002", wrapup_s=0, strategy="least_calls")
    line.ready("1001")
    for n in range(3):
        served(line, f"a{n}")
    line.ready("1002")
    assert [served(line, f"b{n}") for n in range(4)] == ["1002", "1002", "1002", "1001"]
    assert "offered to 1001, who has answered fewest calls (3) of 2 free" in texts(line, "b3")


def rung(line: Line, agent: str, seconds: float, call: str, service: str = "request") -> None:
    """The agent, who is the only one ready, lets a caller's phone ring so long."""
    line.arrives(call, service)
    assert line.offered == {agent: call}
    line.passes(seconds)
    line.answers(call)
    line.agent_hangs_up(call)
    line.caller_gone(call)


def known(strategy: str = "longest_idle", agents: str = "1001 1002 1003", **rules: object) -> Line:
    """1001 takes 9 s to pick up, 1002 takes 2 s, 1003 takes 2.5 s; they are ready, 1001 since the longest time."""
    line = Line(agents, wrapup_s=0, ring_s=30, strategy=strategy, rules=rules)
    for agent, seconds in (("1001", 9), ("1002", 2), ("1003", 2.5)):
        line.ready(agent)
        for n in range(6):
            rung(line, agent, seconds, f"{agent}-{n}")
        line.wishes(agent, "paused", "break")
    line.ready("1001", "1003", "1002")
    return line


def test_quickest_rings_who_picks_up_soonest_and_takes_turns_within_a_second() -> None:
    line = known("quickest")
    assert [served(line, f"c{n}") for n in range(3)] == ["1003", "1002", "1002"], "1002 is now the quicker by a second"
    line = known("quickest")
    line.arrives("a", "request")
    line.arrives("b", "request")
    line.arrives("c", "request")
    assert line.offered == {"1003": "a", "1002": "b", "1001": "c"}


def test_quickest_takes_an_agent_of_whom_nothing_is_known_for_an_average_one() -> None:
    """1004 was never rung: before the slow one, and not before those who are known to be quick."""
    line = known("quickest", "1001 1002 1003 1004")
    line.ready("1004")
    for call in ("a", "b", "c", "d"):
        line.arrives(call, "request")
    assert line.offered == {"1003": "a", "1002": "b", "1004": "c", "1001": "d"}


def test_quickest_ranks_those_who_are_idle_the_same_after_a_restart() -> None:
    """1004 has been idle since the line's average was low; now it is higher than what 1001 is known for."""
    line = known("quickest", "1001 1002 1003 1004")
    line.wishes("1003", "paused")
    line.wishes("1002", "paused")
    line.ready("1004")
    line.wishes("1001", "paused")
    line.wishes("1001", "ready")
    line.engine.state.averages.ring.value = 60.0
    line.engine = Engine.restore(line.engine.snapshot())
    line.arrives("a", "request")
    assert line.offered == {"1004": "a"}
