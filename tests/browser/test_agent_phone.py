"""An agent's telephone in the browser, on the real line: the module that the agent's desk is made with, in a page."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from acd.engine.model.facts import OfferEnded
from acd.engine.model.line_facts import AgentStateChanged
from bench.stack import Stack, until
from phones import Agent
from tests.browser.agent_at_work import AgentAtWork, await_level, facts_at
from tests.browser.agent_page import AgentPage, await_bridge, citizen
from tests.browser.conftest import Desk
from tests.browser.forwarder import Forwarder
from tests.browser.test_page_reload import await_beeps, await_kept, await_sound, await_talk, record, rows_of
from tests.integration.witnesses import journal_facts

KEPT_S = 20.0
"""`page_reload_s` as it is by itself."""


def await_music(page: Page) -> None:
    """Wait until a page hears the other side without a silence for longer than the pauses of a microphone here."""
    page.wait_for_function(
        """() => {
          const meters = [...document.querySelectorAll("[role=meter]")];
          const meter = meters.find((one) => one.ariaLabel === "Karşı taraf");
          if (!(meter?.ariaValueNow > 5)) globalThis.silentAt = performance.now();
          globalThis.silentAt ??= performance.now();
          return performance.now() - globalThis.silentAt > 2500;
        }""",
        polling=20,
    )


def last_reload(desk: Desk) -> float:
    """When Asterisk read its settings last, by our clock; to about a second."""
    told = desk.stack.asterisk_cli("core show uptime seconds")
    return time.time() - int(re.findall(r"Last reload: (\d+)", told)[0])


def contacts(desk: Desk) -> list[str]:
    """The WebSockets by which Asterisk has a page of 1001."""
    return re.findall(r"1001-web/\S+", desk.stack.asterisk_cli("pjsip show contacts"))


def became(desk: Desk, extension: str, state: str, since: float) -> float:
    """How many seconds after a moment the line had an agent in a state, by its journal."""

    def times() -> list[float]:
        changes = facts_at(desk.stack, AgentStateChanged)
        return [at for at, one in changes if at >= since and (one.agent, one.state) == (extension, state)]

    return float(until(f"{extension} is {state}", times, 60)[0]) - since


class FarDesk(Desk):
    """The system as pages see it whose network may lose every packet: theirs, and not the telephones'."""

    network: Forwarder

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.network.port}"


@pytest.fixture
def far(stack: Stack, browser: Browser, tmp_path: Path) -> Iterator[FarDesk]:
    far = FarDesk(stack, browser, tmp_path)
    with Forwarder(int(stack.settings["http_port"])) as far.network:
        try:
            yield far
        finally:
            far.network.mend()
            far.close()


@pytest.fixture
def agent(desk: Desk) -> AgentPage:
    """1001 in the browser, signed in."""
    agent = AgentPage(desk, "1001")
    desk.stack.set_state("1001", "ready")
    desk.await_state("1001", "ready")
    return agent


def test_the_page_rings_answers_and_both_are_heard(desk: Desk, agent: AgentPage) -> None:
    caller = citizen(desk, "1", "1")
    ringing = agent.await_call("ringing")
    assert ringing["name"] in ("ACİL: ne olduğunu sorun", "ACİL: Cenaze"), "it rings from the first key on"
    assert agent.do("answer()") is True
    agent.await_call("talking")
    desk.await_state("1001", "talking")
    agent.await_that("call.incoming?.peak > 0.3 && call.quality?.received > 50")  # the agent hears the caller
    agent.await_that("call.outgoing?.peak > 0.3 && call.quality?.sent > 50")  # the agent is heard here
    await_level(caller, "> 30")  # the caller hears the agent
    agent.do("hangUp()")
    caller.wait_for_selector(".state[data-state=ended]")
    desk.await_state("1001", "ready")
    row = until(
        "there is a record", lambda: next((one for one in desk.stack.calls() if one["agent"] == "1001"), None), 60
    )
    assert (row["outcome"], row["hangup_by"], row["service"]) == ("answered", "agent", "funeral")


@pytest.mark.alone  # it measures how soon a page answers
def test_a_page_answers_by_itself_where_its_agent_has_it_so(desk: Desk) -> None:
    agent = AgentPage(desk, "1004")
    desk.stack.set_state("1004", "ready")
    desk.await_state("1004", "ready")
    caller = citizen(desk, "2")
    agent.await_call("talking")
    desk.await_state("1004", "talking")
    await_level(caller, "> 30")  # the caller hears the agent
    agent.do("hangUp()")
    caller.wait_for_selector(".state[data-state=ended]")
    row = until(
        "there is a record", lambda: next((one for one in desk.stack.calls() if one["agent"] == "1004"), None), 60
    )
    assert row["ring_s"] < 3.0
    assert (row["outcome"], row["hangup_by"]) == ("answered", "agent")


