"""The daemon as a process: what its operator sees, with no Asterisk to talk to."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx
import pytest

from acd.engine.model.agent_events import AgentStateRequested
from acd.engine.model.events import ConfigChanged, EngineStarted
from acd.engine.model.journal import Entry
from acd.lib.clock import RATE
from acd.lib.secret_file import secret_in
from acd.standby import members
from agents.demo import demo_agents_toml
from agents.pins import hash_pin
from phones.ports import free_tcp_port
from storage.journal import JournalReader, SqliteJournal
from tests.disk import small_disk
from tests.services import running_postgres

T = TypeVar("T")


def until(what: str, condition: Callable[[], T | None], within_s: float = 60.0) -> T:
    deadline = time.monotonic() + within_s
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        time.sleep(0.02)
    return answer


class Daemon:
    """`cozum run` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {name: free_tcp_port() for name in ("http", "fastagi", "standby", "ami", "sip", "ws")}
        self.log = folder / "log"
        self.options: tuple[str, ...] = ()
        self.settings: dict[str, str] = {}
        (folder / "agents.toml").write_text(
            demo_agents_toml(lambda pin: hash_pin(pin, b"0123456789abcdef")), encoding="utf-8"
        )
        self.process: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.ports['http']}", timeout=30.0)

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COZUM_")}
        environment |= {f"COZUM_{name.upper()}_PORT": str(port) for name, port in self.ports.items()}
        environment["COZUM_DATA_DIR"] = str(self.folder)
        environment |= {f"COZUM_{name.upper()}": value for name, value in self.settings.items()}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "acd.cli", "run", *self.options], env=environment, stdout=log, stderr=log
            )

    def up(self) -> None:
        self.start()
        until("/healthz answers", self._answers)

    def readiness(self) -> httpx.Response:
        """`/readyz` with its details."""
        token = (self.folder / "token").read_text().strip()
        return self.http.get("/readyz", headers={"authorization": f"Bearer {token}"})

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        try:
            return self.http.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)

    def api(self, method: str, path: str, body: Any = None) -> httpx.Response:
        token = secret_in(self.folder / "token")
        return self.http.request(method, f"/api/v1/{path}", json=body, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    one = Daemon(tmp_path)
    yield one
    one.http.close()
    if one.process is not None and one.process.poll() is None:
        one.process.kill()
        one.process.wait()


def test_without_asterisk_it_is_alive_but_not_ready_and_says_why(daemon: Daemon) -> None:
    daemon.up()
    answer = until("the other parts are well", lambda: _only_asterisk_missing(daemon))
    assert answer["ready"] is False
    for name in ("token", "journal.db", "cozum.db"):
        assert (daemon.folder / name).stat().st_mode & 0o077 == 0, f"{name} is for us alone"
    assert daemon.end() == 0


def _only_asterisk_missing(daemon: Daemon) -> dict[str, Any] | None:
    answer = daemon.readiness()
    checks = {check["name"]: check for check in answer.json()["checks"]}
    if answer.status_code != 503 or not checks["database"]["ok"] or not checks["journal"]["ok"]:
        return None
    assert not checks["asterisk"]["ok"]
    return dict(answer.json())


def test_an_agents_state_outlives_kill_9(daemon: Daemon) -> None:
    daemon.up()
    assert daemon.api("POST", "agents/1002/state", {"state": "paused", "reason": "meal"}).json()["state"] == "paused"
    daemon.end(signal.SIGKILL)
    daemon.up()
    agents = {agent["extension"]: agent for agent in daemon.api("GET", "agents").json()}
    assert (agents["1002"]["state"], agents["1002"]["reason"]) == ("paused", "meal")


def test_services_for_the_shift_outlive_a_reload_and_kill_9_and_end_with_it(daemon: Daemon) -> None:
    daemon.up()

    def taken() -> tuple[list[str], bool]:
        answer = daemon.api("GET", "agents/1003/services").json()
        return answer["services"], answer["for_shift"]

    by_file = taken()
    assert by_file[1] is False
    assert daemon.api("POST", "agents/1003/state", {"state": "ready"}).status_code == 200
    daemon.api("PUT", "agents/1003/services", {"services": ["funeral"]})
    assert taken() == (["funeral"], True)
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGHUP)
    until("the rules are read anew", lambda: "reloaded" in daemon.said())
    assert taken() == (["funeral"], True)
    daemon.end(signal.SIGKILL)
    daemon.up()
    assert taken() == (["funeral"], True)
    assert daemon.api("POST", "agents/1003/state", {"state": "offline"}).status_code == 200
    until("the file counts again", lambda: taken() == by_file)


