"""Several services a queue, several queues an agent, and one after-call work however many there are."""

from collections import Counter

from acd.engine.machine import Engine
from acd.engine.model.config import Service
from acd.engine.model.events import ConfigChanged
from acd.engine.model.facts import CallAnswered, CallTakenOver, WrapupEnded
from acd.engine.model.ids import ServiceId
from tests.acd.engine.chance import Chance
from tests.acd.engine.line import Line, profile

SERVICES = tuple(Service(id=ServiceId(name)) for name in ("water", "roads", "parks", "agent"))


def test_callers_of_several_services_stand_in_one_line_for_those_who_take_them_all() -> None:
    line = Line((profile("1001"), profile("1002", "roads")), SERVICES, wrapup_s=0)
    for place, service in enumerate(("parks", "water", "roads", "parks", "agent")):
        line.arrives(f"c{place}", service)
        line.passes(1)
    line.ready("1001")
    order = []
    for _ in range(5):
        order.append(line.offered["1001"])
        line.answers(order[-1])
        line.agent_hangs_up(order[-1])
    assert order == ["c0", "c1", "c2", "c3", "c4"]


def test_an_agent_of_several_queues_has_the_first_of_all_of_them() -> None:
    line = Line((profile("1001", "water parks"),), SERVICES, wrapup_s=0)
    for place, service in enumerate(("roads", "parks", "water", "roads")):
        line.arrives(f"c{place}", service)
        line.passes(1)
    line.ready("1001")
    assert line.offered == {"1001": "c1"}
    line.answers("c1")
    line.agent_hangs_up("c1")
    assert line.offered == {"1001": "c2"}


def test_a_name_that_comes_again_stands_for_the_caller_of_now() -> None:
    line = Line("1001", SERVICES, wrapup_s=0)
    for call in ("c0", "c1", "c2"):
        line.arrives(call, "water")
    line.caller_gone("c1")
    line.arrives("c1", "water")
    line.arrives("c3", "water")
    line.caller_gone("c1")
    line.ready("1001")
    for call in ("c0", "c2", "c3"):
        assert line.offered == {"1001": call}
        line.answers(call)
        line.agent_hangs_up(call)
    assert line.offered == {}


def test_after_call_work_holds_for_all_queues_and_is_told_once() -> None:
    line = Line((profile("1001", "water roads parks"),), SERVICES, wrapup_s=10)
    line.ready("1001")
    line.arrives("c1", "water")
    line.answers("c1")
    line.agent_hangs_up("c1")
    for service in ("water", "roads", "parks"):
        line.arrives(service, service)
    line.passes(5)
    line.do(ConfigChanged(at=line.at, config=line.config))  # rules read anew do not cut it short
    line.passes(4.9)
    assert (line.offered, line.shown("1001")) == ({}, "wrapup")
    line.passes(0.1)
    assert line.offered == {"1001": "water"}
    assert [(fact.call, fact.wrapup_s) for fact in line.facts(WrapupEnded)] == [("c1", 10)]


def test_whatever_happens_no_call_has_more_than_one_after_call_work() -> None:
    for seed in range(4):
        chance, engine = Chance(seed, 2_000), Engine()  # so many that hardly any comes twice
        answered: Counter[str] = Counter()
        worked: Counter[str] = Counter()
        for event in chance.stream(6_000):
            out = engine.handle(event)
            chance.learn(list(out))
            answered.update(item.call for item in out if isinstance(item, CallAnswered | CallTakenOver))
            worked.update(item.call for item in out if isinstance(item, WrapupEnded))
        assert answered
        assert all(count <= answered[call] for call, count in worked.items())
