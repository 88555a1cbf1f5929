"""A shift lead listens, whispers and joins on a real Asterisk: what each of three softphones hears is measured."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from acd.asterisk.confcheck import Wanted, check_files
from acd.engine.model.monitor_facts import MonitorBegan, MonitorEnded, MonitorRefused, NoticeGiven
from bench.stack import ROOT, Stack, agents_toml, until
from tests.integration.softphone import Softphone, loudness
from tests.integration.witnesses import journal_facts
from tests.services import missing

AGENT_HZ, CALLER_HZ, LEAD_HZ, OTHER_HZ = 650.0, 1150.0, 1750.0, 2350.0
LEAD = "1003"
HEARD, SILENT = 0.1, 0.01
"""Shares of a tone in what is heard, in the last second."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """1001 and 1002 take calls, and their phones answer by themselves. 1003 is the shift lead."""
    for program in ("baresip", "sipp"):
        if shutil.which(program) is None:
            missing(program)
    folder = tmp_path_factory.mktemp("monitoring")
    stack = Stack(folder, agents=3, wrapup_s=0, ring_s=15.0, monitoring=True)
    (folder / "agents.toml").write_text(agents_toml(stack.logins, auto_answer="all"), "utf-8")
    with stack:
        change = (sys.executable, "-m", "acd.cli", "users", "role", LEAD, "lead", "--extension", LEAD)
        until("the demo's people are there", lambda: sign_in(stack, "lead", "demo-lead"), 60)
        subprocess.run(change, cwd=ROOT, env=Stack.environment(stack.settings), check=True, timeout=60)
        yield stack


def sign_in(stack: Stack, user: str, password: str) -> httpx.Client | None:
    """A person's session, with the header that its writes need."""
    client = httpx.Client(base_url=f"{stack.url}/api/v1/", timeout=60)
    answer = client.post("session", json={"user": user, "password": password})
    if answer.status_code != 200:
        return None
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


class Room:
    """The softphones of one test."""

    def __init__(self, stack: Stack, folder: Path, closing: ExitStack) -> None:
        self.stack, self.folder, self.closing = stack, folder, closing
        self.port = int(str(stack.settings["sip_port"]))
        session = sign_in(stack, LEAD, f"demo-{LEAD}")
        assert session is not None
        closing.callback(session.close)
        self.session = session

    def phone(self, user: str, **how: Any) -> Softphone:
        known = next((login.password for login in self.stack.logins if login.user == user), "none")
        folder = self.folder / f"{user}-{len(list(self.folder.iterdir()))}"
        return self.closing.enter_context(Softphone(folder, self.port, user, known, **how))

    def talk(self, agent: str, hz: float, number: str, caller_hz: float) -> tuple[Softphone, Softphone, str]:
        """An agent and a caller who talk; the caller has heard the notice. Both, and the call."""
        desk = self.phone(agent, hz=hz, auto_answer=True)
        self.stack.set_state(agent, "ready")
        before = len(journal_facts(self.stack, NoticeGiven))
        caller = self.phone(number, hz=caller_hz, registers=False)
        self.dials(caller, "4440411")
        until("the notice was heard", lambda: len(journal_facts(self.stack, NoticeGiven)) > before, 60)
        caller.presses("0")
        call = str(until(f"{agent} talks", lambda: self.stack.agents()[agent].get("call"), 60))
        until("the caller hears the agent", lambda: caller.hears(hz), 60, say=caller.account)
        return desk, caller, call

    def dials(self, phone: Softphone, number: str) -> None:
        phone.does(f"dial sip:{number}@127.0.0.1:{self.port}")

    def wishes(self, call: str, mode: str) -> httpx.Response:
        return self.session.post(f"calls/{call}/monitor", json={"mode": mode})

    def granted(self, call: str, mode: str) -> httpx.Response | None:
        """The answer to a wish, unless the line takes the lead's phone for busy."""
        answer = self.wishes(call, mode)
        busy = answer.status_code == 409 and answer.json()["value"] == "phone_busy"
        assert busy or answer.status_code == 200, answer.text
        return None if busy else answer

    def monitors(self, call: str, mode: str) -> Softphone:
        """The lead's phone, once it monitors. The phone knows of the end of its last call before the line does, which
        refuses the next wish until then."""
        lead = self.phone(LEAD, hz=LEAD_HZ)
        answer = until("the wish is granted", lambda: self.granted(call, mode), 60)
        assert answer.json()["code"] == "*49"
        began = self.count(MonitorBegan)
        self.dials(lead, "*49")
        until("it began", lambda: self.count(MonitorBegan) > began, 60, say=lead.told)
        return lead

    def count(self, kind: type) -> int:
        return len(journal_facts(self.stack, kind))

    def is_shown(self, mode: str | None) -> bool:
        """Whether the live view says so of 1001."""
        return bool(self.stack.agents()["1001"]["monitored"] == mode)

    def ended(self, count: int) -> None:
        until(f"{count} ended", lambda: self.count(MonitorEnded) == count, 60)

    def audit(self, call: str) -> list[tuple[str, str]]:
        """Action and mode, oldest first."""
        query = "SELECT action, json_extract(detail, '$.mode') FROM audit WHERE about = ? AND who = ? ORDER BY id"
        return [(action, mode) for action, mode in self.stack.rows(query, call, LEAD) if action != "monitor_wished"]


