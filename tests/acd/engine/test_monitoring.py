"""A shift lead monitors a talk: who may, for how long the right lasts, and how each monitoring ends."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged
from acd.engine.model.commands import EndMonitor
from acd.engine.model.event_base import DeviceState
from acd.engine.model.events import EngineStarted, NodeReconciled, SeenCall
from acd.engine.model.ids import AgentId, CallId, NodeId
from acd.engine.model.monitor_events import MonitorDialled, MonitorOver, MonitorWished, NoticeHeard
from acd.engine.model.monitor_facts import (
    MonitorBegan,
    MonitorEnded,
    MonitorFact,
    MonitorGranted,
    MonitorRefused,
    NoticeGiven,
)
from tests.acd.engine.line import Line

LEAD = "1009"
EAR = f"PJSIP/{LEAD}-0000000a"
OTHER = f"PJSIP/{LEAD}-0000000b"


def hears_notice(line: Line, call: str) -> None:
    line.do(NoticeHeard(at=line.at, call=CallId(call)))


def wishes(line: Line, call: str = "c1", *, phone: str = LEAD, mode: Any = "listen", not_after: float = 1e9) -> Any:
    """The lead's wish; the reason for which it was refused, "" if it was not."""
    line.do(
        MonitorWished(
            at=line.at, call=CallId(call), phone=AgentId(phone), person="sef", role="lead", mode=mode,
            not_after=not_after,
        )
    )  # fmt: skip
    return refused(line)


def dials(line: Line, phone: str = LEAD, channel: str = EAR) -> Any:
    """A phone dials the code: AMI tells of its channel, and AGI of the code."""
    line.do(
        AgentChannelOpened(at=line.at, agent=AgentId(phone), channel=channel),
        MonitorDialled(at=line.at, phone=AgentId(phone), channel=channel),
    )
    return refused(line)


def refused(line: Line) -> str:
    return "".join(one.why for one in line.out if isinstance(one, MonitorRefused))


def talking(*, noticed: bool = True, monitoring: bool = True) -> Line:
    """`c1` talks with 1001, and has heard the notice before."""
    line = Line(f"1001 1002 {LEAD}", monitoring=monitoring, wrapup_s=0)
    line.ready("1001")
    line.attaches("c1")
    if noticed:
        hears_notice(line, "c1")
    line.chooses("c1", "request")
    line.answers("c1")
    return line


def monitored(mode: Any = "listen") -> Line:
    line = talking()
    assert wishes(line, mode=mode) == ""
    assert dials(line) == ""
    return line


def monitor_facts(line: Line) -> list[Any]:
    return [one for one in line.history if isinstance(one, MonitorFact)]


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
def test_a_wish_and_the_code_let_the_leads_phone_hear_the_agents_leg(mode: Any) -> None:
    line = talking()
    assert wishes(line, mode=mode) == ""
    (granted,) = line.facts(MonitorGranted)
    assert (granted.phone, granted.mode, granted.until) == (LEAD, mode, line.at + 15)
    line.passes(14)
    assert dials(line) == ""
    (began,) = line.facts(MonitorBegan)
    assert (began.call, began.agent, began.leg, began.mode) == ("c1", "1001", line.leg("c1"), mode)
    assert (began.phone, began.person, began.role) == (LEAD, "sef", "lead")
    line.passes(3)
    line.do(MonitorOver(at=line.at, phone=AgentId(LEAD), channel=EAR))
    (ended,) = line.facts(MonitorEnded)
    assert (ended.call, ended.mode, ended.lasted_s, ended.person) == ("c1", mode, 3.0, "sef")
    assert line.engine.state.monitors == {}


def test_the_code_without_a_wish_is_refused_whoever_dials_it() -> None:
    line = talking()
    assert dials(line) == "no_wish"
    assert dials(line, "1002", "PJSIP/1002-0000000c") == "no_wish"
    assert dials(line, "1001", "PJSIP/1001-0000000d") == "no_wish"
    assert wishes(line) == "phone_busy"  # its refused call is still there
    line.do(AgentChannelClosed(at=line.at, agent=AgentId(LEAD), channel=EAR))
    assert wishes(line) == ""
    assert dials(line, "1002", "PJSIP/1002-0000000e") == "no_wish"  # the wish is another phone's
    assert monitor_facts(line)[1:] == []


def test_a_wish_is_good_once_and_for_fifteen_seconds() -> None:
    line = monitored()
    line.do(AgentChannelClosed(at=line.at, agent=AgentId(LEAD), channel=EAR))
    assert dials(line) == "no_wish"
    line.do(AgentChannelClosed(at=line.at, agent=AgentId(LEAD), channel=EAR))
    assert wishes(line) == ""
    line.passes(15.5)
    assert dials(line) == "no_wish"
    assert wishes(line, not_after=line.at) == "too_late"


