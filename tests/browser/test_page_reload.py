"""An agent's page is reloaded, closed, or taken over in a talk, on the real line: the talk does not end."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from bench.stack import Stack, until
from phones import Agent, media
from phones.ports import free_udp_port
from tests.browser.agent_at_work import AgentAtWork, await_level, citizen, first_held
from tests.browser.conftest import NONE_REQUIRED, Desk
from tests.browser.keyboard import press
from tests.browser.test_accessibility import each_look
from tests.integration.citizen import Citizen

KEPT_S = 60.0
RELOAD_MS = 60_000


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Callers are kept long enough for a slow machine to load a page, and nobody looks whether the line lives: a test
    has it stand still."""
    with Stack(
        tmp_path_factory.mktemp("stack"), agents=3, wrapup_s=1.0, ring_s=15.0, qualify_s=1.0, max_calls_per_number=100,
        page_reload_s=KEPT_S, standby_after_s=30, heartbeat_s=0, callback_trunk=f"127.0.0.1:{free_udp_port()}",
        outcome_hours="mon-sun holiday 00:00-24:00", outcome_quiet="", **NONE_REQUIRED,
    ) as stack:  # fmt: skip
        yield stack


@pytest.fixture
def agent(desk: Desk) -> AgentAtWork:
    """1001 at work, ready."""
    agent = AgentAtWork(desk, "1001")
    agent.page.on("dialog", lambda dialog: dialog.accept())  # whether it may be closed in a talk
    agent.ready()
    return agent


def bridged(desk: Desk, *endpoints: str) -> list[str]:
    """The channels of one bridge, if it is of these endpoints; else none."""
    rows = [row.split("!") for row in desk.stack.asterisk_cli("core show channels concise").splitlines()]
    bridges = {row[12] for row in rows if len(row) > 12 and row[12]}
    for bridge in bridges:
        names = sorted(row[0] for row in rows if len(row) > 12 and row[12] == bridge)
        if sorted(name.rpartition("-")[0] for name in names) == sorted(endpoints):
            return names
    return []


def await_talk(desk: Desk, agent: AgentAtWork, other: str = "PJSIP/citizen") -> list[str]:
    """Wait until the agent's page and the other party are connected; their channels."""
    expect(agent.card).to_have_attribute("data-call", "talking", timeout=RELOAD_MS)
    endpoints = (f"PJSIP/{agent.extension}-web", other)
    return list(until("the two are connected", lambda: bridged(desk, *endpoints), 60))


def await_beeps(page: Page) -> None:
    """Wait until a page hears the other's microphone. It beeps once a second, with silence between: music has no
    silence, and the beep of a telephone that answered by itself comes once."""
    for loudness in ("> 20", "< 5", "> 20"):
        await_level(page, loudness)


def await_sound(agent: AgentAtWork, caller: Page) -> None:
    """Wait until each hears the other."""
    await_beeps(agent.page)
    await_beeps(caller)


def contact(desk: Desk, telephone: str) -> str:
    """Where a telephone is registered, once Asterisk has asked it and it has answered."""
    rows = desk.stack.asterisk_cli("pjsip show contacts").splitlines()
    return next((row.split()[1] for row in rows if f" {telephone}/" in row and " Avail " in row), "")


def await_kept(desk: Desk, extension: str) -> str:
    """Wait until a caller is kept for an agent; the call."""
    until("the caller is kept", lambda: desk.stack.agents()[extension]["keeps"], 60, say=desk.stack.agents)
    return str(desk.stack.agents()[extension]["call"])


def record(desk: Desk, call: str) -> dict[str, Any]:
    """The record of a call that is over."""

    def ended() -> dict[str, Any] | None:
        answer = desk.stack.request("GET", f"/api/v1/calls/{call}")
        row = dict(answer.json()) if answer.is_success else {}
        return row if row.get("outcome") and row.get("segments") else None

    return dict(until("there is a record", ended, 60))


def rows_of(desk: Desk, call: str) -> int:
    return len([one for one in desk.stack.calls(limit=100) if one["id"] == call])


