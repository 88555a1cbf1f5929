"""Messages of callers for whom no agent is free: asked for while they wait, or left instead of being released."""

from typing import Any

import msgspec
import pytest

from acd.engine.machine import Engine
from acd.engine.model.commands import Announce, HoldCaller, OfferCall, ReleaseCall, TakeMessage
from acd.engine.model.config import EngineConfig, Schedule, Service
from acd.engine.model.config_checks import checked
from acd.engine.model.errors import BadConfig
from acd.engine.model.events import (
    CallAttached,
    CallbackCancelled,
    CallDetached,
    CallerFound,
    CallImported,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    HangupRequested,
    KeyPressed,
    LineStops,
    NodeLost,
    NodeReconciled,
    SeenCall,
)
from acd.engine.model.facts import CallReleased, CallStranded
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.message_events import MessageStep, MessageTalked
from acd.engine.model.message_facts import MessageOffered, MessageOver
from tests.acd.engine.handing_on import talking
from tests.acd.engine.line import Line

C1, AST1 = CallId("c1"), NodeId("ast1")
REQUEST, AGENT = ServiceId("request"), ServiceId("agent")
MESSAGES: dict[str, Any] = {"message_s": 60.0, "message_least_s": 2.0, "message_key": 3.0}
TAKE = TakeMessage(call=C1, prompts=("message_how",), most_s=60.0, least_s=2.0, language="tr")


def line_of(*services: Service, **rules: Any) -> Line:
    """A line with messages and one agent, who talks to c0; c1 waits."""
    default = Service(id=AGENT)
    given = services or (Service(id=ServiceId("funeral"), priority="urgent"), Service(id=REQUEST), default)
    line = Line("1001", given if default in given else (*given, default), wrapup_s=0, rules=MESSAGES, **rules)
    line.ready("1001")
    line.arrives("c0", "agent")
    line.answers("c0")
    line.arrives("c1", "request")
    return line


def presses(line: Line, key: str = "3", call: str = "c1") -> None:
    line.do(KeyPressed(at=line.at, call=CallId(call), key=key))


def talks(line: Line, step: MessageStep, spoken_s: float = 0.0) -> None:
    line.do(MessageTalked(at=line.at, call=C1, step=step, spoken_s=spoken_s))


def speaking(*services: Service, restarted_s: float = 0, **rules: Any) -> Line:
    """c1 has asked for it, and is recorded for five seconds now. `restarted_s`: a restart has cost them so many."""
    line = line_of(*services, **rules)
    if restarted_s:
        line.do(EngineStarted(at=line.at))
        line.passes(restarted_s)
        line.attaches("c1")
    line.passes(10)
    presses(line)
    line.passes(4)
    talks(line, "began")
    line.passes(5)
    return line


def reloads(line: Line, **rules: float) -> None:
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, rules=MESSAGES | rules)))


def hangs_up(line: Line) -> None:
    line.do(HangupRequested(at=line.at, call=C1, by="caller"))
    line.caller_gone("c1")


def results(line: Line) -> list[tuple[str, float]]:
    return [(fact.result, fact.spoken_s) for fact in line.facts(MessageOver)]


def told(line: Line) -> list[Any]:
    """The last step's commands to c1's session."""
    kinds = (Announce, HoldCaller, OfferCall, ReleaseCall, TakeMessage)
    return [one for one in line.commands if isinstance(one, kinds) and one.call == "c1"]


# --- asked for while waiting


def test_a_caller_who_asks_speaks_and_is_in_no_queue_meanwhile() -> None:
    line = line_of()
    line.passes(10)
    presses(line)
    assert told(line) == [TAKE]
    assert [fact.why for fact in line.facts(MessageOffered)] == ["asked"]
    line.agent_hangs_up("c0")
    assert line.offered == {}


def test_a_message_ends_the_call_with_an_outcome_of_its_own_and_its_wait_without_the_talk() -> None:
    line = speaking()
    talks(line, "kept", 4.25)
    assert told(line) == []
    talks(line, "said")
    assert told(line) == [ReleaseCall(call=C1, reason="message_left", announce="goodbye", language="tr")]
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.wait_s, end.hangup_by, results(line)) == ("message_left", 10, "system", [("left", 4.25)])


