"""What agents' pages do while there is no line, of which the next line hears nothing by events."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from bench.stack import Stack, until
from tests.browser.agent_at_work import AgentAtWork, await_level, citizen
from tests.browser.conftest import Desk

KEPT_S = 60.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(
        tmp_path_factory.mktemp("stack"), agents=2, wrapup_s=1.0, ring_s=15.0, qualify_s=1.0, max_calls_per_number=100,
        page_reload_s=KEPT_S, standby_after_s=60, heartbeat_s=0,
    ) as stack:  # fmt: skip
        yield stack


@contextmanager
def no_line(stack: Stack) -> Iterator[None]:
    """With the line killed by -9, and nobody who starts another."""
    supervisor = int((stack.data_dir / "supervisor.lock").read_text())
    os.kill(supervisor, signal.SIGSTOP)
    try:
        stack.kill_daemon()
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)
    until("the line is back", stack.ready, 60)


def leg(desk: Desk) -> str:
    """The channel of 1001's page that is connected with somebody; empty if there is none."""
    rows = [row.split("!") for row in desk.stack.asterisk_cli("core show channels concise").splitlines()]
    found = [row[0] for row in rows if len(row) > 12 and row[0].startswith("PJSIP/1001-web-") and row[12]]
    return found[0] if found else ""


def test_a_page_that_is_reloaded_in_a_talk_while_there_is_no_line_has_its_caller_again(desk: Desk) -> None:
    """Asterisk lists its telephone as there, before and after; the leg of the talk has nobody at its end."""
    agent = AgentAtWork(desk, "1001")
    agent.page.on("dialog", lambda dialog: dialog.accept())
    agent.ready()
    caller = citizen(desk, "2")
    agent.answer()
    before = until("the two are connected", lambda: leg(desk), 60)
    with no_line(desk.stack):
        agent.page.reload()
        expect(agent.page.locator(".connection")).to_have_attribute("data-state", "ready")
    until("they are connected again, by another leg", lambda: leg(desk) not in ("", before), KEPT_S)
    desk.await_state("1001", "talking")
    expect(agent.card).to_have_attribute("data-call", "talking")
    await_level(caller, "> 20")  # the caller hears the agent
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
