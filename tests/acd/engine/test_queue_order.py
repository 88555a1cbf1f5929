"""The order of service: callers by class and arrival, agents by services and idle time."""

from tests.acd.engine.line import Line, profile


def test_twelve_routine_callers_wait_and_an_urgent_one_comes_last() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("busy", "request")
    line.answers("busy")
    for n in range(12):
        line.passes(1)
        line.arrives(f"r{n}", "request")
    line.arrives("urgent", "ambulance")
    line.agent_hangs_up("busy")
    assert line.offered == {"1001": "urgent"}


def test_first_come_first_served_inside_a_class_across_services() -> None:
    line = Line("1001", wrapup_s=0)
    for call, service in (("a", "request"), ("b", "agent"), ("c", "request"), ("u", "funeral"), ("v", "ambulance")):
        line.passes(1)
        line.arrives(call, service)
    line.ready("1001")
    order = []
    for _ in range(5):
        (call,) = line.offered.values()
        order.append(call)
        line.answers(call)
        line.agent_hangs_up(call)
    assert order == ["u", "v", "a", "b", "c"]


def test_the_longest_idle_agent_is_rung() -> None:
    line = Line("1001 1002 1003", wrapup_s=0)
    line.ready("1002", "1003", "1001")
    line.arrives("c1", "request")
    assert line.offered == {"1002": "c1"}
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.arrives("c2", "request")
    line.arrives("c3", "request")
    line.arrives("c4", "request")
    assert line.offered == {"1003": "c2", "1001": "c3", "1002": "c4"}


def test_an_agent_is_offered_only_the_services_they_take() -> None:
    line = Line((profile("1001", "funeral"), profile("1002", "request agent")), wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    assert line.offered == {"1002": "r1"}
    line.arrives("u1", "funeral")
    assert line.offered == {"1002": "r1", "1001": "u1"}


def test_an_agent_freed_by_a_caller_who_hung_up_takes_the_next_one() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.caller_gone("c1")
    assert line.offered == {"1001": "c2"}


def test_a_routine_caller_who_comes_back_does_not_take_the_agent_an_urgent_one_waits_for() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("r1", "request")
    line.arrives("u1", "funeral")
    line.attaches("r1")  # its Dial ended without a word
    assert line.offered == {"1001": "u1"}


def test_with_one_idle_agent_more_another_may_take_whom_they_were_held_back_from() -> None:
    line = Line((profile("1001", "request funeral"), profile("1002", "funeral")), reserve=1)
    line.ready("1001")
    line.arrives("c1", "request")
    assert line.offered == {}
    line.ready("1002")
    assert line.offered == {"1001": "c1"}
