"""Transfers on the running system: who talks to the caller, where they wait, and that the parts of a talk agree with
Asterisk's own log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from acd.engine.model.facts import CallQueued, CallTransferred, HoldBegan, OfferMade, TalkEnded
from bench.stack import CelRow, until
from phones import Agent, Agents, Blind, Caller, Consult, Leg
from tests.integration.conftest import Line, choosing
from tests.integration.witnesses import journal_facts, times_bridged

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

    record = until(f"{number}'s call is over", ended, 60)
    until("Asterisk is done with the call", lambda: _is_over(line.stack.cel(), record["id"]), 60)
    return record


def _is_over(rows: list[CelRow], call: str) -> bool:
    """Whether every channel that was ever of this call is gone. One that was handed over began as another call's."""
    mine = [row for row in rows if row.linkedid == call]
    gone = {row.uniqueid for row in rows if row.event == "CHAN_END"}
    return any(row.event == "LINKEDID_END" for row in mine) and {row.uniqueid for row in mine} <= gone


def facts_of(line: Line, call: str, kind: type) -> list[Any]:
    return [fact for fact in journal_facts(line.stack, kind) if fact.call == call]


def call_of(line: Line, number: str) -> str:
    """The call of a caller who waits or has waited; empty before."""
    return next((fact.call for fact in journal_facts(line.stack, CallQueued) if fact.number == number), "")


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
    parts: list[TalkEnded] = facts_of(line, record["id"], TalkEnded)
    assert [(part.agent, part.how) for part in parts] == list(expected)
    assert record["outcome"] == "answered"
    assert record["agent"] == expected[0][0]
    assert record["talk_s"] == pytest.approx(sum(part.talk_s for part in parts), abs=0.002)
    assert record["hold_s"] == pytest.approx(sum(part.hold_s for part in parts), abs=0.002)
    said: dict[str, float] = {}
    for part in parts:
        said[part.agent] = said.get(part.agent, 0.0) + part.talk_s
    cel = line.stack.cel()
    assert said == pytest.approx(bridged(cel, record["id"]), abs=0.3 + line.observer.late_s(cel, record["id"]))
    return record


def held_s(phone: Agents) -> tuple[float, float]:
    """For how long a phone had its caller on hold at least and at most, until it took them back or handed them over:
    Asterisk had its request at some moment before it acknowledged the answer."""

    def over() -> Leg | None:
        """Asterisk may be done with the call before the phone has read its goodbye."""
        (leg,) = [leg for leg in phone.legs() if leg.incoming]
        return None if leg.ended_at is None else leg

    leg = until("the phone's call is over", over, 60)
    sent = [message for message in leg.messages if message.sent and message.status is None]
    caller = sent[0].line.split()[1]  # those to another belong to the call that asks them
    asked: dict[int, float] = {}
    had: dict[int, float] = {}
    for message in (message for message in sent if message.line.split()[1] == caller):
        if message.method in ("INVITE", "REFER"):
            asked.setdefault(message.cseq, message.at)
        elif message.method == "ACK":
            had.setdefault(message.cseq, message.at)
    first, then, *_ = sorted(asked)
    assert leg.ended_at is not None
    return asked[then] - had[first], had.get(then, leg.ended_at) - asked[first]


def held(line: Line, phone: Agents, record: dict[str, Any]) -> None:
    """The record's time on hold is the phone's, as far as Asterisk told in time."""
    least_s, most_s = held_s(phone)
    late_s = 0.3 + line.observer.late_s(line.stack.cel(), record["id"])
    assert least_s - late_s <= record["hold_s"] <= most_s + late_s, (least_s, record["hold_s"], most_s)


def segments(line: Line, record: dict[str, Any]) -> list[dict[str, Any]]:
    """What the API shows of the parts."""
    return list(line.stack.get(f"calls/{record['id']}")["segments"])


