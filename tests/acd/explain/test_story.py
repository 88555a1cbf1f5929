"""The telling of a call: every rule by which an agent gets a caller has its sentence, and it is the true one."""

import re
import string
from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest

from acd.engine.core import Core
from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged, FirstPlaceWished
from acd.engine.model.config import Announcements, Relaxation, Schedule, Service
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallbackCancelled,
    CallDetached,
    ConfigChanged,
    EngineStarted,
    FlowStepped,
    HangupRequested,
    KeyPressed,
    LineStops,
    NodeLost,
    NodeReconciled,
)
from acd.engine.model.fact_base import ChosenBy, OutcomeResult
from acd.engine.model.facts import CallAnswered, CallEnded, CallEntered, OfferMade
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.journal import Entry
from acd.engine.model.wait_causes import WaitFold
from acd.engine.rules.choice import Lead
from acd.explain.narrator import Sentence
from acd.explain.reasons import Why
from acd.explain.scene import lacks, need_at, skipped_by
from acd.explain.six_seconds import Target
from acd.explain.story import Story
from acd.explain.words import Words
from acd.explain.words_en import EN
from acd.explain.words_tr import REASONS_TR, TR
from acd.line.runtime import handle
from agents.presence import PAUSE_REASONS
from tests.acd.engine import test_automatic_calls as automatic_calls
from tests.acd.engine import test_handovers as handovers
from tests.acd.engine.calling_back import callee, hangs_up, line_of, parts, presses, queued
from tests.acd.engine.chance import Chance
from tests.acd.engine.handing_on import talking
from tests.acd.engine.line import Line, profile
from tests.acd.engine.test_outcome_calls import O1
from tests.acd.engine.test_repeats import comes

Tell = Callable[..., list[str]]


def entry_of(engine: Engine, event: AnyEvent, seq: int) -> Entry:
    """What the journal would hold of an event. The engine has it afterwards."""
    out, error = handle(engine, event)
    facts = tuple(one for one in out if hasattr(one, "at"))
    return Entry(seq=seq, event=event, facts=facts, error=error)  # type: ignore[arg-type]  # facts as the engine gives them


def told(line: Line, call: str, *, lang: str = "en", blind: bool = False, personal: bool = False) -> list[Sentence]:
    """A call of a line as it is told, from its events alone. `blind`: without any engine's state."""
    engine, written = Engine(), Engine()
    story = Story(CallId(call), Words("tr" if lang == "tr" else "en"), personal=personal)
    sentences: list[Sentence] = []
    for seq, event in enumerate(line.events, 1):
        entry = entry_of(written, event, seq)
        sentences += story.tell(None if blind else engine.state, entry)
        handle(engine, event)
    return sentences


def texts(line: Line, call: str, **named: Any) -> list[str]:
    """The sentences, details with a dot in front."""
    return [f"· {one.text}" if one.detail else one.text for one in told(line, call, **named)]


def after(sentences: list[str], begin: str) -> list[str]:
    """The first sentence that begins so, and the details behind it."""
    place = next(place for place, text in enumerate(sentences) if text.startswith(begin))
    rest = sentences[place + 1 :]
    end = next((n for n, text in enumerate(rest) if not text.startswith("·")), len(rest))
    return [sentences[place], *rest[:end]]


def talk(line: Line, call: str, seconds: float = 5) -> None:
    """Answered, talked, over."""
    line.answers(call)
    line.passes(seconds)
    line.agent_hangs_up(call)
    line.caller_gone(call)


# --- a whole call


def test_a_call_from_its_beginning_to_its_end() -> None:
    line = Line("1001 1002", wrapup_s=10)
    line.ready("1001")
    line.passes(4)
    line.ready("1002")
    line.passes(3)
    line.attaches("c1")
    line.do(FlowStepped(at=line.at, call=CallId("c1"), step="main"))
    line.passes(2)
    line.do(FlowStepped(at=line.at, call=CallId("c1"), step="urgent", key="1"))
    line.chooses("c1", "funeral")
    line.passes(1.5)
    line.answers("c1")
    line.passes(30)
    line.do(HangupRequested(at=line.at, call=CallId("c1"), by="caller"))
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    line.passes(10)
    assert texts(line, "c1") == [
        "came in on ast1",
        "came to step main",
        "pressed 1, came to step urgent",
        "wants funeral (urgent)",
        "· a ticket is due for it",
        "entered the queue at position 1",
        "offered to 1001, idle longest of 2 free (9.0 s)",
        "· also free: 1002 (5.0 s)",
        "1001's phone rings",
        "1001 answered: 1.5 s after entering the queue, 3.5 s after the line's answer, 1.5 s of ringing",
        "· met the target of 6 s",
        "ended after 30.0 s of talk; hung up by the caller",
        "1001's after-call work for this call took 10.0 s",
    ]