def test_a_stop_of_the_line_while_they_speak_has_hung_up() -> None:
    line = speaking()
    line.do(LineStops(at=line.at))
    line.caller_gone("c1")
    talks(line, "kept", 4.25)
    end = line.outcome("c1")
    assert (end.outcome, end.hangup_by) == ("message_left", "system")


def test_a_caller_who_was_sent_on_and_hangs_up_instead_of_speaking_has_left_none() -> None:
    line = talking("1001", rules=MESSAGES)
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    presses(line)
    assert [fact.why for fact in line.facts(MessageOffered)] == ["asked"]
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.lost_in_transfer, results(line)) == ("answered", True, [("none", 0.0)])


def test_whoever_says_nothing_waits_again_at_their_place() -> None:
    line = speaking()
    line.arrives("c2", "request")
    talks(line, "none")
    assert told(line) == [
        HoldCaller(call=C1, language="tr"),
        Announce(call=C1, prompts=("queue_all_busy",), language="tr"),
    ]
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c1"}
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, results(line)) == ("answered", [("none", 0)])


def test_an_agent_who_is_free_by_then_is_rung_and_nothing_is_said() -> None:
    line = speaking()
    line.agent_hangs_up("c0")
    talks(line, "none")
    assert line.offered == {"1001": "c1"}
    assert not [one for one in told(line) if isinstance(one, Announce)]


def test_a_full_disk_puts_the_caller_back_and_offers_a_callback() -> None:
    line = Line("1001", wrapup_s=0, rules=MESSAGES, callbacks=True, callback_key="2")
    line.ready("1001")
    line.arrives("c0", "agent")
    line.answers("c0")
    line.do(CallAttached(at=line.at, call=C1, node=AST1, channel="PJSIP/trunk-c1", callable="05320000001"))
    line.chooses("c1", "request")
    presses(line)
    talks(line, "failed")
    assert told(line)[-1] == Announce(call=C1, prompts=("callback_offer",), language="tr")
    assert results(line) == [("failed", 0)]
    presses(line, "2")
    assert told(line) == [ReleaseCall(call=C1, reason="callback", announce="callback_confirmed", language="tr")]


def test_a_caller_may_ask_again_after_a_message_that_was_none() -> None:
    line = speaking()
    talks(line, "none")
    presses(line)
    assert told(line) == [TAKE]


@pytest.mark.parametrize("service", ["funeral"])
def test_an_urgent_caller_leaves_no_message(service: str) -> None:
    line = line_of()
    line.arrives("c2", service)
    presses(line, call="c2")
    assert not line.facts(MessageOffered)


def test_without_the_setting_the_key_means_nothing() -> None:
    line = Line("1001", wrapup_s=0)
    line.arrives("c1", "request")
    presses(line)
    assert line.commands == []


def test_a_caller_who_is_rung_for_is_not_taken_from_the_agent() -> None:
    line = line_of()
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c1"}
    presses(line)
    assert line.offered == {"1001": "c1"}
    assert not line.facts(MessageOffered)


def test_it_is_offered_beside_the_callback_and_without_one() -> None:
    line = line_of(callbacks=True, callback_key="2", callback_offer_after_s=30)
    line.do(CallAttached(at=line.at, call=CallId("c2"), node=AST1, channel="PJSIP/trunk-c2", callable="05320000001"))
    line.chooses("c2", "request")
    line.passes(30)
    said = {one.call: one.prompts for one in line.out if isinstance(one, Announce)}
    assert said == {"c1": ("message_offer",), "c2": ("callback_offer", "message_offer")}


def test_a_key_is_one_wish_only() -> None:
    with pytest.raises(BadConfig, match="message_key = 2: is the callback_key already"):
        checked(
            EngineConfig(services=(Service(id=AGENT),), callback_key="2", rules={"message_s": 60.0, "message_key": 2.0})
        )


# --- instead of being released


def test_whoever_has_waited_as_long_as_the_service_allows_may_leave_one() -> None:
    line = line_of(Service(id=REQUEST, max_wait_s=60))
    line.passes(60)
    assert told(line) == [
        TakeMessage(
            call=C1,
            prompts=("queue_goodbye_timed_out", "message_instead", "message_how"),
            most_s=60.0,
            least_s=2.0,
            language="tr",
        )
    ]
    line.passes(10)
    talks(line, "none")
    assert told(line) == [ReleaseCall(call=C1, reason="timed_out", announce="goodbye", language="tr")]
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").wait_s) == ("timed_out", 70)