def test_hold_gives_the_caller_music_and_is_counted(desk: Desk, agent: AgentPage) -> None:
    caller = citizen(desk, "2")
    agent.await_call("ringing")
    agent.do("answer()")
    agent.await_call("talking")
    await_beeps(caller)
    begun = time.monotonic()
    agent.do("hold()")
    agent.await_call("held")
    await_music(caller)
    agent.do("unhold()")
    agent.await_call("talking")
    at_most_s = time.monotonic() - begun
    agent.do("hangUp()")
    desk.await_state("1001", "ready")
    held = until("the hold is recorded", lambda: [one["hold_s"] for one in desk.stack.calls() if one["hold_s"]], 60)
    assert 2.0 < held[0] < at_most_s + 0.5


def test_a_page_that_refuses_is_a_miss_and_its_caller_waits_again(desk: Desk, agent: AgentPage) -> None:
    citizen(desk, "2")
    agent.await_call("ringing")
    agent.do("hangUp()")
    until("the caller waits again", lambda: [one["state"] for one in desk.stack.queue()] == ["waiting"], 60)
    assert [one.result for one in journal_facts(desk.stack, OfferEnded)][-1] == "declined"


@pytest.mark.alone  # it measures how soon
def test_a_page_that_is_closed_is_unavailable_at_once_and_one_that_hangs_within_five_seconds(
    desk: Desk, agent: AgentPage
) -> None:
    other = AgentPage(desk, "1002")
    desk.stack.set_state("1002", "ready")
    desk.await_state("1002", "ready")
    begun = time.time()
    agent.page.close()
    assert became(desk, "1001", "unavailable", begun) < 2.0
    begun = time.time()
    other.page.evaluate("void setTimeout(() => { for (const end = Date.now() + 8000; Date.now() < end; ); }, 50)")
    assert became(desk, "1002", "unavailable", begun) < 5.0
    desk.await_state("1002", "ready")


@pytest.mark.alone  # it measures how soon
def test_a_page_without_a_network_is_unavailable_within_five_seconds_and_back_by_itself(
    desk: Desk, far: FarDesk
) -> None:
    """For some seconds, after which its WebSocket is good still. Nobody touches the page meanwhile."""
    agent = AgentAtWork(far, "1001")
    agent.ready()
    before = contacts(desk)
    begun = time.time()
    far.network.cut()
    assert became(desk, "1001", "unavailable", begun) < 5.0
    begun = time.time()
    far.network.mend()
    assert became(desk, "1001", "ready", begun) < 10.0
    assert (len(before), contacts(desk)) == (1, before), "the same WebSocket"
    far.wrong[:] = [one for one in far.wrong if not re.search("ERR_|WebSocket", one)]


def test_a_page_whose_websocket_was_given_up_registers_anew_by_itself(desk: Desk, far: FarDesk) -> None:
    """It had no network for so long, and a caller waits. Nobody touches the page meanwhile."""
    agent = AgentAtWork(far, "1001")
    agent.ready()
    assert len(contacts(desk)) == 1
    far.network.cut()
    desk.await_state("1001", "unavailable")
    expect(agent.page.locator("[data-link=lost]")).to_be_visible()
    caller = citizen(desk, "2")
    until("its WebSocket is given up", lambda: not contacts(desk), 60)
    assert (desk.stack.state_of("1001"), [one["state"] for one in desk.stack.queue()]) == ("unavailable", ["waiting"])
    far.network.mend()
    agent.answer()  # first: it rings for twenty seconds
    assert len(contacts(desk)) == 1
    expect(agent.page.locator(".connection")).to_have_attribute("data-state", "ready")
    expect(agent.page.locator("[data-link=live]")).to_be_visible()
    await_level(caller, "> 30")  # the caller hears the agent
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    desk.await_state("1001", "ready")
    far.wrong[:] = [one for one in far.wrong if not re.search("ERR_|WebSocket", one)]


def test_a_page_that_had_no_network_takes_the_telephone_back_from_no_other_page(desk: Desk, far: FarDesk) -> None:
    """A laptop is asleep at home. Its agent signs in at the office and talks, and the laptop wakes: it was never told
    that another page has the telephone."""
    asleep = AgentAtWork(far, "1001")
    asleep.ready()
    far.network.cut()
    state = asleep.page.locator(".connection")
    expect(state).to_have_attribute("data-state", "lost")
    office = AgentAtWork(desk, "1001")
    desk.await_state("1001", "ready")
    caller = citizen(desk, "2")
    office.answer()
    far.network.mend()
    expect(state).to_have_attribute("data-state", "replaced")
    expect(office.page.locator(".connection")).to_have_attribute("data-state", "ready")
    await_level(caller, "> 30")  # the caller hears the agent
    assert desk.stack.state_of("1001") == "talking"
    office.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    far.wrong[:] = [one for one in far.wrong if not re.search("ERR_|WebSocket|409", one)]


