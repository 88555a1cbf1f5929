"""A desk on another machine beside a whole system: real calls, PostgreSQL, Redis; `cozum desk` in its own folder."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import pytest

from bench.stack import Stack, until
from phones import Agent, Caller, Wait
from phones.ports import free_tcp_port
from tests.integration.conftest import choosing
from tests.services import Postgres, Redis, missing, running_postgres, running_redis
from tests.time_zones import noon


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with running_postgres(tmp_path_factory.mktemp("pg")) as server:
        yield server


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def stack(postgres: Postgres, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The line and its own desk. The supervisor lets a line hang, so that a test may stop it. No day ends meanwhile."""
    if shutil.which("sipp") is None:
        missing("sipp")
    folder = tmp_path_factory.mktemp("stack")
    servers: dict[str, Any] = {"database_url": postgres.url(), "redis_url": redis.url}
    with Stack(folder, agents=4, wrapup_s=0.2, heartbeat_s=0, timezone=noon(), **servers) as one:
        yield one


class Elsewhere:
    """`cozum desk` of another machine: nothing but Redis and the database leads to the line."""

    def __init__(self, folder: Path, stack: Stack) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.settings = {
            "data_dir": self.data_dir,
            "http_port": free_tcp_port(),
            "follow": "redis",
            "timezone": stack.settings["timezone"],
            "redis_url": stack.settings["redis_url"],
            "database_url": stack.settings["database_url"],
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{self.settings['http_port']}", timeout=10.0)

    def __enter__(self) -> Self:
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [Stack.python, "-m", "acd.cli", "desk"],
                cwd=Stack.cwd, env=Stack.environment(self.settings), stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(60) == 0, (self.folder / "output").read_text("utf-8")
        self._http.close()

    def request(self, method: str, path: str, *, body: object = None) -> httpx.Response:
        token = (self.data_dir / "token").read_text().strip()
        return self._http.request(method, path, headers={"authorization": f"Bearer {token}"}, json=body)

    def is_ready(self) -> bool:
        try:
            return self.request("GET", "/readyz").status_code == 200
        except (httpx.TransportError, FileNotFoundError):
            return False


Desk = Stack | Elsewhere


@pytest.fixture(scope="module")
def elsewhere(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    with Elsewhere(tmp_path_factory.mktemp("elsewhere"), stack) as one:
        until("the other desk is ready", one.is_ready, 60)
        yield one


def check(desk: Desk, name: str) -> dict[str, Any]:
    checks = desk.request("GET", "/readyz").json()["checks"]
    return next((one for one in checks if one["name"] == name), {})


def picture(desk: Desk) -> dict[str, Any]:
    """What a page sees of the line, without what depends on the moment of asking."""
    seen = {path: desk.request("GET", f"/api/v1/{path}").json() for path in ("agents", "queue", "callbacks", "figures")}
    return seen | {
        "queue": [{key: value for key, value in one.items() if key != "wait_s"} for one in seen["queue"]],
        "calls": [one["id"] for one in desk.request("GET", "/api/v1/calls").json()],
    }


def agree(stack: Stack, elsewhere: Elsewhere) -> None:
    """Wait until both desks show the same."""
    until(
        "both desks show the same",
        lambda: picture(stack) == picture(elsewhere),
        60,
        say=lambda: (picture(stack), picture(elsewhere)),
    )


def says_away(desk: Desk) -> bool:
    line = check(desk, "line")
    return not line["ok"] and "what is shown is as old" in line["detail"]


def test_both_desks_show_the_same_calls_from_the_first_ring_to_the_row(
    stack: Stack, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    phones = stack.phones(tmp_path)
    try:
        callers = phones.call(Caller(steps=choosing("funeral", Wait(8))), count=3, rate=10, first_number=5_321_000_001)
        until("three wait", lambda: len(stack.queue()) == 3, 60)
        agree(stack, elsewhere)
        phones.staff(stack.logins[:2], Agent(answer_after_s=0.1, talk_s=1.0))
        for login in stack.logins[:2]:
            stack.set_state(login.user, "ready")
        assert callers.wait(60).failed == 0
        until("three rows", lambda: len(stack.calls(outcome="answered")) == 3, 60)
        agree(stack, elsewhere)
        assert picture(elsewhere)["figures"]["windows"]["day"]["urgent"]["answered"] == 3
        for login in stack.logins[:2]:
            stack.set_state(login.user, "offline")
        agree(stack, elsewhere)
    finally:
        phones.close()


def test_what_only_the_own_desk_can_do_is_refused(stack: Stack, elsewhere: Elsewhere) -> None:
    answer = elsewhere.request("POST", "/api/v1/agents/1001/state", body={"state": "ready"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert "use the line's own desk" in answer.json()["detail"]
    assert stack.state_of("1001") == "offline"


def test_a_line_that_hangs_is_away_on_both(stack: Stack, elsewhere: Elsewhere) -> None:
    line = stack.daemon_pid
    os.kill(line, signal.SIGSTOP)
    try:
        for desk in (stack, elsewhere):
            until("the desk says that the line is away", partial(says_away, desk), 60)
    finally:
        os.kill(line, signal.SIGCONT)
    stack.wait_ready(60)
    until("the other desk is ready again", elsewhere.is_ready, 60)
    agree(stack, elsewhere)


@pytest.mark.parametrize("part", ["line", "desk"])
def test_a_killed_part_is_followed_when_it_is_back(stack: Stack, elsewhere: Elsewhere, part: str) -> None:
    for _ in range(3):
        before = stack.daemon_pid
        if part == "line":
            stack.kill_daemon()
            stack.await_another_daemon(before)
        else:
            stack.kill_desk()
            stack.wait_ready(60)
        until("the other desk is ready again", elsewhere.is_ready, 60)
        agree(stack, elsewhere)


def test_redis_is_killed_and_comes_back(stack: Stack, elsewhere: Elsewhere, redis: Redis) -> None:
    redis.stop()
    until("the other desk says that the line is away", lambda: says_away(elsewhere), 60)
    assert check(stack, "line")["ok"], "the line's own desk needs no Redis"
    stack.set_state("1001", "paused")
    assert picture(elsewhere)["agents"][0]["state"] == "offline"
    redis.start()
    until("the other desk is ready again", elsewhere.is_ready, 60)
    agree(stack, elsewhere)
    assert picture(elsewhere)["agents"][0]["state"] != "offline"
    stack.set_state("1001", "offline")
