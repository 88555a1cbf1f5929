"""Transfers on the running system: who talks to the caller, where they wait, and that the parts of a talk agree with
Asterisk's own log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from acd.engine.model.facts import TalkEnded
from bench.stack import CelRow, until
from phones import Agent, Blind, Caller, Consult, HangUp, Wait
from tests.integration.conftest import Line, choosing
from tests.integration.witnesses import Scripted, journal_facts

Part = tuple[str, str]
"""Of a talk: agent, and how it came about."""


def consult(line: Line, to: str, **how: Any) -> Consult:
    return Consult(to, line.stack.login("1001"), **how)


def record_of(line: Line, number: str) -> dict[str, Any]:
    """The one record of a caller, once Asterisk too is done with the call."""

    def ended() -> dict[str, Any] | None:
        found = [record for record in line.stack.calls() if record["caller"] == number]
        assert len(found) <= 1
        return found[0] if found else None

    record = until(f"{number}'s call is over", ended, 20)
    until("Asterisk is done with the call", lambda: _is_over(line.stack.cel(), record["id"]), 10)
    return record


def _is_over(rows: list[CelRow], call: str) -> bool:
    """Whether every channel that was ever of this call is gone. One that was handed over began as another call's."""
    mine = [row for row in rows if row.linkedid == call]
    gone = {row.uniqueid for row in rows if row.event == "CHAN_END"}
    return any(row.event == "LINKEDID_END" for row in mine) and {row.uniqueid for row in mine} <= gone


def parts_of(line: Line, call: str) -> list[TalkEnded]:
    return [fact for fact in journal_facts(line.stack, TalkEnded) if fact.call == call]


def bridged(rows: list[CelRow], caller: str) -> dict[str, float]:
    """Seconds that each agent's phone shared a bridge with the caller's channel, as Asterisk logged it."""
    inside: dict[str, dict[str, str]] = {}
    since: dict[tuple[str, str], float] = {}
    lasted: dict[str, float] = {}
    for row in sorted(rows, key=lambda row: row.at):
        if row.event not in ("BRIDGE_ENTER", "BRIDGE_EXIT"):
            continue
        bridge = row.extra["bridge_id"]
        members = inside.setdefault(bridge, {})
        if row.event == "BRIDGE_ENTER":
            members[row.uniqueid] = row.channel
        else:
            members.pop(row.uniqueid, None)
        together = {(bridge, name) for uid, name in members.items() if uid != caller} if caller in members else set()
        for key in [key for key in since if key[0] == bridge and key not in together]:
            agent = key[1].removeprefix("PJSIP/").split("-")[0]
            lasted[agent] = lasted.get(agent, 0.0) + row.at - since.pop(key)
        for key in together - set(since):
            since[key] = row.at
    return lasted


def agree(line: Line, number: str, *expected: Part) -> dict[str, Any]:
    """The caller's record; its parts are these, add up to its talk and are what CEL says."""
    record = record_of(line, number)
    parts = parts_of(line, record["id"])
    assert [(part.agent, part.how) for part in parts] == list(expected)
    assert record["outcome"] == "answered"
    assert record["agent"] == expected[0][0]
    assert record["talk_s"] == pytest.approx(sum(part.talk_s for part in parts), abs=0.002)
    assert record["hold_s"] == pytest.approx(sum(part.hold_s for part in parts), abs=0.002)
    said: dict[str, float] = {}
    for part in parts:
        said[part.agent] = said.get(part.agent, 0.0) + part.talk_s
    assert said == pytest.approx(bridged(line.stack.cel(), record["id"]), abs=0.1)
    return record


def segments(line: Line, record: dict[str, Any]) -> list[dict[str, Any]]:
    """What the API shows of the parts."""
    return list(line.stack.get(f"calls/{record['id']}")["segments"])


def test_blind_to_an_agent(line: Line) -> None:
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("1003", 0.5)))
    line.sign_in("1002", "1003", phone=Agent(answer_after_s=0.3, talk_s=0.6))
    (number,) = line.dial(*choosing("request"))
    record = agree(line, number, ("1001", "answered"), ("1003", "blind"))
    assert record["hangup_by"] == "agent"
    assert record["wait_s"] < 1.0
    shown = segments(line, record)
    assert [(one["agent"], one["how"]) for one in shown] == [("1001", "answered"), ("1003", "blind")]


def test_blind_to_a_service_keeps_the_place(line: Line) -> None:
    """c1 came first and is sent from `request` to `agent`, where two wait already whom nobody takes yet."""
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("*80", 2.5)))
    (first,) = line.dial(*choosing("request"))
    line.await_state("1001", "talking")
    line.stack.set_state("1001", "paused")  # from the end of this call on
    later = line.dial(*choosing("agent"))
    until("the second caller waits", lambda: later[0] in [row["caller"] for row in line.stack.queue()], 10)
    later += line.dial(*choosing("agent"))
    assert line.await_waiting(3)[0] == first
    order = iter([first, *later])
    line.sign_in("1002", phone=Agent(answer_after_s=0.0, talk_s=0.3))
    for number in order:
        record_of(line, number)
    agree(line, first, ("1001", "answered"), ("1002", "blind"))
    answered = sorted(line.stack.calls(), key=lambda record: record["ended_at"])
    assert [record["caller"] for record in answered if record["caller"] in (first, *later)] == [first, *later]


