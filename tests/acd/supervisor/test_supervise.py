"""`make run` for real: processes are started, killed and counted."""

import contextlib
import http.client
import http.server
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from acd.config.services import services_text
from acd.config.settings import Settings
from acd.desk.town_files import read_town
from acd.lib.backoff import Backoff
from acd.supervisor.supervise import _readiness
from bench.stack import free_rtp_range, until
from ivr.speak import SOUNDS
from phones.ports import free_ports
from tests.acd.asterisk.private import processes_of
from tests.disk import small_disk

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
SUPERVISE = (sys.executable, "-m", "acd.supervisor.supervise")


class Running:
    """One `python -m acd.supervisor.supervise` in a folder of its own."""

    def __init__(self, folder: Path, command: Sequence[str] = SUPERVISE, **settings: object) -> None:
        self.data = folder / "data"
        sip, ws, ami, fastagi, standby, http_port = free_ports(6)
        rtp_start, rtp_end = free_rtp_range(100)
        values: dict[str, object] = {
            "data_dir": self.data,
            "sip_port": sip,
            "ws_port": ws,
            "ami_port": ami,
            "fastagi_port": fastagi,
            "standby_port": standby,
            "http_port": http_port,
            "rtp_start": rtp_start,
            "rtp_end": rtp_end,
        }
        self.settings = {**values, **settings}
        self.data = Path(str(self.settings["data_dir"]))
        self.output = folder / "output"
        self.command = command
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> "Running":
        environment = {key: value for key, value in os.environ.items() if not key.startswith("COZUM_")}
        environment |= {f"COZUM_{key.upper()}": str(value) for key, value in self.settings.items()}
        self.output.parent.mkdir(parents=True, exist_ok=True)
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        return self

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def said(self) -> str:
        return self.output.read_text("utf-8", "replace")

    def ready(self) -> bool:
        return self.answers("/readyz")

    def answers(self, path: str) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        connection = http.client.HTTPConnection("127.0.0.1", int(str(self.settings["http_port"])), timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def get(self, path: str) -> str:
        """What it answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.settings['http_port']}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    def daemon(self) -> int:
        return int((self.data / "cozum.pid").read_text() or 0)

    def asterisk(self) -> int:
        return int((self.data / "asterisk/asterisk.pid").read_text())

    def wait(self, within_s: float = 60.0) -> int:
        assert self.process is not None
        return self.process.wait(within_s)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def alive(pid: int) -> bool:
    """Whether there is such a process, and it is not just waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    system = Running(tmp_path)
    try:
        system.start()
        until("ready", system.ready, 60)
        yield system
    finally:
        system.end()


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


@pytest.mark.alone
def test_what_dies_comes_back_within_a_second(running: Running) -> None:
    for deaths in range(1, 4):  # so many quick deaths are not held against it
        before, killed = running.daemon(), time.monotonic()
        os.kill(before, signal.SIGKILL)
        until("another daemon", lambda pid=before: running.daemon() not in (pid, 0) and running.ready(), 5, 0.01)  # type: ignore[misc]  # mypy cannot infer a default of a lambda
        assert time.monotonic() - killed < 1.0
        assert running.said().count("the line was killed by SIGKILL") == deaths
        assert f'cozum_daemon_ends_total{{why="died"}} {deaths}.0' in running.get("/metrics")

    asterisk, daemon = running.asterisk(), running.daemon()
    os.kill(asterisk, signal.SIGKILL)
    until("another Asterisk", lambda: running.asterisk() != asterisk and running.ready(), 10)
    assert "Asterisk was killed by SIGKILL" in running.said()
    assert running.daemon() == daemon


@pytest.mark.alone
def test_a_dead_standby_comes_back_too(running: Running) -> None:
    def standby() -> int:
        command = f"--data-dir\0{running.data}".encode()
        found = [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if command in content(path)]
        return found[0] if found else 0

    before, daemon = until("the standby is there", standby, 20), running.daemon()
    os.kill(before, signal.SIGKILL)
    until("another one", lambda: standby() not in (0, before), 5)
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
            until("another relay", partial(another, system.data / "relay.pid", relays), 10, 0.01)
            assert number == signal.SIGSTOP or time.monotonic() - began < 2.0
            until("the desk has joined it", system.ready, 5)
            assert f"the relay {said}" in system.said()
        assert 'cozum_relay_ends_total{why="hung"} 1.0' in system.get("/metrics")
        for name in ("cozum", "desk"):
            assert (system.data / f"{name}.pid").read_text() == family[name]
    finally:
        system.end()
    assert processes_of(system.data) == []
    assert not (system.data / "relay.sock").exists()


def another(pid_file: Path, before: set[str]) -> bool:
    """Whether a pid file names a process that was not there before."""
    return pid_file.read_text() not in before


def says(system: Running, words: str) -> bool:
    """Whether it has said this."""
    return words in system.said()


def content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


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
    until("Asterisk knows 1011", lambda: "[1011]" in conf.read_text() and "[1010]" not in conf.read_text(), 5)
    agents.write_text("[[agent]]\nextension = 5\n")
    os.kill(running.pid, signal.SIGHUP)
    until("the fault is told", lambda: re.search("not reloaded.*extension", running.said()) is not None, 5)
    assert "[1011]" in conf.read_text()
    assert running.ready()


# --- what cannot be


def test_a_bad_prompt_ends_no_call_at_a_reload_and_a_dead_line_comes_back_with_it(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    shutil.copytree(SOUNDS, prompts)
    system = Running(tmp_path, prompts_dir=prompts).start()
    try:
        until("ready", system.ready, 60)
        before = (system.asterisk(), system.daemon())
        (prompts / "tr" / "option_ambulance.wav").write_bytes(b"")
        os.kill(system.pid, signal.SIGHUP)
        until("both say so", lambda: "not reloaded" in system.said() and "reload_refused" in system.said(), 60)
        assert system.said().count("option_ambulance.wav: it is empty or cut short") >= 2
        assert (system.asterisk(), system.daemon()) == before
        os.kill(before[1], signal.SIGKILL)
        until("another line", lambda: system.daemon() != before[1] and "early_ring_off" in system.said(), 60)
        until("ready again", system.ready, 60)
        assert system.asterisk() == before[0]
    finally:
        system.end()
    assert processes_of(system.data) == []


def test_half_edited_files_keep_neither_a_dead_line_nor_a_dead_desk_away(tmp_path: Path) -> None:
    services, town = tmp_path / "services.toml", tmp_path / "town"
    services.write_text(services_text(None)[1], "utf-8")
    town.mkdir()
    for name, text in read_town(Settings(data_dir=tmp_path / "none")).items():
        (town / name).write_text(text, "utf-8")
    trunk = "sip.example.org"  # so the desk asks the services for whose requests people on duty are rung
    system = Running(tmp_path, services_file=services, town_dir=town, callback_trunk=trunk).start()
    try:
        until("ready", system.ready, 60)
        asterisk = system.asterisk()
        services.write_text("[service.agent", "utf-8")
        (town / "units.toml").write_text("[unit.", "utf-8")
        os.kill(system.pid, signal.SIGHUP)
        told = ("not reloaded", "reload_refused", "town_not_read")
        until("all say so", lambda: all(one in system.said() for one in told), 60)
        for name, said in (("cozum", "the rules as they were read last"), ("desk", "the files as they were read last")):
            dead = {(system.data / f"{name}.pid").read_text()}
            os.kill(int(*dead), signal.SIGKILL)
            until("another one", partial(another, system.data / f"{name}.pid", dead), 60)
            until("it says what it does", partial(says, system, said), 60)
            until("ready again", system.ready, 60)
        assert system.asterisk() == asterisk
        system.end()
        assert "services.toml" in refused(system), "a first start has somebody who reads it"
    finally:
        system.end()
    assert processes_of(system.data) == []


def refused(system: Running) -> str:
    """What it says, having started nothing."""
    system.start()
    assert system.wait() == 2
    assert processes_of(system.data) == []
    (line,) = [one for one in system.said().splitlines() if "runs as root" not in one]
    return line


def test_a_second_one_in_the_same_folder_is_refused(running: Running, tmp_path: Path) -> None:
    second = Running(tmp_path / "second", data_dir=running.data)
    second.start()
    assert second.wait() == 2
    assert re.search(rf"cozum: already running in .* \(pid {running.pid}\): stop that one.*\n", second.said())
    assert running.ready()


@pytest.mark.parametrize("which", ["sip_port", "ws_port", "ami_port", "fastagi_port", "standby_port", "http_port"])
def test_a_taken_port_is_refused_in_one_line(tmp_path: Path, which: str) -> None:
    system = Running(tmp_path)
    port = int(str(system.settings[which]))
    kind = socket.SOCK_DGRAM if which == "sip_port" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        assert f"{which} = {port}: 127.0.0.1:{port} cannot be had" in refused(system)


def test_neither_root_nor_demo_passwords_are_served_beyond_loopback(tmp_path: Path) -> None:
    line = refused(Running(tmp_path, bind_host="0.0.0.0"))
    assert "bind_host = '0.0.0.0'" in line
    assert ("root serves on loopback only" if os.geteuid() == 0 else "demo password") in line


def test_a_trunk_that_is_the_whole_internet_stops_the_start(tmp_path: Path) -> None:
    line = refused(Running(tmp_path, trunk_hosts='["0.0.0.0/0"]'))
    assert "COZUM_TRUNK_HOSTS: trunk_hosts = ['0.0.0.0/0']: 0.0.0.0/0 is no trunk but a large part of the" in line


def test_a_bad_setting_is_refused(tmp_path: Path) -> None:
    line = refused(Running(tmp_path, ring_s=0))
    assert "ring_s" in line


def test_a_reload_says_of_each_changed_setting_whether_it_took_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("standby_after_s = 9\n")
    system = Running(tmp_path, command=(*SUPERVISE, "--config", str(file)))
    try:
        until("ready", system.start().ready, 60)
        file.write_text("standby_after_s = 7\nservice_level_s = 30\n")
        os.kill(system.pid, signal.SIGHUP)
        told = "cozum: settings taken: standby_after_s; needs a restart: service_level_s\n"
        until("it is told", lambda: told in system.said(), 60)
        assert ">= 7000]" in (system.data / "asterisk/etc/extensions.conf").read_text()
        file.write_text("standby_after_s = 0\n")
        os.kill(system.pid, signal.SIGHUP)
        until("it is refused", lambda: "not reloaded, the old rules stay: " in system.said(), 60)
        assert "standby_after_s = 0" in system.said()
        assert ">= 7000]" in (system.data / "asterisk/etc/extensions.conf").read_text()
    finally:
        system.end()


def test_on_a_full_disk_the_line_goes_on_and_a_dead_daemon_still_comes_back(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 60) as disk:
        system = Running(tmp_path, data_dir=disk.folder / "data")
        try:
            until("ready", system.start().ready, 60)
            asterisk, before = system.asterisk(), system.daemon()
            disk.fill()
            os.kill(before, signal.SIGKILL)
            pid_file = disk.folder / "data/cozum.pid"
            until("it says so", lambda: f"{pid_file} cannot be written: No space left on device" in system.said(), 60)
            os.kill(system.pid, signal.SIGHUP)
            until("a reload is refused", lambda: "not reloaded, the old rules stay" in system.said(), 60)
            until("the next one answers", lambda: system.answers("/healthz"), 60)
            assert not system.ready()  # since its journal cannot be written
            assert (system.asterisk(), alive(asterisk)) == (asterisk, True)
            disk.free()
            until("ready again", system.ready, 60)
        finally:
            system.end()


def test_a_disk_that_is_full_from_the_start_is_told_of_in_one_line(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        disk.fill()
        line = refused(Running(tmp_path, data_dir=disk.folder / "data"))
        assert re.fullmatch(r"cozum: data_dir = '.*': No space left on device; make room there, or set another", line)
        disk.free()
        assert [path.name for path in (disk.folder / "data").glob("*") if not path.stat().st_size] == []


def test_a_start_on_a_disk_that_has_filled_up_says_so(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 60) as disk:
        system = Running(tmp_path, data_dir=disk.folder / "data")
        until("ready", system.start().ready, 60)
        system.end()
        disk.fill()
        line = refused(system)
        assert re.fullmatch(r"cozum: data_dir = '.*': No space left on device; make room there, or set another", line)


def test_a_folder_that_has_become_read_only_is_told_of_in_one_line(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 60) as disk:
        system = Running(tmp_path, data_dir=disk.folder / "data")
        until("ready", system.start().ready, 60)
        system.end()
        subprocess.run(["mount", "-o", "remount,ro", str(disk.folder)], check=True)
        line = refused(system)
        assert re.fullmatch(
            r"cozum: data_dir = '.*': Read-only file system; set one on a disk that can be written", line
        )


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
    system = Running(tmp_path, heartbeat_s=3)
    try:
        system.start()
        until("ready", system.ready, 60)
        before = system.daemon()
        for pid in (system.pid, before):
            os.kill(pid, signal.SIGSTOP)
        time.sleep(8)
        for pid in (system.pid, before):
            os.kill(pid, signal.SIGCONT)
        until("the standby and the daemon are looked at again", system.ready, 60)
        time.sleep(5)
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
