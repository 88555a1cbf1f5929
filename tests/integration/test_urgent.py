"""What urgent callers get that others do not, on the real Asterisk: each rule once, seen from outside."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.phones import Agent, Caller, HangUp, Phones, Press, Step, Wait
from bench.stack import Stack, until
from tests.integration.conftest import choosing
from tests.services import missing

AGENT = "1001"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if shutil.which("sipp") is None:
        missing("sipp")
    with Stack(tmp_path_factory.mktemp("stack"), agents=1, wrapup_s=6, ring_s=10) as one:
        yield one


@pytest.fixture
def phones(stack: Stack, tmp_path: Path) -> Iterator[Phones]:
    phones = stack.phones(tmp_path)
    yield phones
    phones.close()
    stack.set_state(AGENT, "offline")
    until("nobody is left", lambda: not stack.queue() and stack.state_of(AGENT) == "offline", 15)


def dial(phones: Phones, number: str, service: str, *then: Step) -> None:
    phones.call(Caller(steps=choosing(service, *then)), count=1, rate=10, numbers=(number,))


def on_duty(stack: Stack, phones: Phones, agent: Agent) -> None:
    phones.staff(stack.logins, agent)
    stack.set_state(AGENT, "ready")
    until("the agent is on duty", lambda: stack.state_of(AGENT) in ("ready", "ringing", "talking"), 10)


def waits(stack: Stack, *numbers: str) -> None:
    until(f"{numbers} wait", lambda: [row["caller"] for row in stack.queue()] == list(numbers), 10)


def answered(stack: Stack, *numbers: str) -> list[str]:
    """These callers in the order in which they were answered, once all have been."""

    def rows() -> list[str]:
        calls = [row for row in stack.calls(outcome="answered") if row["caller"] in numbers]
        return [row["caller"] for row in sorted(calls, key=lambda row: str(row["answered_at"]))]

    return until("all were answered", lambda: found if len(found := rows()) == len(numbers) else None, 40) or []


def test_after_call_work_gives_way_to_an_urgent_caller_only(stack: Stack, phones: Phones) -> None:
    on_duty(stack, phones, Agent(answer_after_s=0.0, talk_s=0.3))
    dial(phones, "05321000001", "request")
    until("the agent is in after-call work", lambda: stack.state_of(AGENT) == "wrapup", 10)
    dial(phones, "05321000002", "request")
    waits(stack, "05321000002")
    dial(phones, "05321000003", "funeral")
    assert answered(stack, "05321000002", "05321000003") == ["05321000003", "05321000002"]
    waited = {row["caller"]: row["wait_s"] for row in stack.calls(outcome="answered")}
    assert waited["05321000003"] < 2.0 < waited["05321000002"]


def test_a_ring_for_a_routine_caller_gives_way_to_an_urgent_one(stack: Stack, phones: Phones) -> None:
    on_duty(stack, phones, Agent(answer_after_s=4.0, talk_s=0.3))
    dial(phones, "05321000011", "request")
    until("the agent's phone rings", lambda: stack.state_of(AGENT) == "ringing", 10)
    dial(phones, "05321000012", "funeral")
    assert answered(stack, "05321000011", "05321000012") == ["05321000012", "05321000011"]


def test_who_says_by_a_key_that_it_is_urgent_is_next(stack: Stack, phones: Phones) -> None:
    dial(phones, "05321000021", "request")
    waits(stack, "05321000021")
    dial(phones, "05321000022", "request", Wait(1.0), Press("9"))
    waits(stack, "05321000022", "05321000021")
    on_duty(stack, phones, Agent(answer_after_s=0.0, talk_s=0.3))
    assert answered(stack, "05321000021", "05321000022") == ["05321000022", "05321000021"]
    tickets = {row["caller"]: row["ticket"] for row in stack.calls(limit=2)}
    assert tickets["05321000022"]
    assert not tickets["05321000021"]


def test_an_urgent_caller_who_calls_again_has_the_place_they_had(stack: Stack, phones: Phones) -> None:
    dial(phones, "05321000031", "doctor", Wait(1.0), HangUp())
    waits(stack, "05321000031")
    dial(phones, "05321000032", "doctor")
    waits(stack, "05321000032")
    dial(phones, "05321000031", "doctor")
    waits(stack, "05321000031", "05321000032")
    on_duty(stack, phones, Agent(answer_after_s=0.0, talk_s=0.3))
    assert answered(stack, "05321000031", "05321000032") == ["05321000031", "05321000032"]