def test_attended(line: Line) -> None:
    plan = consult(line, "1002", after_s=0.4, talk_s=0.6)
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=plan))
    line.sign_in("1002", phone=Agent(answer_after_s=0.2, talk_s=1.5))
    (number,) = line.dial(*choosing("request"))
    record = agree(line, number, ("1001", "answered"), ("1002", "attended"))
    assert record["hold_s"] == Scripted(0.8)  # while 1002 was asked
    line.await_state("1001", "ready")
    line.await_state("1002", "ready")


def test_consult_and_return(line: Line) -> None:
    plan = consult(line, "1002", after_s=0.3, talk_s=0.4, then="return")
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=0.5, transfer=plan))
    line.sign_in("1002", phone=Agent(answer_after_s=0.2, talk_s=None))
    (number,) = line.dial(*choosing("request"))
    record = agree(line, number, ("1001", "answered"))
    assert record["hold_s"] == Scripted(0.6)
    assert record["talk_s"] > record["hold_s"] + 0.7


def test_handed_over_while_it_rings(line: Line) -> None:
    plan = consult(line, "1002", after_s=0.3, talk_s=0.3, early=True)
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=plan))
    line.sign_in("1002", phone=Agent(answer_after_s=1.2, talk_s=0.6))
    (number,) = line.dial(*choosing("request"))
    agree(line, number, ("1001", "answered"), ("1002", "attended"))


@pytest.mark.parametrize(
    ("phone", "early"),
    [
        pytest.param(Agent(reject=486, answer_after_s=0.8), False, id="busy"),
        pytest.param(Agent(answer_after_s=None), False, id="silent"),
        pytest.param(Agent(reject=486, answer_after_s=0.8), True, id="busy, handed over while it rings"),
        # Not the fourth: a private call to a silent phone rings for 30 s.
    ],
)
def test_a_target_who_does_not_answer_gives_the_caller_the_front(line: Line, phone: Agent, early: bool) -> None:
    how = consult(line, "1002", after_s=0.3, talk_s=0.3, early=True) if early else Blind("1002", 0.5)
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=how))
    line.sign_in("1002", phone=phone)
    (first,) = line.dial(*choosing("request"))
    line.await_talk("1001")
    line.await_state("1001", "wrapup", "ready")
    line.stack.set_state("1001", "offline")
    (second,) = line.dial(*choosing("request"))
    waiting = until("both wait", lambda: _both(line, first, second), 15)
    assert waiting == [first, second]
    line.stack.set_state("1002", "offline")
    line.sign_in("1003", phone=Agent(answer_after_s=0.0, talk_s=0.3))
    agree(line, first, ("1001", "answered"), ("1003", "blind"))
    record_of(line, second)


def _both(line: Line, *numbers: str) -> list[str]:
    """The waiting callers, once all of these wait and no phone rings for the first; else empty."""
    rows = line.stack.queue()
    waiting = [row["caller"] for row in rows]
    return waiting if set(waiting) == set(numbers) and line.stack.state_of("1002") != "ringing" else []


def test_a_number_outside_is_refused_and_the_talk_goes_on(line: Line) -> None:
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=0.5, transfer=Blind("05321234567", 0.3)))
    (number,) = line.dial(*choosing("request"))
    agree(line, number, ("1001", "answered"))


@dataclass(frozen=True)
class Leaves:
    """When the caller hangs up: so long after choosing."""

    transfer: Callable[[Line], Blind | Consult]
    after_s: float
    second: Agent
    parts: tuple[Part, ...]


FIRST = ("1001", "answered")
LEAVES = {  # each leaves two seconds for what is to have happened by then
    "the first rings on": Leaves(lambda line: Blind("1002", 0.5), 2.7, Agent(answer_after_s=None), (FIRST,)),
    "in the second talk": Leaves(
        lambda line: Blind("1002", 0.5), 3.0, Agent(answer_after_s=0.1, talk_s=None), (FIRST, ("1002", "blind"))
    ),
    "on hold": Leaves(
        lambda line: consult(line, "1002", after_s=0.3, talk_s=8.0), 2.7, Agent(answer_after_s=0.1, talk_s=None),
        (FIRST,),
    ),
    "handed over": Leaves(
        lambda line: consult(line, "1002", after_s=0.3, talk_s=0.3), 3.2, Agent(answer_after_s=0.1, talk_s=None),
        (FIRST, ("1002", "attended")),
    ),
    "handed over early": Leaves(
        lambda line: consult(line, "1002", after_s=0.3, talk_s=0.3, early=True), 3.0, Agent(answer_after_s=None),
        (FIRST,),
    ),
}  # fmt: skip


@pytest.mark.parametrize("when", LEAVES)
def test_the_caller_hangs_up(line: Line, when: str) -> None:
    leaves = LEAVES[when]
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=leaves.transfer(line)))
    line.sign_in("1002", phone=leaves.second)
    (number,) = line.dial(script=Caller(steps=choosing("request", Wait(leaves.after_s), HangUp())))
    record = agree(line, number, *leaves.parts)
    assert record["hangup_by"] == "caller"
    if when != "on hold":  # there the two agents go on
        line.await_state("1002", "ready")
