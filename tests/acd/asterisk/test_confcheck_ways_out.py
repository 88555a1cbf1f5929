"""Bad configurations of Asterisk: ways out of the line, into it, and into others' talks."""

from dataclasses import replace
from pathlib import Path

import pytest

from acd.asterisk.confcheck import check_files
from tests.acd.asterisk.configured import WANTED, Change, after, etc, told, write

__all__ = ["after", "etc"]


def test_leads_monitor_only_where_it_is_wanted(tmp_path: Path) -> None:
    with_it, without = write(tmp_path / "asterisk", monitoring=True), write(tmp_path / "other")
    wanted = replace(WANTED, monitoring=True)
    assert told(check_files(with_it, wanted)) == ""
    assert "*49" not in (without / "extensions.conf").read_text("utf-8").replace("*49 monitor a talk", "")
    missing = told(check_files(without, wanted))
    assert "app_chanspy.so is not loaded" in missing
    assert "leads' phones cannot ask the engine to monitor" in missing
    too_much = told(check_files(with_it, WANTED))
    assert "load = app_chanspy.so: it listens to talks, and monitoring is off" in too_much
    assert "asks the engine to monitor a talk, and monitoring is off" in too_much


@pytest.mark.parametrize(
    ("section", "text", "fault"),
    [
        ("agents", "exten => 9,1,ChanSpy(PJSIP/1001)", "ChanSpy(): listens to talks without the engine"),
        ("private", "exten => 9,1,ExecIf($[1]?ExtenSpy(1001@agents):Hangup())", "ExtenSpy(): listens to talks"),
        ("hotline", "exten => 9,1,Goto(monitor,s,1)", "a trunk's caller comes to the code for monitoring"),
    ],
)
def test_nobody_listens_by_another_way(tmp_path: Path, section: str, text: str, fault: str) -> None:
    etc = write(tmp_path / "asterisk", monitoring=True)
    dialplan = etc / "extensions.conf"
    dialplan.write_text(f"{dialplan.read_text('utf-8')}\n[{section}](+)\n{text}\n")
    assert fault in told(check_files(etc, replace(WANTED, monitoring=True)))


@pytest.mark.parametrize(
    ("section", "text"),
    [("agents", "include => callback"), ("agents", "include => duty"),
     ("agents", "include => handover"), ("transfers", "exten => _X.,1,Goto(handover,112*25,1)"),
     ("transfers", "exten => 9,1,Goto(callback,${EXTEN},1)"), ("ask", "exten => 9,1,Gosub(callback,05321234567,1)")],
)  # fmt: skip
def test_no_phone_reaches_what_dials_out(tmp_path: Path, section: str, text: str) -> None:
    etc = write(tmp_path / "asterisk", callbacks=True)
    dialplan = etc / "extensions.conf"
    dialplan.write_text(f"{dialplan.read_text('utf-8')}\n[{section}](+)\n{text}\n[agents](+)\ninclude => transfers\n")
    context = next(one for one in ("duty", "handover", "callback") if one in text)
    assert f"leads to [{context}], which dials out" in told(check_files(etc, replace(WANTED, callbacks=True)))


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("Dial(PJSIP/1001,20)", "Dial(): without the option i"),
        ("Dial(PJSIP/1001,20,gI)", "Dial(): without the option i"),
        ("Dial(PJSIP/1001,20,gf(i <1>)I)", "Dial(): without the option i"),
        ("Dial,PJSIP/1001", "Dial(): without the option i"),
        ("ExecIf($[1]?Dial(PJSIP/1001,20,g):Hangup())", "Dial(): without the option i"),
        ("RetryDial(x,1,1,PJSIP/1001,20)", "RetryDial(): without the option i"),
        ("Queue(standby,cI,,,2)", "Queue(): without the option i"),
        ("Queue(standby)", "Queue(): without the option i"),
        ("Dial(PJSIP/1001,20,${OPTIONS})", "Dial(): its options depend on a variable"),
        ("Page(PJSIP/1001)", "Page(): follows forwards"),
        ("FollowMe(1001)", "FollowMe(): follows forwards"),
        ("Originate(PJSIP/1001,app,Echo)", "Originate(): follows forwards"),
        ("Dial(PJSIP/1001,20,gb(dial^in^1(i(i))))", "Dial(): without the option i"),
    ],
)
def test_no_forward_is_followed_wherever_it_is(after: Change, step: str, text: str) -> None:
    assert text in told(after("extensions.conf", f"[elsewhere]\nexten => 1,1,{step}"))


