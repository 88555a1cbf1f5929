"""The relay holds the pages' telephones: what happens to them while the desk is away, and when the relay dies."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from playwright.sync_api import Page, expect

from acd.engine.model.facts import AgentStateChanged
from bench.stack import Stack, until
from tests.browser.agent_at_work import AgentAtWork, await_level, noticed
from tests.browser.agent_page import AgentPage, citizen
from tests.browser.conftest import Desk
from tests.integration.witnesses import journal_facts


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One whose desk may hang as long as a test wants: nobody looks whether it lives."""
    with Stack(
        tmp_path_factory.mktemp("stack"), agents=4, wrapup_s=1.0, ring_s=15.0, qualify_s=1.0, standby_after_s=30,
        heartbeat_s=0, max_calls_per_number=100,
    ) as stack:  # fmt: skip
        yield stack


@pytest.fixture
def agent(desk: Desk) -> AgentAtWork:
    """1001 at their page, signed in to the line."""
    agent = AgentAtWork(desk, "1001", expect="Failed to load")  # as whoever asks is not signed in yet
    agent.ready()
    return agent


def pid_of(stack: Stack, process: str) -> int:
    """Of the desk or the relay."""
    return int((stack.data_dir / f"{process}.pid").read_text())


@contextmanager
def away(stack: Stack) -> Iterator[None]:
    """Without the desk."""
    pid = pid_of(stack, "desk")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def relays_died(stack: Stack) -> float:
    """How many relays have died, as the metrics have it."""
    found = re.search(r'cozum_relay_ends_total\{why="died"\} (\S+)', stack.metrics())
    return float(found[1]) if found else 0.0


def contact(stack: Stack, user: str = "1001-web") -> str:
    """Where Asterisk reaches the page's telephone; empty: nowhere."""
    found = re.search(rf"{user}/(sip:\S+) +\w+ +Avail", stack.asterisk_cli("pjsip show contacts"))
    return found[1] if found else ""


def await_contact(stack: Stack, user: str) -> str:
    """Where Asterisk reaches the page's telephone, as soon as it answers: a page that stands still for two seconds, as
    on a busy machine, does not. One that has come by another WebSocket is elsewhere from then on."""
    return str(until(f"{user} is registered and answers", lambda: contact(stack, user), 60))


@pytest.mark.alone  # a browser that stands still for two seconds is unavailable, and none may be in this test
def test_an_agent_is_rung_answers_talks_and_hangs_up_while_the_desk_is_away(desk: Desk, agent: AgentAtWork) -> None:
    caller = desk.visit("/phone")
    caller.get_by_role("button", name="Ara", exact=True).hover()
    caller.wait_for_selector(".connection[data-state=ready]")
    before = until("the page is registered", lambda: contact(desk.stack), 60)
    with away(desk.stack):
        for _ in range(8):  # longer than a page that is gone stays available
            assert contact(desk.stack) == before
            agent.page.wait_for_timeout(1000)
        caller.get_by_role("button", name="Ara", exact=True).click()
        caller.wait_for_selector(".state[data-state=talking]")
        caller.keyboard.press("2")
        agent.await_ring()
        expect(agent.page.locator("[role=alert].unseen")).to_have_text("Telefonunuz çalıyor: İstek ve şikâyet")
        agent.page.keyboard.press("F2")
        expect(agent.card).to_have_attribute("data-call", "talking")
        await_level(caller, "> 30")  # the caller hears the agent
        await_level(agent.page, "> 30")  # the agent hears the caller
        expect(agent.page.locator(".connection")).to_have_attribute("data-state", "ready")
    expect(agent.page.locator("[data-link=live]")).to_be_visible()
    expect(agent.now).to_have_attribute("data-state", "talking")
    with away(desk.stack):
        agent.page.keyboard.press("F4")
        expect(agent.card).to_have_attribute("data-call", "none")
        caller.wait_for_selector(".state[data-state=ended]")
    agent.ready_again()
    expect(agent.now).to_have_attribute("data-state", "ready")
    (row,) = until("there is a record", desk.stack.calls, 60)
    assert (row["outcome"], row["hangup_by"], row["agent"]) == ("answered", "agent", "1001")
    states = [one.state for one in journal_facts(desk.stack, AgentStateChanged) if one.agent == "1001"]
    assert "unavailable" not in states[states.index("ready") :]
    assert contact(desk.stack) == before


