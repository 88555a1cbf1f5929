"""`/desk` and `/lead` in a browser as people have it: a page may sound only after somebody has pressed a key in it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.browser import BrowserMissing, launch, program
from bench.stack import Stack
from tests.browser.agent_at_work import AgentAtWork, await_level, citizen, desk_stack
from tests.browser.conftest import Desk
from tests.browser.test_accessibility import each_look
from tests.browser.test_page_reload import await_beeps
from tests.services import missing

SPY = """
globalThis.contexts = [];
const Native = AudioContext;
globalThis.AudioContext = class extends Native {
  constructor(...options) { super(...options); contexts.push(this); }
};
globalThis.elements = [];
const NativeAudio = Audio;
globalThis.Audio = class extends NativeAudio {
  constructor(...options) { super(...options); elements.push(this); }
};
"""
"""Keeps what a page sounds by."""
HEARD = """() => contexts.length > 0 && contexts.every((one) => one.state === "running")
  && elements.every((one) => !one.srcObject || !one.paused)"""
QUIET = re.compile("AudioContext was not allowed to start")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        program()
    except BrowserMissing:
        missing("chromium")
    with launch(sounds=False) as browser:
        yield browser


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with desk_stack(tmp_path_factory.mktemp("stack"), wrapup_s=1.0) as stack:
        yield stack


@pytest.fixture
def agent(desk: Desk) -> Iterator[AgentAtWork]:
    """1001 at work, ready, who has loaded their page anew and pressed nothing since."""
    agent = AgentAtWork(desk, "1001", before=spied)
    agent.page.on("dialog", lambda dialog: dialog.accept())
    agent.ready()
    yield agent
    desk.wrong[:] = [one for one in desk.wrong if not QUIET.search(one)]


def spied(page: Page) -> None:
    page.add_init_script(SPY)


def reopen(agent: AgentAtWork) -> None:
    """Close the page and open it in a tab in which nobody has pressed anything, as a browser that is started anew."""
    old = agent.page
    agent.page = old.context.new_page()
    spied(agent.page)
    old.close()
    agent.page.goto(f"{agent.desk.url}/desk")


def refusal(agent: AgentAtWork) -> Any:
    return agent.page.get_by_role("alert").filter(has_text="Tarayıcı sesi kapalı tutuyor")


def test_a_page_that_may_not_ring_says_so_before_it_has_to_and_rings_from_the_next_key_on(
    desk: Desk, agent: AgentAtWork
) -> None:
    reopen(agent)
    expect(refusal(agent)).to_be_visible()
    assert each_look(agent.page) == []
    citizen(desk, "1", "1")
    agent.await_ring()
    expect(agent.page).to_have_title(re.compile("^☎ ACİL: "))
    assert agent.page.evaluate(HEARD) is False
    agent.page.keyboard.press("Shift")
    expect(refusal(agent)).to_have_count(0)
    agent.page.wait_for_function(HEARD)
    agent.page.keyboard.press("F2")
    expect(agent.card).to_have_attribute("data-call", "talking")
    expect(agent.page).not_to_have_title(re.compile("☎"))
    agent.page.keyboard.press("F4")


def test_a_talk_that_comes_back_without_a_key_is_heard_from_the_next_key_on(desk: Desk, agent: AgentAtWork) -> None:
    caller = citizen(desk, "2")
    agent.answer()
    await_beeps(agent.page)
    reopen(agent)
    expect(agent.card).to_have_attribute("data-call", "talking", timeout=60_000)
    agent.page.wait_for_timeout(3000)
    print(
        "DEBUG",
        agent.page.evaluate(
            "[navigator.userActivation.hasBeenActive, contexts.map((one) => [one.state, one.currentTime]), elements.map((one) => [one.paused, one.currentTime, String(one.srcObject)])]"
        ),
    )
    expect(refusal(agent)).to_be_visible()
    agent.page.keyboard.press("Shift")
    expect(refusal(agent)).to_have_count(0)
    agent.page.wait_for_function(HEARD)
    await_beeps(agent.page)
    await_level(caller, "> 30")
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
