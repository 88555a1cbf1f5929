"""What an agent must not miss or do by mistake at `/desk`.

A call that comes while they mean the one before, a ring under a dialog, a failure that repeats, sound that does not get
through."""

import re

import pytest
from playwright.sync_api import Route, expect

from acd.engine.model.facts import OfferEnded
from tests.browser.agent_at_work import AgentAtWork, citizen
from tests.browser.conftest import Desk
from tests.browser.test_accessibility import each_look
from tests.integration.witnesses import journal_facts

PRESS_AT_ONCE = """() => {
  new MutationObserver((_, watch) => {
    if (!document.querySelector(".card[data-call=ringing]")) return;
    watch.disconnect();
    dispatchEvent(new KeyboardEvent("keydown", { code: "F4", key: "F4" }));
    globalThis.pressed = true;
  }).observe(document.body, { subtree: true, attributes: true, childList: true });
}"""
"""Has F4 pressed in the moment in which the page rings."""
LOSE = """(theirs) => {
  let lost = 0;
  const stats = RTCPeerConnection.prototype.getStats;
  RTCPeerConnection.prototype.getStats = async function () {
    const found = await stats.call(this);
    lost += 50;
    const told = [...found.values()].map((one) => (
      one.type === "inbound-rtp" && theirs ? { ...one, packetsLost: lost }
        : one.type === "remote-inbound-rtp" && !theirs ? { ...one, fractionLost: 0.25 } : one
    ));
    return new Map(told.map((one) => [one.id, one]));
  };
}"""
"""Has the browser count fifty lost packets a second, or a quarter of its own as lost on their way."""


def test_the_key_that_was_meant_for_the_call_before_does_not_refuse_an_urgent_one(
    desk: Desk, agent: AgentAtWork
) -> None:
    page = agent.page
    before = citizen(desk, "2")
    agent.await_ring()
    expect(page).to_have_title(re.compile("^☎ İstek"))  # for whoever looks at another tab
    agent.answer()
    expect(page).not_to_have_title(re.compile("☎"))
    page.evaluate(PRESS_AT_ONCE)
    before.get_by_role("button", name="Kapat", exact=True).click()
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    urgent = citizen(desk, "1", "1", number="05325550108")
    page.wait_for_function("() => globalThis.pressed")
    expect(page.get_by_label("Bildirimler")).to_contain_text("reddedilmedi")
    expect(page).to_have_title(re.compile("^☎ ACİL: "))
    agent.answer()
    assert "declined" not in [one.result for one in journal_facts(desk.stack, OfferEnded)]
    page.keyboard.press("F4")  # of their own call, which they have answered: at once
    urgent.wait_for_selector(".state[data-state=ended]")


def test_an_english_page_names_what_rings_in_english(desk: Desk, agent: AgentAtWork) -> None:
    """The line speaks Turkish to telephones on desks."""
    page = agent.page
    page.get_by_role("radio", name="English").check(force=True)
    citizen(desk, "2")
    agent.await_ring()
    expect(page).to_have_title(re.compile("^☎ Request"))
    agent.answer()
    expect(agent.card).to_contain_text("Request")
    expect(agent.card).not_to_contain_text("İstek")
    page.get_by_role("radio", name="Türkçe").check(force=True)
    expect(agent.card).to_contain_text("İstek")
    page.keyboard.press("F4")


