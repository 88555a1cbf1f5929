"""What the standby tells of calls that are over: when they ended, who talked to whom how long, and each once."""

import pytest

from acd.engine.model.commands import ReleaseCall
from acd.engine.model.config import Service
from acd.engine.model.events import CallDetached, CallerGone, CallHeld, EngineStarted, NodeReconciled, Transferred
from acd.engine.model.facts import CallAnswered, CallEntered, CallQueued, TalkEnded
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from tests.acd.engine.line import Line
from tests.acd.engine.test_imported import told

C1, C2, AST1 = CallId("c1"), CallId("c2"), NodeId("ast1")


def in_a_talk(line: Line) -> None:
    """1001 talks to c1, who came ten seconds before."""
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(10)
    line.answers("c1")


# --- who was answered in Asterisk's queue


def test_the_talk_is_told_as_any_other() -> None:
    line = Line()
    line.do(told(line, answered_at=line.at - 12, agent=AgentId("1001"), ended_at=line.at - 5, hangup_by="agent"))
    (answered,) = line.facts(CallAnswered)
    assert (answered.offer, answered.ring_s, answered.wait_s) == ("c1#1", 0, 8), "it rang as part of the wait"
    (talk,) = line.facts(TalkEnded)
    assert (talk.number, talk.how, talk.began_at, talk.at) == (1, "answered", line.at - 12, line.at - 5)
    assert (talk.talk_s, talk.hold_s) == (7, 0)
    assert not line.outcome("c1").lost_in_transfer


@pytest.mark.parametrize(
    ("answered", "ended", "counts"),
    [
        (-25.0, -22.0, (-20.0, -20.0)),  # both before they were in the queue
        (-10.0, -12.0, (-10.0, -10.0)),
        (-10.0, 4.0, (-10.0, 0.0)),
        (3.0, 4.0, (0.0, 0.0)),
    ],
)
def test_whatever_a_clock_says_the_queue_comes_first_then_the_answer_then_the_end_then_now(
    answered: float, ended: float, counts: tuple[float, float]
) -> None:
    line = Line()
    line.do(told(line, answered_at=line.at + answered, agent=AgentId("1001"), ended_at=line.at + ended))
    end, begun, over = line.outcome("c1"), line.at + counts[0], line.at + counts[1]
    assert (end.answered_at, end.ended_at, end.talk_s) == (begun, over, over - begun)
    assert [(talk.began_at, talk.at) for talk in line.facts(TalkEnded)] == [(begun, over)]


def test_one_who_gave_up_did_so_after_they_came_and_before_now() -> None:
    for ended, counts in ((-25.0, -20.0), (4.0, 0.0)):
        line = Line()
        line.do(told(line, ended_at=line.at + ended, hangup_by="caller"))
        assert (line.outcome("c1").ended_at, line.outcome("c1").wait_s) == (line.at + counts, counts + 20)


def test_an_agent_who_is_named_without_the_time_of_an_answer_has_not_answered() -> None:
    line = Line()
    line.do(told(line, agent=AgentId("1001"), ended_at=line.at - 2, hangup_by="caller"))
    assert (line.outcome("c1").outcome, line.outcome("c1").agent) == ("abandoned", None)


def test_who_is_over_is_in_no_queue_and_needs_no_timer() -> None:
    line = Line("1001", (Service(id=ServiceId("agent"), max_wait_s=60),))
    line.ready("1001")
    line.do(told(line, urgent=True, ended_at=line.at - 2))
    assert [queued.ewt_s for queued in line.facts(CallQueued)] == [None]
    assert (line.timers, line.engine.state.urgent_rate) == ({}, 0), "nor is an urgent one any load now"


# --- who was with us before


def test_a_talk_of_ours_that_ended_while_we_were_away_lasted_until_then_and_no_longer() -> None:
    line = Line("1001", wrapup_s=30)
    in_a_talk(line)
    line.passes(20)
    line.do(CallHeld(at=line.at, call=C1))
    line.passes(600)
    line.do(EngineStarted(at=line.at))
    line.do(told(line, ended_at=line.at - 590, hangup_by="caller"))
    (talk,) = line.facts(TalkEnded)
    assert (talk.at, talk.talk_s, talk.hold_s) == (line.at - 590, 30, 10)
    end = line.outcome("c1")
    assert (end.ended_at, end.talk_s, end.hold_s, end.hangup_by) == (line.at - 590, 30, 10, "caller")
    assert not any(isinstance(one, ReleaseCall) for one in line.out), "there is no channel to let go"
    assert line.shown("1001") == "wrapup"


def test_a_hold_told_of_after_the_end_took_no_time() -> None:
    line = Line("1001")
    in_a_talk(line)
    line.passes(20)
    line.do(CallHeld(at=line.at, call=C1))
    line.do(EngineStarted(at=line.at))
    line.do(told(line, ended_at=line.at - 5, hangup_by="caller"))
    assert (line.outcome("c1").talk_s, line.outcome("c1").hold_s) == (15, 0)


def test_such_a_talk_ended_after_it_had_begun_whatever_a_clock_says() -> None:
    line = Line("1001")
    in_a_talk(line)
    line.passes(20)
    line.do(EngineStarted(at=line.at))
    line.do(told(line, ended_at=line.at - 25))
    assert (line.outcome("c1").ended_at, line.outcome("c1").talk_s) == (line.at - 20, 0)


