"""An agent rings a citizen about a task: rings that begin too late, and lines that die."""

import pytest

from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import CallBack, CancelOffer
from acd.engine.model.events import CommandFailed, ConfigChanged, OfferAnswered, OfferRinging, SeenCall
from acd.engine.model.facts import CallbackMissed
from acd.engine.model.ids import AgentId, CallId, OfferId
from tests.acd.engine.calling_back import callee, restarted
from tests.acd.engine.line import SERVICES, Line
from tests.acd.engine.task_calls import LEG, REQUEST, T1, ready, refused, seen, wishes

# --- a phone that begins to ring when the call is over


def late(line: Line) -> None:
    """Asterisk rings the agent, who picks up, for a call that was given up: each time the phone is stopped, and the
    citizen is never rung."""
    stopped = [CancelOffer(call=CallId(T1), offer=OfferId(""), channel=LEG)]
    assert line.outcome(T1).outcome == "callback_cancelled"
    line.do(OfferRinging(at=line.at, call=CallId(T1), channel=LEG))
    assert line.commands == stopped
    line.do(OfferAnswered(at=line.at, call=CallId(T1), channel=LEG))
    assert line.commands == stopped
    wishes(line, "2")
    assert (refused(line), line.offered) == ([], {"1001": f"ast1-task.{REQUEST}.17.2"})


def test_a_ring_that_asterisk_begins_after_it_was_given_up_is_stopped() -> None:
    """Asterisk answered the order too late."""
    line = ready()
    wishes(line)
    line.do(CommandFailed(at=line.at, call=CallId(T1), command="call_back", error="no answer within 2 s"))
    late(line)


def test_a_ring_that_the_list_did_not_have_yet_is_stopped() -> None:
    """A reload asked Asterisk for its lists before the order."""
    line = ready()
    wishes(line)
    seen(line)
    late(line)


@pytest.mark.parametrize("goes", ["signed out", "phone gone"])
def test_a_ring_that_begins_when_its_agent_has_gone_is_stopped(goes: str) -> None:
    line = ready()
    wishes(line)
    if goes == "signed out":
        line.wishes("1001", "offline")
    else:
        line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable"))
    assert line.commands == [], "no name is known by which it could be stopped"
    line.ready("1001")
    late(line)


@pytest.mark.parametrize("talking", [False, True])
def test_a_ring_that_is_found_in_the_list_is_stopped(talking: bool) -> None:
    """A citizen who talks already is left to talk."""
    line = ready()
    wishes(line)
    line.do(CommandFailed(at=line.at, call=CallId(T1), command="call_back", error="no answer within 2 s"))
    seen(line, SeenCall(call=CallId(T1), channel="", leg=LEG, talking=talking, callback=True))
    assert line.commands == ([] if talking else [CancelOffer(call=CallId(T1), offer=OfferId(""), channel=LEG)])


def test_other_calls_that_are_over_are_left_alone() -> None:
    line = ready()
    line.do(OfferRinging(at=line.at, call=CallId("c1"), channel=LEG))
    assert line.commands == []


# --- deaths


def test_a_line_that_dies_before_the_phone_rings_never_rings_it() -> None:
    line = ready()
    wishes(line)
    restarted(line)
    seen(line)
    assert line.outcome(T1).outcome == "callback_cancelled"
    line.passes(600)
    assert [one for one in line.history if isinstance(one, CallBack)][1:] == []


def test_a_phone_that_rings_when_the_line_is_back_rings_on() -> None:
    line = ready()
    wishes(line)
    line.rings(T1)
    leg = line.leg(T1)
    restarted(line)
    seen(line, SeenCall(call=CallId(T1), channel="", leg=leg, talking=False, callback=True))
    line.answers(T1)
    callee(line, T1)
    assert line.talking == {"1001": T1}
    assert len([one for one in line.history if isinstance(one, CallBack)]) == 1


def test_a_citizen_of_whom_nothing_is_known_is_not_called_again() -> None:
    line = ready()
    wishes(line)
    line.answers(T1)
    restarted(line)
    seen(line)
    assert (line.outcome(T1).outcome, line.facts(CallbackMissed)[-1].status) == ("callback_failed", "")
    line.passes(600)
    assert line.offered == {}


def test_a_citizen_who_answered_meanwhile_is_talked_to() -> None:
    line = ready()
    wishes(line)
    line.answers(T1)
    leg = line.leg(T1)
    restarted(line)
    seen(line, SeenCall(call=CallId(T1), channel="", leg=leg, talking=True, callback=True))
    assert line.talking == {"1001": T1}


def test_a_reload_that_takes_the_agent_away_lets_the_call_end() -> None:
    line = ready()
    wishes(line)
    line.rings(T1)
    line.do(ConfigChanged(at=line.at, config=type(line.config)(services=SERVICES, callbacks=True)))
    line.returns(T1, "NOANSWER")
    assert line.outcome(T1).outcome == "callback_cancelled"
    assert line.engine.state.agents == {}