def test_the_same_in_turkish() -> None:
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001")
    line.passes(4)
    line.arrives("c1", "request")
    line.passes(0.25)
    line.answers("c1")
    line.passes(61)
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    sentences = texts(line, "c1", lang="tr")
    assert "istediği: request (normal)" in sentences
    assert "sunulduğu: 1001 numaralı görevli; boştaki tek görevli (4,0 sn boşta)" in sentences
    assert "· uygun olmayanlar: çıkış yapmış: 1002" in sentences
    assert "61,0 sn görüşmeden sonra bitti; kapatan: görevli" in sentences


# --- whether it met the target


def test_an_urgent_call_that_missed_it_is_told_where_the_time_went() -> None:
    line = Line("1001 1002", ring_s=4)
    line.ready("1001")
    line.arrives("c1", "funeral")
    line.passes(0.3)
    line.fails("c1", "BUSY", 17)
    line.passes(1.2)
    line.ready("1002")
    line.passes(6.3)
    line.answers("c1")
    assert after(texts(line, "c1"), "1002 answered")[1:] == [
        "· missed the target of 6 s by 1.8 s: 1001's phone rang in vain for 0.30 s, "
        "the free agents had let the call pass for 1.2 s, picked up after 6.3 s"
    ]
    assert after(texts(line, "c1", lang="tr"), "1002 numaralı görevli yanıtladı")[1:] == [
        "· 6 saniyelik hedef 1,8 sn aşıldı: 1001 numaralı görevlinin telefonu 0,30 sn boşuna çaldı, "
        "boştaki görevliler çağrıyı yanıtsız bırakmıştı, 1,2 sn yeniden sunulmadı, telefon 6,3 sn sonra açıldı"
    ]


def test_a_wait_for_agents_who_all_talk_says_so_of_how_many() -> None:
    extensions = [str(1001 + number) for number in range(9)]
    line = Line(" ".join(extensions), wrapup_s=0)
    for extension in extensions:
        line.ready(extension)
        line.arrives(f"c{extension}", "request")
        line.answers(f"c{extension}")
    line.arrives("late", "request")
    line.passes(1.8)
    line.agent_hangs_up("c1004")
    line.passes(6.3)
    line.answers("late")
    assert after(texts(line, "late"), "1004 answered")[1:] == [
        "· missed the target of 6 s by 2.1 s: nobody was free for 1.8 s (9 of 9 talking), picked up after 6.3 s"
    ]
    assert after(texts(line, "late", lang="tr"), "1004 numaralı görevli yanıtladı")[1:] == [
        "· 6 saniyelik hedef 2,1 sn aşıldı: 1,8 sn boşta kimse yoktu (9 görevliden 9 kişi görüşmede), "
        "telefon 6,3 sn sonra açıldı"
    ]


def test_agents_who_could_have_taken_it_are_counted_by_what_they_do() -> None:
    """Agents who lack the skill, are signed out or are of the backup tier are not among them."""
    both = [profile(one, "funeral request") for one in ("1001", "1002", "1003")]
    line = Line((*both, profile("1004", "funeral"), profile("1005"), profile("1006", backup=True)), wrapup_s=60)
    for extension in ("1001", "1002", "1003", "1004", "1006"):
        line.ready(extension)
    line.wishes("1003", "paused")
    for extension in ("1001", "1002"):
        line.arrives(f"c{extension}", "request")
        line.answers(f"c{extension}")
    line.agent_hangs_up("c1002")
    line.arrives("late", "request")
    line.passes(60)
    line.passes(2)
    line.answers("late")
    assert after(texts(line, "late"), "1002 answered")[1] == (
        "· missed the target of 6 s by 56.0 s: nobody with the skill or the language was free for 60.0 s "
        "(1 of 3 talking, 1 in after-call work, 1 paused), picked up after 2.0 s"
    )


def test_a_caller_who_is_let_go_after_the_target_has_missed_it() -> None:
    request = Service(id=ServiceId("request"), max_wait_s=20)
    line = Line("1001", services=(request,), default_service=request.id)
    line.arrives("c1", "request")
    line.passes(20)
    line.caller_gone("c1")
    said = texts(line, "c1")
    assert "· missed the target of 6 s by 14.0 s: nobody was on duty for 20.0 s" in said
    assert sum("the target" in text for text in said) == 1