def test_the_next_page_takes_the_telephone_over_and_the_first_does_not_take_it_back(
    desk: Desk, agent: AgentPage
) -> None:
    second = AgentPage(desk, "1001")
    agent.await_state("replaced")
    desk.await_state("1001", "ready")
    citizen(desk, "2")
    second.await_call("ringing")
    assert agent.call == {}
    second.do("answer()")
    desk.await_state("1001", "talking")


def test_a_telephone_on_the_desk_serves_while_no_page_is_open(desk: Desk, agent: AgentPage) -> None:
    desk.sip("1001", phone=Agent(answer_after_s=0.2, talk_s=None))
    until("the telephone is registered", lambda: "1001/sip:" in desk.stack.asterisk_cli("pjsip show contacts"), 60)
    first = citizen(desk, "2")
    agent.await_call("ringing")  # the page first
    agent.do("answer()")
    desk.await_state("1001", "talking")
    agent.do("hangUp()")
    first.wait_for_selector(".state[data-state=ended]")
    desk.await_state("1001", "ready")
    agent.page.close()
    until("the page is gone", lambda: "1001-web/" not in desk.stack.asterisk_cli("pjsip show contacts"), 60)
    desk.await_state("1001", "ready")
    second = citizen(desk, "2")
    desk.await_state("1001", "talking")
    assert "PJSIP/1001-0" in desk.stack.asterisk_cli("core show channels concise")
    second.get_by_role("button", name="Kapat", exact=True).click()


@pytest.mark.alone  # it measures how soon the ring is over
def test_a_ring_at_a_page_that_goes_rings_on_at_the_telephone(desk: Desk, agent: AgentPage) -> None:
    desk.sip("1001", phone=Agent(answer_after_s=0.2, talk_s=None))
    until("the telephone is registered", lambda: "1001/sip:" in desk.stack.asterisk_cli("pjsip show contacts"), 60)
    citizen(desk, "2")
    agent.await_call("ringing")
    call = until("the desk knows of the ring", lambda: desk.stack.agents()["1001"]["call"], 60)
    agent.page.close()
    closed_at = time.time()
    desk.await_state("1001", "talking")  # the same agent is asked again for the same caller after some seconds
    offers = [(at, one) for at, one in facts_at(desk.stack, OfferEnded) if one.call == call]
    assert [(one.agent, one.result) for _, one in offers] == [("1001", "unreachable"), ("1001", "answered")]
    assert offers[0][0] - closed_at < 3.0, "the ring is over at once"