@pytest.mark.parametrize(
    "step",
    ["Dial(PJSIP/1001,20,i)", "Dial(PJSIP/${EXTEN},${RING_S},giImf(x <1>))", "Queue(standby,ciI,,,2)",
     "Dial(PJSIP/1001,20,gib(reserve^dial^1))",
     "ExecIf($[1]?Dial(PJSIP/1001,20,gi):Hangup())", "RetryDial(x,1,1,PJSIP/1001,20,i)"],
)  # fmt: skip
def test_what_follows_no_forward_is_well(after: Change, step: str) -> None:
    assert told(after("extensions.conf", f"[elsewhere]\nexten => 1,1,{step}")) == ""


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (",iIG(", ",IG(", "[callback]: Dial(): without the option i"),
        ("${ANSWER_S},iI)", "${ANSWER_S},I)", "[callback]: Dial(): without the option i"),
        ("exten => agent,1,", "exten => someone,1,", "[callback] has no extension agent"),
        ("${ANSWER_S},iIG(duty", "${ANSWER_S},IG(duty", "[duty]: Dial(): without the option i"),
        ("exten => ring,1,", "exten => someone,1,", "[duty] has no extension ring"),
        ("${WITHIN},riIf(", "${WITHIN},rIf(", "[handover]: Dial(): without the option i"),
        (
            'exten => _X!,1,GotoIf($["${ARRIVED}"',
            'exten => 9,1,GotoIf($["${ARRIVED}"',
            "[handover] has no extension _X!",
        ),
    ],
)
def test_an_agent_is_rung_for_a_call_back_without_following_a_forward(
    tmp_path: Path, old: str, new: str, text: str
) -> None:
    etc = write(tmp_path / "asterisk", callbacks=True)
    dialplan = etc / "extensions.conf"
    assert old in dialplan.read_text("utf-8")
    dialplan.write_text(dialplan.read_text("utf-8").replace(old, new))
    assert text in told(check_files(etc, replace(WANTED, callbacks=True)))


def test_an_asterisk_without_the_reservation_is_told(tmp_path: Path) -> None:
    etc = write(tmp_path / "asterisk")
    dialplan = etc / "extensions.conf"
    dialplan.write_text(dialplan.read_text("utf-8").replace("[reserve]", "[reserved]"))
    assert "there is no context [reserve]" in told(check_files(etc, WANTED))


def test_a_phone_that_does_not_count_itself_for_its_agent_is_told(tmp_path: Path) -> None:
    etc = write(tmp_path / "asterisk")
    phones = etc / "pjsip_agents.conf"
    before = phones.read_text("utf-8")
    phones.write_text(before.replace("set_var = GROUP(agent)=1002\n", "", 1))
    assert before.count("set_var = GROUP(agent)=1002\n") == 2
    faults = told(check_files(etc, WANTED))
    assert "[1002]: no set_var = GROUP(agent)=…" in faults
    assert faults.count("GROUP(agent)=…") == 1


def test_a_trunk_that_reaches_it_is_told(tmp_path: Path) -> None:
    etc = write(tmp_path / "asterisk", callbacks=True)
    dialplan = etc / "extensions.conf"
    dialplan.write_text(dialplan.read_text("utf-8").replace("(end),Hangup(16)", "(end),Goto(callback,0532,1)"))
    assert "Dial(): what a trunk reaches may not dial out" in told(check_files(etc, replace(WANTED, callbacks=True)))


def test_nobody_comes_in_by_the_outgoing_trunk(tmp_path: Path) -> None:
    etc = write(tmp_path / "asterisk", callbacks=True)
    pjsip = etc / "pjsip.conf"
    pjsip.write_text(pjsip.read_text("utf-8").replace("context = nowhere\nidentify_by = ip\n", "context = nowhere\n"))
    faults = told(check_files(etc, replace(WANTED, callbacks=True)))
    assert "[outgoing]: has neither auth (a password) nor an identify" in faults


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("Dial(PJSIP/1001)", "Dial(): what a trunk reaches may not dial out"),
        ("ExecIf($[1]?Dial(PJSIP/${EXTEN}@trunk))", "Dial(): what a trunk reaches may not dial out"),
        ("Exec(Originate(PJSIP/1,app,Echo))", "Originate(): what a trunk reaches may not dial out"),
        ("Exec(${WHAT})", "which application this is depends on a variable"),
        ("System(rm ${CALLERID(name)})", "System(): what a trunk reaches may not run programs"),
        ("Macro(out)", "Macro(): what a trunk reaches may not run programs or macros"),
        ("Set(X=${SHELL(id)})", "runs a program or evaluates a caller's text"),
        ("AGI(${CALLERID(name)})", "which program this is depends on a variable"),
        ("Goto(${CALLERID(num)},s,1)", "where this goes depends on a variable"),
        ("Goto(nowhere,s,1)", "there is no context [nowhere]"),
        ("Dial,PJSIP/1001", "Dial(): what a trunk reaches may not dial out"),
        ('GotoIf($["${X}" = "?"]?agents,1001,1)', "include => colleagues"),
        ("Gosub(private,s,1(1001))", "[private]: Dial(): what a trunk reaches may not dial out"),
        ("GosubIf($[1]?clean,s,1:private,s,1(1001))", "[private]: Dial(): what a trunk reaches may not dial out"),
        ("GotoIfTime(9:00-17:00,*,*,*?agents,1001,1)", "include => colleagues"),
        ("Set(CHANNEL(hangup_handler_push)=private,s,1(1001))", "[private]: Dial(): what a trunk reaches may not"),
    ],
)
def test_what_a_trunk_reaches_has_no_way_out(after: Change, step: str, text: str) -> None:
    faults = told(after("extensions.conf", " same => n,Answer()", f" same => n,{step}"))
    assert text in faults
    assert "extensions.conf:" in faults or "extensions_agents.conf:" in faults


def test_a_trunk_context_includes_nothing(after: Change) -> None:
    assert "include => agents: what a trunk reaches may not take in" in told(
        after("extensions.conf", "\n[hotline]", "\n[hotline]\ninclude => agents")
    )


def test_a_jump_inside_is_followed_without_fault(after: Change) -> None:
    assert told(after("extensions.conf", " same => n,Answer()", " same => n,GotoIf($[1 > 2]?clean,s,1:next)")) == ""
