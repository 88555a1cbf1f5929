"""The telling of a wait: where the time went, and why nobody could be had."""

import pytest

from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentChannelOpened
from acd.engine.model.config import Service
from acd.engine.model.events import CallAttached, CallDetached, EngineStarted, LineStops
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.explain.story import Story
from acd.explain.words import Words
from tests.acd.engine.line import Line, profile
from tests.acd.explain.telling import after, busy_with, ends, entry_of, talk, texts


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
    assert "the line was started again; talks go on, and who waits keeps their place" in sentences
    assert "the caller is with the line again" in sentences
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
        "· not offered to anybody: their call is not with the line now",
    ]


def test_without_a_state_only_what_is_known_is_told() -> None:
    line = Line("1001 1002")
    line.ready("1001")
    line.arrives("c1", "request")
    talk(line, "c1")
    sentences = texts(line, "c1", blind=True)
    assert "offered to 1001, the only one free (0.00 s idle)" in sentences
    assert not [text for text in sentences if "could not be had" in text]
