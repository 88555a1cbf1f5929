"""`/desk` in a browser as people have it: a page may sound only after somebody has pressed a key in it, or has given it
the microphone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.browser import BrowserMissing, launch, program
from bench.stack import Stack, until
from tests.browser.agent_at_work import AgentAtWork, citizen, desk_stack
from tests.browser.conftest import Desk
from tests.browser.test_accessibility import each_look
from tests.browser.test_page_reload import await_beeps, bridged, contact
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
globalThis.seen = [];
let ringsQuietly = 0;
setInterval(() => {
  const now = {
    pressed: navigator.userActivation.hasBeenActive,
    rings: document.title.startsWith("☎"),
    told: document.body?.innerText.includes("Tarayıcı sesi kapalı tutuyor") ?? false,
    sounds: contexts.length > 0 && contexts.every((one) => one.state === "running"),
    speaks: elements.some((one) => one.srcObject && !one.paused),
  };
  seen.push(now);
  ringsQuietly = now.rings && now.told ? ringsQuietly + 1 : 0;
  if (ringsQuietly === 40) console.debug("rings quietly");
}, 100);
"""
"""Has a page note what it sounds by, ten times a second. Whatever asks a page something from outside counts as a press
there, so nothing may be asked before what has to be seen: a page that has rung for four seconds, and told that nobody
hears it, says so itself."""
ASKING = "navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined);"
"""Nobody has answered whether the page may use the microphone. One that has it may sound, in this browser."""
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


def reopen(agent: AgentAtWork, script: str = "") -> None:
    """Close the page and open it in a tab in which nobody has pressed anything, as a browser that is started anew."""
    old = agent.page
    agent.page = old.context.new_page()
    spied(agent.page)
    agent.page.add_init_script(script)
    old.close()
    agent.page.goto(f"{agent.desk.url}/desk", wait_until="commit")


def test_a_page_that_may_not_ring_says_so_and_rings_from_the_next_key_on(desk: Desk, agent: AgentAtWork) -> None:
    before = contact(desk, "1001-web")
    reopen(agent, ASKING)
    until("its telephone is there", lambda: contact(desk, "1001-web") not in ("", before), 60)
    with agent.page.expect_console_message(lambda said: said.text == "rings quietly", timeout=60_000):
        citizen(desk, "1", "1")
    agent.page.keyboard.press("x")  # Shift alone would be none
    page = agent.page
    page.wait_for_function("() => seen.at(-1).rings && seen.at(-1).sounds && !seen.at(-1).told")
    seen = page.evaluate("seen")
    silent = [one for one in seen if one["rings"] and not one["pressed"]]
    assert silent
    assert not any(one["sounds"] for one in silent), "this browser lets it sound: the test shows nothing"
    assert silent[-1]["told"], "it rang in silence without a word"
    expect(page).to_have_title(re.compile("^☎ ACİL: "))
    assert each_look(page) == []


def test_a_talk_that_comes_back_without_a_key_is_heard(desk: Desk, agent: AgentAtWork) -> None:
    caller = citizen(desk, "2")
    agent.answer()
    await_beeps(agent.page)
    before = until("they are connected", lambda: bridged(desk, "PJSIP/1001-web", "PJSIP/citizen"), 60)
    reopen(agent)
    until(
        "the page has its caller again",
        lambda: bridged(desk, "PJSIP/1001-web", "PJSIP/citizen") not in ([], before),
        60,
    )
    await_beeps(caller)  # the caller hears the agent; the agent's page is asked nothing meanwhile
    seen = [one for one in agent.page.evaluate("seen") if not one["pressed"]]
    assert seen[-1]["sounds"], "its meters and its ring"
    assert seen[-1]["speaks"], "the caller's voice"
    assert not seen[-1]["told"]
    await_beeps(agent.page)
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