def test_a_talk_of_the_standbys_comes_after_the_one_with_the_agent_who_sent_the_caller_on() -> None:
    """Whatever its clock says: nobody talks to two agents at once."""
    line = Line("1001 1002", wrapup_s=0)
    in_a_talk(line)
    line.passes(20)
    line.do(Transferred(at=line.at, call=C1, leg=line.leg("c1"), kind="blind", dialled="9"))
    line.do(EngineStarted(at=line.at))
    line.passes(5)
    line.do(told(line, answered_at=line.at - 15, agent=AgentId("1002"), ended_at=line.at - 2, hangup_by="caller"))
    first, second = line.facts(TalkEnded)
    assert (first.at, second.began_at, second.at) == (line.at - 5, line.at - 5, line.at - 2)


def test_a_talk_that_had_ended_with_us_ended_then_and_once() -> None:
    """They were answered in Asterisk's queue, which we had taken over: the standby knows of that answer. The caller was
    on the line for two seconds more."""
    line = Line("1001", wrapup_s=0)
    in_a_talk(line)
    line.passes(20)
    line.agent_hangs_up("c1")
    line.passes(5)
    line.do(EngineStarted(at=line.at))
    line.do(told(line, answered_at=line.at - 25, agent=AgentId("1001"), ended_at=line.at - 3, hangup_by="caller"))
    end = line.outcome("c1")
    assert (end.ended_at, end.talk_s, end.hangup_by) == (line.at - 3, 20, "agent")
    assert len(line.facts(TalkEnded)) == 1


def test_whom_we_had_let_go_was_gone_when_the_standby_saw_it() -> None:
    line = Line("1001", (Service(id=ServiceId("agent"), max_wait_s=10),))
    line.arrives("c1", "agent")
    line.passes(30)
    line.do(EngineStarted(at=line.at))
    line.do(told(line, ended_at=line.at - 15, hangup_by="caller"))
    end = line.outcome("c1")
    assert (end.outcome, end.hangup_by, end.ended_at, end.wait_s) == ("timed_out", "system", line.at - 15, 10)


def test_one_who_was_sent_on_and_answered_by_another_in_asterisks_queue_has_two_parts() -> None:
    line = Line("1001")
    in_a_talk(line)
    line.passes(20)
    line.sends("c1", "1002")
    line.passes(60)
    line.do(EngineStarted(at=line.at))
    line.do(told(line, answered_at=line.at - 40, agent=AgentId("1002"), ended_at=line.at - 10, hangup_by="agent"))
    assert [(talk.agent, talk.number, talk.how, talk.talk_s) for talk in line.facts(TalkEnded)] == [
        ("1001", 1, "answered", 20),
        ("1002", 2, "blind", 30),
    ]
    assert [answered.agent for answered in line.facts(CallAnswered)] == ["1001"]
    end = line.outcome("c1")
    assert (end.agent, end.wait_s, end.talk_s, end.ended_at) == ("1001", 10, 50, line.at - 10)
    assert not end.lost_in_transfer


def test_one_who_was_sent_on_and_answered_by_nobody_more_was_lost_in_transfer() -> None:
    line = Line("1001")
    in_a_talk(line)
    line.passes(20)
    line.sends("c1", "1002")
    line.passes(60)
    line.do(EngineStarted(at=line.at))
    line.do(told(line, ended_at=line.at - 10, hangup_by="caller"))
    end = line.outcome("c1")
    assert (end.outcome, end.talk_s, end.ended_at, end.lost_in_transfer) == ("answered", 20, line.at - 10, True)


# --- who is called back


def test_one_who_is_called_back_and_not_reached_ends_when_that_is_given_up() -> None:
    line = Line("1001", callbacks=True, callback_abandoned_urgent=True, callback_tries=1)
    event = told(line, urgent=True, ended_at=line.at - 2, hangup_by="caller", callable="05320000001")
    line.do(event)
    assert line.do(event) == [], "killed before the file was removed"
    line.passes(100)
    line.do(NodeReconciled(at=line.at, node=AST1), event)
    line.ready("1001")
    line.answers("c1")
    line.passes(3600)
    assert (line.outcome("c1").outcome, line.outcome("c1").tries) == ("abandoned", 1)
    assert line.outcome("c1").ended_at > 1100
    assert line.do(event) == []


# --- each once


def test_what_is_old_news_is_known_for_an_hour() -> None:
    line = Line()
    first, second = told(line, C1, ended_at=line.at), told(line, C2, ended_at=line.at)
    line.do(first, second)
    assert line.engine.state.orphans_ended == [("c1", line.at), ("c2", line.at)]
    line.passes(3599)
    assert line.do(first, second) == []
    line.passes(1)
    line.do(CallerGone(at=line.at, call=CallId("ast1-1.1"), channel="PJSIP/trunk-1"))
    assert line.engine.state.orphans_ended == [("ast1-1.1", line.at)], "or there would be ever more"


def test_however_long_we_were_away_what_we_read_before_is_old_news() -> None:
    """Killed before the files were removed; then the standby had the line for hours, and tells of that first."""
    line = Line()
    event = told(line, ended_at=line.at)
    line.do(event)
    line.passes(3 * 3600)
    line.do(EngineStarted(at=line.at))
    line.do(told(line, C2, ended_at=line.at))
    assert line.do(event) == []
    assert [entered.call for entered in line.facts(CallEntered)] == ["c1", "c2"]


def test_the_end_of_one_whose_session_ended_as_it_should_is_told_once_too() -> None:
    line = Line()
    line.arrives("c1", "request")
    line.do(CallDetached(at=line.at, call=C1))
    event = told(line, ended_at=line.at, hangup_by="caller")
    line.do(event)
    assert line.outcome("c1").outcome == "abandoned"
    assert line.do(event) == []
