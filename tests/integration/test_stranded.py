"""Callers whom something would leave in silence: a phone that forwards them, a channel that nobody holds."""

import pytest

from acd.engine.facts import OfferEnded
from bench.phones import Agent, Blind, HangUp, Wait
from bench.stack import until
from tests.integration.conftest import Line, choosing
from tests.integration.test_transfers import agree
from tests.integration.witnesses import journal_facts, offers_of

COLLEAGUE = "sip:1030@127.0.0.1:5999"
OUTSIDE = "sip:PJSIP%2Ftrunk%2Fsip%3A0900123%40127.0.0.1%3A5999@x"
"""A Contact that Asterisk would take for a channel of its own to dial."""
FORWARDS = {
    "300": Agent(reject=300, answer_after_s=0.1, forward_to=COLLEAGUE),
    "301": Agent(reject=301, answer_after_s=0.1, forward_to=COLLEAGUE),
    "302": Agent(reject=302, answer_after_s=0.0, forward_to=OUTSIDE),
    "302 at once": Agent(reject=302, answer_after_s=0.0, forward_to=COLLEAGUE, rings=False),
    "302 to nowhere": Agent(reject=302, answer_after_s=0.1),
    "305": Agent(reject=305, answer_after_s=0.1, forward_to=COLLEAGUE),
    "380": Agent(reject=380, answer_after_s=0.1, forward_to=COLLEAGUE),
}


def test_phones_that_forward_swallow_nobody(line: Line) -> None:
    """Of eight callers each is answered by somebody else, and who forwards twice is set aside."""
    forwarding = {str(1001 + place): phone for place, phone in enumerate(FORWARDS.values())}
    for extension, phone in forwarding.items():
        line.sign_in(extension, phone=phone)
    numbers = line.dial(*choosing("request"), count=8)
    for extension in forwarding:
        line.await_state(extension, "paused")
        assert line.stack.agents()[extension]["reason"] == "missed_calls"
    assert set(line.await_waiting(8)) == set(numbers)
    line.sign_in("1011", phone=Agent(answer_after_s=0.1, talk_s=0.2), ready=False)
    line.stack.set_state("1011", "ready")
    accounts = line.finish()
    assert {accounts[number].outcome for number in numbers} == {"answered"}
    assert {accounts[number].record["agent"] for number in numbers} == {"1011"}
    calls = {accounts[number].record["id"] for number in numbers}
    ends = [fact for fact in journal_facts(line.stack, OfferEnded) if fact.call in calls]
    assert {fact.agent: fact.result for fact in ends if fact.agent in forwarding} == dict.fromkeys(
        forwarding, "forwarded"
    )
    assert "caller_gone" not in {fact.result for fact in ends}


def test_who_is_sent_to_a_phone_that_forwards_is_served_by_another(line: Line) -> None:
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("1002", 0.5)))
    line.sign_in("1002", phone=FORWARDS["302"])
    (number,) = line.dial(*choosing("request"))
    line.await_state("1001", "talking")
    line.sign_in("1003", phone=Agent(answer_after_s=0.1, talk_s=0.5))
    record = agree(line, number, ("1001", "answered"), ("1003", "blind"))
    assert [offer.result for offer in offers_of(line.stack, record["id"])] == ["answered", "forwarded", "answered"]


@pytest.mark.parametrize("kind", ["300", "302"])
def test_a_forward_leaves_a_lone_caller_where_they_were(line: Line, kind: str) -> None:
    """With nobody else on duty they wait on, are told so and may hang up; the agent's phone is tried again."""
    line.sign_in("1001", phone=FORWARDS[kind])
    (number,) = line.dial(*choosing("funeral", Wait(2.0), HangUp()))
    until("1001's phone forwards", lambda: _forwarded(line), 10)
    assert line.await_waiting(1) == [number]
    account = line.finish()[number]
    assert (account.outcome, account.record["hangup_by"]) == ("abandoned", "caller")


def _forwarded(line: Line) -> bool:
    return any(leg.final is not None and 300 <= leg.final < 400 for process in line.agents for leg in process.legs())