def test_whoever_could_not_be_recorded_then_waits_once_more_as_long() -> None:
    line = line_of(Service(id=REQUEST, max_wait_s=60))
    line.passes(60)
    talks(line, "failed")
    assert isinstance(told(line)[0], HoldCaller)
    line.passes(59)
    assert not line.facts(CallReleased)
    line.passes(1)
    assert told(line) == [ReleaseCall(call=C1, reason="timed_out", announce="queue_goodbye_timed_out", language="tr")]


def test_whoever_could_not_be_recorded_and_hangs_up_in_the_wait_after_it_has_abandoned_the_call() -> None:
    line = line_of(Service(id=REQUEST, max_wait_s=60))
    line.passes(60)
    talks(line, "failed")
    line.passes(10)
    hangs_up(line)
    assert (line.outcome("c1").outcome, line.outcome("c1").wait_s) == ("abandoned", 70)


def test_a_closed_service_takes_messages_of_callers_who_never_waited() -> None:
    closed = Service(id=REQUEST, hours="office")
    line = line_of(closed, schedules=(Schedule(id="office", open=((5000.0, 6000.0),), known_until=1e5),))
    assert told(line)[0].prompts == ("queue_goodbye_closed", "message_instead", "message_how")
    assert [fact.why for fact in line.facts(MessageOffered)] == ["closed"]
    talks(line, "began")
    line.passes(8)
    talks(line, "kept", 6.0)
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.wait_s, end.queued_at) == ("message_left", None, None)


def test_a_closed_service_releases_whoever_leaves_none() -> None:
    closed = Service(id=REQUEST, hours="office")
    line = line_of(closed, schedules=(Schedule(id="office", open=((5000.0, 6000.0),), known_until=1e5),))
    talks(line, "failed")
    assert told(line) == [ReleaseCall(call=C1, reason="closed", announce="goodbye", language="tr")]


def test_callers_whom_nobody_on_duty_can_serve_may_leave_one() -> None:
    line = line_of(Service(id=REQUEST, leave_empty="release"), empty_grace_s=5)
    line.wishes("1001", "offline")
    line.agent_hangs_up("c0")
    line.passes(5)
    assert [(fact.call, fact.why) for fact in line.facts(MessageOffered)] == [("c1", "no_agents")]


def test_none_is_asked_while_only_the_places_for_emergencies_are_left() -> None:
    line = line_of(Service(id=REQUEST, max_wait_s=60), most_calls=3, emergency_places=1)
    line.arrives("c2", "agent")
    line.passes(60)
    assert not line.facts(MessageOffered)
    assert isinstance(told(line)[0], ReleaseCall)


# --- hang-ups, deaths


def test_whoever_hangs_up_while_speaking_has_left_what_the_session_says() -> None:
    line = speaking()
    hangs_up(line)
    line.passes(0.3)
    assert C1 in line.engine.state.calls
    talks(line, "kept", 4.5)
    end = line.outcome("c1")
    assert (end.outcome, end.hangup_by, end.wait_s) == ("message_left", "caller", 10)
    assert end.ended_at == line.at - 0.3


def test_whoever_hangs_up_while_speaking_as_all_is_stopped_was_gone_when_they_were() -> None:
    line = speaking()
    hangs_up(line)
    gone_at = line.at
    line.passes(4)
    line.do(LineStops(at=line.at), NodeLost(at=line.at, node=AST1))
    assert line.outcome("c1").ended_at == gone_at


def test_whoever_hangs_up_and_had_said_nothing_has_abandoned_the_call() -> None:
    line = speaking()
    hangs_up(line)
    talks(line, "none")
    assert (line.outcome("c1").outcome, results(line)) == ("abandoned", [("none", 0)])
    assert not [one for one in line.history if isinstance(one, OfferCall) and one.call == "c1"]


def test_whoever_hangs_up_before_the_tone_has_abandoned_the_call_at_once() -> None:
    line = line_of()
    presses(line)
    hangs_up(line)
    assert line.outcome("c1").outcome == "abandoned"


