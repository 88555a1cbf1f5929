"""Every way a call can end: one outcome, the same in the engine, the database, Asterisk's CEL and sipp's own count."""

import time
from dataclasses import dataclass
from itertools import count

import pytest

from acd.engine.model.facts import OfferMade
from bench.stack import until
from phones import Agent, Caller, HangUp, Talk, Wait
from tests.integration.conftest import RING_S, WRAPUP_S, Line, choosing
from tests.integration.moments import ROUNDED_S, unix
from tests.integration.test_transfers import held
from tests.integration.witnesses import LATE_S, Account, journal_facts, offers_of


def test_hung_up_in_the_menu(line: Line) -> None:
    (number,) = line.dial(Wait(0.4), HangUp())
    account = line.finish()[number]
    assert (account.outcome, account.record["hangup_by"]) == ("abandoned_in_menu", "caller")
    assert account.record["wait_s"] is None


def test_given_up_before_the_line_answered(line: Line) -> None:
    """The CANCEL and the answer cross; whoever was answered hangs up and is known as such. They stay 0.2 s, since one
    who leaves before AGI began has no row: see the next test."""
    line.dial(script=Caller(cancel_after_s=0.0, steps=(Wait(0.2), HangUp())), count=6, rate=20)
    for account in line.finish().values():
        assert account.outcome == "abandoned_in_menu"


def test_hung_up_in_the_moment_of_the_answer_has_a_row_too(line: Line) -> None:
    numbers = line.dial(HangUp(), count=20, rate=20)
    assert set(line.finish()) == set(numbers)


def test_hung_up_on_hold(line: Line) -> None:
    (number,) = line.dial(*choosing("request", Wait(60.0), HangUp()))
    assert line.await_waiting(1) == [number]
    queued_at = unix(line.stack.queue()[0]["queued_at"])
    until("they have waited for a second", lambda: time.time() - queued_at > 1.0, 60)
    line.callers[-1][0].hang_up()
    account = line.finish()[number]
    assert (account.outcome, account.record["hangup_by"]) == ("abandoned", "caller")
    assert account.record["wait_s"] >= 1.0


def test_hung_up_while_the_agents_phone_rings(line: Line) -> None:
    agents = line.sign_in("1001", phone=Agent(answer_after_s=None))
    (number,) = line.dial(*choosing("doctor", Wait(60.0), HangUp()))
    until("1001 rings", lambda: any(leg.ringing_at for leg in agents.legs()), 60)
    line.callers[-1][0].hang_up()
    account = line.finish()[number]
    assert (account.outcome, account.record["hangup_by"]) == ("abandoned", "caller")
    assert [offer.result for offer in offers_of(line.stack, account.record["id"])] == ["caller_gone"]
    until("the phone stops ringing", lambda: [leg.final for leg in agents.legs()] == [487], 60)
    line.await_state("1001", "ready")  # it was not their fault


def test_hung_up_on_answer(line: Line) -> None:
    """The caller's BYE and the agent's answer come at about the same moment, some before and some after."""
    line.sign_in(*(str(1001 + n) for n in range(8)), phone=Agent(answer_after_s=0.6, talk_s=None))
    for n in range(8):
        line.dial(*choosing("request", Wait(0.54 + 0.015 * n), HangUp()))
    outcomes = {account.outcome for account in line.finish().values()}
    assert outcomes <= {"answered", "abandoned"}
    for extension in line.stack.agents():
        assert line.await_state(extension, "ready", "offline")


@pytest.mark.parametrize(
    ("agent", "caller_stays_s", "by"),
    [
        pytest.param(Agent(talk_s=None), None, {"caller"}, id="caller"),
        pytest.param(Agent(answer_after_s=0.3, talk_s=0.8), None, {"agent"}, id="agent"),
        pytest.param(Agent(answer_after_s=0.0, talk_s=3.0), 3.0, {"caller", "agent"}, id="both"),
    ],
)
def test_hung_up_in_talk(line: Line, agent: Agent, caller_stays_s: float | None, by: set[str]) -> None:
    """How long they talked, and since when, is compared with the phones and Asterisk (`finish`)."""
    extensions = ("1001", "1002", "1003", "1004")
    line.sign_in(*extensions, phone=agent)
    for n in range(4):
        end = () if caller_stays_s is None else (Wait(caller_stays_s + 0.01 * n), HangUp())
        line.dial(*choosing("funeral", *end))
    if by == {"caller"}:
        for extension in extensions:
            line.await_state(extension, "talking")
        for callers, _ in line.callers:
            callers.hang_up()
    for account in line.finish().values():
        record = account.record
        assert record["outcome"] == "answered"
        assert record["hangup_by"] in by
        assert record["talk_s"] > 0
        assert record["answer_delay_s"] >= record["wait_s"] >= record["ring_s"] >= 0


def test_hold_is_part_of_the_talk_and_told_apart(line: Line) -> None:
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.0, talk_s=0.3, hold=(0.3, 0.8)))
    (number,) = line.dial(*choosing("request"))
    record = line.finish()[number].record
    path = f"calls/{record['id']}"
    worked = until("after-call work is over", lambda: line.stack.get(path)["wrapup_s"], 60)
    assert worked == pytest.approx(WRAPUP_S, abs=ROUNDED_S)
    held(line, phone, record)
    assert 0 < record["hold_s"] < record["talk_s"]


@dataclass(frozen=True, slots=True)
class Bad:
    """A phone that does not answer, and what an offer to it comes to."""

    phone: Agent
    results: set[str]
    quick: bool = True