def test_the_code_counts_to_the_last_moment_of_the_wish() -> None:
    for after_s, why in ((15, ""), (15.001, "no_wish")):
        line = talking()
        assert wishes(line) == ""
        line.passes(after_s)
        assert dials(line) == why


def test_a_refused_code_uses_the_wish_up() -> None:
    line = talking()
    assert wishes(line) == ""
    line.agent_hangs_up("c1")
    assert dials(line) == "no_talk"
    line.do(AgentChannelClosed(at=line.at, agent=AgentId(LEAD), channel=EAR))
    assert dials(line) == "no_wish"


def test_a_refusal_says_whose_wish_it_was_and_for_which_call() -> None:
    line = talking()
    assert wishes(line) == ""
    line.agent_hangs_up("c1")
    assert dials(line) == "no_talk"
    line.do(AgentChannelClosed(at=line.at, agent=AgentId(LEAD), channel=EAR))
    assert wishes(line) == "no_talk"
    assert [(one.phone, one.call, one.person) for one in line.history if isinstance(one, MonitorRefused)] == [
        (LEAD, "c1", "sef"),
        (LEAD, "c1", "sef"),
    ]


def test_a_caller_who_has_not_heard_the_notice_is_not_monitored() -> None:
    line = talking(noticed=False)
    assert wishes(line) == "no_notice"
    hears_notice(line, "c1")
    hears_notice(line, "c1")
    assert len(line.facts(NoticeGiven)) == 1
    assert wishes(line) == ""


def test_without_the_setting_nobody_monitors() -> None:
    assert wishes(talking(monitoring=False)) == "off"


def test_who_does_not_talk_is_not_monitored() -> None:
    line = talking()
    line.attaches("c2")
    hears_notice(line, "c2")
    line.chooses("c2", "request")
    assert (wishes(line, "c2"), wishes(line, "nobody")) == ("no_talk", "no_talk")


def test_nobody_monitors_their_own_talk_nor_by_a_phone_that_is_none() -> None:
    line = talking()
    assert (wishes(line, phone="1001"), wishes(line, phone="1234")) == ("own_talk", "no_phone")


def test_a_phone_in_a_call_does_not_monitor() -> None:
    line = talking()
    line.do(AgentChannelOpened(at=line.at, agent=AgentId(LEAD), channel=OTHER))
    assert wishes(line) == "phone_busy"
    line.do(AgentChannelClosed(at=line.at, agent=AgentId(LEAD), channel=OTHER))
    assert wishes(line) == ""
    line.do(AgentChannelOpened(at=line.at, agent=AgentId(LEAD), channel=OTHER))
    assert dials(line) == "phone_busy"  # a caller of theirs could be transferred to what the phone hears
    assert line.engine.state.monitors == {}


def test_a_phone_that_begins_another_call_monitors_no_more() -> None:
    line = monitored()
    line.do(AgentChannelOpened(at=line.at, agent=AgentId(LEAD), channel=EAR))
    assert line.out == []  # AMI may tell of its own channel after AGI did
    line.do(AgentChannelOpened(at=line.at, agent=AgentId(LEAD), channel=OTHER))
    assert [one for one in line.out if isinstance(one, EndMonitor)] == [EndMonitor(phone=AgentId(LEAD), channel=EAR)]


def test_one_lead_at_a_time() -> None:
    line = monitored()
    assert wishes(line, phone="1002") == "taken"
    assert wishes(line) == "phone_busy"


def test_the_end_is_told_once_by_agi_or_by_ami() -> None:
    line = monitored()
    line.do(AgentChannelClosed(at=line.at, agent=AgentId(LEAD), channel=EAR))
    line.do(MonitorOver(at=line.at, phone=AgentId(LEAD), channel=EAR))
    assert len(line.facts(MonitorEnded)) == 1
    line = monitored()
    line.do(MonitorOver(at=line.at, phone=AgentId(LEAD), channel=OTHER))  # of an earlier call
    assert line.facts(MonitorEnded) == []


def test_what_ended_while_the_line_was_away_is_told_when_asterisk_lists_its_channels() -> None:
    line = monitored()
    leg = line.leg("c1")
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1", leg=leg, talking=True)
    line.engine = Engine.restore(line.engine.snapshot())
    line.do(EngineStarted(at=line.at))
    there: dict[AgentId, tuple[str, ...]] = {AgentId("1001"): (leg,), AgentId(LEAD): (EAR,)}
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1"), calls=(seen,), agent_channels=there))
    assert LEAD in line.engine.state.monitors
    line.do(NodeReconciled(at=line.at, node=NodeId("ast2")))
    assert LEAD in line.engine.state.monitors, "another node's list says nothing of it"
    del there[AgentId(LEAD)]
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1"), calls=(seen,), agent_channels=there))
    assert [one.call for one in line.facts(MonitorEnded)] == ["c1"]


