"""The line itself tells a citizen an outcome: rings them, asks for a key, says the words once, takes a score."""

from typing import Any

import pytest

from acd.engine.model.commands import Announce, CallBack, HoldCaller, ReleaseCall, RingCitizen, TellOutcome
from acd.engine.model.config import Schedule, Service
from acd.engine.model.events import (
    CallAttached,
    CallbackCancelled,
    CallDetached,
    CalleeAnswered,
    CalleeFailed,
    CallerGone,
    CommandFailed,
    ConfigChanged,
    FlowFinished,
    KeyPressed,
    NodeReconciled,
    SeenCall,
    ServiceChosen,
)
from acd.engine.model.facts import (
    CallQueued,
    CallReclassed,
    CallRejoined,
    CallReleased,
    OutcomeBegan,
    OutcomeCallOver,
    OutcomeCallRefused,
    OutcomeDialled,
    ServiceNamed,
)
from acd.engine.model.ids import CallId, ServiceId
from acd.engine.model.outcome_events import OutcomeTalked
from tests.acd.engine.calling_back import NODE, line_of, queued, restarted
from tests.acd.engine.line import SERVICES, Line
from tests.acd.engine.test_outcome_calls import O1, WISH, wishes

WORDS = ("outcome_resolved", "/words/1")
CHANNEL = "PJSIP/outgoing-1"


def rung(line: Line | None = None, **more: Any) -> Line:
    """A citizen's phone rings, by the line alone."""
    line = line or line_of()
    assert wishes(line, automatic=True, prompts=WORDS, **more) == O1
    return line


def attaches(line: Line) -> None:
    line.do(CallAttached(at=line.at, call=CallId(O1), node=NODE, channel=CHANNEL))


def picked_up(line: Line | None = None, **more: Any) -> Line:
    """The citizen has picked up, and is asked for a key."""
    line = rung(line, **more)
    line.passes(4)
    line.do(CalleeAnswered(at=line.at, call=CallId(O1), channel=CHANNEL))
    attaches(line)
    return line


def talked(line: Line, step: Any, score: int = 0) -> None:
    line.do(OutcomeTalked(at=line.at, call=CallId(O1), step=step, score=score))


def told(line: Line | None = None, **more: Any) -> Line:
    """The citizen has heard the words to their end."""
    line = picked_up(line, **more)
    talked(line, "hear")
    talked(line, "heard")
    return line


def gone(line: Line) -> None:
    """The citizen's channel ends."""
    line.do(CallDetached(at=line.at, call=CallId(O1)))
    line.do(CallerGone(at=line.at, call=CallId(O1), called_back=True))


def over(line: Line) -> tuple[str, int | None]:
    """What came of the call."""
    [fact] = line.facts(OutcomeCallOver)
    assert (fact.call, fact.wish) == (O1, WISH)
    assert O1 not in line.engine.state.calls
    return fact.result, fact.score


def part(name: Any, prompts: tuple[str, ...] = ()) -> TellOutcome:
    return TellOutcome(call=CallId(O1), wish=WISH, part=name, prompts=prompts)


def test_the_citizen_is_rung_at_once_and_no_agent() -> None:
    line = line_of()
    line.ready("1001")
    rung(line)
    assert line.commands == [RingCitizen(call=CallId(O1), node=NODE, number="05329998877", answer_s=30)]
    assert line.facts(OutcomeDialled) == [
        OutcomeDialled(at=line.at, call=CallId(O1), wish=WISH, service=ServiceId("request"))
    ]
    [named] = line.facts(ServiceNamed)
    assert (named.priority, named.opens_ticket) == ("outcome", False)
    assert line.timers == {f"telling:{O1}": line.at + 35}
    assert line.facts(OutcomeBegan) == []


def test_nothing_is_said_of_the_request_before_a_key() -> None:
    line = picked_up()
    assert line.commands == [part("ask")]
    assert line.timers == {}
    assert line.facts(OutcomeBegan) == []


def test_told_is_a_fact_before_the_words_are_said() -> None:
    line = picked_up()
    talked(line, "hear")
    assert line.said == ["OutcomeBegan", "TellOutcome"]
    assert line.facts(OutcomeBegan) == [OutcomeBegan(at=line.at, call=CallId(O1), wish=WISH)]
    assert line.commands == [part("words", WORDS)]


def test_a_score_a_remark_and_the_end() -> None:
    line = told()
    assert line.commands == [part("score")]
    talked(line, "scored", 2)
    assert line.commands == [part("remark")]
    talked(line, "over")
    assert line.commands == [
        ReleaseCall(call=CallId(O1), reason="flow_finished", announce="outcome_goodbye", language="tr")
    ]
    assert line.facts(CallReleased)[-1].outcome == "called_back"
    assert line.facts(OutcomeCallOver) == []
    gone(line)
    assert over(line) == ("told", 2)
    end = line.outcome(O1)
    assert (end.outcome, end.priority, end.callback, end.agent, end.wait_s) == (
        "called_back", "outcome", "outcome", None, None,
    )  # fmt: skip
    assert line.said.index("OutcomeCallOver") < line.said.index("CallEnded")


