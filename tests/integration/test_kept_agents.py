"""As shipped, an agent at their page is kept after a routine talk until the call has its word. No urgent caller waits
for that, and a line that dies lets nobody go."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from acd.engine.model.facts import WrapupEnded
from acd.engine.rules.wrapup import DESK_AWAY_S
from bench.stack import Stack, until
from phones import Agent, Phones
from tests.integration.test_urgent import answered, dial, offers, phones_of
from tests.integration.witnesses import journal_facts
from tests.services import missing

AGENT = "1001"
WRAPUP_S = 0.5


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if shutil.which("sipp") is None:
        missing("sipp")
    with Stack(tmp_path_factory.mktemp("kept"), agents=1, wrapup_s=WRAPUP_S, ring_s=20) as stack:
        yield stack


@pytest.fixture
def phones(stack: Stack, tmp_path: Path) -> Iterator[Phones]:
    for phones in phones_of(stack, tmp_path):
        phones.staff(stack.logins, Agent(answer_after_s=0.0, talk_s=0.3))
        yield phones


@pytest.fixture
def page(stack: Stack) -> Iterator[httpx.Client]:
    """The agent's own session, as their page has it. The desk makes their account a while after it is ready."""
    with httpx.Client(base_url=f"{stack.url}/api/v1", timeout=30) as client:
        who = {"user": AGENT, "password": f"demo{AGENT}"}

        def signed_in() -> httpx.Response | None:
            answer = client.post("/session", json=who)
            return answer if answer.is_success else None

        client.headers["x-csrf-token"] = until("they sign in", signed_in, 60).json()["csrf"]
        yield client


def await_state(stack: Stack, state: str) -> None:
    until(f"the agent is {state}", lambda: stack.state_of(AGENT) == state, 60, say=stack.agents)


def comes_on_duty(stack: Stack, page: httpx.Client) -> None:
    """By the page."""
    answer = page.post(f"/agents/{AGENT}/state", json={"state": "ready"})
    assert answer.status_code == 200, answer.text
    await_state(stack, "ready")


def kept_after(stack: Stack, phones: Phones, number: str) -> str:
    """A routine talk that is over, as its after-call work would be; its call."""
    dial(phones, number, "request")
    await_state(stack, "wrapup")
    began, call = time.monotonic(), str(stack.agents()[AGENT]["call"])
    until("its seconds are over", lambda: time.monotonic() > began + 5 * WRAPUP_S, 60)
    assert stack.state_of(AGENT) == "wrapup"
    return call


def says_result(stack: Stack, page: httpx.Client, call: str) -> None:
    """What lets them go."""
    answer = page.post(f"/calls/{call}/disposition", json={"disposition": "test"})
    assert answer.is_success, answer.text
    await_state(stack, "ready")


def asked_s(stack: Stack, call: str) -> float:
    """How long the agent of a call was kept for it."""
    (fact,) = (one for one in journal_facts(stack, WrapupEnded) if one.call == call)
    return float(fact.asked_s)


def test_an_urgent_caller_has_an_agent_who_is_kept_at_once(stack: Stack, phones: Phones, page: httpx.Client) -> None:
    comes_on_duty(stack, page)
    call = kept_after(stack, phones, "05321000101")
    dial(phones, "05321000102", "funeral")
    assert answered(stack, "05321000102")
    queued_at, made = offers(stack, "05321000102")
    assert made == [(queued_at, "wrapup")], "at once"
    await_state(stack, "wrapup")  # what was asked comes back
    refused = page.post(f"/agents/{AGENT}/state", json={"state": "ready"})
    assert (refused.status_code, refused.json()["value"]) == (409, call)
    says_result(stack, page, call)


def test_a_line_that_dies_finds_its_agent_kept_until_the_call_has_its_word(
    stack: Stack, phones: Phones, page: httpx.Client
) -> None:
    comes_on_duty(stack, page)
    call = kept_after(stack, phones, "05321000103")
    stack.await_another_daemon(stack.kill_daemon())
    until("the line is back", stack.ready, 60)
    back = time.monotonic()
    until("longer than a line without a desk keeps anybody", lambda: time.monotonic() > back + DESK_AWAY_S + 1, 60)
    assert stack.state_of(AGENT) == "wrapup"
    says_result(stack, page, call)
    assert asked_s(stack, call) > DESK_AWAY_S


def test_who_is_made_ready_by_a_program_is_asked_nothing(stack: Stack, phones: Phones) -> None:
    stack.set_state(AGENT, "ready")
    await_state(stack, "ready")
    dial(phones, "05321000104", "request")
    assert answered(stack, "05321000104")
    await_state(stack, "ready")
    (call,) = (one["id"] for one in stack.calls() if one["caller"] == "05321000104")
    assert asked_s(stack, call) == 0.0