def test_a_page_that_went_while_the_line_was_away_hears_nothing_any_more() -> None:
    """Asterisk has its channel still: a page says no goodbye."""
    line = monitored()
    leg = line.leg("c1")
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1", leg=leg, talking=True)
    line.engine = Engine.restore(line.engine.snapshot())
    line.do(EngineStarted(at=line.at))
    there: dict[AgentId, tuple[str, ...]] = {AgentId("1001"): (leg,), AgentId(LEAD): (EAR,)}
    both = (AgentId("1001"), AgentId(LEAD))
    for available, ends in ((both, []), (both[:1], [EndMonitor(phone=AgentId(LEAD), channel=EAR)])):
        listed = NodeReconciled(
            at=line.at, node=NodeId("ast1"), calls=(seen,), agent_channels=there, available=available
        )
        line.do(listed)
        assert [one for one in line.out if isinstance(one, EndMonitor)] == ends


STEPS = (
    "wishes listen", "wishes whisper", "dials", "stranger dials", "opens", "closes", "hangs up", "over", "talk ends",
    "talk begins", "passes", "restart",
)  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_whatever_happens_nobody_hears_without_a_wish_and_each_begin_has_one_end(steps: list[str]) -> None:
    line = talking()
    granted_until = 0.0
    talks = 1
    for number, step in enumerate(steps):
        ear = f"PJSIP/{LEAD}-{number:08x}"
        heard = line.engine.state.monitors.get(AgentId(LEAD))
        begun = len(line.facts(MonitorBegan))
        match step:
            case "wishes listen" | "wishes whisper":
                granted_until = line.at + 15 if wishes(line, f"c{talks}", mode=step.split()[1]) == "" else 0.0
            case "dials":
                dials(line, channel=ear)
                may = line.at <= granted_until
                assert may or len(line.facts(MonitorBegan)) == begun
                granted_until = 0.0
            case "stranger dials":
                dials(line, "1002", f"PJSIP/1002-{number:08x}")
                assert len(line.facts(MonitorBegan)) == begun
            case "opens":
                line.do(AgentChannelOpened(at=line.at, agent=AgentId(LEAD), channel=ear))
                ordered = [one for one in line.out if isinstance(one, EndMonitor)]
                assert len(ordered) == (heard is not None)
            case "closes" if (lead := line.engine.state.agents[AgentId(LEAD)]).channels:
                line.do(AgentChannelClosed(at=line.at, agent=AgentId(LEAD), channel=lead.channels[0]))
            case "hangs up" | "over" if heard is not None:
                if step == "over":
                    line.do(MonitorOver(at=line.at, phone=AgentId(LEAD), channel=heard.channel))
                else:
                    line.do(AgentChannelClosed(at=line.at, agent=AgentId(LEAD), channel=heard.channel))
            case "talk ends" if CallId(f"c{talks}") in line.engine.state.calls:
                line.caller_gone(f"c{talks}")
            case "talk begins" if CallId(f"c{talks}") not in line.engine.state.calls:
                talks += 1
                line.attaches(f"c{talks}")
                hears_notice(line, f"c{talks}")
            case "passes":
                line.passes(6)
            case "restart":
                line.engine = Engine.restore(line.engine.snapshot())
    began, ended = line.facts(MonitorBegan), line.facts(MonitorEnded)
    assert len(began) - len(ended) == len(line.engine.state.monitors) <= 1
    assert [one.call for one in ended] == [one.call for one in began[: len(ended)]]


@pytest.mark.parametrize(
    ("endpoint", "state", "ends"),
    [
        (f"PJSIP/{LEAD}", "unavailable", True),
        ("", "unavailable", True),
        (f"PJSIP/{LEAD}-web", "unavailable", False),  # their page, and the telephone on the desk listens
        (f"PJSIP/{LEAD}", "available", False),
    ],
)
def test_a_telephone_that_is_gone_hears_nothing_any_more(endpoint: str, state: DeviceState, ends: bool) -> None:
    line = talking()
    assert not wishes(line)
    assert not dials(line)
    line.do(DeviceStateChanged(at=line.at, agent=AgentId(LEAD), state=state, endpoint=endpoint))
    expected = [EndMonitor(phone=AgentId(LEAD), channel=EAR)] if ends else []
    assert [one for one in line.out if isinstance(one, EndMonitor)] == expected
