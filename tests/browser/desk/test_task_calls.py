"""From a task in the inbox the citizen is called, by keyboard alone: the person's own telephone rings first."""

import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import expect

from bench.stack import Stack, until
from phones import Agent
from tests.browser.conftest import Desk
from tests.browser.keyboard import press
from tests.browser.requests import ANY, move, opened, row, ticket
from tests.browser.test_accessibility import each_look
from tests.integration.citizen import Citizen


def to_be_asked(desk: Desk) -> tuple[str, int]:
    """A request whose citizen is to be asked something, and the task that came of it: there is no gateway for texts."""
    number = opened(desk)
    move(desk, number, "accepted")
    move(desk, number, "waiting_citizen", result="Hangi sokak?")
    answer = desk.stack.request("GET", "/api/v1/tasks", kind="tell_citizen", limit=1000)
    (task,) = (one for one in answer.json() if one["number"] == number)
    return number, task["id"]


def test_the_citizen_of_a_task_is_called_by_keyboard_and_the_task_says_what_came_of_it(
    desk: Desk, tmp_path: Path
) -> None:
    number, task = to_be_asked(desk)
    # The desk adds the demo's people once its database serves, which may take a moment more.
    until("1003 is there", lambda: desk.stack.rows("SELECT user FROM people WHERE user = '1003'"), 60)
    role = (sys.executable, "-m", "acd.cli", "users", "role", "1003", "inbox", "--extension", "1003")
    subprocess.run(role, env=Stack.environment(desk.stack.settings), capture_output=True, check=True, timeout=60)
    desk.sip("1003", phone=Agent(answer_after_s=1.0, talk_s=None))
    page = desk.visit(f"/inbox#{task}", expect=ANY)
    page.locator("[name=user]").fill("1003")
    page.locator("[name=password]").fill("demo-1003")
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Vatandaşı ara")
    expect(button).to_be_visible()
    key = button.get_attribute("aria-keyshortcuts") or ""
    news = page.get_by_role("region", name="Bildirimler")
    page.keyboard.press(key)
    expect(news).to_contain_text("Önce hatta oturum açın")
    desk.stack.set_state("1003", "paused", "break")
    said = page.locator("[data-call]")
    trunk = int(str(desk.stack.settings["callback_trunk"]).rpartition(":")[2])
    with Citizen(tmp_path / "busy", trunk, Agent(reject=486, answer_after_s=6.0)) as citizen:  # to be looked at
        page.keyboard.press(key)
        expect(said).to_have_attribute("data-call", "ringing")
        expect(button).to_have_attribute("aria-disabled", "true")
        assert each_look(page) == []
        expect(said).to_have_attribute("data-call", "busy")
        expect(said).to_contain_text(re.compile("Son arama .*1003: meşgul"))
        assert len(citizen.called()) == 1
    with Citizen(tmp_path / "answers", trunk, Agent(answer_after_s=0.3, talk_s=None)) as citizen:
        press(page, button)
        expect(said).to_have_attribute("data-call", "talking")
        until("they have answered", lambda: [one for one in citizen.process.legs() if one.answered_at], 60)
        citizen.process.hang_up()
        expect(said).to_have_attribute("data-call", "reached")
        expect(said).to_contain_text("ulaşıldı")
        expect(button).to_be_focused()
    expect(row(page, task)).to_contain_text("Sizde")
    assert each_look(page) == []

    def outcomes() -> list[object]:
        """Of the calls about the task. Each has its row after the task says what came of it."""
        return [one["outcome"] for one in ticket(desk, number)["calls"] if one["how"] == "task"]

    until("both are recorded", lambda: outcomes() == ["callback_failed", "called_back"], 60, say=outcomes)
    until("the pause goes on", lambda: desk.stack.state_of("1003") in ("paused", "wrapup"), 60)
