"""`make run` for real: processes are started, killed and counted."""

import contextlib
import http.server
import os
import re
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from acd.config.settings import Settings
from acd.lib.backoff import Backoff
from acd.supervisor.supervise import _readiness
from bench.stack import until
from tests.acd.asterisk.private import processes_of
from tests.acd.supervisor.supervised import Running, alive, another, content, running

__all__ = ["running"]

pytestmark = pytest.mark.integration


def test_it_says_where_to_look_and_has_what_a_first_start_needs(running: Running) -> None:
    until("it has told", lambda: "agents" in running.said(), 60)
    said = running.said()
    assert f"http://127.0.0.1:{running.settings['http_port']}/" in said
    assert f"sip:4440411@127.0.0.1:{running.settings['sip_port']}" in said
    assert "1001-1010" in said
    assert str(running.data / "token") in said
    for name in ("token", "ami_secret", "agents.toml"):
        assert (running.data / name).stat().st_mode & 0o777 == 0o600
    assert len((running.data / "token").read_text().strip()) >= 40
    assert (running.data / "agents.toml").read_text().count("[[agent]]") == 10


def counts(running: Running, sample: str) -> bool:
    """Whether the metrics have this line."""
    return sample in running.get("/metrics")


@pytest.mark.alone
def test_what_dies_comes_back_within_a_second(running: Running) -> None:
    for deaths in range(1, 4):  # so many quick deaths are not held against it
        before, killed = running.daemon(), time.monotonic()
        os.kill(before, signal.SIGKILL)
        until("another daemon", lambda pid=before: running.daemon() not in (pid, 0) and running.ready(), 60, 0.01)  # type: ignore[misc]  # mypy cannot infer a default of a lambda
        assert time.monotonic() - killed < 1.0
        assert running.said().count("the line was killed by SIGKILL") == deaths
        until("it is counted", partial(counts, running, f'cozum_daemon_ends_total{{why="died"}} {deaths}.0'), 60)

    asterisk, daemon = running.asterisk(), running.daemon()
    os.kill(asterisk, signal.SIGKILL)
    until("another Asterisk", lambda: running.asterisk() != asterisk and running.ready(), 60)
    assert "Asterisk was killed by SIGKILL" in running.said()
    assert running.daemon() == daemon


@pytest.mark.alone
def test_a_dead_standby_comes_back_too(running: Running) -> None:
    def standby() -> int:
        command = f"--data-dir\0{running.data}".encode()
        found = [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if command in content(path)]
        return found[0] if found else 0

    before, daemon = until("the standby is there", standby, 60), running.daemon()
    os.kill(before, signal.SIGKILL)
    until("another one", lambda: standby() not in (0, before), 60)
    assert "the standby ended (-9)" in running.said()
    assert running.daemon() == daemon


@pytest.mark.alone
def test_a_dead_relay_comes_back_too_and_one_that_hangs(tmp_path: Path) -> None:
    system = Running(tmp_path, heartbeat_s=1)
    try:
        until("ready", system.start().ready, 60)
        family = {name: (system.data / f"{name}.pid").read_text() for name in ("cozum", "desk", "relay")}
        for number, said in ((signal.SIGKILL, "was killed by SIGKILL"), (signal.SIGSTOP, "shows no sign of life")):
            relays, began = {(system.data / "relay.pid").read_text()}, time.monotonic()
            os.kill(int(*relays), number)
            until("another relay", partial(another, system.data / "relay.pid", relays), 60, 0.01)
            assert number == signal.SIGSTOP or time.monotonic() - began < 2.0
            until("the desk has joined it", system.ready, 60)
            assert f"the relay {said}" in system.said()
        hung = 'cozum_relay_ends_total{why="hung"} 1.0'
        until("it is counted", lambda: hung in system.get("/metrics"), 60)
        for name in ("cozum", "desk"):
            assert (system.data / f"{name}.pid").read_text() == family[name]
    finally:
        system.end()
    assert processes_of(system.data) == []
    assert not (system.data / "relay.sock").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_ordered_stop_leaves_nothing(running: Running, number: signal.Signals) -> None:
    family = (running.daemon(), running.asterisk())
    os.kill(running.pid, number)
    assert running.wait() == 0
    assert [pid for pid in family if alive(pid)] == []
    assert processes_of(running.data) == []
    assert not (running.data / "cozum.pid").exists()