@pytest.mark.parametrize("score", [0, 6])
def test_a_score_that_there_is_not_is_ignored(score: int) -> None:
    line = told()
    talked(line, "scored", score)
    assert line.commands == []


@pytest.mark.parametrize("score", [1, 5])
def test_the_first_score_counts(score: int) -> None:
    line = told()
    talked(line, "scored", score)
    talked(line, "scored", 3)
    assert line.commands == []
    gone(line)
    assert over(line) == ("told", score)


def test_parts_out_of_their_order_do_nothing() -> None:
    line = picked_up()
    for step in ("heard", "scored", "over"):
        talked(line, step, 4)
        assert line.said == []
    talked(line, "hear")
    for step in ("hear", "over", "machine", "silence", "wrong_number", "no_calls"):
        talked(line, step)
        assert line.said == []
    assert len(line.facts(OutcomeBegan)) == 1


def test_a_part_of_a_citizen_who_has_not_picked_up_does_nothing() -> None:
    line = rung()
    talked(line, "hear")
    talked(line, "agent")
    assert line.said == []
    line.do(OutcomeTalked(at=line.at, call=CallId("c9"), step="hear"))
    assert line.said == []


def test_a_part_of_another_call_does_nothing() -> None:
    line = line_of()
    line.attaches("c1")
    line.do(OutcomeTalked(at=line.at, call=CallId("c1"), step="agent"))
    assert line.said == []


def test_where_only_the_outcome_could_be_said_no_score_is_asked_for() -> None:
    line = told(whole=False)
    (released,) = line.commands
    assert isinstance(released, ReleaseCall)
    assert released.announce == "outcome_goodbye"
    gone(line)
    assert over(line) == ("told_shortly", None)


@pytest.mark.parametrize(
    ("step", "result", "prompt"),
    [
        ("machine", "voicemail", ""),
        ("silence", "voicemail", ""),
        ("wrong_number", "wrong_number", "outcome_sorry"),
        ("no_calls", "no_calls", "outcome_no_calls"),
    ],
)
def test_who_is_not_the_citizen_hears_nothing(step: Any, result: str, prompt: str) -> None:
    line = picked_up()
    talked(line, step)
    assert [one.announce for one in line.commands if isinstance(one, ReleaseCall)] == [prompt]
    gone(line)
    assert over(line) == (result, None)
    assert line.facts(OutcomeBegan) == []


def test_words_that_cannot_be_said_are_a_person_s_task() -> None:
    line = picked_up()
    talked(line, "hear")
    talked(line, "unsaid")
    assert [one.announce for one in line.commands if isinstance(one, ReleaseCall)] == ["outcome_interrupted"]
    gone(line)
    assert over(line) == ("told_in_part", None)


def test_words_that_were_said_stay_said() -> None:
    line = told()
    talked(line, "unsaid")
    assert line.said == []


def test_one_who_hangs_up_before_a_key_was_not_told() -> None:
    line = picked_up()
    gone(line)
    assert over(line) == ("not_there", None)
    assert line.outcome(O1).outcome == "called_back"
    assert line.facts(OutcomeBegan) == []


def test_one_who_hangs_up_in_mid_words_was_told_in_part() -> None:
    line = picked_up()
    talked(line, "hear")
    gone(line)
    assert over(line) == ("told_in_part", None)


# --- not reached


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("NOANSWER", "no_answer"),
        ("CANCEL", "no_answer"),
        ("BUSY", "busy"),
        ("CONGESTION", "unreachable"),
        ("CHANUNAVAIL", "unreachable"),
    ],
)
def test_one_who_does_not_pick_up(status: Any, result: str) -> None:
    line = rung()
    line.do(CalleeFailed(at=line.at, call=CallId(O1), channel=CHANNEL, status=status))
    assert over(line) == (result, None)
    assert line.outcome(O1).outcome == "callback_failed"
    assert line.timers == {}
    line.do(CallerGone(at=line.at, call=CallId(O1), called_back=True))
    assert line.said == []


@pytest.mark.parametrize(("cause_code", "result"), [(17, "busy"), (0, "no_answer"), (19, "no_answer")])
def test_only_the_end_of_the_channel_is_told(cause_code: int, result: str) -> None:
    """By the channel log, after a time without an engine."""
    line = rung()
    line.do(CallerGone(at=line.at, call=CallId(O1), cause_code=cause_code, called_back=True))
    assert over(line) == (result, None)


def test_one_who_picked_up_and_came_to_nobody_was_failed_by_us() -> None:
    line = rung()
    line.do(CalleeAnswered(at=line.at, call=CallId(O1), channel=CHANNEL))
    line.do(CallerGone(at=line.at, call=CallId(O1), called_back=True))
    assert over(line) == ("failed", None)


