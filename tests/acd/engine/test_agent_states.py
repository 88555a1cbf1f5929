"""An agent's state follows their wishes, their phone and their calls."""

from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged
from acd.engine.model.facts import AgentStateChanged, WrapupEnded
from acd.engine.model.ids import AgentId
from tests.acd.engine.line import Line


def test_an_agent_on_a_private_call_or_without_a_phone_is_not_offered() -> None:
    line = Line("1001")
    line.wishes("1001", "ready")
    line.arrives("c1", "request")
    assert (line.offered, line.shown("1001")) == ({}, "unavailable")
    line.do(AgentChannelOpened(at=line.at, agent=AgentId("1001"), channel="PJSIP/1001-own"))
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="available"))
    assert (line.offered, line.shown("1001")) == ({}, "busy")
    line.do(AgentChannelClosed(at=line.at, agent=AgentId("1001"), channel="PJSIP/1001-own"))
    assert line.offered == {"1001": "c1"}


def test_pause_and_sign_out_during_a_call_take_effect_after_it() -> None:
    line = Line("1001", wrapup_s=5)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.wishes("1001", "paused", "break")
    assert line.shown("1001") == "talking"
    line.agent_hangs_up("c1")
    assert line.shown("1001") == "wrapup"
    line.passes(5)
    assert line.shown("1001") == "paused/break"
    line.wishes("1001", "offline")
    assert line.shown("1001") == "offline"
    states = [fact.state for fact in line.facts(AgentStateChanged)]
    assert states == ["unavailable", "ready", "ringing", "talking", "wrapup", "paused", "offline"][-len(states) :]


def test_ready_ends_after_call_work() -> None:
    line = Line("1001", wrapup_s=30)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.arrives("c2", "request")
    line.passes(4)
    line.wishes("1001", "ready")
    assert line.offered == {"1001": "c2"}
    assert [fact.wrapup_s for fact in line.facts(WrapupEnded)] == [4]
