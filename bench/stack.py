"""The whole system as its operator starts it, on free ports in a folder of its own: for tests, bench and demo.

    with Stack(folder, agents=10, wrapup_s=0.5) as stack:
        stack.set_state("1001", "ready")
        …
        stack.calls()

`Stack` starts what `make run` starts and sees only what any operator sees: the HTTP API, the files in `data_dir`, the
processes.
"""

import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import psutil

from acd.engine.model.config import AutoAnswer
from agents.pins import SALT_BYTES, hash_pin
from phones import Login, Phones
from phones.ports import free_ports, is_free

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
FIRST_AGENT = 1001
RTP_PORTS = 4000
SOONEST_S, LATEST_S = 0.02, 0.1


class StackError(Exception):
    """The system is not what it should be. The text ends with its last words."""


def _lives(process: psutil.Process) -> bool:
    """Whether a process runs. One that was killed takes some milliseconds to end, and is a zombie then."""
    try:
        return process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


def until(
    what: str,
    condition: Callable[[], T | None],
    within_s: float,
    every_s: float | None = None,
    say: Callable[[], object] | None = None,
) -> T:
    """The first true answer of `condition`. It is asked every `every_s` or, by default, the less often the longer it is
    waited for, which leaves the processor to what is waited for. If there is none in time, a `StackError` names `what`
    and what `say` says (or else the last answer)."""
    began = time.monotonic()
    while not (answer := condition()):
        waited_s = time.monotonic() - began
        if waited_s > within_s:
            raise StackError(f"not within {within_s:g} s: {what} ({say() if say else answer!r})")
        time.sleep(min(max(SOONEST_S, waited_s / 20), LATEST_S) if every_s is None else every_s)
    return answer


