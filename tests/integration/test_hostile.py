"""Clients that are half open, silent, endless or send garbage, on the FastAGI and HTTP ports, while calls go on."""

import time
from collections.abc import Iterator

import httpx
import pytest

from bench.hostile import ATTACKS, Attackers
from bench.stack import Stack
from phones import Agent
from tests.integration.conftest import Line, choosing


@pytest.fixture(params=["fastagi_port", "http_port"])
def attacked(stack: Stack, request: pytest.FixtureRequest) -> Iterator[Attackers]:
    with Attackers(int(str(stack.settings[request.param]))) as attackers:
        yield attackers
    assert attackers.connections > len(ATTACKS) * attackers.each


@pytest.mark.alone
def test_calls_go_on_and_are_not_slower(line: Line, attacked: Attackers) -> None:
    line.sign_in("1001", "1002", "1003", "1004", phone=Agent(answer_after_s=0.0, talk_s=0.3))
    line.dial(*choosing("request"), count=20, rate=6)
    accounts = line.finish()
    assert {account.outcome for account in accounts.values()} == {"answered"}
    waits = sorted(account.record["wait_s"] for account in accounts.values())
    assert waits[len(waits) // 2] < 0.25, waits


@pytest.mark.alone
def test_the_api_answers_meanwhile(stack: Stack, attacked: Attackers) -> None:
    took = []
    for _ in range(20):
        began = time.monotonic()
        assert stack.request("GET", "/api/v1/agents").status_code == 200
        took.append(time.monotonic() - began)
        time.sleep(0.05)
    took.sort()
    assert took[len(took) // 2] < 0.5, took


def test_a_body_without_an_end_is_refused(stack: Stack) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100_000):
            yield b"x" * 65536

    token = (stack.data_dir / "token").read_text().strip()
    url = f"http://127.0.0.1:{stack.settings['http_port']}/api/v1/agents/1001/state"
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    try:
        status = httpx.post(url, content=endless(), headers=headers, timeout=60).status_code
    except httpx.TransportError:
        status = 0  # it answered and closed before we had sent it all
    assert status in (0, 413)
    assert stack.request("GET", "/api/v1/agents").status_code == 200
