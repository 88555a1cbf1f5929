"""Parts other than the engine die or are stopped during calls: each call ends in one row, whatever was killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from acd.engine.model.facts import CallEntered
from acd.explain.story import UPTIME_S
from bench.stack import Stack, until
from phones import Agent, Caller, Phones
from tests.integration.conftest import choosing
from tests.integration.witnesses import journal_facts

ROOT = Path(__file__).resolve().parents[2]
WAITING = 6


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path, agents=3, wrapup_s=0.2, ring_s=10, regroup_s=1) as stack:
        yield stack


def numbers(prefix: int, count: int) -> tuple[str, ...]:
    return tuple(f"0532{prefix}{n:05d}" for n in range(count))


def one_talks_and_others_wait(stack: Stack, phones: Phones) -> None:
    """One talks, six wait, and one is in the menu."""
    phones.staff([stack.login("1001")], Agent(answer_after_s=0.1, talk_s=600))
    stack.set_state("1001", "ready")
    until("1001 is ready", lambda: stack.state_of("1001") == "ready", 60)
    phones.call(Caller(steps=choosing("request")), numbers=numbers(1, 1))
    until("one talks", lambda: stack.state_of("1001") == "talking", 60)
    phones.call(Caller(steps=choosing("funeral")), count=WAITING, rate=10, numbers=numbers(2, WAITING))
    until("six wait", lambda: len(stack.queue()) == WAITING, 60)
    until("their kind is known", lambda: {row["service"] for row in stack.queue()} == {"funeral"}, 60, say=stack.queue)
    phones.call(Caller(), numbers=numbers(3, 1))

    def for_long_enough() -> bool:
        """Asterisk tells so roughly since when it runs that a call of the last moments is not known to be older."""
        came = [fact.at for fact in journal_facts(stack, CallEntered) if fact.number == numbers(3, 1)[0]]
        return bool(came) and time.time() > came[0] + UPTIME_S

    until("one is in the menu", for_long_enough, 60)


def outcomes(stack: Stack) -> dict[str, str]:
    """By number; that there is one row for each is asserted."""
    until("all have their row", lambda: len(stack.calls()) >= WAITING + 2, 60, say=stack.calls)
    rows = stack.calls()
    assert len({row["id"] for row in rows}) == len(rows) == WAITING + 2
    return {row["caller"]: row["outcome"] for row in rows}


def why(stack: Stack, call: str) -> str:
    """What `cozum journal why` tells of a call, on one line."""
    command = [sys.executable, "-m", "acd.cli", "journal", "why", call]
    environment = Stack.environment(stack.settings | {"data_dir": stack.data_dir})
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


def serves_again(stack: Stack, folder: Path) -> None:
    """A caller is answered, by an agent who registers anew."""
    with stack.phones(folder) as phones:
        phones.staff([stack.login("1002")], Agent(answer_after_s=0.1, talk_s=0.3))
        stack.set_state("1002", "ready")
        until("1002 is ready", lambda: stack.state_of("1002") == "ready", 60)
        assert phones.call(Caller(steps=choosing("request")), numbers=numbers(9, 1)).wait(60).failed == 0
        until("it has its row", lambda: stack.calls()[0]["caller"] == numbers(9, 1)[0], 60)
        assert stack.calls()[0]["outcome"] == "answered"


def test_asterisk_is_killed_in_mid_talk(stack: Stack, tmp_path: Path) -> None:
    with stack.phones(tmp_path / "phones") as phones:
        one_talks_and_others_wait(stack, phones)
        pid_file = stack.data_dir / "asterisk" / "asterisk.pid"
        before, daemon = stack.asterisk.pid, stack.daemon.pid
        os.kill(before, signal.SIGKILL)
        until("it is there again", lambda: int(pid_file.read_text()) != before, 60)
    stack.wait_ready(60)
    assert stack.daemon.pid == daemon
    found = outcomes(stack)
    assert found.pop(numbers(1, 1)[0]) == "answered"
    assert found.pop(numbers(3, 1)[0]) == "abandoned_in_menu"
    assert set(found.values()) == {"abandoned"}
    assert stack.queue() == []
    ids = {row["caller"]: row["id"] for row in stack.calls()}
    assert "ended with Asterisk, which was started again" in why(stack, ids[numbers(2, 1)[0]])
    assert "hung up by nobody: Asterisk was started again" in why(stack, ids[numbers(1, 1)[0]])
    until("1001 is free", lambda: stack.state_of("1001") not in ("talking", "ringing", "wrapup"), 60)
    serves_again(stack, tmp_path / "again")


def test_asterisk_stands_still_for_a_while(stack: Stack, tmp_path: Path) -> None:
    """As on a machine that is moved: the connection is given up and made again, and what was believed still holds."""
    with stack.phones(tmp_path / "phones") as phones:
        one_talks_and_others_wait(stack, phones)
        queue = [(row["caller"], row["queued_at"]) for row in stack.queue()]
        asterisk = stack.asterisk
        asterisk.suspend()
        try:
            detail = until("readiness says so", lambda: asterisk_fault(stack), 60)
            assert "nothing heard for" in detail
        finally:
            asterisk.resume()
        stack.wait_ready(60)
        assert stack.asterisk.pid == asterisk.pid
        until("1001 talks on", lambda: stack.state_of("1001") == "talking", 60)
        assert [(row["caller"], row["queued_at"]) for row in stack.queue()][:WAITING] == queue
        assert stack.calls() == []
        phones.staff([stack.login("1002")], Agent(answer_after_s=0.1, talk_s=0.3))
        stack.set_state("1002", "ready")
        until("those who wait are served", lambda: not stack.queue(), 60)


def asterisk_fault(stack: Stack) -> str:
    """What readiness says of Asterisk; empty if all is well, or nothing is known of it just now."""
    try:
        checks = {check["name"]: check for check in stack.request("GET", "/readyz").json()["checks"]}
    except httpx.TransportError:
        return ""
    asterisk = checks.get("asterisk", {"ok": True})
    return "" if asterisk["ok"] else str(asterisk["detail"])


def _authentication(fault: str) -> str:
    """The fault, if it is that Asterisk does not let us in."""
    return fault if "uthentication" in fault else ""


def test_the_daemon_is_stopped_under_load(stack: Stack, tmp_path: Path) -> None:
    """SIGTERM to it alone, as a careless operator sends it: another one comes, nobody notices."""
    with stack.phones(tmp_path / "phones") as phones:
        one_talks_and_others_wait(stack, phones)
        queue = [row["caller"] for row in stack.queue()]
        before = stack.daemon.pid
        os.kill(before, signal.SIGTERM)
        until("another one", lambda: int((stack.data_dir / "cozum.pid").read_text()) != before, 60)
        stack.wait_ready(60)
        until("all are back", lambda: [row["caller"] for row in stack.queue()][:WAITING] == queue, 60, say=stack.queue)
        assert stack.state_of("1001") == "talking"
        assert stack.calls() == []
        assert "agi.session_failed" not in stack.output()


@pytest.mark.alone  # it measures how soon all of it has ended
def test_all_of_it_is_stopped_under_load(stack: Stack, tmp_path: Path) -> None:
    """Those calls end with Asterisk, after the daemon: their rows are made at the next start."""
    with stack.phones(tmp_path / "phones") as phones:
        one_talks_and_others_wait(stack, phones)
        began = time.monotonic()
        stack.stop(15.0, children_s=3.0)
        assert time.monotonic() - began < 12  # before force is used
    with Stack(tmp_path, agents=3, **{k: v for k, v in stack.settings.items() if k != "agents"}) as again:
        found = outcomes(again)
        assert found.pop(numbers(1, 1)[0]) == "answered"
        assert found.pop(numbers(3, 1)[0]) == "abandoned_in_menu"
        assert set(found.values()) == {"abandoned"}
        assert len(again.get("tickets")) == WAITING
        serves_again(again, tmp_path / "again")


def test_a_wrong_secret_of_the_managers_is_named(stack: Stack, tmp_path: Path) -> None:
    secret = stack.data_dir / "ami_secret"
    right = secret.read_text()
    secret.write_text("wrong\n")
    before = stack.kill_daemon()
    until("another one", lambda: int((stack.data_dir / "cozum.pid").read_text()) != before, 60)

    detail = until("readiness names it", lambda: _authentication(asterisk_fault(stack)), 60)
    assert "ami_user" in detail
    assert "ami_secret" in detail
    assert right.strip() not in stack.output()
    secret.write_text(right)
    stack.kill_daemon()
    stack.wait_ready(60)
