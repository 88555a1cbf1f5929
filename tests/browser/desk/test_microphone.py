"""The microphone of an agent's page: an agent whom nobody can hear is given no caller, and is told why."""

import pytest
from playwright.sync_api import Page, expect

from bench.stack import until
from tests.browser.agent_at_work import AgentAtWork, await_level, citizen
from tests.browser.conftest import Desk
from tests.browser.keyboard import press
from tests.browser.test_accessibility import each_look

HEADSET = """
const devices = navigator.mediaDevices;
const [open, list] = [devices.getUserMedia.bind(devices), devices.enumerateDevices.bind(devices)];
let there = true;
const streams = [];
devices.getUserMedia = async (wish) => {
  if (!there) throw new DOMException("there is none", "NotFoundError");
  const stream = await open(wish);
  streams.push(stream);
  return stream;
};
devices.enumerateDevices = async () => (await list()).filter((one) => there || one.kind !== "audioinput");
globalThis.plug = (isIn) => {
  there = isIn;
  if (!isIn) {
    for (const track of streams.flatMap((one) => one.getTracks())) {
      track.stop();
      track.dispatchEvent(new Event("ended")); // a page's own stop does not tell
    }
  }
  devices.dispatchEvent(new Event("devicechange"));
};
"""
"""Has a page's microphones be taken away by `plug(false)` and brought back by `plug(true)`, as a browser tells it."""


def headset(page: Page) -> None:
    page.add_init_script(HEADSET)


def test_an_agent_whose_microphone_is_gone_is_given_no_caller_until_it_is_back(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001", before=headset)
    agent.ready()
    page = agent.page
    page.evaluate("plug(false)")
    expect(page.get_by_role("alert").filter(has_text="Mikrofon bulunamadı.")).to_be_visible()
    desk.await_state("1001", "unavailable")
    expect(agent.now).to_have_attribute("data-state", "unavailable")
    expect(page.locator(".connection")).to_have_text("Mikrofon yok: çağrı gelmez")
    assert each_look(page) == []
    caller = citizen(desk, "2")
    until("the caller waits", lambda: [one["state"] for one in desk.stack.queue()] == ["waiting"], 60)
    expect(agent.card).to_have_attribute("data-call", "none")
    page.evaluate("plug(true)")
    agent.answer()  # nobody has touched the page
    await_level(caller, "> 30")  # the caller hears the agent
    page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")


def test_a_talk_goes_on_without_a_microphone_and_has_the_next_one(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001", before=headset)
    agent.ready()
    caller = citizen(desk, "2")
    agent.answer()
    await_level(caller, "> 30")
    agent.page.evaluate("plug(false)")
    expect(agent.page.get_by_role("alert").filter(has_text="Mikrofon bulunamadı.")).to_be_visible()
    agent.page.wait_for_timeout(6000)  # longer than a free telephone waits
    expect(agent.card).to_have_attribute("data-call", "talking")
    expect(agent.page.locator(".connection")).to_have_text("Telefon hazır")
    agent.page.evaluate("plug(true)")
    expect(agent.page.locator(".notice[data-tone=wrong]")).to_have_count(0)
    await_level(caller, "> 30")
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")


@pytest.mark.parametrize(
    ("name", "words"), [("NotFoundError", "Mikrofon bulunamadı."), ("NotReadableError", "Mikrofon açılamadı")]
)
def test_a_microphone_that_cannot_be_opened_is_told_by_its_cause_and_tried_again_by_its_key(
    desk: Desk, name: str, words: str
) -> None:
    refuse = f"navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', {name!r}));"
    agent = AgentAtWork(desk, "1001", before=lambda page: page.add_init_script(refuse))
    page = agent.page
    told = page.locator(".notice[data-tone=wrong]")
    expect(told).to_contain_text(words)
    page.keyboard.press("Alt+1")
    expect(page.get_by_label("Bildirimler")).to_contain_text(words)
    assert desk.stack.state_of("1001") == "offline"
    assert each_look(page) == []
    page.evaluate("delete navigator.mediaDevices.getUserMedia")
    page.keyboard.press("Alt+m")
    expect(told).to_have_count(0)
    agent.ready()


def test_a_page_that_came_without_tls_from_another_machine_says_why_it_has_no_microphone(desk: Desk) -> None:
    """A browser has no devices there for any page."""
    none = "Object.defineProperty(Navigator.prototype, 'mediaDevices', { get: () => undefined });"
    agent = AgentAtWork(desk, "1001", before=lambda page: page.add_init_script(none))
    page = agent.page
    expect(page.locator(".notice[data-tone=wrong]")).to_contain_text("Tarayıcı bu adreste mikrofon vermez.")
    expect(page.locator(".connection")).to_have_text("Mikrofon yok: çağrı gelmez")
    page.keyboard.press("Alt+1")
    expect(page.get_by_label("Bildirimler")).to_contain_text("https://")
    assert desk.stack.state_of("1001") == "offline"
    assert each_look(page) == []


def test_microphone_and_loudspeaker_are_tried_before_the_first_caller(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001")
    page = agent.page
    await_level(page, "> 20", "Sizin sesiniz")  # nobody has called, and nobody is ready
    page.evaluate(
        "() => { globalThis.tones = 0; const begin = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (at) { globalThis.tones += 1; return begin.call(this, at); }; }"
    )
    press(page, page.get_by_role("button", name="Deneme sesi çal"))
    page.wait_for_function("() => globalThis.tones === 2")  # one ring
    assert each_look(page) == []
    agent.ready()
    citizen(desk, "2")
    agent.answer()
    expect(page.get_by_role("meter", name="Sizin sesiniz")).to_have_count(1)  # the call's own
    page.keyboard.press("F4")
