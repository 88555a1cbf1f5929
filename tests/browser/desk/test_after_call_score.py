"""An automatic call whose citizen hears the outcome and then wants an agent, who passes on the score afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bench.stack import Stack, until
from phones.ports import free_udp_port
from tests.browser.agent_at_work import AgentAtWork
from tests.browser.conftest import Desk
from tests.integration.outcome_line import Line, Talk, picks_up


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """As at the other tests of this desk, but the line itself tells outcomes."""
    with Stack(
        tmp_path_factory.mktemp("automatic"), agents=1, wrapup_s=120.0, ring_s=40.0, qualify_s=1.0,
        callback_trunk=f"127.0.0.1:{free_udp_port()}", outcome_call="automatic",
        outcome_hours="mon-sun holiday 00:00-24:00", outcome_quiet="", outcome_greeting_s=2.0,
    ) as stack:  # fmt: skip
        yield stack


def test_the_score_is_passed_on_after_the_line_has_said_that_they_were_told(
    desk: Desk, agent: AgentAtWork, tmp_path: Path
) -> None:
    line = Line(desk.stack, tmp_path)
    page = agent.page
    with line.citizen(picks_up("1", "0")) as citizen:
        line.resolves()
        talk = Talk(line, citizen)
        talk.presses(1, "hear")
        talk.presses(2, "agent", ("outcome_talked", "heard"))
        agent.answer()
        words = page.locator("blockquote")
        expect(words).to_contain_text("Işık Sokak asfaltlandı.")
        page.keyboard.press("F4")
        desk.await_state("1001", "wrapup")
    until("the line has told them", lambda: line.ticket()["state"] == "told", 60)
    assert line.ticket()["told_how"] == "automatic"
    for key in ("Alt+o", "ArrowDown", "Tab", "2", "Tab"):
        page.keyboard.press(key)
    page.keyboard.insert_text("Yarısı yapılmış")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("Bildirimler")).to_contain_text(f"{line.number}: kaydedildi")
    expect(words).to_have_count(0)
    ticket = line.ticket()
    assert (ticket["state"], ticket["score"], ticket["remark"]) == ("told", 2, "Yarısı yapılmış")
    assert line.tasks() == ["low_score"]