def test_a_killed_desk_takes_no_page_away_and_the_next_one_watches_it(desk: Desk) -> None:
    agent = AgentPage(desk, "1002", expect="Failed to load")
    desk.stack.set_state("1002", "ready")
    desk.await_state("1002", "ready")
    before = await_contact(desk.stack, "1002-web")
    for _ in range(3):
        desk.stack.kill_desk()
        desk.stack.wait_ready(60)
        assert (agent.state, await_contact(desk.stack, "1002-web")) == ("ready", before)
    second = AgentPage(desk, "1002", expect="Failed to load")  # the new desk knows of the page, and closes it
    agent.await_state("replaced")
    citizen(desk, "2")
    second.await_call("ringing")


@contextmanager
def without_a_relay(stack: Stack) -> Iterator[None]:
    """The relay is killed, and nobody starts another one meanwhile."""
    relay = psutil.Process(pid_of(stack, "relay"))
    supervisor = psutil.Process(relay.ppid())
    supervisor.suspend()
    try:
        relay.kill()
        yield
    finally:
        supervisor.resume()


def said_by(page: Page) -> list[str]:
    """The first words of all that a page sends by WebSockets that it opens from now on."""
    said: list[str] = []

    def note(frame: str | bytes) -> None:
        said.append(str(frame).split(" ", 1)[0])

    page.on("websocket", lambda socket: socket.on("framesent", note))
    return said


def test_talks_go_on_while_there_is_no_relay_for_seconds(desk: Desk) -> None:
    """The desk takes each page's WebSocket and closes it at once, again and again. By the next one each page tells
    where it is, and the sound keeps its way: an offer would have Asterisk look for another one."""
    agent = AgentPage(desk, "1004", expect="WebSocket")
    desk.stack.set_state("1004", "ready")
    desk.await_state("1004", "ready")
    caller = citizen(desk, "2", expect="WebSocket")
    agent.await_call("ringing")
    agent.do("answer()")
    agent.await_call("talking")
    until("they talk", lambda: agent.call["received"] > 50, 60)
    said = [said_by(page) for page in (agent.page, caller)]
    with without_a_relay(desk.stack):
        agent.await_state("lost")
        for _ in range(8):  # the pages come again after one to five seconds
            caller.wait_for_timeout(1000)
            expect(caller.locator(".state")).to_have_attribute("data-state", "talking")
    agent.await_state("ready")
    until("both have told where they are", lambda: agent.call and all("UPDATE" in one for one in said), 60)
    assert not any("INVITE" in one for one in said)
    received = agent.call["received"]
    until("sound still arrives", lambda: agent.call["received"] > received + 50, 60)
    agent.do("hangUp()")
    caller.wait_for_selector(".state[data-state=ended]")
    desk.await_state("1004", "ready")


@pytest.mark.alone  # it measures how soon the relay and the pages are back
def test_a_killed_relay_is_back_at_once_and_pages_register_again_by_themselves(desk: Desk) -> None:
    agent = AgentPage(desk, "1003", expect="WebSocket")
    desk.stack.set_state("1003", "ready")
    desk.await_state("1003", "ready")
    caller = citizen(desk, "2", expect="WebSocket")
    agent.await_call("ringing")
    agent.do("answer()")
    agent.await_call("talking")
    until("they talk", lambda: agent.call["received"] > 50, 60)
    received, pid, died = agent.call["received"], pid_of(desk.stack, "relay"), relays_died(desk.stack)
    was_lost = noticed(agent.page, "phone.state === 'lost'")  # it is so for a moment only
    begun = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    until("another relay", lambda: pid_of(desk.stack, "relay") != pid, 2, every_s=0.01)
    was_lost()
    agent.await_state("ready")
    assert time.monotonic() - begun < 6.0
    until("sound still arrives", lambda: agent.call["received"] > received + 50, 60)
    assert agent.call["state"] == "talking"
    until("it is counted", lambda: relays_died(desk.stack) == died + 1, 60)
    caller.wait_for_selector(".connection[data-state=ready]")
    agent.do("hangUp()")
    caller.wait_for_selector(".state[data-state=ended]")
    desk.await_state("1003", "ready")
