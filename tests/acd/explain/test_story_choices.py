"""Why this agent got this caller: each rule has its sentence."""

from typing import Any

import msgspec
import pytest

from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged, FirstPlaceWished
from acd.engine.model.config import Service
from acd.engine.model.events import (
    CallAttached,
    KeyPressed,
)
from acd.engine.model.facts import OfferMade
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.explain.story import Story
from acd.explain.words import Words
from acd.line.runtime import handle
from tests.acd.engine.line import Line, profile
from tests.acd.engine.repeats import comes
from tests.acd.engine.telling_kinds import line_of, presses, says_urgent, sets_kind
from tests.acd.explain.telling import after, busy_with, ends, entry_of, talk, texts


def test_the_end_of_after_call_work_and_an_urgent_caller_before_those_who_came_before() -> None:
    line = busy_with("r1 r2 u1 u2")
    ends(line, "first")
    line.passes(10)
    assert after(texts(line, "u1"), "offered to") == [
        "offered to 1001, who had just ended after-call work",
        "· first of 4 who waited for 1001, urgent before routine: r1 (13.0 s), r2 (12.0 s); came before u2 (10.0 s)",
    ]


def test_the_end_of_a_talk_without_after_call_work() -> None:
    line = busy_with("r1", wrapup_s=0)
    ends(line, "first")
    assert after(texts(line, "r1"), "offered to") == [
        "offered to 1001, who had just ended a talk",
        "· nobody else waited for 1001",
    ]


def test_those_who_were_served_meanwhile_are_counted_with_the_reason() -> None:
    line = busy_with("r1 r2 u1", wrapup_s=0)
    for call in ("first", "u1", "r1"):
        ends(line, call)
        following = next(iter(line.offered.values()))
        line.answers(following)
    assert (
        "· meanwhile 2 other callers were offered an agent: urgent: u1 to 1001; had come before: r1 to 1001"
        in texts(line, "r2")
    )


def test_who_was_put_first_is_told_so_and_those_who_were_passed_by_too() -> None:
    line = Line("1001", wrapup_s=0)
    line.arrives("c1", "request")
    line.passes(3)
    line.arrives("c2", "request")
    line.do(FirstPlaceWished(at=line.at, call=CallId("c2"), reason="cut_off"))
    line.ready("1001")
    talk(line, "c2")
    talk(line, "c1")
    first = texts(line, "c2")
    assert "the shift lead put the caller before all other routine callers: was cut off" in first
    assert "put first by the shift lead, before c1 (3.0 s)" in " ".join(first)
    assert "put first by the shift lead: c2 to 1001" in " ".join(texts(line, "c1"))
    assert "vardiya sorumlusu arayanı öne aldı (normal arayanlar içinde): görüşmesi kesilmişti" in texts(
        line, "c2", lang="tr"
    )


def test_a_caller_who_ages_faster_has_more_points() -> None:

    services = (Service(id=ServiceId("agent")), Service(id=ServiceId("request"), ageing=3.0))
    line = Line("1001", services=services, wrapup_s=0)
    line.ready("1001")
    line.arrives("first", "agent")
    line.answers("first")
    line.arrives("slow", "agent")
    line.passes(2)
    line.arrives("fast", "request")
    line.passes(10)
    ends(line, "first")
    assert "· first of 2 who waited for 1001, with more points than slow (12.0 s)" in texts(line, "fast")
    line.answers("fast")
    line.caller_gone("slow")
    assert "· meanwhile 1 other caller was offered an agent: had more points: fast to 1001" in texts(line, "slow")


@pytest.mark.parametrize(
    ("events", "text"),
    [
        (("ready",), "offered to 1001, who had just said ready"),
        (("phone",), "offered to 1001, who had just come back with a reachable phone"),
        (("own",), "offered to 1001, who had just ended a call of their own"),
    ],
)
def test_how_an_agent_became_free(events: tuple[str, ...], text: str) -> None:
    line = Line("1001")
    agent = AgentId("1001")
    if events != ("ready",):
        line.ready("1001")
    if events == ("phone",):
        line.do(DeviceStateChanged(at=line.at, agent=agent, state="unavailable"))
    if events == ("own",):
        line.do(AgentChannelOpened(at=line.at, agent=agent, channel="PJSIP/1001-own"))
    line.arrives("c1", "request")
    line.passes(3)
    if events == ("ready",):
        line.ready("1001")
    elif events == ("phone",):
        line.do(DeviceStateChanged(at=line.at, agent=agent, state="available"))
    else:
        line.do(AgentChannelClosed(at=line.at, agent=agent, channel="PJSIP/1001-own"))
    assert text in texts(line, "c1")


