"""Pages and telephone over HTTPS, by the desk's own certificate, whoever of desk and relay dies."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bench.stack import Stack, until
from tests.browser.agent_at_work import AgentAtWork, await_level
from tests.browser.conftest import Desk
from tests.browser.test_relay import await_contact, contact, pid_of


def certificate(folder: Path, name: str) -> None:
    """A certificate of a public name, which nobody has signed."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", f"/CN={name}"],
        check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One with a certificate. That it gets ready shows that supervisor and command line speak HTTPS too."""
    folder = tmp_path_factory.mktemp("https")
    certificate(folder, "cozum.example")
    with Stack(
        folder, agents=3, wrapup_s=1.0, ring_s=15.0, qualify_s=1.0, standby_after_s=30, heartbeat_s=0,
        max_calls_per_number=100, https_cert=folder / "cert.pem", https_key=folder / "key.pem",
    ) as stack:  # fmt: skip
        yield stack


@contextmanager
def killed(stack: Stack) -> Iterator[None]:
    """With the desk killed by -9, and nobody who starts another."""
    supervisor = int((stack.data_dir / "supervisor.lock").read_text())
    os.kill(supervisor, signal.SIGSTOP)
    try:
        pid = stack.kill_desk()
        until("the desk is dead", lambda: "zombie" in Path(f"/proc/{pid}/status").read_text(), 60)
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)
    until("another desk", lambda: pid_of(stack, "desk") != pid, 60)
    stack.wait_ready(60)


def caller_page(desk: Desk, **options: Any) -> Page:
    """A citizen's page whose telephone is ready."""
    page = desk.visit("/phone", ignore_https_errors=True, **options)
    page.get_by_role("button", name="Ara", exact=True).hover()
    page.wait_for_selector(".connection[data-state=ready]")
    return page


def agent_page(desk: Desk, extension: str, expect: str) -> AgentAtWork:
    """An agent at their page, signed in to the line."""
    agent = AgentAtWork(desk, extension, expect=expect, ignore_https_errors=True)
    agent.ready()
    return agent


def test_a_citizen_calls_over_https_and_is_heard(desk: Desk) -> None:
    page = desk.visit("/phone", ignore_https_errors=True)
    assert page.evaluate("isSecureContext") is True
    page.get_by_role("button", name="Ara", exact=True).click()
    page.wait_for_selector(".state[data-state=talking]")
    await_level(page, "> 20")  # the menu is heard
    page.keyboard.press("2")
    until("a request waits", desk.stack.queue, 60)


def test_the_wall_is_live_over_https(desk: Desk) -> None:
    page = desk.wall(ignore_https_errors=True)
    expect(page.locator("[data-link=live]")).to_be_visible()
    answer = page.request.get(f"{desk.url}/wall", ignore_https_errors=True)
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_the_command_line_asks_over_https(desk: Desk) -> None:
    done = subprocess.run(
        [".venv/bin/cozum", "agents", "list", "--json"], env=Stack.environment(desk.stack.settings),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "1001" in done.stdout) == (0, True), done.stderr


def test_an_agent_is_rung_answers_and_talks_while_the_desk_is_dead(desk: Desk) -> None:
    stack = desk.stack
    agent = agent_page(desk, "1001", "Failed to load")
    caller = caller_page(desk)
    before = await_contact(stack, "1001-web")
    with killed(stack):
        for _ in range(8):  # longer than a page that is gone stays available
            assert await_contact(stack, "1001-web") == before
            agent.page.wait_for_timeout(1000)
        caller.get_by_role("button", name="Ara", exact=True).click()
        caller.wait_for_selector(".state[data-state=talking]")
        caller.keyboard.press("2")
        agent.await_ring()
        agent.page.keyboard.press("F2")
        expect(agent.card).to_have_attribute("data-call", "talking")
        await_level(caller, "> 30")  # the caller hears the agent
        await_level(agent.page, "> 30")  # the agent hears the caller
        expect(agent.page.locator(".connection")).to_have_attribute("data-state", "ready")
    expect(agent.page.locator("[data-link=live]")).to_be_visible()
    expect(agent.now).to_have_attribute("data-state", "talking")
    assert await_contact(stack, "1001-web") == before
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    agent.ready_again()
    (row,) = until("there is a record", lambda: [one for one in stack.calls() if one["agent"] == "1001"], 60)
    assert (row["outcome"], row["hangup_by"]) == ("answered", "agent")
    assert await_contact(stack, "1001-web") == before


@pytest.mark.alone  # it measures how soon the relay and the pages are back
def test_with_the_relay_dead_pages_are_there_and_their_telephones_are_back_by_themselves(desk: Desk) -> None:
    stack = desk.stack
    failed = "ailed"  # what the browser says of requests and WebSockets that were under way
    agent = agent_page(desk, "1002", failed)
    wall = desk.wall(ignore_https_errors=True, expect=failed)
    caller = caller_page(desk, expect=failed)
    before, pid = await_contact(stack, "1002-web"), pid_of(stack, "relay")
    supervisor = int((stack.data_dir / "supervisor.lock").read_text())
    os.kill(supervisor, signal.SIGSTOP)  # so that the relay stays away
    try:
        os.kill(pid, signal.SIGKILL)
        other = desk.visit("/wall", ignore_https_errors=True, token=desk.token, expect=failed)
        for page in (other, wall, agent.page):
            expect(page.locator("[data-link=warn]")).to_have_text("relay")  # so what is shown is live
    finally:
        os.kill(supervisor, signal.SIGCONT)
    begun = time.monotonic()
    until("another relay", lambda: pid_of(stack, "relay") != pid, 5, every_s=0.01)
    after = until("it is registered again", lambda: (one := contact(stack, "1002-web")) != before and one, 15)
    assert time.monotonic() - begun < 10
    for page in (other, wall, agent.page):
        expect(page.locator("[data-link=live]")).to_be_visible()
    desk.await_state("1002", "ready")
    caller.wait_for_selector(".connection[data-state=ready]")
    with killed(stack):  # the new connections are not the desk's either
        caller.get_by_role("button", name="Ara", exact=True).click()
        caller.wait_for_selector(".state[data-state=talking]")
        caller.keyboard.press("2")
        agent.await_ring()
        agent.page.keyboard.press("F2")
        await_level(caller, "> 30")  # the caller hears the agent
        await_level(agent.page, "> 30")  # the agent hears the caller
        assert await_contact(stack, "1002-web") == after
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    agent.ready_again()


def test_garbage_on_the_port_ends_no_page(desk: Desk) -> None:
    agent = agent_page(desk, "1003", "Failed to load")
    before = await_contact(desk.stack, "1003-web")
    address = ("127.0.0.1", desk.stack.settings["http_port"])
    clients = [socket.create_connection(address, 60) for _ in range(50)]
    for number, client in enumerate(clients):
        if number % 2:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n" + b"\xff" * 1000)
    for client in clients[1::2]:
        with suppress(ConnectionError):
            while client.recv(1000):
                pass
    for client in clients:
        client.close()
    expect(agent.page.locator("[data-link=live]")).to_be_visible()
    assert await_contact(desk.stack, "1003-web") == before