def free_rtp_range(ports: int = RTP_PORTS) -> tuple[int, int]:
    """A range for RTP, free as far as a look at every 50th port can tell. A short one, of which each port counts, is
    looked at whole, and lies beside those of other systems."""
    first, last, step = (20_000, 32_000, 50) if ports >= 100 else (32_000, 32_768, 1)
    for _ in range(200):
        start = first + 2 * secrets.randbelow((last - first - ports) // 2)
        if all(is_free(socket.SOCK_DGRAM, port) for port in range(start, start + ports, step)):
            return start, start + ports - 1
    raise StackError(f"there is no free range of ports for RTP between {first} and {last}")


PIN = "7391"
"""The PIN of every agent of a stack. One hash serves all: hundreds would take long."""


def agents_toml(logins: Sequence[Login], backups: int = 0, *, auto_answer: AutoAnswer = "no") -> str:
    """An `agents.toml` of these phones, the last `backups` of them of the backup tier."""
    pin_hash = hash_pin(PIN, secrets.token_bytes(SALT_BYTES))
    by_itself = "" if auto_answer == "no" else f'auto_answer = "{auto_answer}"\n'
    return "\n".join(
        "[[agent]]\n"
        f'extension = "{login.user}"\nname = "Görevli {login.user}"\nsip_password = "{login.password}"\n'
        f'pin_hash = "{pin_hash}"\n{by_itself}' + ("backup = true\n" if place >= len(logins) - backups else "")
        for place, login in enumerate(logins)
    )


@dataclass(frozen=True, slots=True)
class CelRow:
    """One event of Asterisk's channel event log."""

    event: str
    at: float
    uniqueid: str
    linkedid: str
    channel: str
    context: str
    exten: str
    app: str
    peer: str
    extra: dict[str, Any]


class Stack:
    """One running system. The last `backups` of its agents are of the backup tier. `settings` are Çözüm's, by name;
    ports and folders are found here."""

    python = Path(sys.executable)
    """What runs it, in the folder `cwd`."""
    cwd = ROOT

    def __init__(self, folder: Path, *, agents: int = 10, backups: int = 0, **settings: Any) -> None:
        self.folder = folder
        self.backups = backups
        self.data_dir = folder / "data"
        self.logins = tuple(Login(str(n), f"demo{n}") for n in range(FIRST_AGENT, FIRST_AGENT + agents))
        sip, ws, ami, fastagi, standby, http = free_ports(6)
        rtp_start, rtp_end = free_rtp_range()
        self.settings: dict[str, Any] = {
            "data_dir": self.data_dir,
            "sip_port": sip,
            "ws_port": ws,
            "ami_port": ami,
            "fastagi_port": fastagi,
            "standby_port": standby,
            "http_port": http,
            "rtp_start": rtp_start,
            "rtp_end": rtp_end,
            "agents_file": folder / "agents.toml",
            "log_level": "info",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._http = self._client()
        self.waited_for: dict[str, float] = {}
        """What the last `wait_ready` waited for, and for how many seconds."""

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=10.0, verify=False)  # noqa: S501 (a test's own certificate)

    @property
    def url(self) -> str:
        """Address of pages and API, without a slash at the end."""
        return f"{'https' if 'https_cert' in self.settings else 'http'}://127.0.0.1:{self.settings['http_port']}"

    # --- life

    def start(self, within_s: float = 60.0) -> None:
        """Start, and wait until the line can be served. After a `stop` it is the same system again."""
        if self._http.is_closed:
            self._http = self._client()
        self.folder.mkdir(parents=True, exist_ok=True)
        agents_file = Path(str(self.settings["agents_file"]))
        if not agents_file.exists():
            agents_file.write_text(agents_toml(self.logins, self.backups), "utf-8")
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [self.python, "-m", "acd.supervisor.supervise", "--die-with-parent"],
                cwd=self.cwd, env=self.environment(self.settings), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            self.wait_ready(within_s)
        except BaseException:
            self.stop()
            raise

    @staticmethod
    def environment(settings: Mapping[str, object]) -> dict[str, str]:
        """Ours, with these settings and no others of Çözüm's."""
        ours = {key: value for key, value in os.environ.items() if not key.startswith("COZUM_")}
        return ours | {f"COZUM_{key.upper()}": str(value) for key, value in settings.items()}

    def wait_ready(self, within_s: float = 60.0) -> None:
        """Wait until the engine runs, a desk has joined it, and `/readyz` says yes.

        The desk may say yes for a while after the engine was killed: until it finds the connection closed."""
        self.waited_for = {}
        looked = time.monotonic()

        def is_ready() -> bool:
            nonlocal looked
            missing, before, looked = self.missing(), looked, time.monotonic()
            if missing:
                self.waited_for[missing] = self.waited_for.get(missing, 0.0) + looked - before
            return not missing

        try:
            until("the engine runs and /readyz says yes", is_ready, within_s)
        except StackError as error:
            raise StackError(f"{error}; {self._why_not_ready()}; {self.last_words()}") from None

    def _why_not_ready(self) -> str:
        try:
            return self.request("GET", "/readyz").text
        except (httpx.TransportError, OSError) as error:
            return f"/readyz: {error}"

    def missing(self) -> str:
        """What is missing, by its name in `/readyz`; empty if nothing is."""
        if self._process is not None and self._process.poll() is not None:
            raise StackError(f"the supervisor ended with {self._process.returncode}")
        if not self.engine_runs():
            return "engine"
        if not self._joined():
            return "desk at the engine"
        try:
            token = (self.data_dir / "token").read_text().strip()
            answer = self._http.get("/readyz", headers={"authorization": f"Bearer {token}"}, timeout=2.0)
        except (httpx.TransportError, OSError):
            return "/readyz"
        if answer.status_code == 200:
            return ""
        return ", ".join(check["name"] for check in answer.json().get("checks", ()) if not check["ok"]) or "/readyz"

    def _joined(self) -> bool:
        """Whether the engine that runs now listens, and a desk is at the other end of one of its connections."""
        try:
            sockets = [one.laddr for one in self.daemon.net_connections("unix")]
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return False
        return sum(str(address).endswith("line.sock") for address in sockets) > 1

    def engine_runs(self) -> bool:
        """Whether the process that the pid file names lives."""
        try:
            return _lives(self.daemon)
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return False

    def ready(self) -> bool:
        """What `/readyz` says; while nobody answers it is not ready."""
        try:
            return self._http.get("/readyz").status_code == 200
        except (httpx.TransportError, OSError):
            return False

    def stop(self, within_s: float = 60.0, *, children_s: float = 30.0) -> None:
        """End it as Ctrl-C does, and by force after `within_s`. Whatever is left of it `children_s` later is killed and
        named in a `StackError`."""
        process, self._process = self._process, None
        if process is None:
            return
        family = [psutil.Process(process.pid), *self._children(process.pid)] if process.poll() is None else []
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(within_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._http.close()
        _, left = psutil.wait_procs(family, timeout=children_s)
        names = [f"{one.pid} {' '.join(_command(one))[:80]}" for one in left]
        for one in left:
            one.kill()
        if names:
            raise StackError(f"Ctrl-C left running: {names}; {self.last_words()}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @staticmethod
    def _children(pid: int) -> list[psutil.Process]:
        return psutil.Process(pid).children(recursive=True)

    def output(self) -> str:
        """All that it has printed."""
        path = self.folder / "output"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def last_words(self) -> str:
        """The end of what it printed, for a message to a person."""
        return f"it said: {self.output()[-2000:] or 'nothing'}"

    # --- processes

    @property
    def daemon(self) -> psutil.Process:
        """The engine's process, as its pid file names it now."""
        return psutil.Process(self.daemon_pid)

    @property
    def daemon_pid(self) -> int:
        """The engine that the supervisor started last, whether it lives or not."""
        return int((self.data_dir / "cozum.pid").read_text())

    def await_another_daemon(self, before: int, within_s: float = 60.0) -> None:
        """Wait until another engine than `before` serves, and the desk knows it."""
        began = time.monotonic()
        until("another daemon", lambda: self.daemon_pid != before, within_s)
        started_s = time.monotonic() - began
        self.wait_ready(within_s)
        self.waited_for = {"another engine": started_s, **self.waited_for}

    @property
    def asterisk(self) -> psutil.Process:
        """Asterisk's process."""
        return psutil.Process(int((self.data_dir / "asterisk" / "asterisk.pid").read_text()))

    def asterisk_cli(self, command: str) -> str:
        """Run a command of Asterisk's CLI; what it prints."""
        program = self.asterisk.cmdline()
        assert program[-1] == "-f", program
        done = subprocess.run([*program[:-1], "-rx", command], capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise StackError(f"Asterisk refused `{command}`: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def add_manager_user(self, name: str, secret: str) -> None:
        """A manager user who is told everything, until Asterisk is started anew."""
        conf = self.data_dir / "asterisk" / "etc" / "manager.conf"
        user = (
            f"[{name}]\nsecret = {secret}\nread = all\nwrite = call,reporting\n"
            "deny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.1/255.255.255.255\n"
        )
        if f"[{name}]" not in conf.read_text("utf-8"):
            with conf.open("a", encoding="utf-8") as file:
                file.write(user)
        self.asterisk_cli("manager reload")

    def kill_daemon(self) -> int:
        """`kill -9` of the engine, which is over then; its pid."""
        daemon = self.daemon
        daemon.kill()
        until("the engine is dead", lambda: not _lives(daemon), 60, every_s=0.005)
        return daemon.pid

    def kill_desk(self) -> int:
        """`kill -9` of the desk; its pid."""
        desk = psutil.Process(int((self.data_dir / "desk.pid").read_text()))
        desk.kill()
        return desk.pid

    # --- the API

    def request(self, method: str, path: str, *, body: object = None, **query: object) -> httpx.Response:
        """A request with the token, as it is answered."""
        token = (self.data_dir / "token").read_text().strip()
        return self._http.request(
            method, path, headers={"authorization": f"Bearer {token}"}, json=body,
            params={key: str(value) for key, value in query.items()},
        )  # fmt: skip

    def get(self, what: str, **query: object) -> Any:
        """The JSON under `/api/v1/<what>`; anything but a 200 is a `StackError`."""
        answer = self.request("GET", f"/api/v1/{what}", **query)
        if answer.status_code != 200:
            raise StackError(f"GET {what}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def calls(self, **query: object) -> list[dict[str, Any]]:
        """Calls that ended, newest first."""
        return list(self.get("calls", **{"limit": 1000, **query}))

    def queue(self) -> list[dict[str, Any]]:
        """Callers who wait now, in the order of service."""
        return list(self.get("queue"))

    def agents(self) -> dict[str, dict[str, Any]]:
        """The agents by extension."""
        return {agent["extension"]: agent for agent in self.get("agents")}

    def state_of(self, extension: str) -> str:
        """What an agent does now."""
        return str(self.agents()[extension]["state"])

    def set_state(self, extension: str, state: str, reason: str = "") -> dict[str, Any]:
        """Sign an agent in (`ready`), out (`offline`) or pause them."""
        body = {"state": state, "reason": reason} if reason else {"state": state}
        answer = self.request("POST", f"/api/v1/agents/{extension}/state", body=body)
        if answer.status_code != 200:
            raise StackError(f"{extension} -> {state}: {answer.status_code} {answer.text[:500]}")
        return dict(answer.json())

    def metrics(self) -> str:
        """The text of `/metrics`."""
        return self._http.get("/metrics").text

    # --- files

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database (SQLite) answers, read with nobody else's code."""
        with sqlite3.connect(f"file:{self.data_dir / 'cozum.db'}?mode=ro", uri=True, timeout=10) as database:
            return database.execute(query, values).fetchall()

    def cel(self) -> list[CelRow]:
        """Asterisk's channel event log so far."""
        return read_cel(self.data_dir / "asterisk" / "log" / "cel-custom" / "Master.csv")

    # --- phones and witnesses

    def phones(self, folder: Path) -> Phones:
        """Phones that call this system; their records go to `folder`."""
        return Phones("127.0.0.1", int(str(self.settings["sip_port"])), folder)

    def login(self, extension: str) -> Login:
        """The account of an agent's phone."""
        return next(login for login in self.logins if login.user == extension)


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def read_cel(path: Path) -> list[CelRow]:
    """The rows of a CEL file of ours; none if there is no file yet."""
    import csv

    try:
        text = path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return []
    rows = []
    for row in csv.reader(text[: text.rfind("\n") + 1].splitlines()):
        event, at, uniqueid, linkedid, channel, context, exten, app, peer, extra = row
        rows.append(
            CelRow(event, float(at), uniqueid, linkedid, channel, context, exten, app, peer, _json_or_empty(extra))
        )
    return rows


def _json_or_empty(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if text else {}
    except json.JSONDecodeError:
        return {"text": text}
    return value if isinstance(value, dict) else {"text": text}