def test_a_bad_reload_keeps_the_old_rules_and_says_so_a_good_one_takes_effect(daemon: Daemon) -> None:
    daemon.up()
    assert daemon.process is not None
    file = daemon.folder / "agents.toml"
    good = file.read_text("utf-8")
    file.write_text(good + '\n[[agent]]\nextension = "x"\n', "utf-8")
    daemon.process.send_signal(signal.SIGHUP)
    until("it says what is wrong", lambda: "reload_refused" in daemon.said())
    assert "agents.toml: agent.10" in daemon.said()
    assert len(daemon.api("GET", "agents").json()) == 10
    file.write_text(good[: good.rindex("[[agent]]")], "utf-8")
    daemon.process.send_signal(signal.SIGHUP)
    until("the last agent is gone", lambda: len(daemon.api("GET", "agents").json()) == 9)


def test_a_reload_takes_what_it_can_of_the_settings_and_names_the_rest(daemon: Daemon) -> None:
    file = daemon.folder / "mine.toml"
    file.write_text("owner_first_s = 0\n")
    daemon.options = ("--config", str(file))
    daemon.up()
    assert daemon.process is not None
    file.write_text("owner_first_s = 12.5\nservice_level_s = 30\n")
    daemon.process.send_signal(signal.SIGHUP)
    until("it says what it took", lambda: '"settings": ["owner_first_s"]' in daemon.said())
    until("it names the rest", lambda: "settings_need_restart" in daemon.said())
    (told,) = [line for line in daemon.said().splitlines() if "settings_need_restart" in line]
    assert '"settings": ["service_level_s"]' in told
    file.write_text("owner_first_s = -1\n")
    daemon.process.send_signal(signal.SIGHUP)
    until("it says what is wrong", lambda: "owner_first_s = -1" in daemon.said())
    assert daemon.end() == 0
    config = [event.config for event in events_of(daemon.folder / "journal.db", ConfigChanged)]
    assert [one.owner_first_s for one in config] == [0.0, 12.5]


def events_of(file: Path, kind: type) -> list[Any]:
    return [entry.event for entry in entries_of(file) if isinstance(entry.event, kind)]


def entries_of(file: Path) -> list[Entry]:
    with JournalReader(file) as reader:
        return reader.read(0)


def test_a_clock_that_was_set_back_by_an_hour_makes_no_hour_of_a_second(daemon: Daemon) -> None:
    journal = SqliteJournal(daemon.folder / "journal.db")
    ahead = time.time() + 3600
    journal.append([Entry(seq=1, event=EngineStarted(at=ahead), facts=())])
    journal.close()
    daemon.up()
    asked: list[float] = []
    for state in ("ready", "offline"):
        asked.append(time.monotonic())
        assert daemon.api("POST", "agents/1002/state", {"state": state}).status_code == 200
        asked.append(time.monotonic())
        time.sleep(2.0)
    assert daemon.end() == 0
    ready, offline = (event.at for event in events_of(daemon.folder / "journal.db", AgentStateRequested))
    assert ready > ahead
    least_s, most_s = asked[2] - asked[1], asked[3] - asked[0]
    assert RATE * least_s - 0.01 <= offline - ready <= most_s + 0.01


def test_a_disk_that_fills_up_costs_nothing_once_there_is_room_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 3) as disk:
        one = Daemon(disk.folder)
        one.log = tmp_path / "log"
        try:
            one.up()
            until("the database is there", lambda: _only_asterisk_missing(one))
            disk.fill()
            for turn in range(200):  # more than what is left in pages that the files have already
                state = {"state": "ready"} if turn % 2 else {"state": "paused", "reason": "meal"}
                assert one.api("POST", "agents/1002/state", state).status_code == 200
            journal = until("readiness says so", lambda: _red(one, "journal"))
            assert journal.endswith("free disk space")
            assert one.said().count("standby_members_not_written") == 1
            assert (disk.folder / "standby_members.json").stat().st_size > 0  # the last one that could be written
            disk.free()
            until("all is written", lambda: "journal_recovered" in one.said())
            until("and stored", lambda: _only_asterisk_missing(one))
            assert one.api("POST", "agents/1001/state", {"state": "ready"}).status_code == 200
            on_list = {"PJSIP/1001": 1, "PJSIP/1002": 1}
            until(
                "the list follows",
                lambda: on_list.items() <= members.read(disk.folder / "standby_members.json").items(),
            )
            assert one.end() == 0
            assert len(events_of(disk.folder / "journal.db", AgentStateRequested)) == 201

            disk.fill()
            one.start()
            until("a start on a full disk serves", one._answers)
            journal = until("readiness says so at once", lambda: _red(one, "journal"))
            assert journal.endswith("free disk space")
            agents = {agent["extension"]: agent["state"] for agent in one.api("GET", "agents").json()}
            assert agents["1002"] != "offline"  # signed in, and without a phone here
            disk.free()
            until("all is written again", lambda: _only_asterisk_missing(one))
        finally:
            one.http.close()
            assert one.process is not None
            one.process.kill()
            one.process.wait()