def test_without_the_state_and_what_was_told_before_no_reason_is_made_up() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    for call in ("c0", "c1", "c2"):
        line.arrives(call, "request")
        line.passes(1)
        line.answers("c0")
    line.passes(9)
    line.agent_hangs_up("c0")
    line.answers("c1")
    line.passes(9)
    line.agent_hangs_up("c1")
    line.answers("c2")
    written, story = Engine(), Story(CallId("c2"), Words("en"))
    entries = [entry_of(written, event, seq) for seq, event in enumerate(line.events, 1)]
    came = next(seq for seq, one in enumerate(entries) if any(getattr(fact, "call", "") == "c2" for fact in one.facts))
    said = [one.text for entry in entries[came:] for one in story.tell(None, entry)]
    assert "missed the target of 6 s by 13.0 s: 19.0 s for a reason that the journal does not tell" in said


@pytest.mark.parametrize(
    ("waited_s", "text"),
    [
        (3.0, "· hung up before the target of 6 s was over"),
        (8.5, "· missed the target of 6 s by 2.5 s: nobody was on duty for 8.5 s"),
    ],
)
def test_who_hangs_up_is_held_against_it_too(waited_s: float, text: str) -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    line.passes(waited_s)
    line.caller_gone("c1")
    assert text in texts(line, "c1")


# --- why this agent


def test_those_who_could_not_be_had_are_named_with_the_reason() -> None:
    line = Line(
        (*(profile(f"100{n}") for n in range(1, 7)), profile("1007", "funeral"), profile("1008", backup=True)),
        backup_after_s=30,
    )
    line.ready("1001", "1002", "1003", "1004", "1007", "1008")
    line.arrives("a", "request")
    line.answers("a")
    line.wishes("1002", "paused", "meal")
    line.do(AgentChannelOpened(at=line.at, agent=AgentId("1003"), channel="PJSIP/1003-own"))
    line.wishes("1005", "ready")
    line.passes(1)
    line.arrives("c1", "request")
    assert after(texts(line, "c1"), "offered to") == [
        "offered to 1004, the only one free (1.0 s idle)",
        "· could not be had: talking: 1001; paused (meal): 1002; on a call of their own: 1003; "
        "phone not reachable: 1005; signed out: 1006; not for request: 1007; "
        "backup tier, for urgent callers after 30.0 s: 1008",
    ]


def test_an_agent_who_let_the_call_pass_is_said_to_have() -> None:
    line = Line("1001 1002", max_misses=5)
    line.ready("1001")
    line.passes(1)
    line.ready("1002")
    line.arrives("c1", "request")
    line.rings("c1")
    line.passes(15)
    line.fails("c1", "NOANSWER")
    sentences = texts(line, "c1")
    assert after(sentences, "1001 did not answer") == ["1001 did not answer in 15.0 s"]
    assert after(sentences, "waits again") == ["waits again, at the place they had"]
    assert after(sentences, "offered to 1002") == [
        "offered to 1002, the only one free (15.0 s idle)",
        "· could not be had: let this call pass or sent it on: 1001",
    ]


@pytest.mark.parametrize(
    ("status", "cause", "text"),
    [
        ("BUSY", 0, "1001's phone was busy"),
        ("NOANSWER", 21, "1001 declined after 2.0 s"),
        ("CHANUNAVAIL", 0, "1001's phone could not be reached"),
        ("CANCEL", 0, "the caller hung up while 1001's phone rang (2.0 s)"),
        ("BUSY", 23, "1001's phone forwarded the call to another address, where nobody is rung: a missed call"),
        ("CANCEL", 23, "1001's phone forwarded the call to another address, where nobody is rung: a missed call"),
        ("", 0, "the offer to 1001 was lost after 2.0 s: engine, connection or Asterisk failed"),
    ],
)
def test_what_came_of_an_offer(status: str, cause: int, text: str) -> None:
    line = Line("1001", max_misses=5)
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    line.passes(2)
    line.fails("c1", status, cause)
    assert text in texts(line, "c1")


def test_a_leg_that_could_not_be_made_is_told_and_that_the_agent_rests() -> None:
    line = Line("1001 1002", max_misses=5)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.returns("c1", "CHANUNAVAIL")
    line.returns("c1", "CHANUNAVAIL")
    sentences = texts(line, "c1")
    resting = "free, but no leg could be made to their phone a moment ago"
    assert "Asterisk could not make a leg to 1001's phone, a fault of the line's and no missed call" in sentences
    assert f"· could not be had: {resting}: 1001" in sentences
    assert f"· no agent for it: {resting}: 1001, 1002" in sentences
    line.arrives("c2", "request")
    assert f"· no agent for it: {resting}: 1001, 1002" in texts(line, "c2")


