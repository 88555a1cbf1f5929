"""The demo's caller: a page with a microphone, which calls the line as a trunk does and hears the menu."""

import re
import time

import pytest
from playwright.sync_api import Page, Route, expect

from acd.engine.model.facts import CallEnded
from bench.stack import until
from tests.browser.agent_at_work import await_level, facts_at
from tests.browser.conftest import Desk

SLOW_SOCKET = """
const Native = WebSocket;
globalThis.WebSocket = class extends EventTarget {
  static CONNECTING = 0; static OPEN = 1;
  readyState = 0;
  constructor(url, protocols) {
    super();
    setTimeout(() => {
      const real = new Native(url, protocols);
      this.real = real;
      real.binaryType = this.binaryType;
      for (const name of ["open", "message", "close"])
        real[`on${name}`] = (event) => { this.readyState = real.readyState; this[`on${name}`]?.(event); };
    }, 1500);
  }
  send(data) { this.real.send(data); }
  close() { this.real?.close(); }
};
"""
TALKING = ".state[data-state=talking]"


def call(page: Page) -> None:
    """Press the green button, and wait until the line has answered."""
    page.get_by_role("button", name=re.compile("^(Ara|Yeniden ara|Call|Call again)$")).click()
    page.wait_for_selector(TALKING)


def await_gone(desk: Desk, call: str, gone_at: float) -> None:
    """Wait until the line knows that this caller has gone, at this time. It has their page's word: without one it would
    know after ten seconds."""
    until("they do not wait any more", lambda: not desk.stack.queue(), 60)
    (ended_at,) = (at for at, one in facts_at(desk.stack, CallEnded) if one.call == call)
    assert ended_at - gone_at < 5.0


@pytest.mark.alone  # it measures how soon
def test_a_citizen_hears_the_menu_and_their_keys_lead_through_it(desk: Desk) -> None:
    page = desk.visit("/phone")
    page.get_by_label("Arayan numara").fill("0532 555 01 07")
    call(page)
    await_level(page, "> 20")  # the menu is heard
    await_level(page, "> 20", "Sizin sesiniz")  # the microphone is heard here
    page.keyboard.press("1")
    page.keyboard.press("1")
    until("a funeral waits", lambda: [one["service"] for one in desk.stack.queue()] == ["funeral"], 60)
    (waiting,) = desk.stack.queue()
    assert (waiting["caller"], waiting["class"]) == ("05325550107", "urgent")
    expect(page.locator(".keys")).to_have_text("Basılan tuşlar: 11")
    page.get_by_role("button", name="Kapat", exact=True).click()
    gone_at = time.time()
    expect(page.locator(".state")).to_have_text("Görüşme bitti.")
    await_gone(desk, waiting["id"], gone_at)


@pytest.mark.parametrize("late", ["**/assets/telephone*.js", "**/phone/line"])
def test_a_call_before_the_telephone_is_there_waits_for_it(desk: Desk, late: str) -> None:
    page = desk.visit("/phone", before=lambda page: page.route(late, lambda route: _after(page, route, 1500)))
    call(page)
    assert len(re.findall(r"PJSIP/citizen-\w+", desk.stack.asterisk_cli("core show channels concise"))) >= 1


def test_a_call_before_the_websocket_is_open_waits_for_it(desk: Desk) -> None:
    page = desk.visit("/phone", before=lambda page: page.add_init_script(SLOW_SOCKET))
    call(page)


def _after(page: Page, route: Route, wait_ms: int) -> None:
    page.wait_for_timeout(wait_ms)
    route.continue_()


def test_audio_goes_both_ways_as_asterisk_counts_it(desk: Desk) -> None:
    page = desk.visit("/phone")
    call(page)
    channel = until("the channel is up", lambda: _channel(desk), 60)
    counts = []

    def flows() -> bool:
        """50 packets a second each way, in SRTP; a busy browser may be late by some, in two seconds like any others."""
        before = _packets(desk, channel)
        page.wait_for_timeout(2000)
        after = _packets(desk, channel)
        counts.append((after[0] - before[0], after[1] - before[1]))
        return min(counts[-1]) > 70

    until("packets come and go", flows, 60, say=lambda: counts)


def _channel(desk: Desk) -> str:
    found = re.search(r"PJSIP/citizen-\w+", desk.stack.asterisk_cli("core show channels concise"))
    return found[0] if found else ""


def _packets(desk: Desk, channel: str) -> tuple[int, int]:
    """Received from and sent to a channel so far, by Asterisk's own statistics."""
    lines = desk.stack.asterisk_cli("pjsip show channelstats").splitlines()
    (line,) = (line for line in lines if channel.removeprefix("PJSIP/")[:18] in line)
    counts = line.partition("law")[2].split()
    return int(counts[0]), int(counts[4])


