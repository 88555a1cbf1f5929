"""Good and bad configurations of Asterisk: what we render is good, and every rule finds its breach."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from acd.asterisk.conf import TEMPLATES, Paths, render
from acd.asterisk.confcheck import Fault, Wanted, check_files
from acd.asterisk.instance_spec import PROMPTS, AgentPhone, AmiUser, InstanceSpec
from acd.asterisk.manager_user import write_classes
from acd.asterisk.provision import Installation
from ivr.menu_file import SpokenMenu, compose, write_menu

WANTED = Wanted(
    node="ast1",
    bind_host="127.0.0.1",
    sip_port=15060,
    ws_port=18088,
    ami_port=15038,
    ami_user="cozum",
    fastagi_port=14573,
    agi_secret="the-secret-of-the-dialplan",
    rtp_start=20000,
    rtp_end=20100,
)
Change = Callable[..., list[Fault]]


MENU = SpokenMenu(name="urgent-tr", language="tr", prompts=("option_ambulance",), pause_s=2.0, lasts_s=3.0)


def write(
    folder: Path,
    version: tuple[int, ...] = (22, 1),
    *,
    callbacks: bool = False,
    menus: tuple[SpokenMenu, ...] = (),
    monitoring: bool = False,
) -> Path:
    """The files as an instance writes them, with modules of every name there is in modules.conf."""
    modules = folder / "modules"
    modules.mkdir(parents=True)
    for line in (TEMPLATES / "modules.conf").read_text("utf-8").splitlines():
        if line.startswith("load = "):
            (modules / line.split()[2]).touch()
    (modules / "app_chanspy.so").touch()
    spec = InstanceSpec(
        folder=folder,
        node=WANTED.node,
        sip_port=WANTED.sip_port,
        ws_port=WANTED.ws_port,
        ami_port=WANTED.ami_port,
        rtp_start=WANTED.rtp_start,
        rtp_end=WANTED.rtp_end,
        fastagi=f"127.0.0.1:{WANTED.fastagi_port}",
        agi_secret=WANTED.agi_secret,
        ami_users=(AmiUser(name="cozum", secret="x" * 43, write=write_classes(callbacks)),),
        callback_trunk="127.0.0.1:5099" if callbacks else "",
        monitoring=monitoring,
        agents=tuple(AgentPhone(extension=str(n), sip_password=f"demo{n}") for n in (1001, 1002)),
        menus=menus,
    )
    for menu in menus:
        write_menu(Paths(folder, folder / "run").menus, menu, PROMPTS)
    etc = folder / "etc"
    etc.mkdir(mode=0o700)
    installed = Installation(("asterisk",), version, modules, folder / "share")
    for name, text in render(spec, Paths(folder, folder / "run"), installed).items():
        (etc / name).touch(mode=0o600)
        (etc / name).write_text(text, "utf-8")
    return etc


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    return write(tmp_path / "asterisk")


@pytest.fixture
def after(etc: Path) -> Change:
    """The faults after a change: `after("file", "text", "other text")`, or `after("file", "text")` for an addition."""

    def change(name: str, old: str, new: str | None = None) -> list[Fault]:
        text = (etc / name).read_text("utf-8")
        assert new is None or old in text, f"{name} has no {old!r}"
        (etc / name).write_text(text + "\n" + old + "\n" if new is None else text.replace(old, new, 1), "utf-8")
        return check_files(etc, WANTED)

    return change


def told(faults: list[Fault]) -> str:
    return "\n".join(str(fault) for fault in faults)


@pytest.mark.parametrize("version", [(20, 5), (20, 10), (21, 5), (22, 1)])
def test_what_we_render_is_good(tmp_path: Path, version: tuple[int, ...]) -> None:
    assert told(check_files(write(tmp_path / "asterisk", version), WANTED)) == ""


def test_what_we_render_for_call_backs_is_good_where_they_are_wanted(tmp_path: Path) -> None:
    etc = write(tmp_path / "asterisk", callbacks=True)
    wanted = replace(WANTED, callbacks=True)
    assert told(check_files(etc, wanted)) == ""
    assert "write = originate: more than is needed" in told(check_files(etc, WANTED))
    assert "write lacks originate" in told(check_files(write(tmp_path / "other"), wanted))


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


def test_missing_files_are_told_each(tmp_path: Path) -> None:
    faults = check_files(tmp_path, WANTED)
    assert len(faults) == 10
    assert all("No such file" in fault.text for fault in faults)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("write = call,reporting", "write = call,reporting,originate", "write = originate: more than is needed"),
        ("write = call,reporting", "write = all", "write = all: more than is needed"),
        ("read = system,call,dtmf", "read = system,call", "read lacks dtmf"),
        ("permit = 127.0.0.1/255.255.255.255", "permit = 10.0.0.0/8", "permit = 10.0.0.0/8: this machine alone"),
        ("deny = 0.0.0.0/0.0.0.0\n", "", "the user may come from anywhere"),
        ("deny = 0.0.0.0/0.0.0.0", "acl = office", "acl = office: say it here"),
        ("bindaddr = 127.0.0.1", "bindaddr = 0.0.0.0", "bindaddr = 0.0.0.0: a loopback address"),
        ("webenabled = no", "webenabled = yes", "no manager over HTTP"),
        ("secret = " + "x" * 43, "secret = 1234", "secret: 16 characters or more"),
        ("[cozum]", "[other]", "has no user [cozum]"),
        ("name(DTMFEnd)", "name(DTMFBegin)", "eventfilter lets no DTMFEnd through"),
        ("port = 15038", "port = 5038", "port = 5038: our setting ami_port is 15038"),
    ],
)
def test_manager(after: Change, old: str, new: str, text: str) -> None:
    assert text in told(after("manager.conf", old, new))


def test_a_second_manager_user_may_do_no_more_than_ours(after: Change) -> None:
    extra = "[admin]\nsecret = 0123456789abcdef\nread = all\nwrite = command\npermit = 0.0.0.0/0\n"
    faults = told(after("manager.conf", extra))
    assert "[admin]: write = command: more than is needed" in faults
    assert "[admin]: read = all" in faults
    assert "[admin]: permit = 0.0.0.0/0" in faults
    assert "lacks" not in faults


def test_a_secret_is_never_shown(after: Change) -> None:
    assert "hunter2" not in told(after("manager.conf", "secret = " + "x" * 43, "secret = hunter2"))


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


def test_the_dialplan_leads_to_our_engine(etc: Path) -> None:
    faults = told(check_files(etc, replace(WANTED, fastagi_port=1)))
    assert "callers do not come to the engine at our fastagi_port" in faults


def test_the_dialplan_knows_our_secret(etc: Path) -> None:
    faults = told(check_files(etc, replace(WANTED, agi_secret="another-one-of-ours")))
    assert "AGI(agi://127.0.0.1:14573/call, …): its first argument is not our agi_secret" in faults
    assert WANTED.agi_secret not in faults
    assert "another-one" not in faults


def test_a_missing_hotline_is_told(after: Change) -> None:
    assert "there is no context [hotline]" in told(after("extensions.conf", "\n[hotline]", "\n[hotlnie]"))


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("allow_transfer = no", "allow_transfer = yes", "[trunk]: allow_transfer = yes"),
        ("allow_transfer = no\n", "", "[trunk]: allow_transfer = yes"),
        ("trust_id_inbound = no", "trust_id_inbound = yes", "[trunk]: trust_id_inbound = yes"),
        ("callerid = <unknown>\n", "", "[trunk]: callerid is not set: a number in < > is allowed"),
        ("callerid = <unknown>", "callerid = line", "[trunk]: callerid = line: a number in < > is allowed"),
        ("match = 127.0.0.1", "match = 0.0.0.0/0", "match = 0.0.0.0/0: is a large part of the internet"),
        ("match = 127.0.0.1", "match = 10.0.0.1, 128.0.0.0/1", "128.0.0.0/1: is a large part of the internet"),
        ("match = 127.0.0.1", "match = 2000::/3", "match = 2000::/3: is a large part of the internet"),
        ("endpoint = trunk", "endpoint = trnk", "[trunk]: has neither auth"),
        ("context = agents", "context = hotline", "context = hotline: is a trunk's"),
        ("rewrite_contact = yes", "rewrite_contact = no", "[1001]: rewrite_contact is not yes"),
        ("rewrite_contact = yes", "contact_permit = 10.1.0.0/16", "[1001]: rewrite_contact is not yes"),
        (":15060", ":5060", "bind = 127.0.0.1:5060: our sip_port is 15060"),
        ("bind = 127.0.0.1:", "bind = 0.0.0.0:", "our bind_host is 127.0.0.1"),
    ],
)
def test_pjsip(after: Change, old: str, new: str, text: str) -> None:
    assert text in told(after("pjsip.conf", old, new))


def test_a_phone_may_register_the_addresses_that_are_listed(after: Change) -> None:
    assert not after("pjsip.conf", "rewrite_contact = yes", "contact_deny = 0.0.0.0/0\ncontact_permit = 10.1.0.0/16")


def test_an_endpoint_for_everybody_is_told(after: Change) -> None:
    assert "anybody could call in" in told(after("pjsip.conf", "[anonymous]\ntype = endpoint\ncontext = hotline"))


def test_an_agent_without_a_password_is_told(after: Change) -> None:
    faults = told(after("pjsip_agents.conf", "password = demo1001", "password ="))
    assert "[1001]: auth = 1001: has no password" in faults


@pytest.mark.parametrize(
    ("name", "old", "new", "text"),
    [
        ("modules.conf", "load = chan_pjsip.so", "load = app_system.so", "load = app_system.so: it can start calls"),
        ("modules.conf", "load = chan_pjsip.so", "", "chan_pjsip.so is not loaded"),
        ("modules.conf", "autoload = no", "autoload = yes", "autoload = yes: no is allowed"),
        ("asterisk.conf", "live_dangerously = no", "live_dangerously = yes", "live_dangerously = yes: no is allowed"),
        ("asterisk.conf", "systemname = ast1", "systemname = ast2", "systemname = ast2: our setting node is ast1"),
        ("http.conf", "bindaddr = 127.0.0.1", "bindaddr = 0.0.0.0", "bindaddr = 0.0.0.0: 127.0.0.1 is allowed"),
        ("rtp.conf", "strictrtp = yes", "strictrtp = no", "strictrtp = no: anybody could then send sound"),
        (
            "logger.conf",
            "messages => warning",
            "messages => notice,warning",
            "messages => notice,warning,error: notice",
        ),
        ("logger.conf", "messages => ", "console => notice\nfull => *\nmessages => ", "full => *: * quote whole SIP"),
        ("pjproject.conf", "asterisk_error = 0", "asterisk_error = 0,1", "asterisk_error has 1: whole packets of"),
        ("pjproject.conf", "asterisk_warning =\n", "", "asterisk_warning has 2: whole packets of anybody"),
        ("rtp.conf", "rtpstart = 20000", "rtpstart = 10000", "rtpstart = 10000: our setting rtp_start is 20000"),
    ],
)
def test_the_other_files(after: Change, name: str, old: str, new: str, text: str) -> None:
    assert text in told(after(name, old, new))


def test_places_are_those_of_the_file_itself(after: Change) -> None:
    faults = after(
        "pjsip.conf", "[late]\ntype = endpoint\ncontext = hotline\nallow_transfer = no\nallow_subscribe = no"
    )
    assert any(fault.where.startswith("pjsip.conf:") and "[late]" in fault.where for fault in faults)
    line = int(next(f for f in faults if "[late]" in f.where).where.split(":")[1].split()[0])
    assert line > 80


@pytest.mark.parametrize(
    ("addition", "text"),
    [
        ("what is this", "Item must be in name = value pairs"),
        ("[half", "a section is [name]"),
        ('#include "gone.conf"', "gone.conf: No such file"),
        ("#exec /bin/sh", "#exec runs a program"),
        ("#include", "are allowed"),
        ("[x](gone)", "there is no section gone"),
        ('#include "manager.conf"', "includes itself"),
    ],
)
def test_files_that_cannot_be_read(after: Change, addition: str, text: str) -> None:
    assert text in told(after("manager.conf", addition))


def test_what_asterisk_reads_otherwise_than_pyst2_alone(after: Change, etc: Path) -> None:
    (etc / "more.conf").write_text("[cozum](+)\n;-- a comment\nwrite = all\n--;\nwrite = all ; \\; so\n", "utf-8")
    (etc / "more.conf").chmod(0o600)
    faults = told(after("manager.conf", '#tryinclude "more.conf"\n#tryinclude "nothing.conf"'))
    assert "more.conf:5 [cozum]: write = all: more than is needed" in faults


def test_passwords_that_others_can_read(etc: Path) -> None:
    etc.parent.chmod(0o755)
    etc.chmod(0o755)
    (etc / "manager.conf").chmod(0o644)
    assert "chmod 600" in told(check_files(etc, WANTED))
    etc.chmod(0o700)
    assert told(check_files(etc, WANTED)) == ""


# --- the menus that are heard while a phone rings


def with_menu(folder: Path) -> tuple[Path, Wanted]:
    """What an instance writes for a line that has one, and what is wanted of it."""
    return write(folder / "asterisk", menus=(MENU,)), replace(WANTED, menus=(MENU,), prompts_dir=PROMPTS)


def test_a_menu_that_asterisk_has_is_well(tmp_path: Path) -> None:
    assert check_files(*with_menu(tmp_path)) == []


def test_a_line_without_early_ring_needs_no_menu(etc: Path) -> None:
    (etc / "features.conf").unlink()
    assert check_files(etc, WANTED) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "text"),
    [
        ("musiconhold.conf", "[urgent-tr]", "[urgent-de]", "there is no class [urgent-tr]"),
        ("musiconhold.conf", "menus/urgent-tr", "menus/nowhere", "no such folder"),
        ("features.conf", "kind-keys =", "other-keys =", "[applicationmap] has no kind-keys"),
        ("musiconhold.conf", "[urgent-tr]\nmode = files", "[urgent-tr]\nmode = playlist", "mode = playlist: files"),
    ],
)
def test_a_menu_that_asterisk_lacks_is_told_with_the_way_out(
    tmp_path: Path, name: str, old: str, new: str, text: str
) -> None:
    etc, wanted = with_menu(tmp_path)
    before = (etc / name).read_text("utf-8")
    assert old in before
    (etc / name).write_text(before.replace(old, new), "utf-8")
    (fault,) = check_files(etc, wanted)
    assert fault.where.startswith(name)
    assert text in fault.text
    assert "playlist" in text or "early_ring = false" in fault.text


def test_a_second_file_of_a_menu_and_one_of_older_prompts_are_told(tmp_path: Path) -> None:
    etc, wanted = with_menu(tmp_path)
    own = tmp_path / "asterisk" / "data" / "menus" / MENU.name
    (own / "other.wav").write_bytes(b"")
    assert "one file is allowed, the menu's: here menu.wav, other.wav" in told(check_files(etc, wanted))
    (own / "other.wav").unlink()
    (own / "menu.wav").write_bytes(compose(PROMPTS / "tr", ("option_funeral",), 2.0))
    assert "menu.wav is not made of the present prompts; `cozum flow menus" in told(check_files(etc, wanted))


def test_a_folder_beside_the_data_of_asterisk_is_found(tmp_path: Path) -> None:
    etc, wanted = with_menu(tmp_path)
    text = (etc / "musiconhold.conf").read_text("utf-8")
    data = tmp_path / "asterisk" / "data"
    (etc / "musiconhold.conf").write_text(text.replace(f"{data}/menus", "menus"), "utf-8")
    assert check_files(etc, wanted) == []