def test_blind_to_an_agent(line: Line) -> None:
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("1003", None)))
    line.sign_in("1002", "1003", phone=Agent(answer_after_s=1.0, talk_s=0.6))
    (number,) = line.dial(*choosing("request"))
    line.await_bridged("1001")
    phone.go_on()
    record = agree(line, number, ("1001", "answered"), ("1003", "blind"))
    assert record["hangup_by"] == "agent"
    (queued, *_), (made, *_) = (facts_of(line, record["id"], kind) for kind in (CallQueued, OfferMade))
    assert (made.agent, made.at) == ("1001", queued.at), "1001 is offered the caller at once"
    assert record["wait_s"] == pytest.approx(record["ring_s"], abs=0.002)
    shown = segments(line, record)
    assert [(one["agent"], one["how"]) for one in shown] == [("1001", "answered"), ("1003", "blind")]


def test_blind_to_a_service_keeps_the_place(line: Line) -> None:
    """c1 came first and is sent from `request` to `agent`, where two wait already whom nobody takes yet."""
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("*80", None)))
    (first,) = line.dial(*choosing("request"))
    line.await_state("1001", "talking")
    line.stack.set_state("1001", "paused")  # from the end of this call on
    later = line.dial(*choosing("agent"))
    line.await_waiting(1)
    later += line.dial(*choosing("agent"))
    assert line.await_waiting(2) == later
    phone.go_on()
    assert line.await_waiting(3) == [first, *later]
    order = iter([first, *later])
    line.sign_in("1002", phone=Agent(answer_after_s=0.0, talk_s=0.3))
    for number in order:
        record_of(line, number)
    agree(line, first, ("1001", "answered"), ("1002", "blind"))
    answered = sorted(line.stack.calls(), key=lambda record: record["ended_at"])
    assert [record["caller"] for record in answered if record["caller"] in (first, *later)] == [first, *later]


def test_attended(line: Line) -> None:
    plan = consult(line, "1002", after_s=0.4, talk_s=0.6)
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=plan))
    line.sign_in("1002", phone=Agent(answer_after_s=0.2, talk_s=1.5))
    (number,) = line.dial(*choosing("request"))
    record = agree(line, number, ("1001", "answered"), ("1002", "attended"))
    held(line, phone, record)  # while 1002 was asked
    line.await_state("1001", "ready")
    line.await_state("1002", "ready")


def test_attended_to_one_who_was_asked_for_a_service_is_that_services_call(line: Line) -> None:
    """As a blind transfer to it would be: an urgent service makes the caller urgent, and opens a ticket."""
    plan = consult(line, "1002", after_s=0.4, talk_s=0.6, service="*815")
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=plan))
    line.sign_in("1002", phone=Agent(answer_after_s=0.2, talk_s=1.5))
    (number,) = line.dial(*choosing("request"))
    record = agree(line, number, ("1001", "answered"), ("1002", "attended"))
    held(line, phone, record)
    assert (record["service"], record["class"]) == ("injured_animal", "urgent")
    (sent,) = facts_of(line, record["id"], CallTransferred)
    assert (sent.to, sent.agent, sent.service) == ("talk", "1002", "injured_animal")
    (queued,) = facts_of(line, record["id"], CallQueued)
    assert (sent.queued_at, record["wait_s"]) == (queued.at, pytest.approx(record["ring_s"], abs=0.002))
    (ticket,) = until("a ticket", lambda: [one for one in line.stack.get("tickets") if one["caller"] == number], 60)
    assert (ticket["service"], ticket["call"]) == ("injured_animal", record["id"])


def test_a_service_that_an_agent_asks_and_does_not_give_the_caller_to_has_no_part_in_the_call(line: Line) -> None:
    plan = consult(line, "1002", after_s=0.3, talk_s=0.4, then="return", service="*815")
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=0.5, transfer=plan))
    line.sign_in("1002", phone=Agent(answer_after_s=0.2, talk_s=None))
    (number,) = line.dial(*choosing("request"))
    record = agree(line, number, ("1001", "answered"))
    assert (record["service"], record["class"]) == ("request", "routine")


