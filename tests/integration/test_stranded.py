"""Callers whom something would leave in silence: a phone that forwards them, a channel that nobody holds."""

from collections.abc import Iterator
from typing import Any

import pytest

from acd.engine.model.facts import CallRejoined, CallStranded, OfferEnded
from bench.stack import Stack, until
from phones import Agent, Blind, HangUp, OnWord, Wait
from tests.integration.conftest import KEYS, Line, choosing, new_stack
from tests.integration.test_transfers import agree
from tests.integration.witnesses import Observer, journal_facts, offers_of

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


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One of its own: after phones that forward, the line says for a minute that it is not ready."""
    with new_stack(tmp_path_factory.mktemp("stranded")) as stack:
        yield stack


@pytest.fixture(scope="module")
def observer(stack: Stack) -> Iterator[Observer]:
    """An independent AMI connection."""
    with Observer(stack) as observer:
        yield observer


def test_phones_that_forward_swallow_nobody(line: Line) -> None:
    """Another agent answers each of eight callers, and an agent who forwards twice is set aside. Several who are set
    aside at once look like the line's fault, so the line tries each of them once more."""
    forwarding = {str(1001 + place): phone for place, phone in enumerate(FORWARDS.values())}
    for extension, phone in forwarding.items():
        line.sign_in(extension, phone=phone)
    numbers = line.dial(*choosing("request"), count=8)

    def reasons() -> dict[str, str]:
        agents = line.stack.agents()
        return {extension: agents[extension]["reason"] for extension in forwarding}

    until("all are set aside", lambda: set(reasons().values()) == {"missed_calls"}, 60, say=reasons)
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
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("1002", None)))
    line.sign_in("1002", phone=FORWARDS["302"])
    (number,) = line.dial(*choosing("request"))
    line.await_bridged("1001")
    line.stack.set_state("1001", "paused")  # from the end of this call on
    line.sign_in("1003", phone=Agent(answer_after_s=0.1, talk_s=0.5))
    phone.go_on()
    record = agree(line, number, ("1001", "answered"), ("1003", "blind"))
    assert [offer.result for offer in offers_of(line.stack, record["id"])] == ["answered", "forwarded", "answered"]


@pytest.mark.parametrize("kind", ["300", "302"])
def test_a_forward_leaves_a_lone_caller_where_they_were(line: Line, kind: str) -> None:
    """With nobody else on duty they wait on, are told so and may hang up; the agent's phone is tried again."""
    line.sign_in("1001", phone=FORWARDS[kind])
    (number,) = line.dial(*choosing("funeral", Wait(60.0), HangUp()))
    until("1001's phone forwards", lambda: _forwarded(line), 60)
    assert line.await_waiting(1) == [number]
    line.callers[-1][0].hang_up()
    account = line.finish()[number]
    assert (account.outcome, account.record["hangup_by"]) == ("abandoned", "caller")


def _forwarded(line: Line) -> bool:
    return any(leg.final is not None and 300 <= leg.final < 400 for process in line.agents for leg in process.legs())


# --- a channel that nobody holds


LIMBO = "limbo"
"""A context that has a caller and never gives them back."""


def take_away(line: Line, number: str) -> str:
    """Take a caller's channel out of our hands: its AGI connection ends, and the dialplan does not come back. Its
    call."""
    line.stack.asterisk_cli(f"dialplan add extension s,1,Wait,3600 into {LIMBO}")
    (channel,) = [row for row in line.observer.channels() if row["CallerIDNum"] == number]
    line.observer.redirect(channel["Channel"], LIMBO)
    call = channel["Uniqueid"]
    until(f"{number} is in limbo", lambda: _context(line, number) == LIMBO or of_call(line, CallStranded, call), 60)
    return call


def _context(line: Line, number: str) -> str:
    return next((row["Context"] for row in line.observer.channels() if row["CallerIDNum"] == number), "")


@pytest.mark.alone  # within two seconds
@pytest.mark.parametrize("phase", ["menu", "queue"])
def test_a_caller_whom_nobody_holds_is_brought_back_to_their_place(line: Line, phase: str) -> None:
    steps = (OnWord(KEYS["request"]),) if phase == "menu" else choosing("request")
    (first,) = line.dial(*steps)
    if phase == "queue":
        line.await_waiting(1)
        (second,) = line.dial(*choosing("request"))
        line.await_waiting(2)
    else:
        until("the caller is on the line", lambda: _context(line, first) == "hotline", 60)
    counted = stranded_total(line)
    call = take_away(line, first)
    assert 1.4 < unheld_s(line, call) < 2.0
    assert _context(line, first) == "hotline"
    until("it is counted", lambda: stranded_total(line) == counted + 1, 60)
    if phase == "queue":
        assert line.await_waiting(2) == [first, second]
    else:
        line.callers[-1][0].press(1)
        assert line.await_waiting(1) == [first]
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=0.3), ready=False)
    line.stack.set_state("1001", "ready")
    accounts = line.finish()
    assert {account.outcome for account in accounts.values()} == {"answered"}
    assert "caller_stranded" in (line.stack.folder / "output").read_text()


@pytest.mark.alone  # within two seconds
def test_many_whom_nobody_holds_keep_their_order(line: Line) -> None:
    numbers: list[str] = []
    for _ in range(4):
        numbers += line.dial(*choosing("request"))
        line.await_waiting(len(numbers))
    calls = [take_away(line, number) for number in numbers]
    assert all(unheld_s(line, call) < 2.0 for call in calls)
    assert line.await_waiting(4) == numbers
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=0.3), ready=False)
    line.stack.set_state("1001", "ready")
    line.finish()


def unheld_s(line: Line, call: str) -> float:
    """For how long nobody held this caller, who was back in the moment in which that was found."""
    (found,) = until("it is found", lambda: of_call(line, CallStranded, call), 60)
    (back,) = until("the caller is back", lambda: of_call(line, CallRejoined, call), 60)
    assert back.at - found.at < 0.5
    return float(found.unheld_s)


def of_call(line: Line, kind: type, call: str) -> list[Any]:
    return [fact for fact in journal_facts(line.stack, kind) if fact.call == call]


def stranded_total(line: Line) -> float:
    rows = [row for row in line.stack.metrics().splitlines() if row.startswith("cozum_stranded_calls_total")]
    return float(rows[0].split()[-1])
