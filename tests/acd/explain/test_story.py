"""The telling of a call: every rule by which an agent gets a caller has its sentence, and it is the true one."""

import pytest

from acd.engine.model.config import Announcements, Schedule, Service
from acd.engine.model.events import CallAttached, CallDetached, FlowStepped, HangupRequested, NodeLost, NodeReconciled
from acd.engine.model.ids import CallId, NodeId, ServiceId
from tests.acd.engine.line import Line
from tests.acd.explain.telling import after, talk, texts, told


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
        "in the menu: main menu",
        "pressed 1, in the menu: what is urgent",
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


@pytest.mark.parametrize(
    ("status", "cause", "text"),
    [
        ("BUSY", 0, "1001's phone was busy"),
        ("NOANSWER", 21, "1001 declined after 2.0 s"),
        ("CHANUNAVAIL", 0, "1001's phone could not be reached"),
        ("CANCEL", 0, "the caller hung up while 1001's phone rang (2.0 s)"),
        ("BUSY", 23, "1001's phone forwarded the call to another address, where nobody is rung: a missed call"),
        ("CANCEL", 23, "1001's phone forwarded the call to another address, where nobody is rung: a missed call"),
        ("", 0, "the offer to 1001 was lost after 2.0 s: the line, its connection or Asterisk failed"),
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
    resting = "free, but their phone could not be rung a moment ago"
    assert "Asterisk could not ring 1001's phone, a fault of the line's and no missed call" in sentences
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
        assert waited[-1] == "the caller was gone when the line looked again, after waiting 35.0 s"
        assert talked[-1].endswith("hung up by an unknown party: the line was away")
