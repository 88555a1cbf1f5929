"""The same system on PostgreSQL and Redis; and a database that dies delays a report, never a caller."""

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from acd.engine.model.facts import AgentStateChanged, AnyFact, CallEnded, Fact, ServiceNamed
from bench.stack import Stack, until
from phones import Agent, Caller
from storage.live_redis import RedisReader
from tests import waiting
from tests.integration.conftest import choosing
from tests.integration.witnesses import journal_facts
from tests.services import Postgres, Redis, missing, running_postgres, running_redis


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
    if shutil.which("sipp") is None:
        missing("sipp")
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, agents=4, wrapup_s=0.2, database_url=postgres.url(), redis_url=redis.url) as one:
        yield one


_numbers = itertools.count(5_320_000_001, 100)
"""Nobody calls twice: a caller who does has their open ticket used again."""


def call(stack: Stack, folder: Path, count: int) -> None:
    """So many urgent callers, one after the other, all of them answered."""
    phones = stack.phones(folder)
    try:
        phones.staff(stack.logins[:2], Agent(answer_after_s=0.1, talk_s=0.3))
        for login in stack.logins[:2]:
            stack.set_state(login.user, "ready")
        callers = phones.call(Caller(steps=choosing("funeral")), count=count, rate=4, first_number=next(_numbers))
        assert callers.wait(60).failed == 0
        for login in stack.logins[:2]:
            stack.set_state(login.user, "offline")
    finally:
        phones.close()


def answered(stack: Stack) -> int:
    return len(stack.calls(outcome="answered"))


def test_calls_and_tickets_stand_in_postgresql_and_the_live_view_in_redis(
    stack: Stack, redis: Redis, tmp_path: Path
) -> None:
    before = answered(stack)
    call(stack, tmp_path, 4)
    until("the calls have their rows", lambda: answered(stack) == before + 4, 60)
    rows = stack.calls(outcome="answered")[:4]
    assert all(row["ticket"] for row in rows)
    assert len({row["ticket"] for row in rows}) == 4

    async def seen() -> dict[str, str]:
        reader = RedisReader(redis.url)
        task = asyncio.create_task(reader.run())
        try:
            await waiting.until(lambda: reader.connected and reader.agents(), "Redis tells of the agents")
            return {agent["extension"]: agent["state"] for agent in reader.agents()}
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def shown() -> dict[str, str]:
        return {agent["extension"]: agent["state"] for agent in stack.agents().values()}

    until("Redis has the agents as the desk shows them", lambda: asyncio.run(seen()) == shown(), 60, say=shown)


def test_a_database_that_hangs_delays_a_report_and_never_a_caller(
    stack: Stack, postgres: Postgres, tmp_path: Path
) -> None:
    before = answered(stack)
    server = postmaster(postgres)
    family = [server, *children(server)]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        call(stack, tmp_path, 6)
        assert stack.request("GET", "/api/v1/calls").status_code == 503
    finally:
        # runuser, where it stands between us and the server, stops itself with it.
        for pid in ([parent] if (parent := psutil.Process(server).ppid()) != os.getpid() else []) + family:
            os.kill(pid, signal.SIGCONT)
    until("the calls have their rows", lambda: rows_now(stack) == before + 6, 60)
    stack.wait_ready(60)


def test_an_engine_killed_again_and_again_stores_each_fact_once(
    stack: Stack, postgres: Postgres, tmp_path: Path
) -> None:
    before = len(over(stack))
    stop = threading.Event()
    deaths = threading.Thread(target=kill_now_and_then, args=(stack, stop))
    phones = stack.phones(tmp_path)
    try:
        phones.staff(stack.logins, Agent(answer_after_s=0.1, talk_s=0.3))
        for login in stack.logins:
            stack.set_state(login.user, "ready")
        callers = phones.call(Caller(steps=choosing("funeral")), count=24, rate=6, first_number=next(_numbers))
        deaths.start()
        assert callers.wait(60).failed == 0
    finally:
        stop.set()
        deaths.join()
        stack.wait_ready(60)
        for login in stack.logins:
            stack.set_state(login.user, "offline")
        phones.close()
    # A caller who was answered and hung up while no engine was there is not known to have been answered.
    until("the calls have their rows", lambda: len(over(stack)) == before + 24, 60, say=lambda: over(stack)[:30])
    assert {row["outcome"] for row in over(stack) if row["hangup_by"] != "unknown"} == {"answered"}
    # After-call work may end, and an agent go home, after the calls have their rows.
    until("all is stored", lambda: query(postgres, EVENTS) == [(len(facts_of_calls(stack)),)], 60)
    of_calls = facts_of_calls(stack)
    ended = {fact.call for fact in of_calls if isinstance(fact, CallEnded)}
    assert query(postgres, "SELECT count(*), count(DISTINCT id), count(outcome) FROM calls") == [(len(ended),) * 3]
    # A caller who calls again has their open ticket again.
    due = {(fact.number, fact.service) for fact in of_calls if isinstance(fact, ServiceNamed) and fact.opens_ticket}
    assert query(postgres, "SELECT count(*), count(DISTINCT sequence), max(sequence) FROM tickets") == [(len(due),) * 3]

    def moves() -> int:
        return len(journal_facts(stack, AgentStateChanged))

    until("so are the agents' moves", lambda: query(postgres, INTERVALS) == [(moves(),)], 60, say=moves)


EVENTS = "SELECT count(*) FROM call_events"
INTERVALS = "SELECT count(*) FROM agent_intervals"


def facts_of_calls(stack: Stack) -> list[Any]:
    """The facts of calls in the journal."""
    kinds = tuple(one for one in AnyFact.__args__ if "call" in one.__struct_fields__ and one is not AgentStateChanged)
    return [fact for fact in journal_facts(stack, Fact) if isinstance(fact, kinds)]


def over(stack: Stack) -> list[dict[str, Any]]:
    """The calls that have ended."""
    return [row for row in stack.calls() if row["outcome"] is not None]


def kill_now_and_then(stack: Stack, stop: threading.Event) -> None:
    """`kill -9` of the engine at odd moments, three times; it is not waited for until it is well."""
    for pause_s in (1.3, 0.9, 1.1):
        if stop.wait(pause_s):
            return
        with contextlib.suppress(psutil.NoSuchProcess, ValueError, OSError):
            stack.kill_daemon()


def query(postgres: Postgres, sql: str) -> list[tuple[Any, ...]]:
    """What PostgreSQL answers, asked with nobody else's code."""

    async def ask() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(postgres.url().replace("+asyncpg", ""))
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_a_live_store_that_dies_is_told_of_and_filled_again(stack: Stack, redis: Redis) -> None:
    redis.stop()
    until("readiness says so", lambda: stack.request("GET", "/readyz").status_code == 503, 60)
    redis.start()
    stack.wait_ready(60)


def rows_now(stack: Stack) -> int:
    answer = stack.request("GET", "/api/v1/calls", outcome="answered", limit=1000)
    return len(answer.json()) if answer.status_code == 200 else -1


def postmaster(postgres: Postgres) -> int:
    """The server's own process: the one that listens on its port."""
    for one in psutil.net_connections("tcp"):
        if one.laddr and one.laddr.port == postgres.port and one.status == psutil.CONN_LISTEN and one.pid:
            return int(one.pid)
    pytest.fail("PostgreSQL's process is not to be found")


def children(pid: int) -> list[int]:
    """The server's backends and helpers."""
    return [one.pid for one in psutil.Process(pid).children()]