def test_recall_from_after_call_work() -> None:
    line = busy_with("", wrapup_recall=True)
    ends(line, "first")
    line.passes(4)
    line.arrives("u1", "funeral")
    assert after(texts(line, "u1"), "offered to") == [
        "offered to 1001, longest in after-call work (4.0 s): nobody was idle, and an urgent caller may interrupt it"
    ]


def test_recall_from_a_ring() -> None:
    line = Line("1001", ring_recall=True)
    line.ready("1001")
    line.arrives("r1", "request")
    line.rings("r1")
    line.passes(1)
    line.arrives("u1", "funeral")
    assert after(texts(line, "u1"), "offered to")[0] == (
        "offered to 1001: nobody was idle, so they were taken from ringing for the routine call r1, "
        "which keeps its place"
    )
    assert after(texts(line, "r1"), "1001 was taken")[0] == (
        "1001 was taken for the urgent call u1 after 1.0 s of ringing"
    )


def test_the_backup_tier() -> None:
    line = Line((profile("1001"), profile("1002", backup=True)), backup_after_s=5)
    line.ready("1002")
    line.arrives("u1", "funeral")
    line.passes(5)
    sentences = texts(line, "u1")
    assert "has waited long enough for the backup tier" in sentences
    assert "offered to 1002 of the backup tier, as it is urgent and had waited 5.0 s" in sentences


def test_agents_held_back() -> None:
    line = Line("1001 1002", reserve=2)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    assert "· no agent for it: free, but held back for urgent callers: 1001, 1002" in texts(line, "r1")


def test_an_agent_who_is_held_back_no_more() -> None:
    line = Line((profile("1001"), profile("1002", "funeral")), reserve=1)
    line.ready("1001")
    line.arrives("r1", "request")
    line.passes(3)
    line.ready("1002")
    assert after(texts(line, "r1"), "offered to") == [
        "offered to 1001, who is held back no more: another agent is idle too (3.0 s idle)",
        "· could not be had: not for request: 1002",
    ]


@pytest.mark.parametrize("others", [4, 9])
def test_the_free_ones_and_those_who_are_held_back_are_told_apart(others: int) -> None:
    """More than five free agents are not named one by one, so the others cannot be told from those held back."""
    routine = [profile(str(1101 + n), "request") for n in range(others)]
    line = Line((profile("1001"), profile("1002"), *routine), reserve=2)
    line.ready("1001", "1002", *(one.id for one in routine))
    line.arrives("r1", "request")
    also, passed = after(texts(line, "r1"), "offered to")[1:]
    named = ", ".join(f"{1101 + n} (0.00 s)" for n in range(1, min(others, 6)))
    assert also == f"· also free: {named}" + (", 3 more" if others == 9 else "")
    held = "2 more" if others == 9 else "1001, 1002"
    assert passed == f"· could not be had: free, but held back for urgent callers: {held}"


def test_an_offer_of_an_older_version_is_told_without_a_reason() -> None:
    line = Line("1001 1002")
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    engine, written, story = Engine(), Engine(), Story(CallId("c1"), Words("en"))
    said: list[str] = []
    for seq, event in enumerate(line.events, 1):
        entry = entry_of(written, event, seq)
        older = tuple(
            msgspec.structs.replace(one, why=None, order=0) if isinstance(one, OfferMade) else one
            for one in entry.facts
        )
        said += [one.text for one in story.tell(engine.state, msgspec.structs.replace(entry, facts=older))]
        handle(engine, event)
    assert said[-1] == "offered to 1001 after waiting 0.00 s; who else could be had is not known"


def test_a_caller_who_says_that_it_is_urgent() -> None:
    line = busy_with("r1", escalation_key="9")
    line.do(KeyPressed(at=line.at, call=CallId("r1"), key="9"))
    sentences = texts(line, "r1")
    assert "pressed 9 while waiting" in sentences
    assert "said that it is urgent, and is urgent from now (1 in 30 days from this number)" in sentences


def test_a_key_for_the_kind_is_told_where_it_came() -> None:
    """A finger may be too late by a moment: the talk has begun when the key is told of."""
    for answered, told in ((False, "pressed 1 while waiting"), (True, "pressed 1 as the talk began")):
        line = line_of()
        line.ready("1001")
        says_urgent(line)
        if answered:
            line.answers("c1")
        presses(line, "1")
        sentences = texts(line, "c1")
        assert told in sentences
        assert [one for one in sentences if one.startswith("pressed")] == [told]