def test_a_page_that_stays_closed_gives_its_caller_to_another_agent_from_the_front(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001")
    agent.ready()
    first = citizen(desk, "2", number="05325550101")
    agent.answer()
    await_talk(desk, agent)
    second = citizen(desk, "2", number="05325550102")
    until("the second waits", lambda: len(desk.stack.queue()) == 1, 60)
    agent.page.close()
    call = await_kept(desk, "1001")
    assert [one["id"] == call for one in desk.stack.queue()] == [False], "in no queue: for their agent alone"
    until("nobody waits for the page any more", lambda: len(desk.stack.queue()) == 2, KEPT_S + 60)
    assert [one["id"] == call for one in desk.stack.queue()] == [True, False], "at the front"
    other = AgentAtWork(desk, "1002")
    other.page.keyboard.press("Alt+1")
    other.await_ring()
    until("it is that caller", lambda: desk.stack.agents()["1002"]["call"] == call, 60)
    other.answer()
    await_talk(desk, other)
    await_sound(other, first)
    other.page.keyboard.press("F4")
    first.wait_for_selector(".state[data-state=ended]")
    row = record(desk, call)
    assert [(one["agent"], one["how"]) for one in row["segments"]] == [("1001", "answered"), ("1002", "blind")]
    assert (row["outcome"], rows_of(desk, call)) == ("answered", 1)
    second.get_by_role("button", name="Kapat", exact=True).click()


def test_a_caller_is_sent_on_without_a_word_and_after_one(desk: Desk, agent: AgentPage) -> None:
    desk.sip("1002", "1003", phone=Agent(answer_after_s=0.2, talk_s=None))
    for extension in ("1002", "1003"):
        desk.stack.set_state(extension, "ready")
    desk.stack.set_state("1002", "paused")
    desk.stack.set_state("1003", "paused")
    first = citizen(desk, "2")
    agent.await_call("ringing")
    agent.do("answer()")
    await_bridge(desk, "1001")
    desk.stack.set_state("1002", "ready")
    desk.await_state("1002", "ready")
    assert agent.do("sendTo('1002')") == "there"
    desk.await_state("1002", "talking")
    desk.await_state("1001", "ready")
    first.get_by_role("button", name="Kapat", exact=True).click()
    desk.await_state("1002", "ready")
    desk.stack.set_state("1002", "paused")

    citizen(desk, "2")
    agent.await_call("ringing")
    agent.do("answer()")
    await_bridge(desk, "1001")
    agent.do("hold()")
    agent.await_call("held")
    agent.page.evaluate("phone.dial('1003')")
    await_bridge(desk, "1003")
    agent.await_call("talking")
    assert agent.page.evaluate("phone.calls.length") == 2
    assert agent.page.evaluate("async () => await phone.calls[1].joinWith(phone.calls[0])") == "there"
    until("the agent is out of it", lambda: agent.page.evaluate("phone.calls.length") == 0, 60)
    desk.await_state("1003", "talking")


def test_a_line_that_dies_takes_no_page_away(desk: Desk, agent: AgentPage) -> None:
    """Pages live on Asterisk's own word, and the desk is another process."""
    desk.stack.kill_daemon()
    for _ in range(20):
        assert agent.state == "ready"
        agent.page.wait_for_timeout(100)
    until("the line is back", desk.stack.ready, 60)
    desk.await_state("1001", "ready")
    citizen(desk, "2")
    agent.await_call("ringing")


def test_a_talk_outlives_the_desk_and_ends_when_the_caller_hangs_up(desk: Desk, agent: AgentPage) -> None:
    """Not even the telephone's WebSocket ends with the desk: the relay has it."""
    caller = citizen(desk, "2")
    agent.await_call("ringing")
    agent.do("answer()")
    agent.await_call("talking")
    until("they talk", lambda: agent.call["received"] > 50, 60)
    before = agent.call["received"]
    desk.stack.kill_desk()
    until("sound still arrives", lambda: agent.call["received"] > before + 100, 60)
    desk.stack.wait_ready(60)
    assert (agent.state, agent.call["state"]) == ("ready", "talking")
    desk.await_state("1001", "talking")
    caller.goto("about:blank")
    until("the page knows that it is over", lambda: agent.call == {}, 60)


@pytest.mark.alone  # a browser that stands still for two seconds is unavailable, and none may be in this test
def test_a_hundred_sign_ins_a_minute_disturb_no_registration(desk: Desk, agent: AgentPage) -> None:
    """Nor do they have Asterisk read anything again: the new secrets are told to it, and they are good at once."""
    other = AgentPage(desk, "1002")
    desk.stack.set_state("1002", "ready")
    desk.await_state("1002", "ready")
    registered = re.compile(r"100[12]-web/sip:\S+ +\w+ +Avail")
    before, read_at = until("both are there", lambda: two(registered.findall(shown(desk))), 60), last_reload(desk)
    known = len(facts_at(desk.stack, AgentStateChanged))
    for n in range(100):
        path = f"/api/v1/agents/{('1003', '1004')[n % 2]}/phone"
        assert desk.stack.request("POST", path, body={}).status_code == 201
    assert registered.findall(shown(desk)) == before, "the same WebSockets, as they were"
    assert (agent.state, other.state) == ("ready", "ready")
    changed = [(one.agent, one.state) for _, one in facts_at(desk.stack, AgentStateChanged)[known:]]
    assert changed == [], "nobody was away, however shortly"
    AgentPage(desk, "1003")  # it registers by its new secret
    assert last_reload(desk) == pytest.approx(read_at, abs=2.0), "Asterisk has read nothing again"


def shown(desk: Desk) -> str:
    """Where all telephones are."""
    return desk.stack.asterisk_cli("pjsip show contacts")


def two(found: list[str]) -> list[str] | None:
    """Both of them, if both are there."""
    return found if len(found) == 2 else None


def test_sizes_of_what_a_telephone_loads(desk: Desk, agent: AgentPage) -> None:
    sizes = agent.page.evaluate(
        "performance.getEntriesByType('resource').filter((one) => one.name.includes('/assets/'))"
        ".map((one) => [one.name.split('/').pop(), one.encodedBodySize])"
    )
    assert sum(size for _, size in sizes) < 200_000, sizes
