"""The command line as it is used: called with words, a folder of real files behind it."""

import asyncio
import io
import logging
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from acd.cli.main import main
from acd.engine.machine import Engine
from acd.engine.model.events import AnyEvent, CallAttached, FlowStepped, HangupRequested
from acd.engine.model.ids import CallId, NodeId
from acd.engine.model.journal import FORMAT, Entry, Snapshot
from acd.line.runtime import handle
from agents.demo import demo_agents_toml
from bench.stack import until
from phones.ports import free_ports
from storage.journal import JournalReader, SqliteJournal
from storage.projector import Projector
from tests.acd.engine.line import Line
from tests.databases import new_sqlite
from tests.storage.samples import rules

ROOT = Path(__file__).parents[3]
NUMBER = "0532111"
"""Every caller's number begins so, and nothing else does."""
NAME = "Fatma Gizli"
A_HASH = "$argon2id$v=19$m=19456,t=2,p=1$cUGv0Q8wgXGsJAPF+Ew8xA$KTUXfGFU5SyUYFbiSM3o89aWh8VFMq3cKW+iostieWk"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str


Cozum = Callable[..., Said]


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    yield
    logging.disable(logging.NOTSET)
    structlog.reset_defaults()


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of a folder of our own and ports that are free; the folder itself is not there yet."""
    for name in [name for name in os.environ if name.startswith("COZUM_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "data"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COZUM_DATA_DIR", str(folder))
    keys = ("sip_port", "ws_port", "ami_port", "fastagi_port", "standby_port", "http_port")
    for key, port in zip(keys, free_ports(len(keys)), strict=True):
        monkeypatch.setenv(f"COZUM_{key.upper()}", str(port))
    return folder


@pytest.fixture
def cozum(data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cozum:
    """`cozum("journal", "show")`, as in a pipe."""

    def run(*words: object, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        captured = capsys.readouterr()
        return Said(int(ended.value.code or 0), captured.out, captured.err)

    return run


def agents_file(folder: Path) -> Path:
    """Ten demo agents."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "agents.toml"
    file.touch(mode=0o600)
    file.write_text(demo_agents_toml(lambda _: A_HASH), "utf-8")
    return file


# --- a journal and a database


class Past(Line):
    """A line whose callers have numbers and names, and calls the ids that Asterisk gives."""

    def comes(self, n: int, service: str) -> str:
        """A caller dials, is led through the menu and goes to a service; the call's id."""
        call = CallId(f"ast1-{int(self.at)}.{n}")
        number = f"{NUMBER}{n:04d}"
        self.do(
            CallAttached(
                at=self.at, call=call, node=NodeId("ast1"), channel=f"PJSIP/trunk-{n:08x}", number=number, name=NAME,
                dialled="4440411",
            )
        )  # fmt: skip
        self.do(FlowStepped(at=self.at, call=call, step="main"))
        self.passes(1)
        self.do(FlowStepped(at=self.at, call=call, step=service, key="1"))
        self.chooses(call, service)
        return call

    def over(self, call: str, talk_s: float) -> None:
        """They talk so much longer, then the caller hangs up."""
        self.passes(talk_s)
        self.do(HangupRequested(at=self.at, call=CallId(call), by="caller"))
        self.agent_hangs_up(call)
        self.caller_gone(call)


def a_past() -> tuple[Past, list[str]]:
    """Four calls: urgent and answered; let pass and answered; abandoned while it rang; waiting still."""
    line = Past("1001 1002", wrapup_s=10, ring_s=15, max_misses=5)
    line.ready("1001")
    line.passes(30)
    line.ready("1002")
    line.passes(60)
    first = line.comes(1, "funeral")
    line.passes(2)
    line.answers(first)
    second = line.comes(2, "request")
    line.rings(second)
    line.passes(15)
    line.fails(second, "NOANSWER")
    third = line.comes(3, "request")
    line.rings(third)
    line.passes(5)
    line.caller_gone(third)
    line.over(first, 20)
    line.passes(10)
    line.passes(1)
    line.answers(second)
    line.over(second, 100)
    line.passes(30)
    line.wishes("1001", "paused", "meal")
    line.wishes("1002", "offline")
    line.passes(300)
    fourth = line.comes(4, "request")
    return line, [first, second, third, fourth]


def entries_of(events: list[AnyEvent]) -> tuple[list[Entry], Engine]:
    """What the journal holds of them, and the engine as it is afterwards."""
    engine, entries = Engine(), []
    for seq, event in enumerate(events, 1):
        out, error = handle(engine, event)
        facts = tuple(one for one in out if hasattr(one, "at"))
        entries.append(Entry(seq=seq, event=event, facts=facts, error=error))  # type: ignore[arg-type]  # facts as the engine gives them
    return entries, engine


@dataclass(frozen=True, slots=True)
class Records:
    """A journal of `a_past`, and its calls' ids."""

    file: Path
    calls: list[str]
    last: int


@pytest.fixture
def records(data_dir: Path) -> Records:
    """The journal in the folder, with a snapshot at its end."""
    line, calls = a_past()
    entries, engine = entries_of(line.events)
    file = data_dir / "journal.db"
    journal = SqliteJournal(file)
    journal.append(entries)
    journal.save_snapshot(Snapshot(seq=len(entries), format=FORMAT, state=engine.snapshot()))
    journal.close()
    agents_file(data_dir)
    return Records(file, calls, len(entries))


@pytest.fixture
def filled(records: Records, data_dir: Path) -> Records:
    """The database too."""

    async def fill() -> None:
        database = await new_sqlite(data_dir / "cozum.db")
        with JournalReader(records.file) as reader:
            await Projector(reader, database, rules=rules).catch_up()
        await database.close()

    asyncio.run(fill())
    return records


# --- a running daemon


@pytest.fixture
def daemon(data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`cozum run`, without any Asterisk: it answers over HTTP, and is not ready."""
    agents_file(data_dir)
    with (data_dir / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "acd.cli", "run"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        until("the daemon answers", lambda: _answers(process, data_dir), 60)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _answers(process: subprocess.Popen[bytes], folder: Path) -> bool:
    assert process.poll() is None, (folder / "log").read_text("utf-8")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{os.environ['COZUM_HTTP_PORT']}/healthz", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
