"""Agents are not blamed for what the line cannot do: RTP ports that ran out, and phones that refuse all at once."""

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from acd.engine.model.facts import AgentStateChanged, CallAnswered, MissesUndone, OfferEnded
from bench.stack import Stack, free_rtp_range, until
from phones import Agent, Caller, HangUp, Phones, Wait
from tests.integration.conftest import choosing
from tests.integration.witnesses import journal_facts

AGENTS = ("1001", "1002", "1003")
ROUTINE, URGENT = "05320000001", "05320000002"


@contextmanager
def line(folder: Path, pairs: int = 20) -> Iterator[tuple[Stack, Phones]]:
    """A system with so few pairs of RTP ports, and its phones."""
    start, end = free_rtp_range(2 * pairs)
    with (
        Stack(folder, rtp_start=start, rtp_end=end, ring_s=3.0, wrapup_s=0.3, max_misses=2) as stack,
        stack.phones(folder / "phones") as phones,
    ):
        yield stack, phones


@contextmanager
def ports_taken(stack: Stack) -> Iterator[None]:
    """Nobody else has a port for RTP meanwhile."""
    with ExitStack() as held:
        for port in range(int(str(stack.settings["rtp_start"])), int(str(stack.settings["rtp_end"])) + 1):
            one = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            with contextlib.suppress(OSError):  # a caller's
                one.bind(("127.0.0.1", port))
        yield


def waiting(stack: Stack, phones: Phones) -> None:
    """A routine caller waits, and behind them an urgent one."""
    for number, service in ((ROUTINE, "request"), (URGENT, "funeral")):
        phones.call(Caller(steps=choosing(service, Wait(300.0), HangUp())), numbers=(number,))
        until(f"{number} waits", lambda: number in {row["caller"] for row in stack.queue()}, 60)  # noqa: B023  waited for in the same turn


def staff(stack: Stack, phones: Phones, phone: Agent) -> None:
    """The agents' phones, from now on behaving so."""
    phones.staff([stack.login(extension) for extension in AGENTS], phone)


def undone(stack: Stack) -> set[str]:
    """Agents whose pauses were undone: together, or first those who were set aside before the others were ready."""
    return {agent for fact in journal_facts(stack, MissesUndone) for agent in fact.agents}


def states(stack: Stack) -> set[str]:
    return {stack.agents()[extension]["state"] for extension in AGENTS}


def metric(stack: Stack, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", stack.metrics(), re.MULTILINE)
    return float(found[1]) if found else 0.0


def check(stack: Stack, name: str) -> dict[str, Any]:
    (found,) = (one for one in stack.request("GET", "/readyz").json()["checks"] if one["name"] == name)
    return dict(found)


@pytest.mark.alone  # it bounds how soon they are rung again
def test_agents_are_there_when_there_are_ports_again(tmp_path: Path) -> None:
    """Each offer failed at once as a missed call; after two of them each agent was set aside, for good."""
    with line(tmp_path) as (stack, phones):
        waiting(stack, phones)
        staff(stack, phones, Agent(answer_after_s=0.1, talk_s=0.5))
        began = time.time()
        with ports_taken(stack):
            for extension in AGENTS:
                stack.set_state(extension, "ready")
            until("legs fail", lambda: metric(stack, 'cozum_offers_total{result="no_leg"}') >= 9, 60)
            tried_s = time.time() - began
            assert {stack.state_of(extension) for extension in AGENTS} <= {"ready", "ringing"}
            detail = until("/readyz says so", lambda: check(stack, "legs")["detail"], 60)
            assert "legs to agents' phones could not be made" in detail
            assert not check(stack, "legs")["ok"]
            assert stack.request("GET", "/readyz").status_code == 503
            assert metric(stack, "cozum_line_fault") == 1
            assert metric(stack, 'cozum_line_faults_total{why="no_leg"}') == 1
            assert stack.output().count("line_fault") == 1
        freed_at = time.time()
        until("both were answered", lambda: len(journal_facts(stack, CallAnswered)) == 2, 60)
        urgent_at = next(fact.at for fact in journal_facts(stack, CallAnswered) if fact.priority == "urgent")
        assert urgent_at - freed_at < 2.5, "the agents' rest, and the phone's ring"
        ends = journal_facts(stack, OfferEnded)
        assert {fact.result for fact in ends} == {"no_leg", "answered"}
        assert len(ends) - 2 <= len(AGENTS) * (tried_s + 2), "each agent is tried once a second"
        states = {fact.state for fact in journal_facts(stack, AgentStateChanged)}
        assert "paused" not in states


def test_agents_who_are_set_aside_all_at_once_are_ready_again(tmp_path: Path) -> None:
    """Their phones refuse whatever comes, as behind a switch that has failed; and then they ring again."""
    with line(tmp_path) as (stack, phones):
        waiting(stack, phones)
        staff(stack, phones, Agent(answer_after_s=0.0, reject=503))
        for extension in AGENTS:
            stack.set_state(extension, "ready")
        until("the pauses of all are undone", lambda: undone(stack) == set(AGENTS), 60)
        results = {fact.result for fact in journal_facts(stack, OfferEnded)}
        assert results - {"recalled"} == {"unreachable"}, "the urgent caller may take an agent from the routine one"
        detail = until("/readyz says so", lambda: check(stack, "legs")["detail"], 60)
        assert "pauses for missed calls were undone" in detail
        assert metric(stack, "cozum_misses_undone_total") >= len(AGENTS)
        assert "misses_undone" in stack.output()
        staff(stack, phones, Agent(answer_after_s=0.1, talk_s=0.5))  # nobody presses anything
        until("both were answered", lambda: len(journal_facts(stack, CallAnswered)) == 2, 60)
        # The desk shows it a moment after the journal has it.
        until("nobody is set aside, or rung", lambda: states(stack) <= {"ready", "wrapup", "talking"}, 60,
              say=stack.agents)  # fmt: skip