BAD = {
    "busy": Bad(Agent(reject=486, answer_after_s=0.0), {"busy"}),
    "declined": Bad(Agent(reject=603, answer_after_s=0.3), {"declined"}),
    "no answer": Bad(Agent(answer_after_s=None), {"no_answer"}, quick=False),
    "silent": Bad(Agent(answer_after_s=None, rings=False), {"no_answer", "unreachable"}, quick=False),
}


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[pytest.mark.alone] if bad.quick else []) for kind, bad in BAD.items()],
)  # how quickly a phone says no is of the machine
def test_a_phone_that_does_not_answer_costs_the_caller_no_place(line: Line, kind: str) -> None:
    bad = BAD[kind]
    line.sign_in("1001", phone=bad.phone)
    line.sign_in("1002", phone=Agent(answer_after_s=0.1, talk_s=0.3))
    (number,) = line.dial(*choosing("request"))
    if not bad.quick:
        assert until("Asterisk dials", lambda: _dials_for(line, number), 60) == f"{RING_S:.0f}"
    account = line.finish()[number]
    assert (account.outcome, account.record["agent"]) == ("answered", "1002")
    first, second = offers_of(line.stack, account.record["id"])
    assert (first.agent, second.agent, second.result) == ("1001", "1002", "answered")
    assert first.result in bad.results
    assert first.ring_s < 1.0 if bad.quick else first.ring_s >= RING_S - ROUNDED_S
    assert first.ring_s <= _rang_s(line, account.record["id"], "1001") + LATE_S
    made = [one for one in journal_facts(line.stack, OfferMade) if one.call == account.record["id"]]
    expected = [unix(account.record["queued_at"]), first.at]
    assert [one.at for one in made] == pytest.approx(expected, abs=0.001), "at once, and at once after it"


def _dials_for(line: Line, number: str) -> str:
    """The seconds that Asterisk was told to dial an agent for, while it does so for this caller; empty before."""
    dials = [row for row in line.observer.channels() if (row["CallerIDNum"], row["Application"]) == (number, "Dial")]
    return dials[0]["ApplicationData"].split(",")[1] if dials else ""


def _rang_s(line: Line, call: str, agent: str) -> float:
    """For how long Asterisk had a channel to this agent in a call, by its own log."""
    rows = [row for row in line.stack.cel() if row.linkedid == call and row.channel.startswith(f"PJSIP/{agent}-")]
    (began,) = (row.at for row in rows if row.event == "CHAN_START")
    (ended,) = (row.at for row in rows if row.event == "HANGUP")
    return ended - began


def test_an_agent_who_lets_two_calls_pass_is_set_aside(line: Line) -> None:
    line.sign_in("1001", phone=Agent(reject=603, answer_after_s=0.0))
    first = line.dial(*choosing("request"))
    until("the first offer was declined", lambda: _declined(line), 60)
    second = line.dial(*choosing("request"))
    assert line.await_state("1001", "paused")
    assert line.stack.agents()["1001"]["reason"] == "missed_calls"
    assert line.await_waiting(2) == [*first, *second]
    line.sign_in("1002", phone=Agent(answer_after_s=0.0, talk_s=0.2))
    accounts = line.finish()
    assert {accounts[number].record["agent"] for number in (*first, *second)} == {"1002"}


def _declined(line: Line) -> int:
    return sum(leg.final == 603 for process in line.agents for leg in process.legs())


def test_a_phone_that_vanishes_while_it_rings(line: Line) -> None:
    phone = line.sign_in("1001", phone=Agent(answer_after_s=None))
    (number,) = line.dial(*choosing("funeral"))
    until("1001 rings", lambda: any(leg.ringing_at for leg in phone.legs()), 60)
    phone.kill()
    line.sign_in("1002", phone=Agent(answer_after_s=0.0, talk_s=0.3))
    account = line.finish()[number]
    assert (account.outcome, account.record["agent"]) == ("answered", "1002")
    first, *_ = offers_of(line.stack, account.record["id"])
    assert first.result in {"no_answer", "unreachable"}


def test_a_phone_that_vanishes_in_talk(line: Line) -> None:
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.0, talk_s=None))
    (number,) = line.dial(*choosing("funeral", Wait(60.0), HangUp()))
    line.await_state("1001", "talking")
    phone.kill()
    line.callers[-1][0].hang_up()
    account = line.finish()[number]
    assert (account.outcome, account.record["hangup_by"]) == ("answered", "caller")


def test_many_at_once_and_everything_goes_wrong(line: Line) -> None:
    """Good and bad agents, callers who leave at any moment: every call has one end, on which all agree."""
    extensions = (str(n) for n in count(1001))
    for phone, how_many in (
        (Agent(answer_after_s=0.3, talk_s=Talk(0.8)), 5),
        (Agent(answer_after_s=0.1, talk_s=None), 3),
        (Agent(reject=486, answer_after_s=0.0), 1),
        (Agent(reject=603, answer_after_s=0.2), 1),
        (Agent(answer_after_s=None), 1),
    ):
        line.sign_in(*(next(extensions) for _ in range(how_many)), phone=phone)
    for service, patience_s in (("request", 1.0), ("agent", 3.0), ("funeral", 2.0), ("ambulance", 0.5)):
        line.dial(script=Caller(steps=choosing(service), patience_s=patience_s), count=10, rate=4)
    line.dial(script=Caller(patience_s=0.7), count=8, rate=3)
    accounts = line.finish(within_s=120)
    assert len(accounts) == 48
    outcomes = {account.outcome for account in accounts.values()}
    assert outcomes <= {"answered", "abandoned", "abandoned_in_menu"}
    assert _talked(accounts) > 0


def _talked(accounts: dict[str, Account]) -> int:
    return sum(account.outcome == "answered" for account in accounts.values())