@pytest.fixture
def room(stack: Stack, tmp_path: Path) -> Iterator[Room]:
    with ExitStack() as closing:
        yield Room(stack, tmp_path, closing)
    for extension in stack.agents():
        stack.set_state(extension, "offline")
    until("all are off", lambda: {one["state"] for one in stack.agents().values()} == {"offline"}, 60)


def share(phone: Softphone, hz: float) -> float:
    """The share of a tone in what it heard in the last second."""
    return loudness(phone.folder / "heard.wav", hz, 1.0)


def hears(phone: Softphone, hz: float) -> bool:
    return share(phone, hz) > HEARD


def is_free(phone: Softphone) -> bool:
    """Whether its call is over."""
    return "terminated" in phone.told() or "closed" in phone.told()


def hears_no(phone: Softphone, hz: float) -> bool:
    return share(phone, hz) < SILENT


def test_each_mode_is_heard_by_whom_it_should_be_and_ends_with_the_talk(room: Room) -> None:
    agent, caller, call = room.talk("1001", AGENT_HZ, "05328100001", CALLER_HZ)
    ended = room.count(MonitorEnded)
    for mode, by_agent, by_caller in (("listen", False, False), ("whisper", True, False), ("barge", True, True)):
        lead = room.monitors(call, mode)
        until("the lead hears the agent", partial(hears, lead, AGENT_HZ), 60)
        until("the lead hears the caller", partial(hears, lead, CALLER_HZ), 60)
        until("the desk shows it", partial(room.is_shown, mode), 60)
        for phone, may in ((agent, by_agent), (caller, by_caller)):
            heard = partial(hears if may else hears_no, phone, LEAD_HZ)
            until(f"{mode}: {phone.user} {'hears' if may else 'does not hear'} the lead", heard, 60)
        until("the caller hears the agent", partial(hears, caller, AGENT_HZ), 60)
        until("the agent hears the caller", partial(hears, agent, CALLER_HZ), 60)
        if mode != "barge":
            for key in "1002#" if mode == "listen" else "*":  # they end it, and lead to no other channel
                lead.presses(key)
            ended += 1
            room.ended(ended)
            until("the lead's phone is free", partial(is_free, lead), 60, say=lead.told)
            lead.close()
    caller.does("hangup")
    room.ended(ended + 1)
    until("the lead's phone is free", partial(is_free, lead), 60, say=lead.told)
    until("nobody is shown", partial(room.is_shown, None), 60)
    told = [(f"monitor_{what}", mode) for mode in ("listen", "whisper", "barge") for what in ("began", "ended")]
    until("the audit has all", lambda: room.audit(call) == told, 60, say=lambda: room.audit(call))


