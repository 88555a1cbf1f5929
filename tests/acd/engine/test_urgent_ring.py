"""A shorter ring for urgent callers while another agent is idle."""

from typing import Any

import pytest

from acd.engine.model.commands import CallBack, OfferCall
from acd.engine.model.events import ConfigChanged
from acd.engine.model.facts import OfferMade
from acd.engine.model.ids import AgentId
from acd.engine.model.state import Mean
from acd.engine.rules.averages import pick_up_s
from tests.acd.engine.line import Line, profile
from tests.acd.explain.telling import texts


def shorter(agents: Any = "1001 1002", **rules: Any) -> Line:
    """A line on which a phone rings 20 s, and 6 s for an urgent caller whom another idle agent could take."""
    line = Line(agents, ring_s=20, max_misses=9, rules={"urgent_ring_s": 6.0}, **rules)
    line.ready(*(agent.id for agent in line.config.agents))
    return line


def rings_s(line: Line) -> list[float]:
    """For how long each phone was asked to ring, in order."""
    return [one.ring_s for one in line.history if isinstance(one, OfferCall | CallBack)]


def test_while_another_agent_is_idle_an_urgent_caller_is_not_kept_ringing() -> None:
    line = shorter()
    line.arrives("u1", "funeral")
    assert rings_s(line) == [6]
    line.passes(6)
    line.fails("u1", "NOANSWER")
    assert line.offered == {"1002": "u1"}
    assert rings_s(line) == [6, 20], "nobody else is idle who has not let the call pass"


def test_nothing_is_heard_of_the_short_ring() -> None:
    line = shorter(offer_grace_s=5)
    line.arrives("u1", "funeral")
    line.passes(10.9)
    assert line.offered == {"1001": "u1"}
    line.passes(0.2)
    assert line.offered == {"1002": "u1"}


@pytest.mark.parametrize(
    ("agents", "service"),
    [
        pytest.param("1001 1002", "request", id="a routine caller"),
        pytest.param("1001", "funeral", id="nobody else is there"),
        pytest.param((profile("1001"), profile("1002", "request")), "funeral", id="the other cannot take the call"),
    ],
)
def test_otherwise_the_phone_rings_as_ever(agents: Any, service: str) -> None:
    line = shorter(agents)
    line.arrives("c1", service)
    assert rings_s(line) == [20]
    assert [fact.rings_s for fact in line.history if isinstance(fact, OfferMade)] == [None]


def test_a_ring_of_a_second_is_short_too() -> None:
    line = Line("1001 1002", ring_s=20, rules={"urgent_ring_s": 1.0})
    line.ready("1001", "1002")
    line.arrives("u1", "funeral")
    assert rings_s(line) == [1]


@pytest.mark.parametrize("urgent_ring_s", [0.0, 20.0, 60.0])
def test_a_ring_that_is_not_shorter_than_usual_changes_nothing(urgent_ring_s: float) -> None:
    line = Line("1001 1002", ring_s=20, rules={"urgent_ring_s": urgent_ring_s})
    line.ready("1001", "1002")
    line.arrives("u1", "funeral")
    assert rings_s(line) == [20]


def test_an_agent_who_is_taken_from_a_routine_caller_rings_by_the_rule_too() -> None:
    """1002 comes in between the recall and the ring for the urgent caller."""
    line = shorter("1001", ring_recall=True)
    line.arrives("r1", "request")
    line.rings("r1")
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1"}
    line.passes(1)
    assert rings_s(line) == [20, 20], "it was decided when the agent was reserved: nobody else was idle"


def test_a_short_ring_that_nobody_picks_up_makes_no_agent_quick() -> None:
    """1001 picks up after 12 s; of a ring of 6 s one learns only that it takes longer."""
    line = shorter(wrapup_s=0)
    core, slow = line.engine.core, line.engine.state.agents[AgentId("1001")]
    line.wishes("1002", "paused")
    for n in range(20):
        line.arrives(f"r{n}", "request")
        line.passes(12)
        line.answers(f"r{n}")
        line.agent_hangs_up(f"r{n}")
        line.caller_gone(f"r{n}")
    assert pick_up_s(core, slow) == pytest.approx(12)
    for n in range(5):
        line.wishes("1002", "paused")
        line.wishes("1002", "ready")
        line.arrives(f"u{n}", "funeral")
        assert line.offered == {"1001": f"u{n}"}
        line.passes(6)
        line.fails(f"u{n}", "NOANSWER")
        line.caller_gone(f"u{n}")
    assert rings_s(line)[20::2] == [6] * 5
    assert pick_up_s(core, slow) == pytest.approx(12)


def test_a_short_ring_that_nobody_picks_up_makes_a_quick_agent_slower() -> None:
    line = shorter()
    line.arrives("u1", "funeral")
    line.passes(6)
    line.fails("u1", "NOANSWER")
    assert line.engine.state.agents[AgentId("1001")].pick_up == Mean(value=6.0, count=1)


def test_why_says_so() -> None:
    line = shorter()
    line.arrives("u1", "funeral")
    assert "· rings for 6.0 s at most: another agent is idle" in texts(line, "u1")
    assert "· en çok 6,0 sn çalıyor: başka bir görevli boşta" in texts(line, "u1", lang="tr")


def test_a_reload_changes_it_from_the_next_offer_on() -> None:
    line = shorter()
    other = Line("1001 1002", ring_s=20, rules={"urgent_ring_s": 9.0}).config
    line.do(ConfigChanged(at=line.at, config=other))
    line.arrives("u1", "funeral")
    assert rings_s(line) == [9]