def test_a_killed_supervisor_leaves_nothing_and_its_place_is_free(running: Running) -> None:
    family = (running.daemon(), running.asterisk())
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    until("all are gone", lambda: not any(alive(pid) for pid in family), 60)
    running.start()
    until("ready again", running.ready, 60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_make_run_ends_with_make_however_that_ends(tmp_path: Path, number: signal.Signals) -> None:
    """The signal goes to make alone, as `kill` sends it; a Ctrl-C reaches us as well."""
    system = Running(tmp_path, command=("make", "run")).start()
    try:
        until("ready", system.ready, 60)
        family = (system.daemon(), system.asterisk())
        os.kill(system.pid, number)
        system.wait()
        until("all are gone", lambda: not any(alive(pid) for pid in family), 60)
    finally:
        system.end()


@pytest.mark.parametrize("pause_s", [0.0, 0.3])
def test_ctrl_c_twice_leaves_nothing_either(tmp_path: Path, pause_s: float) -> None:
    """The first one reaches make and us; at the second make no longer waits for us."""
    system = Running(tmp_path, command=("make", "run")).start()
    try:
        until("ready", system.ready, 60)
        family = (system.daemon(), system.asterisk())
        os.killpg(system.pid, signal.SIGINT)
        time.sleep(pause_s)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(system.pid, signal.SIGINT)
        system.wait()
        until("all are gone", lambda: not any(alive(pid) for pid in family), 60)
        until("nobody is left", lambda: not processes_of(system.data), 60)
        assert "Traceback" not in system.said()
    finally:
        system.end()


@pytest.mark.alone
def test_new_agents_are_taken_over_on_a_hangup_signal(running: Running) -> None:
    agents = running.data / "agents.toml"
    text = agents.read_text()
    agents.write_text(text.replace('"1010"', '"1011"').replace("demo1010", "demo1011"))
    os.kill(running.pid, signal.SIGHUP)
    conf = running.data / "asterisk/etc/pjsip_agents.conf"
    until("Asterisk knows 1011", lambda: "[1011]" in conf.read_text() and "[1010]" not in conf.read_text(), 60)
    agents.write_text("[[agent]]\nextension = 5\n")
    os.kill(running.pid, signal.SIGHUP)
    until("the fault is told", lambda: re.search("not reloaded.*extension", running.said()) is not None, 60)
    assert "[1011]" in conf.read_text()
    assert running.ready()


# --- backing off


def test_back_off_grows_only_with_quick_deaths_in_a_row() -> None:
    backoff = Backoff(quick_s=5, free=3, most_s=4)
    assert [backoff.after(1) for _ in range(9)] == [0, 0, 0, 0.5, 1, 2, 4, 4, 4]
    assert backoff.after(60) == 0
    assert backoff.after(1) == 0


DYING = """
import sys
from acd.config.load_settings import load_settings
from acd.desk.app import run as desk
from acd.relay.app import run as relay
from acd.supervisor.supervise import supervise
def daemon(settings, sign, last):
    raise {what}
sys.exit(supervise(load_settings(), daemon, desk, relay))
"""


def test_a_daemon_that_cannot_start_ends_it_all(tmp_path: Path) -> None:
    system = Running(tmp_path, command=(sys.executable, "-c", DYING.format(what="SystemExit(1)"))).start()
    assert system.wait() == 1
    assert processes_of(system.data) == []


def test_a_daemon_that_keeps_crashing_is_tried_again_less_and_less_often(tmp_path: Path) -> None:
    system = Running(tmp_path, command=(sys.executable, "-c", DYING.format(what="RuntimeError('boom')"))).start()
    try:
        until("it backs off", lambda: "starting it again in 1.0 s" in system.said(), 60)
        assert system.said().count("starting it again\n") == 3
        assert "RuntimeError: boom" in system.said()
    finally:
        system.end()
    assert processes_of(system.data) == []


HANGING = """
import faulthandler, os, signal, sys, time
from acd.config.load_settings import load_settings
from acd.desk.app import run as desk
from acd.relay.app import run as relay
from acd.supervisor.supervise import supervise
def daemon(settings, sign, last):
    faulthandler.register(signal.SIGUSR2, all_threads=True)
    os.write(sign, b".")
    held_up_here()
def held_up_here():
    while True:
        time.sleep(60)
sys.exit(supervise(load_settings(), daemon, desk, relay))
"""


@pytest.mark.alone  # one second is a short heartbeat, and how soon the second one is started is measured
def test_a_daemon_that_hangs_is_killed_and_says_where(tmp_path: Path) -> None:
    """The second in a row is followed after the standby has had its turn."""
    system = Running(
        tmp_path, command=(sys.executable, "-c", HANGING), heartbeat_s=1, standby_after_s=2
    ).start()  # fmt: skip
    try:
        until("the first is dead", lambda: "killing it, starting it again\n" in system.said(), 60)
        first = time.monotonic()
        until("the second is dead", lambda: "killing it, starting it again in 7.0 s\n" in system.said(), 15)
        assert time.monotonic() - first < 3, "it was started at once, and not after the 7 s of a second one"
        assert "the line shows no sign of life for 1 s" in system.said()
        assert system.said().count("in held_up_here") == 2
    finally:
        system.end()
    assert processes_of(system.data) == []


def test_a_machine_that_stood_still_is_no_daemon_that_hangs(tmp_path: Path) -> None:
    system = Running(tmp_path, heartbeat_s=6)
    try:
        system.start()
        until("ready", system.ready, 60)
        before = system.daemon()
        for pid in (system.pid, before):
            os.kill(pid, signal.SIGSTOP)
        time.sleep(12)
        for pid in (system.pid, before):
            os.kill(pid, signal.SIGCONT)
        until("the standby and the daemon are looked at again", system.ready, 60)
        time.sleep(8)
        assert system.daemon() == before
        assert "no sign of life" not in system.said()
    finally:
        system.end()


class NotReady(http.server.BaseHTTPRequestHandler):
    """Answers as `/readyz` does with its database away."""

    def do_GET(self) -> None:
        body = b'{"ready":false,"checks":[{"name":"journal","ok":true,"detail":""},{"name":"database","ok":false,' \
               b'"detail":"away"}]}'  # fmt: skip
        self.send_response(503)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_what_is_not_ready_is_told_in_words(tmp_path: Path) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), NotReady) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert _readiness(Settings(data_dir=tmp_path, http_port=server.server_address[1])) == "database: away"
        thread.join()