def test_consult_and_return(line: Line) -> None:
    plan = consult(line, "1002", after_s=0.3, talk_s=0.4, then="return")
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=1.0, transfer=plan))
    line.sign_in("1002", phone=Agent(answer_after_s=0.2, talk_s=None))
    (number,) = line.dial(*choosing("request"))
    record = agree(line, number, ("1001", "answered"))
    held(line, phone, record)
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
    how = consult(line, "1002", after_s=None, talk_s=0.3, early=True) if early else Blind("1002", None)
    sends = line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=how))
    line.sign_in("1002", phone=phone)
    bridged_before = times_bridged(line.stack, "1001")
    (first,) = line.dial(*choosing("request"))
    line.await_talk("1001")
    until("they are bridged", lambda: times_bridged(line.stack, "1001") > bridged_before, 60)
    line.stack.set_state("1001", "paused")  # from the end of this call on
    sends.go_on()
    line.await_state("1001", "paused")
    (second,) = line.dial(*choosing("request"))
    waiting = until("both wait", lambda: _both(line, first, second), 60)
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
    """When the caller hangs up: once the facts of their call and 1002's phone say so."""

    transfer: Callable[[Line], Blind | Consult]
    once: Callable[[Line, str], object]
    second: Agent
    parts: tuple[Part, ...]


def part_is_over(line: Line, call: str) -> bool:
    """Whether 1001 has sent this caller on."""
    return bool(facts_of(line, call, TalkEnded))


def second_rings(line: Line, call: str) -> bool:
    return part_is_over(line, call) and any(leg.ringing_at for leg in line.agents[-1].legs())


def second_talks(line: Line, call: str) -> bool:
    return part_is_over(line, call) and line.stack.state_of("1002") == "talking"


def second_is_asked(line: Line, call: str) -> bool:
    held = bool(facts_of(line, call, HoldBegan))
    return held and any(leg.is_acknowledged for leg in line.agents[-1].legs())


FIRST = ("1001", "answered")
LEAVES = {
    "the first rings on": Leaves(lambda line: Blind("1002", None), second_rings, Agent(answer_after_s=None), (FIRST,)),
    "in the second talk": Leaves(
        lambda line: Blind("1002", None), second_talks, Agent(answer_after_s=0.1, talk_s=None),
        (FIRST, ("1002", "blind")),
    ),
    "on hold": Leaves(
        lambda line: consult(line, "1002", after_s=0.3, talk_s=60.0), second_is_asked,
        Agent(answer_after_s=0.1, talk_s=None), (FIRST,),
    ),
    "handed over": Leaves(
        lambda line: consult(line, "1002", after_s=0.3, talk_s=0.3), second_talks,
        Agent(answer_after_s=0.1, talk_s=None), (FIRST, ("1002", "attended")),
    ),
    "handed over early": Leaves(
        lambda line: consult(line, "1002", after_s=0.3, talk_s=0.3, early=True), part_is_over,
        Agent(answer_after_s=None), (FIRST,),
    ),
}  # fmt: skip


@pytest.mark.parametrize("when", LEAVES)
def test_the_caller_hangs_up(line: Line, when: str) -> None:
    leaves = LEAVES[when]
    plan = leaves.transfer(line)
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=plan))
    line.sign_in("1002", phone=leaves.second)
    (number,) = line.dial(script=Caller(steps=choosing("request")))
    call = until("the caller waits", lambda: call_of(line, number), 60)
    if isinstance(plan, Blind):
        line.await_bridged("1001")
        phone.go_on()
    until(f"it is as is wanted: {when}", lambda: leaves.once(line, call), 60)
    line.callers[-1][0].hang_up()
    record = agree(line, number, *leaves.parts)
    assert record["hangup_by"] == "caller"
    if when != "on hold":  # there the two agents go on
        line.await_state("1002", "ready")
