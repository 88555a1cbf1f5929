"""What a colleague who is asked about a caller hears, between two agents' pages on the real line."""

import re

from playwright.sync_api import expect

from tests.browser.agent_at_work import AgentAtWork, await_level, citizen
from tests.browser.conftest import Desk
from tests.browser.keyboard import press


def test_a_colleague_hears_the_agent_whose_caller_is_muted_and_held(desk: Desk, agent: AgentAtWork) -> None:
    colleague = AgentAtWork(desk, "1002")
    caller = citizen(desk, "2")
    agent.answer()
    colleague.ready()
    await_level(caller, "> 20")  # the caller hears the agent
    page = agent.page
    page.keyboard.press("F9")
    expect(page.get_by_role("button", name=re.compile("^Sesi aç"))).to_be_visible()
    page.keyboard.press("Alt+t")
    press(page, page.get_by_role("button", name=re.compile("görevlisine danış")).first)
    colleague.await_ring()
    colleague.page.keyboard.press("F2")
    expect(colleague.card).to_have_attribute("data-call", "talking")
    await_level(colleague.page, "> 20")  # the colleague hears the agent
    page.keyboard.press("Alt+c")
    expect(agent.card).to_have_attribute("data-call", "talking")
    page.keyboard.press("F9")
    await_level(caller, "> 20")  # the caller hears the agent again
    page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