@pytest.mark.parametrize("number", ["", "+90 532 555 01 08"])
def test_a_number_may_be_withheld_or_foreign(desk: Desk, number: str) -> None:
    page = desk.visit("/phone")
    page.get_by_label("Arayan numara").fill(number)
    call(page)
    page.keyboard.press("2")
    waiting = until("a request waits", desk.stack.queue, 60)[0]
    assert waiting["caller"] == number.replace(" ", "")


def test_what_is_no_number_is_not_dialled(desk: Desk) -> None:
    page = desk.visit("/phone")
    page.get_by_label("Arayan numara").fill("12x")
    expect(page.get_by_role("alert").filter(has_text="3 ile 15 arası rakam")).to_be_visible()
    expect(page.get_by_role("button", name="Ara", exact=True)).to_be_disabled()


def test_without_a_microphone_the_page_says_so_and_how_to_go_on(desk: Desk) -> None:
    page = desk.visit("/phone")
    refuse = "name => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name)); }"
    page.evaluate(refuse, "NotAllowedError")
    page.get_by_role("button", name="Ara", exact=True).click()
    expect(page.get_by_text("Mikrofona izin verilmedi.")).to_be_visible()
    expect(page.get_by_role("button", name="Ara", exact=True)).to_be_enabled()
    page.evaluate(refuse, "NotFoundError")
    page.get_by_role("button", name="Ara", exact=True).click()
    expect(page.get_by_text("Mikrofon bulunamadı.")).to_be_visible()


def test_a_call_from_beginning_to_end_by_keyboard_alone(desk: Desk) -> None:
    page = desk.visit("/phone")
    expect(page.get_by_role("button", name="Ara", exact=True)).to_be_enabled()  # before that a form is not sent
    page.get_by_label("Arayan numara").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(TALKING)
    page.keyboard.press("3")  # wherever the focus is
    expect(page.locator(".keys")).to_have_text("Basılan tuşlar: 3")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Sessize al":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sesi aç")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".state")).to_have_text("Görüşme bitti.")


def test_a_muted_microphone_is_not_heard(desk: Desk) -> None:
    page = desk.visit("/phone")
    call(page)
    page.get_by_role("button", name="Sessize al").click()
    expect(page.get_by_role("button", name="Sesi aç")).to_be_visible()
    expect(page.locator(".state")).to_contain_text("Görüşmede · sesiniz kapalı")
    expect(page.get_by_role("meter", name="Sizin sesiniz")).to_have_attribute("aria-valuenow", "0")
    page.get_by_role("button", name="Sesi aç").click()
    await_level(page, "> 20", "Sizin sesiniz")  # it is heard again


@pytest.mark.alone  # it measures how soon
def test_a_page_that_is_closed_in_a_call_is_gone_from_the_line(desk: Desk) -> None:
    page = desk.visit("/phone")
    call(page)
    page.keyboard.press("2")
    (waiting,) = until("they wait", desk.stack.queue, 60)
    page.goto("about:blank")
    await_gone(desk, waiting["id"], time.time())


def test_a_browser_that_is_killed_in_a_call_is_missed(desk: Desk) -> None:
    page = desk.visit("/phone")
    call(page)
    page.keyboard.press("2")
    until("they wait", desk.stack.queue, 60)
    page.close()  # without a word: nothing of the page runs any more
    until("they do not wait any more", lambda: not desk.stack.queue(), 60)


def test_a_caller_who_says_they_are_the_trunk_gets_nowhere(desk: Desk) -> None:
    """The desk's relay comes from this machine, by whose address the trunk is known: no page may pass for it."""
    page = desk.visit("/phone", expect="WebSocket")
    answer = page.evaluate(
        """async () => {
          const line = await fetch("/phone/line", {
            method: "POST", headers: {"content-type": "application/json"}, body: "{}",
          }).then((answer) => answer.json());
          const socket = new WebSocket(`ws://${location.host}${line.socket}`, "sip");
          await new Promise((done) => (socket.onopen = done));
          const sdp = "v=0\\r\\no=- 1 1 IN IP4 127.0.0.1\\r\\ns=-\\r\\nc=IN IP4 127.0.0.1\\r\\nt=0 0\\r\\n"
            + "m=audio 40000 RTP/AVP 8\\r\\na=rtpmap:8 PCMA/8000\\r\\n";
          socket.send("INVITE sip:4440411@127.0.0.1 SIP/2.0\\r\\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\\r\\n"
            + "From: <sip:05320000000@127.0.0.1>;tag=a\\r\\nTo: <sip:4440411@127.0.0.1>\\r\\nCall-ID: forged\\r\\n"
            + "CSeq: 1 INVITE\\r\\nContact: <sip:x@x.invalid;transport=ws>\\r\\nMax-Forwards: 9\\r\\n"
            + `Content-Type: application/sdp\\r\\nContent-Length: ${sdp.length}\\r\\n\\r\\n${sdp}`);
          return await new Promise((done) => {
            socket.onmessage = (message) => {
              const status = Number(message.data.split(" ")[1]);
              if (status >= 180) done(status);
            };
          });
        }"""
    )
    assert answer >= 400
    assert desk.stack.queue() == []