def test_the_code_alone_hears_nothing_and_a_second_call_ends_what_it_hears(room: Room) -> None:
    _, caller, call = room.talk("1001", AGENT_HZ, "05328200001", CALLER_HZ)
    stranger, lead = room.phone("1002", hz=OTHER_HZ), room.phone(LEAD, hz=LEAD_HZ)
    refused, began, ended = (room.count(kind) for kind in (MonitorRefused, MonitorBegan, MonitorEnded))
    room.dials(lead, "*49")
    until("without a wish it is refused", lambda: room.count(MonitorRefused) > refused, 60, say=lead.told)
    lead.does("hangup")
    until("the wish is granted", lambda: room.wishes(call, "listen").status_code == 200, 60)
    known = room.count(MonitorRefused)
    room.dials(stranger, "*49")  # the wish is for another phone
    until("another phone is refused", lambda: room.count(MonitorRefused) > known, 60, say=stranger.told)
    assert hears_no(stranger, CALLER_HZ)
    assert room.count(MonitorBegan) == began
    by_agent = sign_in(room.stack, "1001", "demo1001")
    assert by_agent is not None
    assert by_agent.post(f"calls/{call}/monitor", json={"mode": "listen"}).status_code == 403
    by_agent.close()
    token = room.stack.request("POST", f"/api/v1/calls/{call}/monitor", body={"mode": "listen"})
    assert (token.status_code, token.json()["value"]) == (409, "no_extension")
    assert room.wishes(call, "listen").status_code == 200
    room.dials(lead, "*49")
    until("the lead hears", partial(hears, lead, CALLER_HZ), 60, say=lead.told)
    room.dials(lead, "1002")  # nobody can be transferred to what the phone hears
    room.ended(ended + 1)
    until("the talk goes on", partial(hears, caller, AGENT_HZ), 60)


def test_a_caller_who_did_not_hear_the_notice_is_not_monitored(room: Room) -> None:
    agent = room.phone("1001", hz=AGENT_HZ, auto_answer=True)
    room.stack.set_state("1001", "ready")
    caller = room.phone("05328300001", hz=CALLER_HZ, registers=False)
    notices = room.count(NoticeGiven)
    room.dials(caller, "4440411")
    until("the line has answered", lambda: "Call established" in caller.told(), 60, say=caller.told)
    caller.presses("0")
    call = str(until("1001 talks", lambda: room.stack.agents()["1001"].get("call"), 60))
    until("they talk", lambda: agent.hears(CALLER_HZ), 60, say=agent.account)
    assert room.count(NoticeGiven) == notices
    answer = room.wishes(call, "listen")
    assert (answer.status_code, answer.json()["value"]) == (409, "no_notice")


def test_a_kill_of_the_line_leaves_no_ear(room: Room) -> None:
    _, caller, call = room.talk("1001", AGENT_HZ, "05328500001", CALLER_HZ)
    ended = room.count(MonitorEnded)
    lead = room.monitors(call, "listen")
    until("the lead hears", lambda: share(lead, CALLER_HZ) > HEARD, 60)
    before = room.stack.kill_daemon()
    room.stack.await_another_daemon(before)
    room.ended(ended + 1)
    until("the lead's phone is free", partial(is_free, lead), 60, say=lead.told)
    until("the talk goes on", partial(hears, caller, AGENT_HZ), 60)
    until("the audit has the end", lambda: ("monitor_ended", "listen") in room.audit(call), 60)


def test_the_configuration_that_lets_leads_monitor_is_found_sound(room: Room) -> None:
    settings = room.stack.settings
    ports = {key: settings[key] for key in ("sip_port", "ws_port", "ami_port", "fastagi_port", "rtp_start", "rtp_end")}
    secret = (room.stack.data_dir / "agi_secret").read_text("utf-8").strip()
    wanted = Wanted(node="ast1", bind_host="127.0.0.1", ami_user="cozum", monitoring=True, agi_secret=secret, **ports)
    assert check_files(room.stack.data_dir / "asterisk" / "etc", wanted) == []
