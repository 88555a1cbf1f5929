"""Good and bad configurations of Asterisk: what we render is good, and every rule finds its breach."""

from dataclasses import replace
from pathlib import Path

import pytest

from acd.asterisk.confcheck import Wanted, check_files
from acd.asterisk.instance_spec import PROMPTS
from ivr.menu_file import compose
from tests.acd.asterisk.configured import MENU, WANTED, Change, after, etc, told, write

__all__ = ["after", "etc"]


@pytest.mark.parametrize("version", [(20, 5), (20, 10), (21, 5), (22, 1)])
def test_what_we_render_is_good(tmp_path: Path, version: tuple[int, ...]) -> None:
    assert told(check_files(write(tmp_path / "asterisk", version), WANTED)) == ""


def test_what_we_render_for_call_backs_is_good_where_they_are_wanted(tmp_path: Path) -> None:
    etc = write(tmp_path / "asterisk", callbacks=True)
    wanted = replace(WANTED, callbacks=True)
    assert told(check_files(etc, wanted)) == ""
    assert "write = originate: more than is needed" in told(check_files(etc, WANTED))
    assert "write lacks originate" in told(check_files(write(tmp_path / "other"), wanted))


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