def test_a_page_that_is_reloaded_in_a_talk_has_its_caller_again(desk: Desk, agent: AgentAtWork) -> None:
    caller = citizen(desk, "2")
    agent.answer()
    before = await_talk(desk, agent)
    await_sound(agent, caller)
    words = agent.page.get_by_label("Anlattığı")
    words.fill("Sokak lambası")
    call = str(desk.stack.agents()["1001"]["call"])

    held = first_held(agent.page, "**/agents/1001/phone")  # its telephone is not there yet
    agent.page.reload()
    expect(agent.card.locator(".kept")).not_to_be_empty()
    assert each_look(agent.page) == []
    until("it asks for its telephone", lambda: agent.page.evaluate("1") and held, 60)
    held[0].continue_()
    kept = until("the caller left the dead leg", lambda: bridged(desk, "PJSIP/1001-web", "PJSIP/citizen") != before, 60)
    assert kept
    after = await_talk(desk, agent)
    assert (before[0] != after[0], before[1] == after[1]) == (True, True), "a new leg, the caller's own channel"
    await_sound(agent, caller)
    expect(words).to_have_value("Sokak lambası")
    expect(caller.locator(".state")).to_have_attribute("data-state", "talking")
    assert desk.stack.agents()["1001"]["call"] == call
    number = agent.save(topic="asfalt_talebi", district="esenkent", text="Sokak lambası yanmıyor")
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")

    row = record(desk, call)
    assert (row["outcome"], row["agent"], row["hangup_by"], row["ticket"]) == ("answered", "1001", "agent", number)
    assert [(one["agent"], one["how"]) for one in row["segments"]] == [("1001", "answered"), ("1001", "reload")]
    assert row["talk_s"] == pytest.approx(sum(one["talk_s"] for one in row["segments"]), abs=0.01)
    types = [step["type"] for step in row["history"]]
    assert (types.count("call_kept"), types.count("keeping_ended"), types.count("call_ended")) == (1, 1, 1)
    assert rows_of(desk, call) == 1
    tickets = desk.stack.rows("SELECT number FROM tickets WHERE call = ?", call)
    assert [str(one[0]) for one in tickets] == [number]


def test_a_page_that_is_reloaded_while_its_caller_is_held_has_them_again(desk: Desk, agent: AgentAtWork) -> None:
    """They hear music before it, meanwhile, and nothing of it afterwards: the talk goes on."""
    caller = citizen(desk, "2")
    agent.answer()
    before = await_talk(desk, agent)
    await_sound(agent, caller)
    agent.page.keyboard.press("F8")
    expect(agent.card).to_have_attribute("data-call", "held")
    call = str(desk.stack.agents()["1001"]["call"])
    agent.page.reload()
    until("the caller left the dead leg", lambda: bridged(desk, "PJSIP/1001-web", "PJSIP/citizen") != before, 60)
    await_talk(desk, agent)
    await_sound(agent, caller)
    assert desk.stack.agents()["1001"]["call"] == call
    agent.page.keyboard.press("F8")  # its telephone knows nothing of the hold before
    expect(agent.card).to_have_attribute("data-call", "held")
    agent.page.keyboard.press("F8")
    expect(agent.card).to_have_attribute("data-call", "talking")
    await_sound(agent, caller)
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    row = record(desk, call)
    assert row["outcome"] == "answered"
    assert [(one["agent"], one["how"]) for one in row["segments"]] == [("1001", "answered"), ("1001", "reload")]
    assert rows_of(desk, call) == 1


def test_a_page_that_is_reloaded_in_a_consultation_has_its_caller_again_and_the_colleague_is_free(
    desk: Desk, agent: AgentAtWork
) -> None:
    colleague = AgentAtWork(desk, "1002")
    caller = citizen(desk, "2")
    agent.answer()
    before = await_talk(desk, agent)
    colleague.ready()
    call = str(desk.stack.agents()["1001"]["call"])
    agent.page.keyboard.press("Alt+t")
    press(agent.page, agent.page.get_by_role("button", name=re.compile("görevlisine danış")).first)
    colleague.await_ring()
    colleague.page.keyboard.press("F2")
    expect(colleague.card).to_have_attribute("data-call", "talking")
    agent.page.reload()
    until("the caller left the dead leg", lambda: bridged(desk, "PJSIP/1001-web", "PJSIP/citizen") != before, 60)
    await_talk(desk, agent)
    await_sound(agent, caller)
    assert desk.stack.agents()["1001"]["call"] == call
    expect(colleague.card).to_have_attribute("data-call", "none")
    desk.await_state("1002", "ready")
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    assert record(desk, call)["outcome"] == "answered"
    assert rows_of(desk, call) == 1