def test_who_is_ready_again_since_it_was_the_lines_fault_is_told_so() -> None:
    line = Line("1001 1002", max_misses=1)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.fails("c1", "NOANSWER")
    line.fails("c2", "NOANSWER")
    assert line.offered == {"1001": "c2", "1002": "c1"}
    assert "offered to 1001, who is ready again: missed calls were the line's fault" in texts(line, "c2")


def test_who_waits_is_told_why_nobody_could_be_had() -> None:
    line = Line("1001 1002")
    line.ready("1001")
    line.arrives("a", "request")
    line.arrives("c1", "request")
    assert after(texts(line, "c1"), "entered the queue") == [
        "entered the queue at position 1",
        "· no agent for it: ringing for another call: 1001; signed out: 1002",
    ]


def test_a_line_without_agents() -> None:
    line = Line("")
    line.arrives("c1", "request")
    assert "· no agent for it: there are none" in texts(line, "c1")


# --- how an agent became free, and why this caller was theirs


def busy_with(calls: str, **rules: Any) -> Line:
    """One agent who talks, and these calls that wait; `u…` are urgent."""
    line = Line("1001", **{"wrapup_s": 10, **rules})
    line.ready("1001")
    line.arrives("first", "request")
    line.answers("first")
    for call in calls.split():
        line.passes(1)
        line.arrives(call, "funeral" if call.startswith("u") else "request")
    return line


def ends(line: Line, call: str) -> None:
    line.agent_hangs_up(call)
    line.caller_gone(call)


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


def test_a_hand_over_is_told_from_the_wish_to_its_end() -> None:
    line = talking("1001 1002", **handovers.TRUNK)
    handovers.wishes(line, agent=AgentId("1002"))
    leg = handovers.rung(line)
    line.passes(3)
    handovers.fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    line.answers("c1")
    handovers.rung(line, to="iski", number="185", callable="185")
    line.passes(2)
    handovers.answered(line)
    line.passes(60)
    line.caller_gone("c1")
    told = texts(line, "c1")
    for words in (
        "not handed over to acil_112: another agent talked to the caller",
        "1001 hands the caller over to acil_112",
        "the caller has left 1001; acil_112 is rung for 25.0 s at most",
        "acil_112 was busy: the caller comes back",
        "offered to 1001, who had handed the caller over",
        "iski answered after 2.0 s: caller and iski talk",
    ):
        assert words in told, told
    begun = told.index("the caller has left 1001; acil_112 is rung for 25.0 s at most")
    assert told[begun + 1] == "· 1001 talked to the caller for 10.0 s"
    turkish = " ".join(texts(line, "c1", lang="tr"))
    assert "2,0 sn sonra yanıt verdi, arayanla konuşuyor: iski" in turkish


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
    from acd.engine.model.config import Service
    from acd.engine.model.ids import ServiceId

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


# --- what urgent callers get


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


# --- failures around a call


def test_a_restart_and_those_it_waits_for() -> None:
    line = Line("1001", regroup_s=2)
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.passes(1)
    line.do(EngineStarted(at=line.at))
    line.ready("1001")
    line.do(CallAttached(at=line.at, call=CallId("c2"), node=NodeId("ast1"), channel="PJSIP/trunk-c2"))
    line.passes(2)
    sentences = texts(line, "c2")
    assert "the engine was started again; talks go on, and who waits keeps their place" in sentences
    assert "the caller's channel came back to the engine" in sentences
    assert after(sentences, "offered to")[0] == "offered to 1001, the only one free (2.0 s idle)"


def test_who_waits_while_everything_is_being_stopped() -> None:
    line = Line("1001")
    line.do(LineStops(at=line.at))
    line.ready("1001")
    line.arrives("c1", "request")
    assert "· no agent for it: free, but everything is being stopped: 1001" in texts(line, "c1")


def test_a_session_that_broke() -> None:
    line = busy_with("r1 r2", wrapup_s=0)
    line.do(CallDetached(at=line.at, call=CallId("r1"), lost=True))
    ends(line, "first")
    line.do(CallAttached(at=line.at, call=CallId("r1"), node=NodeId("ast1"), channel="PJSIP/trunk-r1"))
    line.answers("r2")
    ends(line, "r2")
    sentences = texts(line, "r1")
    assert "the caller's session broke; they keep their place" in sentences
    assert "· meanwhile 1 other caller was offered an agent: this caller's session was broken: r2 to 1001" in sentences


def test_a_caller_on_the_way_out_is_not_offered_again() -> None:
    line = Line("1001 1002")
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.fails("c1", "CANCEL")
    assert after(texts(line, "c1"), "waits again") == [
        "waits again, at the place they had",
        "· not offered to anybody: their channel is not with the engine now",
    ]


