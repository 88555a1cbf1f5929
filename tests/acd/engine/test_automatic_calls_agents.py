"""The line itself tells a citizen an outcome: a citizen who wants an agent."""

from acd.engine.model.commands import Announce, HoldCaller, ReleaseCall
from acd.engine.model.config import Schedule, Service
from acd.engine.model.events import ConfigChanged, FlowFinished, KeyPressed, ServiceChosen
from acd.engine.model.facts import CallQueued, CallReclassed, OutcomeBegan, OutcomeCallOver
from acd.engine.model.ids import CallId, ServiceId
from tests.acd.engine.automatic_calls import gone, over, picked_up, ready_line, talked, told
from tests.acd.engine.calling_back import line_of, queued
from tests.acd.engine.line import SERVICES
from tests.acd.engine.test_outcome_calls import O1, WISH


def test_a_citizen_who_wants_an_agent_comes_before_all_who_called() -> None:
    line = line_of()
    line.ready("1001")
    queued(line, "c0")
    line.answers("c0")
    queued(line, "c1")
    line.passes(3600)
    picked_up(line)
    talked(line, "agent")
    assert line.commands == [HoldCaller(call=CallId(O1))]
    assert line.facts(CallReclassed)[-1] == CallReclassed(
        at=line.at, call=CallId(O1), service=ServiceId("request"), priority="routine"
    )
    assert (line.facts(CallQueued)[-1].call, line.facts(CallQueued)[-1].priority) == (O1, "routine")
    line.agent_hangs_up("c0")
    line.caller_gone("c0")
    assert line.offered == {"1001": O1}
    assert line.facts(OutcomeBegan) == []
    line.passes(3)
    line.answers(O1)
    assert line.facts(OutcomeBegan) == [OutcomeBegan(at=line.at, call=CallId(O1), wish=WISH)]
    line.passes(20)
    line.agent_hangs_up(O1)
    gone(line)
    assert line.facts(OutcomeCallOver) == [], "the agent says it"
    end = line.outcome(O1)
    assert (end.outcome, end.priority, end.agent, end.talk_s) == ("called_back", "routine", "1001", 20)


def test_an_agent_after_the_words_changes_nothing_of_what_was_told() -> None:
    line = told(ready_line())
    talked(line, "agent")
    line.answers(O1)
    line.agent_hangs_up(O1)
    gone(line)
    assert over(line) == ("told", None)
    assert len(line.facts(OutcomeBegan)) == 1


def test_one_who_hangs_up_waiting_for_an_agent_was_not_told() -> None:
    line = picked_up()
    talked(line, "agent")
    line.passes(10)
    gone(line)
    assert over(line) == ("not_there", None)
    end = line.outcome(O1)
    assert (end.outcome, end.wait_s) == ("called_back", 10)


def test_where_no_agent_can_be_had_the_citizen_is_told_so() -> None:
    services = (*SERVICES[:2], Service(id=ServiceId("request"), join_empty="release"), SERVICES[3])
    line = picked_up(line_of(services=services))
    talked(line, "agent")
    assert [one.announce for one in line.commands if isinstance(one, ReleaseCall)] == ["queue_goodbye_no_agents"]
    gone(line)
    assert over(line) == ("not_there", None)
    assert line.outcome(O1).outcome == "no_agents"
    assert (line.facts(CallQueued), line.facts(CallReclassed)) == ([], [])


def test_where_the_service_sends_its_callers_elsewhere_the_citizen_goes_there() -> None:
    closed = Service(id=ServiceId("request"), hours="office", closed="overflow", overflow_to=ServiceId("agent"))
    office = Schedule(id="office", open=((5000.0, 6000.0),), known_until=1e5)
    line = ready_line(services=(*SERVICES[:2], closed, SERVICES[3]), schedules=(office,))
    picked_up(line)
    talked(line, "agent")
    assert line.offered == {"1001": O1}
    assert line.engine.state.calls[CallId(O1)].service == "agent"


def test_where_the_service_is_closed_the_citizen_hears_what_it_says_then() -> None:
    closed = Service(id=ServiceId("request"), hours="office", closed_prompt="request_is_closed")
    office = Schedule(id="office", open=((5000.0, 6000.0),), known_until=1e5)
    line = ready_line(services=(*SERVICES[:2], closed, SERVICES[3]), schedules=(office,))
    picked_up(line)
    talked(line, "agent")
    assert [one.announce for one in line.commands if isinstance(one, ReleaseCall)] == ["request_is_closed"]


def test_one_who_holds_asks_for_no_callback() -> None:
    line = picked_up()
    talked(line, "agent")
    line.do(KeyPressed(at=line.at, call=CallId(O1), key="2"))
    (said,) = line.commands
    assert isinstance(said, Announce)
    assert said.prompts == ("callback_impossible",)


def test_an_urgent_service_makes_no_urgent_call() -> None:
    """Not at a reload either."""
    line = picked_up(service=SERVICES[0].id)
    talked(line, "agent")
    line.do(ConfigChanged(at=line.at, config=line.config))
    assert line.engine.state.calls[CallId(O1)].priority == "routine"


def test_no_flow_leads_the_citizen() -> None:
    line = picked_up()
    line.do(ServiceChosen(at=line.at, call=CallId(O1), service=ServiceId("agent")))
    line.do(FlowFinished(at=line.at, call=CallId(O1)))
    assert line.said == []
    assert not line.engine.state.calls[CallId(O1)].in_flow