def test_a_postgresql_that_is_down_at_the_start_and_again_in_mid_run(daemon: Daemon, tmp_path: Path) -> None:
    with running_postgres(tmp_path / "pg") as server:
        daemon.settings["database_url"] = server.url()
        data = server.data

        def states(*extensions: str) -> None:
            for extension in extensions:
                for state in ("ready", "offline"):
                    assert daemon.api("POST", f"agents/{extension}/state", {"state": state}).status_code == 200

        pg_ctl(data, "stop", "-m", "fast")
        daemon.up()
        assert f"is the server at 127.0.0.1:{server.port} up and reachable?" in until(
            "readiness says so", lambda: _red(daemon, "database")
        )
        states("1001")
        assert daemon.api("GET", "calls").status_code == 503
        pg_ctl(data, "start", "-o", f"-p {server.port} -k '' -c listen_addresses=127.0.0.1")
        until("it is taken in by itself", lambda: _only_asterisk_missing(daemon))
        assert daemon.api("GET", "calls").json() == []

        pg_ctl(data, "stop", "-m", "immediate")  # as if the machine had gone
        states("1002", "1003")
        until("readiness says so again", lambda: _red(daemon, "database"))
        assert daemon.said().count('"event": "database_away"') <= 4  # said, and not once a second
        pg_ctl(data, "start", "-o", f"-p {server.port} -k '' -c listen_addresses=127.0.0.1")
        until("it is there again", lambda: _only_asterisk_missing(daemon))
        last = max(entry.seq for entry in entries_of(daemon.folder / "journal.db"))

        async def stored() -> int:
            connection = await asyncpg.connect(server.url().replace("+asyncpg", ""))
            try:
                return int(await connection.fetchval("SELECT max(seq) FROM checkpoints"))
            finally:
                await connection.close()

        until("all is stored", lambda: asyncio.run(stored()) == last)
        assert daemon.end() == 0


def pg_ctl(data: Path, *arguments: str) -> None:
    """Stop or start a cluster of `running_postgres`."""
    opts = (data / "postmaster.opts").read_text("utf-8").split(" ", 1)[0]
    command = [str(Path(opts).parent / "pg_ctl"), "-s", "-w", "-D", str(data), "-l", str(data / "log"), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, cwd="/", timeout=60)


def _red(daemon: Daemon, name: str) -> str:
    checks = {check["name"]: check for check in daemon.readiness().json()["checks"]}
    return "" if checks[name]["ok"] else str(checks[name]["detail"])


def test_a_bad_file_or_a_taken_port_stops_the_start_with_a_line(daemon: Daemon) -> None:
    (daemon.folder / "agents.toml").write_text('[[agent]]\nextension = "1"\n', "utf-8")
    daemon.start()
    assert daemon.end(signal.SIGCONT) == 2
    assert "agents.toml: agent.0" in daemon.said()


@pytest.mark.parametrize("port", ["http", "fastagi"])
def test_a_taken_port_stops_the_start_with_a_line(daemon: Daemon, port: str) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", daemon.ports[port]))
        other.listen()
        daemon.start()
        assert daemon.end(signal.SIGCONT) == 2
    lines = [line for line in daemon.said().splitlines() if line.startswith("cozum: ")]
    lines = [line for line in lines if "runs as root" not in line]  # where root runs the tests, it is warned of that
    assert len(lines) == 1
    assert f"{port}_port" in lines[0]


def test_two_daemons_on_one_journal_are_refused(daemon: Daemon, tmp_path: Path) -> None:
    daemon.up()
    other = Daemon(tmp_path)
    other.log = tmp_path / "other.log"
    other.start()
    assert other.end(signal.SIGCONT) == 2
    assert "already running in" in other.said()
    other.http.close()