def test_a_line_that_dies_while_the_page_is_away_loses_no_caller(desk: Desk, agent: AgentAtWork) -> None:
    caller = citizen(desk, "2")
    agent.answer()
    await_talk(desk, agent)
    agent.page.goto("about:blank")
    call = await_kept(desk, "1001")
    await_level(caller, "> 5")  # the caller hears music
    desk.stack.kill_daemon()
    until("the line is back", desk.stack.ready, 60)
    expect(caller.locator(".state")).to_have_attribute("data-state", "talking")
    agent.page.goto(f"{desk.url}/desk")
    await_talk(desk, agent)
    await_sound(agent, caller)
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    row = record(desk, call)
    assert row["outcome"] == "answered"
    assert [one["agent"] for one in row["segments"]] == ["1001", "1001"]
    assert rows_of(desk, call) == 1


def test_a_page_that_is_opened_elsewhere_takes_the_talk_over(desk: Desk, agent: AgentAtWork) -> None:
    caller = citizen(desk, "2")
    agent.answer()
    await_talk(desk, agent)
    words = agent.page.get_by_label("Anlattığı")
    words.fill("Sokak lambası")
    second = AgentAtWork(desk, "1001")
    await_talk(desk, second)
    await_sound(second, caller)
    expect(agent.card).to_have_attribute("data-call", "none")
    expect(agent.page.get_by_text("Bu telefon başka bir sekmede açıldı.")).to_be_visible()
    expect(words).to_have_value("Sokak lambası")  # what was written stays where it was written
    second.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")


def test_a_page_that_is_opened_elsewhere_takes_the_talk_over_also_if_the_line_looks_late(
    desk: Desk, agent: AgentAtWork
) -> None:
    """The line hears that the first page's telephone has gone when the second page's is there already."""
    caller = citizen(desk, "2")
    agent.answer()
    await_talk(desk, agent)
    first = until("its telephone is there", lambda: contact(desk, "1001-web"), 60)
    held: list[list[Route]] = []
    second = AgentAtWork(desk, "1001", before=lambda page: held.append(first_held(page, "**/agents/1001/phone")))
    until("it asks for its telephone", lambda: second.page.evaluate("1") and held[0], 60)  # asked, Playwright tells
    line = desk.stack.daemon
    line.suspend()
    try:
        held[0][0].continue_()
        until("the second page's telephone is there", lambda: contact(desk, "1001-web") not in ("", first), 60)
    finally:
        line.resume()
    await_talk(desk, second)
    await_sound(second, caller)
    second.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")


def test_a_citizen_whom_the_line_called_is_kept_too(desk: Desk, agent: AgentAtWork, tmp_path: Path) -> None:
    """The agent's channel holds theirs, which is moved before the dead leg ends."""

    def post(path: str, **body: object) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {desk.token}", "if-match": "*"}
        answer = httpx.post(f"{desk.stack.url}/api/v1/{path}", headers=headers, json=body, timeout=30)
        assert answer.is_success, answer.text
        return dict(answer.json())

    trunk = int(str(desk.stack.settings["callback_trunk"]).rpartition(":")[2])
    speaks = Agent(answer_after_s=0.3, talk_s=None, sound=media.noise(60.0))
    with Citizen(tmp_path / "citizen", trunk, speaks):
        road = {"service": "request", "topic": "asfalt_talebi", "district": "esenkent", "text": "Işık Sokak"}
        number = post("tickets", **road, caller="+905325550177")["number"]
        post(f"tickets/{number}/moves", to="accepted")
        post(f"tickets/{number}/moves", to="resolved", result="Işık Sokak asfaltlandı.")
        agent.await_ring()
        agent.page.keyboard.press("F2")
        before = await_talk(desk, agent, "PJSIP/outgoing")
        call = str(desk.stack.agents()["1001"]["call"])
        agent.page.reload()
        until("the citizen left the dead leg", lambda: bridged(desk, "PJSIP/1001-web", "PJSIP/outgoing") != before, 60)
        after = await_talk(desk, agent, "PJSIP/outgoing")
        assert (before[0] != after[0], before[1] == after[1]) == (True, True)
        await_level(agent.page, "> 20")  # the agent hears the citizen
        agent.page.keyboard.press("F4")
        row = record(desk, call)
    assert row["outcome"] == "called_back"
    assert [(one["agent"], one["how"]) for one in row["segments"]] == [("1001", "answered"), ("1001", "reload")]
