"""On the real Asterisk: a caller who is still there when the agent has hung up hears the number of the request that the
call has opened. The agent is free before, and a call that has opened none ends at once."""

import os
import shutil
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from acd.asterisk.instance_spec import PROMPTS
from bench.capture import Capture, read_rtp
from bench.stack import Stack, until
from bench.voice import heard
from phones import Agent, Caller, Phones
from tests.integration.conftest import choosing
from tests.services import missing

SAID = ("ticket_number", "message_number_later", "outcome_goodbye", *(f"digit_{digit}" for digit in range(10)))
TALK_S = 2.5
END_S = 3.0
"""A call that says nothing more is over so soon after the talk."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    for program in ("sipp", "dumpcap", "tshark"):
        if shutil.which(program) is None:
            missing(program)
    with Stack(tmp_path_factory.mktemp("number"), agents=1, wrapup_s=0.0, heartbeat_s=120) as stack:
        yield stack


@pytest.fixture
def phones(stack: Stack, tmp_path: Path) -> Iterator[Phones]:
    with stack.phones(tmp_path) as phones:
        phones.staff([stack.login("1001")], Agent(answer_after_s=0.2, talk_s=TALK_S))
        stack.set_state("1001", "ready")
        yield phones


def calls(stack: Stack, phones: Phones, folder: Path, service: str, number: str) -> tuple[dict[str, Any], list[str]]:
    """The record of a call whose agent hangs up first, and what is said after the talk."""
    until("1001 is ready", lambda: stack.state_of("1001") == "ready", 60)
    prompts = {name: PROMPTS / "tr" / f"{name}.wav" for name in SAID}
    with Capture(folder / f"{number}.pcapng", "udp") as capture:
        caller = phones.call(Caller(steps=choosing(service), limit_s=40), numbers=[number])
        until("they talk", lambda: stack.state_of("1001") == "talking", 60)
        until("the agent is free again", lambda: stack.state_of("1001") == "ready", 60)
        assert caller.wait(120).failed == 0
    packets = read_rtp(capture.path, [caller.media_port])
    said = heard([one for one in packets if one.target == caller.media_port], prompts)
    row = until("it has its row", lambda: next((one for one in stack.calls() if one["caller"] == number), None), 60)
    assert (row["outcome"], row["hangup_by"]) == ("answered", "agent")
    return dict(row), [name for _, name in said if name not in ("digit_1", "digit_2")]


def after_talk_s(row: dict[str, Any]) -> float:
    """Seconds from the end of the talk to the end of the call."""
    answered, ended = (stamp(row[name]) for name in ("answered_at", "ended_at"))
    return ended - answered - float(row["talk_s"])


def stamp(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.alone  # a desk that takes a second to say the number is not waited for
def test_the_number_is_said_once_the_agent_is_free(stack: Stack, phones: Phones, tmp_path: Path) -> None:
    row, said = calls(stack, phones, tmp_path, "funeral", "05327650001")
    number = str(row["ticket"])
    assert said[0] == "ticket_number"
    assert said[-1] == "outcome_goodbye"
    spoken = [f"digit_{one}" for one in number if one in "03456789"]  # the menu has sounds that are near to 1 and 2
    assert said[1:-1] == spoken
    assert after_talk_s(row) > END_S
    (agent,) = [one for one in stack.get("agents") if one["extension"] == "1001"]
    assert agent["state"] == "ready"


@pytest.mark.alone  # it measures how soon the call is over
def test_a_call_that_has_opened_no_request_ends_at_once(stack: Stack, phones: Phones, tmp_path: Path) -> None:
    row, said = calls(stack, phones, tmp_path, "request", "05327650002")
    assert row["ticket"] is None
    assert said == []
    assert after_talk_s(row) < END_S


def test_without_a_desk_it_is_said_how_the_request_is_found(stack: Stack, phones: Phones, tmp_path: Path) -> None:
    """The desk hangs while they talk."""
    until("1001 is ready", lambda: stack.state_of("1001") == "ready", 60)
    prompts = {name: PROMPTS / "tr" / f"{name}.wav" for name in SAID}
    desk = int((stack.data_dir / "desk.pid").read_text())
    with Capture(tmp_path / "promise.pcapng", "udp") as capture:
        os.kill(desk, signal.SIGSTOP)
        try:
            caller = phones.call(Caller(steps=choosing("doctor"), limit_s=40), numbers=["05327650003"])
            assert caller.wait(120).failed == 0
        finally:
            os.kill(desk, signal.SIGCONT)
    packets = read_rtp(capture.path, [caller.media_port])
    said = [name for _, name in heard([one for one in packets if one.target == caller.media_port], prompts)]
    assert said[-2:] == ["message_number_later", "outcome_goodbye"]
    assert "ticket_number" not in said
