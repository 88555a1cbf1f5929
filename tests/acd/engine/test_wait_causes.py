"""Each second of a wait has one cause, and the causes add up to the wait."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd.engine.machine import Engine
from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.errors import BadConfig
from acd.engine.model.events import CallDetached, CalleeAnswered, EngineStarted
from acd.engine.model.facts import CallAnswered, CallEnded, CallLinedUp, Fact, WaitReason
from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId
from acd.engine.model.message_events import MessageTalked
from acd.engine.model.state import Mean
from acd.engine.model.target import waited_s
from acd.engine.model.wait_causes import OpenWait, QueueTime, WaitFold, WaitPart
from tests.acd.engine.calling_back import busy, hangs_up, presses
from tests.acd.engine.chance import Chance
from tests.acd.engine.line import Line, profile
from tests.acd.engine.second_wait import SecondWait, Spent
from tests.acd.engine.test_messages import speaking


def parts_of(line: Line) -> dict[str, dict[tuple[str, str], float]]:
    """By call, what its wait was spent on, in seconds."""
    fold, found = WaitFold(), dict[str, dict[tuple[str, str], float]]()
    for item in line.history:
        parts = fold.take(item) if isinstance(item, Fact) else None
        if parts is not None and isinstance(item, CallAnswered | CallEnded):
            found[item.call] = {(part.cause, part.agent): part.ms / 1000 for part in parts}
    return found


def test_a_caller_waits_for_a_busy_agent_and_then_for_the_phone() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(2)
    line.answers("c1")
    line.arrives("c2", "request")
    line.passes(5)
    line.agent_hangs_up("c1")
    line.passes(3)
    line.answers("c2")
    assert parts_of(line) == {
        "c1": {("pick_up", "1001"): 2.0},
        "c2": {("busy", ""): 5.0, ("pick_up", "1001"): 3.0},
    }


def test_a_citizen_who_is_called_about_an_outcome_has_not_waited() -> None:
    called = CallAnswered(
        at=13.0,
        call=CallId("c1"),
        offer=OfferId("c1#1"),
        agent=AgentId("1001"),
        service=ServiceId("request"),
        priority="outcome",
        wait_s=3.0,
        answer_delay_s=3.0,
        ring_s=1.0,
    )
    assert WaitFold().take(called) is None


def test_nobody_on_duty_until_an_agent_comes_whose_phone_is_away() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    line.passes(4)
    line.wishes("1001", "ready")
    line.passes(3)
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="available"))
    line.passes(2)
    line.answers("c1")
    assert parts_of(line)["c1"] == {("no_agents", ""): 4.0, ("phones", ""): 3.0, ("pick_up", "1001"): 2.0}


def test_ringing_in_vain_is_told_of_the_agent_and_who_let_pass_is_waited_for() -> None:
    line = Line("1001", retry_s=5, max_misses=9)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(7)
    line.fails("c1", "NOANSWER")
    line.passes(6)
    line.answers("c1")
    assert parts_of(line)["c1"] == {("no_answer", "1001"): 7.0, ("let_pass", ""): 5.0, ("pick_up", "1001"): 1.0}


def test_an_agent_who_is_held_back_and_one_who_lacks_the_skill() -> None:
    line = Line((profile("1001", "funeral request"), profile("1002", "funeral")), reserve=1)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(3)
    line.ready("1002")
    line.passes(1)
    line.answers("c1")
    line.arrives("c2", "request")
    line.passes(2)
    line.caller_gone("c2")
    assert parts_of(line) == {
        "c1": {("held_back", ""): 3.0, ("pick_up", "1001"): 1.0},
        "c2": {("skills", ""): 2.0},
    }


def test_a_backup_agent_who_is_not_rung_yet_is_no_busy_agent() -> None:
    line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=5, wrapup_s=0)
    line.ready("1009")
    line.arrives("u1", "funeral")
    line.passes(7)
    line.answers("u1")
    line.arrives("u2", "funeral")
    line.passes(8)
    line.agent_hangs_up("u1")
    line.passes(1)
    line.fails("u2", "BUSY")
    line.passes(3)
    line.caller_gone("u2")
    assert parts_of(line) == {
        "u1": {("backup", ""): 5.0, ("pick_up", "1009"): 2.0},
        "u2": {("backup", ""): 5.0, ("busy", ""): 3.0, ("no_answer", "1009"): 1.0, ("let_pass", ""): 3.0},
    }


def test_idle_agents_who_let_the_caller_pass_are_not_held_back_while_there_are_more_than_that() -> None:
    line = Line("1001 1002", reserve=1, max_misses=9, skip_s=60, retry_s=60)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.fails("c1", "BUSY")
    line.fails("c1", "BUSY")
    line.passes(4)
    line.caller_gone("c1")
    assert parts_of(line)["c1"] == {("let_pass", ""): 4.0}


def test_an_agent_who_let_the_caller_pass_is_held_back_once_the_urgent_load_asks_for_it() -> None:
    line = Line((profile("1001", "funeral request"),), headroom=1, headroom_from=1, max_misses=9, retry_s=600)
    line.engine.state.urgent_talk = Mean(value=451.0, count=1)  # with one urgent caller half an erlang, for 2 s
    line.ready("1001")
    line.arrives("c1", "request")
    line.fails("c1", "BUSY")
    line.passes(4)
    line.arrives("u1", "ambulance")
    line.passes(3)
    line.caller_gone("u1")
    line.passes(1)
    line.caller_gone("c1")
    assert parts_of(line)["c1"] == {("let_pass", ""): 5.0, ("held_back", ""): 3.0}


def test_the_menu_is_part_of_an_urgent_caller_s_wait_and_a_lost_session_is_the_line_s() -> None:
    line = Line("1001")
    line.ready("1001")
    line.attaches("u1")
    line.passes(4)
    line.chooses("u1", "funeral")
    line.passes(1)
    line.do(CallDetached(at=line.at, call=CallId("u1")))
    line.fails("u1", "")
    line.passes(2)
    line.caller_gone("u1")
    assert parts_of(line)["u1"] == {("menu", ""): 4.0, ("outage", ""): 3.0}


def test_what_follows_a_wish_to_be_called_back_is_no_wait_at_the_telephone() -> None:
    line = busy()
    line.passes(7)
    presses(line, "c1")
    hangs_up(line, "c1")
    line.passes(20)
    line.agent_hangs_up("c0")
    line.passes(3)
    line.answers("c1")
    line.passes(4)
    line.do(CalleeAnswered(at=line.at, call=CallId("c1"), channel=line.leg("c1")))
    assert parts_of(line)["c1"] == {("busy", ""): 10.0, ("callback", ""): 27.0}


def test_the_time_for_a_message_that_was_not_left_is_no_outage() -> None:
    line = speaking()
    line.passes(4)
    line.do(MessageTalked(at=line.at, call=CallId("c1"), step="none"))
    line.passes(2)
    line.caller_gone("c1")
    parts = parts_of(line)["c1"]
    assert parts["message", ""] == 13.0
    assert ("outage", "") not in parts


def test_what_follows_a_message_that_was_left_is_no_outage_and_takes_nothing_from_an_earlier_one() -> None:
    line = speaking(restarted_s=2)
    line.do(MessageTalked(at=line.at, call=CallId("c1"), step="kept", spoken_s=5.0))
    line.passes(3)
    line.do(MessageTalked(at=line.at, call=CallId("c1"), step="said"))
    line.caller_gone("c1")
    assert parts_of(line)["c1"] == {("busy", ""): 10.0, ("outage", ""): 2.0}


def test_a_restart_is_the_line_s_and_what_is_told_of_a_queue_outlives_it() -> None:
    line = Line("1001", regroup_s=5, wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    line.passes(3)
    line.do(EngineStarted(at=line.at))
    line.passes(2)
    line.attaches("c2")
    line.passes(4)
    line.caller_gone("c2")
    assert parts_of(line)["c2"] == {("busy", ""): 7.0, ("outage", ""): 2.0}
    assert [one.why for one in line.facts(WaitReason)] == ["busy"]


def test_an_old_journal_tells_no_reasons_and_none_is_made_up() -> None:
    fold = WaitFold()
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(2)
    line.answers("c1")
    line.arrives("c2", "request")
    line.passes(5)
    line.caller_gone("c2")
    told = [fold.take(item) for item in line.history if isinstance(item, Fact) and type(item).__name__ not in NEW]
    assert [one for one in told if one is not None] == [
        (WaitPart(cause="pick_up", agent="1001", ms=2000),),
        (WaitPart(cause="unknown", agent="", ms=5000),),
    ]


def test_nothing_is_made_up_of_the_time_after_a_ring_that_an_old_journal_tells_of() -> None:
    fold = WaitFold()
    line = Line("1001", wrapup_s=0, retry_s=60)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(2)
    line.fails("c1", "NOANSWER")
    line.passes(5)
    line.caller_gone("c1")
    told = [fold.take(item) for item in line.history if isinstance(item, Fact) and type(item).__name__ not in NEW]
    assert [one for one in told if one is not None] == [
        (WaitPart(cause="no_answer", agent="1001", ms=2000), WaitPart(cause="unknown", agent="", ms=5000)),
    ]


@pytest.mark.parametrize(
    ("untold", "parts"),
    [
        ((), (WaitPart(cause="pick_up", agent="1001", ms=2000), WaitPart(cause="unknown", agent="", ms=1500))),
        (("OfferMade", "CallLinedUp"), (WaitPart(cause="unknown", agent="", ms=3500),)),
    ],
)
def test_time_of_a_wait_of_which_nothing_was_told_is_not_known(
    untold: tuple[str, ...], parts: tuple[WaitPart, ...]
) -> None:
    fold, line = WaitFold(), Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(2)
    line.answers("c1")
    told = [fact for fact in line.facts(Fact) if type(fact).__name__ not in (*untold, "CallAnswered")]
    assert not any(fold.take(fact) for fact in told)
    (answered,) = line.facts(CallAnswered)
    assert fold.take(msgspec.structs.replace(answered, wait_s=3.5)) == parts


def test_who_gave_up_and_of_whose_place_in_a_queue_nothing_was_told_began_to_wait_that_long_before_the_end() -> None:
    line = Line()
    line.arrives("c1", "request")
    line.passes(5)
    line.caller_gone("c1")
    end = line.outcome("c1")
    fold = WaitFold()
    fold.take(WaitReason(at=end.ended_at - 3, queue="request", why="busy"))
    fold.take(CallLinedUp(at=end.ended_at - 5, call=end.call, queue="request"))
    assert fold.take(msgspec.structs.replace(end, queued_at=None)) == (WaitPart(cause="outage", agent="", ms=5000),)


def test_the_causes_are_told_in_order_and_one_that_took_no_time_changes_nothing() -> None:
    line = Line("1001 1002", max_misses=9)
    line.arrives("c1", "request")
    line.passes(1)
    line.do(CallDetached(at=line.at, call=CallId("c1")))
    line.passes(2)
    line.ready("1001", "1002")
    line.attaches("c1")
    line.passes(3)
    line.fails("c1", "BUSY")
    assert line.offered == {"1002": "c1"}, "in no queue between the two, for no time at all"
    line.passes(4)
    line.answers("c1")
    assert list(parts_of(line)["c1"].items()) == [
        (("no_agents", ""), 1.0),
        (("outage", ""), 2.0),
        (("no_answer", "1001"), 3.0),
        (("pick_up", "1002"), 4.0),
    ]


def test_each_millisecond_has_its_cause() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    line.passes(0.001)
    line.ready("1001")
    line.passes(2)
    line.answers("c1")
    assert parts_of(line)["c1"] == {("no_agents", ""): 0.001, ("pick_up", "1001"): 2.0}


def test_a_reader_who_came_after_it_was_told_what_a_queue_waits_for_says_that_it_is_not_known() -> None:
    fold, line = WaitFold(), Line("1001")
    line.arrives("c1", "request")
    line.passes(9)
    line.history.clear()
    line.arrives("c2", "request")
    assert (len(line.facts(CallLinedUp)), line.facts(WaitReason)) == (1, [])
    line.passes(5)
    line.caller_gone("c2")
    (parts,) = (told for fact in line.facts(Fact) if (told := fold.take(fact)) is not None)
    assert parts == (WaitPart(cause="unknown", agent="", ms=5000),)


def test_a_reader_who_has_lost_what_a_queue_waited_for_says_that_it_is_not_known() -> None:
    fold, line = WaitFold(), Line("1001")
    line.arrives("c1", "request")
    for fact in line.facts(Fact):
        fold.take(fact)
    fold.queues.clear()
    line.passes(5)
    line.caller_gone("c1")
    assert fold.take(line.outcome("c1")) == (WaitPart(cause="unknown", agent="", ms=5000),)


NEW = ("WaitReason", "CallLinedUp")


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), calls=st.integers(1, 12), count=st.integers(1, 250))
def test_the_causes_of_each_wait_add_up_to_it_and_are_those_that_the_state_had(
    seed: int, calls: int, count: int
) -> None:
    chance, engine, fold = Chance(seed, calls), Engine(), WaitFold()
    watched = SecondWait(engine)
    fold.queues[""] = QueueTime()  # the journal is not of a version that told nothing of queues
    told: set[CallId] = set()
    for event in chance.stream(count):
        watched.passes(event.at)
        try:
            out = engine.handle(event)
        except BadConfig:
            continue
        chance.learn(list(out))
        for item in out:
            if not isinstance(item, Fact):
                continue
            watched.takes(item)
            parts = fold.take(item)
            fold = again(fold)
            if parts is None:
                continue
            assert isinstance(item, CallAnswered | CallEnded)
            assert item.call not in told, "its wait is told twice"
            told.add(item.call)
            if isinstance(item, CallAnswered):
                ended_at = item.at
            else:
                ended_at = 0.0 if item.queued_at is None else item.queued_at + (item.wait_s or 0.0)
            check(item, parts, watched.spent[item.call], late=event.at - ended_at > 0.002)
        assert set(fold.calls) <= set(engine.state.calls)


def check(fact: CallAnswered | CallEnded, parts: tuple[WaitPart, ...], spent: Spent, *, late: bool) -> None:
    """The parts add up to the wait, to the millisecond, and say what the state said."""
    waited = waited_s(fact)
    assert waited is not None
    assert fact.wait_s is not None
    assert sum(part.ms for part in parts) == max(round(waited * 1000), round(fact.wait_s * 1000))
    assert sum(part.ms for part in parts if part.cause != "menu") == round(fact.wait_s * 1000)
    assert all(part.ms > 0 for part in parts)
    assert len({(part.cause, part.agent) for part in parts}) == len(parts)
    told = {(str(part.cause), part.agent): part.ms / 1000 for part in parts if part.cause != "menu"}
    for cause in {*told, *spent}:
        folded, seen = told.get(cause, 0.0), spent.get(cause, 0.0)
        assert folded < seen + 0.02, (cause, parts, dict(spent))
        assert late or folded > seen - 0.02, (cause, parts, dict(spent))


def again(fold: WaitFold) -> WaitFold:
    """The same fold, put down and read back: what a reader does that goes on after a restart."""
    new = WaitFold()
    new.queues = msgspec.json.decode(msgspec.json.encode(fold.queues), type=dict[str, QueueTime])
    new.calls = msgspec.json.decode(msgspec.json.encode(fold.calls), type=dict[CallId, OpenWait])
    return new