def test_a_ring_closes_what_lies_over_the_button_that_answers(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    page.keyboard.press("Alt+h")
    keys = page.get_by_role("dialog", name="Kısayollar")
    expect(keys).to_be_visible()
    citizen(desk, "2")
    agent.await_ring()
    expect(keys).to_be_hidden()
    expect(page.get_by_role("alert").filter(has_text="Telefonunuz çalıyor")).to_have_count(1)  # it is read out
    page.get_by_role("button", name="Yanıtla").click()
    expect(agent.card).to_have_attribute("data-call", "talking")
    page.keyboard.press("F4")


def test_the_keys_are_read_from_their_beginning_on_a_small_screen(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    large = page.viewport_size
    assert large is not None
    page.set_viewport_size({"width": 390, "height": 700})
    page.keyboard.press("Alt+h")
    keys = page.get_by_role("dialog", name="Kısayollar")
    expect(keys.get_by_role("heading", name="Kısayollar")).to_be_in_viewport()
    assert keys.evaluate("dialog => dialog.scrollTop") == 0
    page.keyboard.press("Tab")
    expect(keys.get_by_role("button", name="Kapat")).to_be_focused()
    page.keyboard.press("Enter")
    expect(keys).to_be_hidden()
    page.set_viewport_size(large)


def test_a_failure_is_said_in_the_dialog_again_and_gone_when_it_is_done_after_all(
    desk: Desk, agent: AgentAtWork
) -> None:
    page = agent.page
    caller = citizen(desk, "2", number="05325550109")
    agent.answer()
    expect(page.get_by_label("Anlattığı")).to_be_visible()
    caller.get_by_role("button", name="Kapat", exact=True).click()
    expect(agent.now).to_have_attribute("data-state", "wrapup")

    def refuse(route: Route) -> None:
        route.fulfill(status=409, json={"detail": "the line is away"})

    page.route("**/agents/1001/state", refuse)
    page.keyboard.press("Alt+3")
    said = page.get_by_label("Bildirimler").get_by_text("the line is away")
    expect(said).to_have_count(1)
    page.keyboard.press("Alt+3")
    expect(page.get_by_label("Bildirimler").locator("p", has=page.get_by_text("the line is away"))).to_contain_text(
        "(2 kez)"
    )
    page.keyboard.press("Alt+h")
    inside = page.get_by_role("dialog", name="Kısayollar").get_by_text("the line is away")
    expect(inside).to_be_visible()  # above the backdrop, where it is read out and can be put away
    assert each_look(page) == []
    page.keyboard.press("Escape")
    expect(said).to_have_count(1)
    page.unroute("**/agents/1001/state")
    page.keyboard.press("Alt+3")
    expect(agent.now).to_have_attribute("data-state", "offline")
    expect(said).to_have_count(0)
    desk.wrong[:] = [one for one in desk.wrong if "409" not in one]


def test_notifications_are_closed_by_their_key_also_in_a_dialog(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    citizen(desk, "2", number="05325550113")
    agent.answer()
    said = page.get_by_label("Bildirimler").get_by_text("Önce görüşmeyi bitirin.")
    words = page.get_by_label("Anlattığı")
    words.focus()
    page.keyboard.press("Alt+0")
    expect(said).to_be_visible()
    page.keyboard.press("F10")
    expect(said).to_have_count(0)
    expect(words).to_be_focused()
    page.keyboard.press("Alt+0")
    page.keyboard.press("Alt+h")
    keys = page.get_by_role("dialog", name="Kısayollar")
    expect(keys.get_by_text("Önce görüşmeyi bitirin.")).to_be_visible()
    expect(keys).to_contain_text("F10")
    page.keyboard.press("F10")
    expect(said).to_have_count(0)
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("F4")


@pytest.mark.parametrize(
    ("theirs", "words"), [(True, "karşı tarafın sesinde kayıp"), (False, "sizin sesinizde kayıp %25")]
)
def test_sound_that_does_not_get_through_is_shown_with_its_share_and_whose_it_is(
    desk: Desk, agent: AgentAtWork, theirs: bool, words: str
) -> None:
    page = agent.page
    page.evaluate(LOSE, theirs)
    citizen(desk, "2", number="05325550110")
    agent.answer()
    quality = page.locator(".quality")
    expect(quality).to_have_attribute("data-grade", "poor")
    expect(quality).to_contain_text(words)
    assert each_look(page) == []
    page.keyboard.press("F4")
