"""A reload takes an agent or a service away: their talks and callers stay."""

from acd.engine.model.events import ConfigChanged
from tests.acd.engine.line import SERVICES, Line, profile


def test_an_agent_taken_off_the_list_finishes_the_call_first() -> None:
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.config = line.config.__class__(services=SERVICES, agents=(profile("1002"),), wrapup_s=0)
    line.do(ConfigChanged(at=line.at, config=line.config))
    assert line.talking == {"1001": "c1"}
    line.agent_hangs_up("c1")
    assert list(line.engine.state.agents) == ["1002"]


def test_callers_of_a_service_that_is_gone_wait_in_the_default_one() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    line.do(ConfigChanged(at=line.at, config=line.config.__class__(services=SERVICES[-1:], agents=line.config.agents)))
    line.ready("1001")
    assert line.offered == {"1001": "c1"}