def test_without_a_state_only_what_is_known_is_told() -> None:
    line = Line("1001 1002")
    line.ready("1001")
    line.arrives("c1", "request")
    talk(line, "c1")
    sentences = texts(line, "c1", blind=True)
    assert "offered to 1001, the only one free (0.00 s idle)" in sentences
    assert not [text for text in sentences if "could not be had" in text]


# --- personal data, words


def test_numbers_and_names_are_told_only_when_asked_for() -> None:
    line = Line("1001")
    line.ready("1001")
    line.do(
        CallAttached(
            at=line.at, call=CallId("c1"), node=NodeId("ast1"), channel="PJSIP/trunk-c1", number="05321112233",
            name="Ayşe",
        )
    )  # fmt: skip
    line.chooses("c1", "request")
    talk(line, "c1")
    for lang in ("en", "tr"):
        hidden = "\n".join(texts(line, "c1", lang=lang))
        assert "0532" not in hidden
        assert "Ayşe" not in hidden
        assert "Agent 1001" not in hidden
    shown = texts(line, "c1", personal=True)
    assert "came in on ast1 from 05321112233 Ayşe" in shown
    assert "1001 (Agent 1001)'s phone rings" in shown


def test_both_languages_have_the_same_texts_with_the_same_blanks() -> None:
    def blanks(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert list(EN) == list(TR)
    # Of "{agent}, longest …" Turkish may name the agent once where English does twice, never another blank.
    assert {key: blanks(EN[key]) for key in EN} == {key: blanks(TR[key]) for key in TR}
    assert set(REASONS_TR) == {reason.id for reason in PAUSE_REASONS}


@pytest.mark.parametrize("chosen", get_args(ChosenBy))
def test_each_reason_of_an_offer_has_words(chosen: str) -> None:
    for words in (Words("en"), Words("tr")):
        assert f"offer_{chosen}" in words


@pytest.mark.parametrize("how", get_args(Lead))
def test_each_way_to_be_before_another_caller_has_words(how: str) -> None:
    keys = ("before_urgent", "before_outcome") if how == "class" else (f"before_{how}", f"them_{how}")
    for words in (Words("en"), Words("tr")):
        assert all(key in words for key in keys)


# --- anything at all


TOLD: set[str] = set()
"""What the tests below have been told, all of them together."""


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_every_call_can_be_told_truly(seed: int) -> None:
    chance, engine, written = Chance(seed, 10), Engine(), Engine()
    words = Words("en" if seed % 2 else "tr")
    stories: dict[CallId, Story] = {}
    kinds: set[str] = set()
    fold, targets = WaitFold(), dict[CallId, Target]()
    for seq, event in enumerate(chance.stream(2500), 1):
        out, _ = handle(written, event)
        chance.learn(list(out))
        entry = Entry(seq=seq, event=event, facts=tuple(one for one in out if hasattr(one, "at")))  # type: ignore[misc]  # facts alone have a time
        for fact in entry.facts:
            if isinstance(fact, CallEntered):
                stories[fact.call] = Story(fact.call, words)
                targets[fact.call] = Target(fact.call, 6.0, words, Why(words, str, str))
            parts = fold.take(fact)
            for target in targets.values():
                target.take(fact, engine.state, entry)
            if parts is not None and isinstance(fact, CallAnswered | CallEnded) and fact.call in targets:
                assert targets[fact.call].parts == parts  # though it has seen the call's own time alone
        for call, story in stories.items():
            sentences = story.tell(engine.state, entry)
            kinds |= {one.kind for one in sentences}
            for one in sentences:  # words that say "no reason known" must never be needed
                assert not re.search(r"(: |; )(free|boşta): \d|other reasons|başka nedenle", one.text), one
            made = [fact for fact in entry.facts if isinstance(fact, OfferMade) and fact.call == call]
            offers = [one for one in sentences if one.kind.startswith("offer_")]
            assert len(offers) == len(made)
            if len(made) == 1 and offers[0].kind == "offer_longest_idle" and not isinstance(event, ConfigChanged):
                idle = Core(engine.state).idle.in_order()
                chosen = engine.state.agents[made[0].agent]
                details = " ".join(one.text for one in sentences if one.detail)
                held_back = "".join(re.findall(r"(?:for urgent callers|için ayrılmış): ([\d, ]+)", details))
                assert all(
                    one.order >= chosen.order
                    for one in idle
                    if not lacks(engine.state, one, need_at(engine.state, call, made[0].service, entry.facts))
                    if one.profile.id not in skipped_by(engine.state, call, event, entry.facts)
                    if one.profile.id not in held_back
                    if not [
                        fact
                        for fact in entry.facts
                        if one.profile.id in (getattr(fact, "agent", ""), getattr(fact, "by", ""))
                    ]
                )
        handle(engine, event)
    TOLD.update(kinds)


@pytest.mark.parametrize("seed", range(10))
def test_a_restored_engine_tells_the_same(seed: int) -> None:
    """`cozum journal why` goes on from a snapshot: it must not matter from which."""
    chance, written = Chance(seed, 8), Engine()
    engines = [Engine(), Engine()]
    stories: list[dict[CallId, Story]] = [{}, {}]
    for seq, event in enumerate(chance.stream(1200), 1):
        entry = entry_of(written, event, seq)
        chance.learn([*entry.facts, *written.core.out])
        for calls in stories:
            calls.update(
                (one.call, Story(one.call, Words("en"))) for one in entry.facts if isinstance(one, CallEntered)
            )
        told_by = [
            [story.tell(engine.state, entry) for story in calls.values()]
            for engine, calls in zip(engines, stories, strict=True)
        ]
        assert told_by[0] == told_by[1]
        for engine in engines:
            handle(engine, event)
        if seq % 20 == 0:
            engines[1] = Engine.restore(engines[1].snapshot())


def test_the_random_lines_have_told_of_everything() -> None:
    assert {"offer_only", "answered", "overtaken", "first", "nobody"} <= TOLD


def test_a_transfer_is_told() -> None:
    line = Line("1001 1002", wrapup_s=10)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.ready("1002")
    line.passes(10)
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    line.passes(2)
    line.answers("c1")
    line.passes(5)
    line.caller_gone("c1")
    line.passes(20)
    told = texts(line, "c1")
    assert told[told.index("1001 sent the caller on to 1002; place and waiting time stay") :] == [
        "1001 sent the caller on to 1002; place and waiting time stay",
        "· 1001 talked to the caller for 10.0 s",
        "offered to 1002, to whom a colleague sent the caller",
        "1002's phone rings",
        "1002 talks to the caller from now",
        "1002 talked to the caller for 5.0 s",
        "ended after 15.0 s of talk; hung up by the caller",
        "1001's after-call work for this call took 10.0 s",
        "1002's after-call work for this call took 10.0 s",
    ]


def test_a_colleague_who_cannot_be_had_is_told_with_all_others() -> None:
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request")
    line.answers("c1")
    line.passes(10)
    line.wishes("1002", "paused", "meal")
    line.comes_back("c1", line.sends("c1", "1001"), "1001")
    assert after(texts(line, "c1"), "1001 could") == [
        "1001 could not be had at that moment: the caller waits at the place they had",
        "· no agent for it: talking: 1001; paused (meal): 1002",
    ]


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


# --- call backs, and callers who are let go


def test_a_call_back_from_the_wish_to_the_talk() -> None:
    line = line_of(wrapup_s=5, callback_tries=2)
    line.ready("1001")
    queued(line, "c0")
    line.answers("c0")
    queued(line, "c1")
    queued(line, "c2")
    line.passes(20)
    presses(line, "c1")
    line.passes(4)
    hangs_up(line, "c1")
    line.agent_hangs_up("c0")
    line.passes(5)
    line.answers("c1")
    line.passes(7)
    callee(line, "c1", "BUSY")
    line.answers("c2")
    line.passes(60)
    line.agent_hangs_up("c2")
    line.passes(5)
    line.answers("c1")
    line.passes(4)
    callee(line, "c1")
    line.passes(30)
    parts(line, "c1")
    sentences = texts(line, "c1")
    assert sentences[4:] == [
        "pressed 2 while waiting",
        "asked to be called back; the place in the queue stays",
        "· nobody is rung for them before they have hung up, or 15.0 s are over",
        "may be called back from now",
        "· no agent for it: talking: 1001",
        "offered to 1001, who had just ended after-call work",
        "· first of 2 who waited for 1001, came before c2 (29.0 s)",
        "1001's phone rings",
        "1001 has picked up, and the caller's phone rings",
        "1001 picked up to call them back, but they did not answer (7.0 s)",
        "waits again, at the place they had",
        "was not reached: busy (try 1)",
        "· is called again in 60.0 s, at the place they had; the agent is free for others",
        "may be called back from now",
        "· no agent for it: talking: 1001",
        "offered to 1001, who had just ended after-call work",
        "· meanwhile 1 other caller was offered an agent: this caller was not to be called at that moment: c2 to 1001",
        "· nobody else waited for 1001",
        "1001's phone rings",
        "1001 has picked up, and the caller's phone rings",
        "they answered their phone and talk to 1001: 105.0 s after entering the queue, "
        "105.0 s after the line's answer, 4.0 s after 1001 was rung",
        "· missed the target of 6 s by 99.0 s: nobody was free for 20.0 s (1 of 1 talking), "
        "85.0 s until they were called back",
        "was called back after 105.0 s and talked for 30.0 s; the agent hung up",
    ]
    assert after(texts(line, "c2"), "offered") == [
        "offered to 1001, who was free again after another offer came to nothing",
        "· meanwhile 1 other caller was offered an agent: had come before: c1 to 1001",
        "· nobody else waited for 1001",
    ]


def test_an_urgent_one_who_hung_up_and_calls_again_before_they_are_called() -> None:
    line = line_of(callback_abandoned_urgent=True)
    line.ready("1001")
    queued(line, "c0")
    line.answers("c0")
    queued(line, "u1", "funeral")
    line.passes(9)
    hangs_up(line, "u1")
    line.passes(9)
    queued(line, "u2", "funeral", "05320000001")
    assert texts(line, "u1")[-3:] == [
        "hung up an urgent call while waiting: is called back from the place they had",
        "· no agent for it: talking: 1001",
        "called again: nobody is rung for them before that call, u2, is over",
    ]
    line.passes(600)
    assert texts(line, "u1")[-1].startswith("called again"), "that it is looked at now and then is no news"
    hangs_up(line, "u2")
    assert texts(line, "u1")[-2:] == ["may be called back from now", "· no agent for it: talking: 1001"]


def test_a_callback_that_was_tried_before_they_called_again() -> None:
    line = line_of(wrapup_s=5, callback_retry_s=60)
    line.ready("1001")
    queued(line, "c0")
    line.answers("c0")
    queued(line, "c1")
    presses(line, "c1")
    hangs_up(line, "c1")
    line.agent_hangs_up("c0")
    line.passes(5)
    line.answers("c1")
    callee(line, "c1", "BUSY")
    queued(line, "c7", number="05320000001")
    hangs_up(line, "c7")
    assert texts(line, "c1")[-1] == "their other call is over: is called again in 60.0 s, at the place they had"


def test_who_is_not_called_back_and_why() -> None:
    line = line_of(callback_denied=("+90392",))
    queued(line, "c1", number="03921234567")
    presses(line, "c1")
    assert texts(line, "c1")[-1] == (
        "asked to be called back, and is not: the number is in a range that is never called (callback_denied)"
    )
    line = line_of(callback_abandoned_urgent=True, callbacks_per_number=1)
    for call in ("u1", "u2"):
        queued(line, call, "funeral", number="05320000001")
        hangs_up(line, call)
        line.do(CallbackCancelled(at=line.at, call=CallId(call)))
    assert texts(line, "u2")[-3:] == [
        "hung up an urgent call while waiting, and is not called back: "
        "the number has had its callbacks within 24 hours (callbacks_per_number)",
        "the caller hung up after waiting 0.00 s",
        "· hung up before the target of 6 s was over",
    ]


def test_who_is_let_go_is_told_why_at_that_moment() -> None:
    services = (
        Service(id=ServiceId("night"), hours="h", closed="release"),
        Service(id=ServiceId("empty"), join_empty="release"),
        Service(id=ServiceId("short"), max_wait_s=20),
    )
    line = Line(
        "1001",
        services,
        default_service=ServiceId("short"),
        schedules=(Schedule(id="h", open=((0.0, 5.0),), known_until=1e9),),
    )
    for call, service in (("c1", "night"), ("c2", "empty"), ("c3", "short")):
        line.arrives(call, service)
    line.passes(25)
    for call in ("c1", "c2", "c3"):
        line.caller_gone(call)
    assert texts(line, "c1")[2:] == [
        "not let into the queue of night: it is closed now, which they are told",
        "was let go",
    ]
    assert texts(line, "c2")[2:4] == [
        "let go from empty: nobody is on duty who could take the call, which they are told",
        "· no agent for it: signed out: 1001",
    ]
    assert "let go from short: has waited as long as it allows, which they are told" in texts(line, "c3")


@pytest.mark.parametrize("vain", [True, False])
def test_why_less_is_asked_of_the_agent(vain: bool) -> None:
    relax = (Relaxation(after_s=20, level=1, any_language=True),)
    services = (Service(id=ServiceId("request"), min_level=2, relax=relax),)
    agents = (profile("1001", "request:2", languages="tr"), profile("1002", "request:1", languages="tr"))
    line = Line(agents, services, default_service=ServiceId("request"))
    line.ready("1002")
    if not vain:
        line.ready("1001")
        line.arrives("c0", "request")
        line.answers("c0")
    line.arrives("c1", "request")
    line.passes(20)
    begin = "nobody on duty can do more, so less" if vain else "has waited long enough that less"
    (told_so,) = [one for one in texts(line, "c1") if "level 1" in one]
    assert told_so.startswith(begin)
    assert told_so.endswith("at once: level 1, any language" if vain else "from now: level 1, any language")


def test_many_callers_are_counted_behind_the_first_few() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("r0", "request")
    line.answers("r0")
    for n in range(1, 9):
        line.arrives(f"r{n}", "request")
        line.passes(1)
    line.arrives("u1", "funeral")
    line.agent_hangs_up("r0")
    assert after(texts(line, "u1"), "offered")[1] == (
        "· first of 9 who waited for 1001, urgent before routine: "
        "r1 (8.0 s), r2 (7.0 s), r3 (6.0 s), r4 (5.0 s), r5 (4.0 s), 3 more"
    )


def test_who_is_let_go_since_the_line_is_full_but_for_emergencies() -> None:
    line = Line("1001", most_calls=2, emergency_places=1)
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    line.caller_gone("r2")
    said = texts(line, "r2")
    assert "· only the places for emergencies are left, so they are asked at once whether it is urgent" in said
    assert "not let into the queue of request: the line is full but for emergencies, which they are told" in said


# --- repeat callers


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


@pytest.mark.parametrize(
    ("number", "said"), [(2, "second"), (3, "third"), (6, "6th"), (11, "11th"), (22, "22nd"), (113, "113th")]
)
def test_ordinals(number: int, said: str) -> None:
    assert Words("en").ordinal(number) == said
    assert Words("tr").ordinal(number) == f"{number}."


@pytest.mark.parametrize(
    ("position", "wait", "busy_s", "english", "turkish"),
    [
        (True, False, 0, "was told: position 1", "kendisine söylendi: sıra 1"),
        (False, True, 30, "was told: 1 minute", "kendisine söylendi: 1 dakika"),
        (True, True, 100, "was told: position 1, 2 minutes", "kendisine söylendi: sıra 1, 2 dakika"),
    ],
)
def test_what_a_caller_was_told(position: bool, wait: bool, busy_s: float, english: str, turkish: str) -> None:
    """No dash in place of a number, and one minute is no minutes."""
    told_of = (Announcements(priority="routine", position=position, wait=wait, after_s=5, every_s=0),)
    line = Line("1001", announcements=told_of, wrapup_s=0)
    line.ready("1001")
    for call in ("c0", "c1"):  # a talk is known, so that a wait can be told
        line.arrives(call, "request")
        line.answers(call)
        line.passes(busy_s or 10)
        if call == "c0":
            line.agent_hangs_up("c0")
            line.caller_gone("c0")
    line.arrives("c2", "request")
    line.passes(6)
    assert english in texts(line, "c2")
    assert turkish in [one.text for one in told(line, "c2", lang="tr")]


@pytest.mark.parametrize("restarted", [True, False])
def test_an_asterisk_that_was_started_again_is_no_broken_connection(restarted: bool) -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    for call in ("c1", "c2"):
        line.arrives(call, "request")
    line.answers("c1")
    line.passes(30)
    line.do(NodeLost(at=line.at, node=NodeId("ast1")))
    line.passes(5)
    began = line.at - 3 if restarted else line.at - 5000
    for call in ("c1", "c2"):
        line.do(CallDetached(at=line.at, call=CallId(call), lost=True))
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1"), up_since=began))
    waited, talked = texts(line, "c2"), texts(line, "c1")
    assert "the connection to Asterisk broke; calls go on if Asterisk does" in waited
    if restarted:
        assert waited[-2:] == [
            "Asterisk was started again: the calls of before are over",
            "ended with Asterisk, which was started again, after waiting 35.0 s",
        ]
        assert talked[-1].endswith("hung up by nobody: Asterisk was started again")
    else:
        assert "Asterisk was asked what is up; state set right" in waited
        assert waited[-1] == "the channel was gone when the engine looked again, after waiting 35.0 s"
        assert talked[-1].endswith("hung up by an unknown party: no engine was looking")


# --- automatic calls about outcomes


def test_an_automatic_call_is_told_to_its_score() -> None:
    line = automatic_calls.told()
    automatic_calls.talked(line, "scored", 2)
    automatic_calls.talked(line, "over")
    automatic_calls.gone(line)
    said = texts(line, O1)
    assert after(said, "a citizen is to be told the outcome")[0].endswith("the line rings them")
    assert "pressed a key to hear it: the words begin, and count as told" in said
    assert after(said, "heard the words")[1] == "· gives the outcome 2 of 5"


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("result", get_args(OutcomeResult))
def test_each_result_of_an_automatic_call_has_words(result: str, lang: str) -> None:
    assert f"outcome_{result}" in (EN if lang == "en" else TR)