def test_nothing_is_told_for_longer_than_a_phone_rings() -> None:
    line = rung()
    line.passes(34.9)
    assert line.facts(OutcomeCallOver) == []
    line.passes(0.1)
    assert over(line) == ("no_answer", None)


def test_asterisk_could_not_be_asked() -> None:
    line = rung()
    line.do(CommandFailed(at=line.at, call=CallId(O1), command="hold_caller", error="none"))
    assert line.facts(OutcomeCallOver) == []
    line.do(CommandFailed(at=line.at, call=CallId(O1), command="ring_citizen", error="none"))
    assert over(line) == ("failed", None)


def test_a_call_that_is_taken_back_while_it_rings() -> None:
    line = rung()
    line.do(CallbackCancelled(at=line.at, call=CallId(O1)))
    assert line.facts(OutcomeCallOver) == []
    assert line.outcome(O1).outcome == "callback_cancelled"
    attaches(line)
    assert line.commands == [ReleaseCall(call=CallId(O1), reason="not_ours")]


def test_a_call_that_is_taken_back_too_late_goes_on() -> None:
    line = picked_up()
    line.do(CallbackCancelled(at=line.at, call=CallId(O1)))
    assert line.said == []


def test_the_last_places_are_for_emergencies() -> None:
    line = line_of(most_calls=3, emergency_places=1)
    queued(line, "c1")
    rung(line)
    assert len(line.facts(OutcomeDialled)) == 1
    queued(line, "c2")
    wishes(line, "26-2.1.1", "05320000042", automatic=True)
    assert [fact.why for fact in line.facts(OutcomeCallRefused)] == ["full"]


def test_a_citizen_who_rings_takes_a_place_of_the_line() -> None:
    line = line_of(most_calls=3, emergency_places=1)
    rung(line)
    queued(line, "c1")
    wishes(line, "26-2.1.1", "05320000042", automatic=True)
    assert [fact.why for fact in line.facts(OutcomeCallRefused)] == ["full"]


# --- an agent


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


def ready_line(**rules: Any) -> Line:
    line = line_of(**rules)
    line.ready("1001")
    return line


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


# --- deaths


def back(line: Line) -> Line:
    """The engine died and runs again; the citizen's channel is still there, and comes back by the dialplan."""
    restarted(line)
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(SeenCall(call=CallId(O1), channel=CHANNEL, callback=True),)))
    attaches(line)
    return line


def test_a_death_before_the_words_asks_again_in_the_same_call() -> None:
    line = back(picked_up())
    assert line.commands == [part("ask")]
    assert len(line.facts(CallRejoined)) == 1
    talked(line, "hear")
    assert len(line.facts(OutcomeBegan)) == 1


def test_a_death_in_mid_words_says_nothing_twice() -> None:
    line = picked_up()
    talked(line, "hear")
    line = back(line)
    assert [one.announce for one in line.commands if isinstance(one, ReleaseCall)] == ["outcome_interrupted"]
    gone(line)
    assert over(line) == ("told_in_part", None)


def test_a_death_after_the_words_asks_for_the_score() -> None:
    line = back(told())
    assert line.commands == [part("score")]


def test_a_death_after_the_score_keeps_it() -> None:
    line = told()
    talked(line, "scored", 1)
    line = back(line)
    assert line.commands == [part("remark")]
    gone(line)
    assert over(line) == ("told", 1)


def test_a_death_while_it_rings_and_the_citizen_picks_up_later() -> None:
    line = rung()
    restarted(line)
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(SeenCall(call=CallId(O1), channel=CHANNEL, callback=True),)))
    assert line.timers == {f"telling:{O1}": 1035.0}
    attaches(line)
    assert line.commands == [part("ask")]


def test_a_death_while_it_rings_and_nothing_is_left() -> None:
    line = rung()
    restarted(line)
    line.do(NodeReconciled(at=line.at, node=NODE))
    assert over(line) == ("failed", None)


def test_a_death_and_the_channel_is_gone_meanwhile() -> None:
    line = picked_up()
    talked(line, "hear")
    restarted(line)
    line.do(NodeReconciled(at=line.at, node=NODE))
    assert over(line) == ("told_in_part", None)


def test_a_session_that_breaks_is_looked_for() -> None:
    line = picked_up()
    line.do(CallDetached(at=line.at, call=CallId(O1), lost=True))
    assert f"stranded:{O1}" in line.timers


def test_a_command_without_a_session() -> None:
    line = picked_up()
    line.do(CommandFailed(at=line.at, call=CallId(O1), command="tell_outcome", error="no session"))
    assert not line.engine.state.calls[CallId(O1)].attached


def test_an_agent_s_call_about_another_outcome_is_no_automatic_one() -> None:
    line = ready_line()
    wishes(line)
    assert [type(one) for one in line.commands] == [CallBack]
