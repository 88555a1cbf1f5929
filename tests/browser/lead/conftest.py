"""A system for the tests of a shift lead's page."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bench.stack import Stack, until
from phones.ports import free_udp_port
from tests.browser.conftest import NONE_REQUIRED


def called(stack: Stack, days_ago: int, hour: int, count: int) -> None:
    """So many calls on a day before today, at an hour of the line's zone."""
    zone = ZoneInfo(stack.get("report")["timezone"])
    day = datetime.now(zone).date() - timedelta(days=days_ago)
    at = round(datetime(day.year, day.month, day.day, hour, 20, tzinfo=zone).timestamp() * 1000)
    with closing(sqlite3.connect(stack.data_dir / "cozum.db", timeout=30)) as database, database:
        database.executemany(
            "INSERT INTO calls (id, node, caller, name, dialled, service, class, outcome, language, agent, arrived_at,"
            " entered_at, queued_at, answered_at, ended_at, wait_s, talk_s, hold_s, within_target)"
            " VALUES (?, 'ast1', '', '', '4440411', 'request', 'routine', 'answered', 'tr', '1004', ?, ?, ?, ?, ?, 2,"
            " 10, 0, 1)",
            [(f"ast1-{at}.{days_ago}{one}", at, at, at, at + 2000, at + 12_000) for one in range(count)],
        )


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """With callbacks, monitoring, a folder of plans, calls of one number as many as a test wants, and days before."""
    folder = tmp_path_factory.mktemp("stack")
    with Stack(
        folder, agents=4, plan_dir=folder, wrapup_s=1.0, ring_s=15.0, qualify_s=1.0, max_calls_per_number=100,
        callback_trunk=f"127.0.0.1:{free_udp_port()}", monitoring=True, outcome_call="off",
        **NONE_REQUIRED,
    ) as stack:  # fmt: skip
        until("the database serves", lambda: stack.request("GET", "/api/v1/tickets").status_code == 200, 60)
        for days_ago, count in ((1, 3), (2, 9), (7, 5)):  # first: the desk keeps what it has told of a day
            called(stack, days_ago, 9, count)
        yield stack