def test_a_kind_that_is_changed_is_told_with_who_changed_it() -> None:
    line = line_of()
    says_urgent(line)
    presses(line, "1")
    presses(line, "4")
    sets_kind(line, "doctor")
    assert [one for one in texts(line, "c1") if "what for:" in one] == [
        "has said anew what for: ambulance",
        "an agent has said what for: doctor",
    ]
    assert [one for one in texts(line, "c1", lang="tr") if "bildirdi: " in one] == [
        "konusunu yeniden bildirdi: ambulance",
        "konusunu görevli bildirdi: doctor",
    ]


def test_a_key_of_a_caller_who_was_sent_on_is_one_of_a_caller_who_waits() -> None:
    line = line_of(escalation_key="9")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.wishes("1001", "paused")
    leg = line.sends("c1", "*82")
    line.comes_back("c1", leg, "*82")
    presses(line, "9")
    assert "pressed 9 while waiting" in texts(line, "c1")


def test_an_urgent_caller_who_calls_again_has_their_place() -> None:
    line = Line("1001", redial_s=60)
    for call in ("u1", "u2"):
        line.do(CallAttached(at=line.at, call=CallId(call), node=NodeId("ast1"), channel=call, number="0532"))
        line.chooses(call, "funeral")
        if call == "u1":
            line.passes(5)
            line.caller_gone("u1")
    assert "· has the place of their earlier call u1" in texts(line, "u2")
    assert "the caller hung up after waiting 5.0 s" in texts(line, "u1")


def test_after_call_work_that_an_urgent_call_interrupts_is_told_with_its_own_call() -> None:
    line = Line("1001", wrapup_s=20, wrapup_recall=True)
    line.ready("1001")
    line.arrives("c0", "request")
    talk(line, "c0")
    line.passes(3)
    line.arrives("u1", "funeral")
    assert texts(line, "c0")[-1] == "1001's after-call work is interrupted by the urgent call u1, and goes on after it"
    line = Line("1001", wrapup_s=20, wrapup_recall=True)
    line.ready("1001")
    line.arrives("c0", "request")
    line.arrives("c1", "request")
    talk(line, "c0")
    line.passes(20)
    assert line.offered == {"1001": "c1"}
    assert texts(line, "c0")[-1] == "1001's after-call work for this call took 20.0 s"


def repeats_line(**rules: Any) -> Line:
    """One agent who talks, and a number whose second urgent call within the hour has just come."""
    line = Line("1001", urgent_calls_per_hour=1, wrapup_s=0.0, **rules)
    line.ready("1001")
    comes(line, "a1", "05321110001")
    talk(line, "a1")
    comes(line, "busy", "05321110003")
    line.answers("busy")
    comes(line, "a2", "05321110001")
    return line


def test_why_a_repeat_caller_comes_after_first_time_callers() -> None:
    line = repeats_line()
    comes(line, "b1", "05321110002")
    line.agent_hangs_up("busy")
    talk(line, "b1")
    talk(line, "a2")
    assert after(texts(line, "a2"), "entered the queue")[1] == (
        "· comes after first-time callers: second urgent call of this number within the hour"
    )
    assert "· their open ticket for it is used again, or else a ticket is due" in texts(line, "a2")
    assert "· meanwhile 1 other caller was offered an agent: first-time urgent callers: b1 to 1001" in texts(line, "a2")
    assert any("first-time before repeat callers: a2" in one for one in texts(line, "b1"))
    assert any("bu numaranın bir saat içindeki 2. acil çağrısı" in one for one in texts(line, "a2", lang="tr"))


def test_why_a_second_call_at_the_same_time_comes_later() -> None:
    line = repeats_line()
    line.engine.state.urgent_calls.clear()
    comes(line, "a3", "05321110001")
    assert "· comes after first-time callers: another urgent call of this number is up" in texts(line, "a3")


def test_why_one_without_a_number_comes_later() -> None:
    line = repeats_line(urgent_calls_withheld=1)
    for call in ("w1", "w2"):
        comes(line, call, "")
    told = "· comes after first-time callers: second urgent call without a number within the hour"
    assert told in texts(line, "w2")
    assert told not in texts(line, "w1")


def test_why_an_idle_agent_is_kept_from_a_crowd() -> None:
    line = Line("1001 1002 1003", urgent_calls_per_hour=1, first_time_agents=1, wrapup_s=0.0)
    line.ready("1001", "1002", "1003")
    for n in range(3):
        comes(line, f"x{n}", f"0599000000{n}")
        line.caller_gone(f"x{n}")
        comes(line, f"y{n}", f"0599000000{n}")
    assert any("free, but kept for first-time urgent callers: 1003" in one for one in texts(line, "y2"))