@pytest.mark.parametrize(("seconds", "outcome"), [(5, "message_left"), (2, "message_left"), (1.5, "abandoned")])
def test_a_session_that_is_lost_leaves_the_time_to_judge(seconds: float, outcome: str) -> None:
    line = line_of()
    presses(line)
    talks(line, "began")
    line.passes(seconds)
    hangs_up(line)
    line.do(CallDetached(at=line.at, call=C1, lost=True))
    assert line.outcome("c1").outcome == outcome


def test_a_caller_whose_line_died_speaks_on_and_is_not_searched_for_before_the_recording_is_over() -> None:
    line = speaking()
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    assert min(due for timer, due in line.timers.items() if timer == "stranded:c1") == line.at + 1.5 + 55
    line.passes(20)
    line.do(CallAttached(at=line.at, call=C1, node=AST1, channel="PJSIP/trunk-c1"))
    assert told(line) == [TAKE]
    talks(line, "kept", 20.0)
    assert results(line) == [("left", 20.0)]


def test_a_message_that_was_kept_before_the_line_died_is_confirmed_and_not_asked_for_again() -> None:
    line = speaking()
    talks(line, "kept", 4.5)
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at), CallAttached(at=line.at, call=C1, node=AST1, channel="PJSIP/trunk-c1"))
    assert told(line) == [ReleaseCall(call=C1, reason="message_left", announce="message_kept", language="tr")]


def test_a_call_that_ended_while_the_line_was_away_has_its_outcome_by_time() -> None:
    line = speaking()
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at), NodeReconciled(at=line.at, node=AST1, calls=()))
    assert (line.outcome("c1").outcome, results(line)) == ("message_left", [("left", 0)])


def test_a_caller_whom_the_standby_had_while_they_spoke_waits_at_their_place() -> None:
    line = speaking()
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.arrives("c2", "request")
    came = CallImported(at=line.at, call=C1, node=AST1, arrived_at=line.at - 20, queued_at=line.at - 3)
    line.do(EngineStarted(at=line.at), came)
    assert [result for result, _ in results(line)] == ["none"]
    line.attaches("c1")
    line.agent_hangs_up("c0")
    line.passes(5)  # others may come back from the standby
    assert line.offered == {"1001": "c1"}


def test_a_command_without_a_session_leaves_the_caller_to_be_found() -> None:
    line = line_of()
    presses(line)
    line.do(CommandFailed(at=line.at, call=C1, command="take_message", error="no session"))
    line.passes(1.5)
    line.do(CallerFound(at=line.at, call=C1, node=AST1, place="nowhere", channel="PJSIP/trunk-c1"))
    assert [(fact.call, fact.phase) for fact in line.facts(CallStranded)] == [("c1", "message")]
    line.do(CallAttached(at=line.at, call=C1, node=AST1, channel="PJSIP/trunk-c1"))
    assert told(line) == [TAKE]


def test_a_caller_who_spoke_as_the_line_died_and_is_found_with_an_agent_talks_to_them() -> None:
    line = speaking()
    line.do(EngineStarted(at=line.at))
    found = SeenCall(call=C1, channel="PJSIP/trunk-c1", leg="PJSIP/1001-queue", talking=True)
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(found,), available=(AgentId("1001"),)))
    assert line.talking == {"1001": "c1"}


def test_words_about_a_message_that_is_none_change_nothing() -> None:
    line = line_of()
    for step in ("began", "kept", "said", "none", "failed"):
        talks(line, step)
    line.do(CallbackCancelled(at=line.at, call=C1))
    assert line.commands == []
    assert line.engine.state.calls[C1].phase == "waiting"


@pytest.mark.parametrize(("least_s", "seconds", "outcome"), [(30.0, 5, "message_left"), (0.5, 1.5, "abandoned")])
def test_a_message_is_judged_by_the_rules_by_which_it_was_asked_for(
    least_s: float, seconds: float, outcome: str
) -> None:
    line = line_of()
    presses(line)
    talks(line, "began")
    line.passes(seconds)
    reloads(line, message_least_s=least_s)
    hangs_up(line)
    line.do(CallDetached(at=line.at, call=C1, lost=True))
    assert line.outcome("c1").outcome == outcome


def test_a_caller_who_speaks_on_as_messages_are_switched_off_is_not_cut() -> None:
    line = speaking()
    reloads(line, message_s=0.0)
    line.do(CallDetached(at=line.at, call=C1, lost=True))
    assert line.timers["stranded:c1"] == line.at + 1.5 + 55
