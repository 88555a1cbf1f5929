"""A telephone that registers anew while a caller comes, or while it rings for one, on a running system.

A phone that is started again, or has another address, registers another contact in place of its own, or takes its own
back before that. Here each moment of it waits for what Asterisk or the line says of the one before.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.engine.model.facts import OfferEnded, OfferMade
from bench.stack import Stack, until
from phones import Caller, Phones
from tests.acd.asterisk.raw_phone import RawPhone, RawTalk
from tests.integration.conftest import choosing
from tests.integration.witnesses import journal_facts

EARLIER, LATER = "05320000001", "05320000002"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("anew"), agents=1, wrapup_s=0, ring_s=60, max_misses=9) as stack:
        yield stack


@pytest.fixture
def phones(stack: Stack, tmp_path: Path) -> Iterator[Phones]:
    """Callers' phones. The agent is signed out afterwards, and nobody waits."""
    phones = stack.phones(tmp_path / "phones")
    yield phones
    phones.close()
    stack.set_state("1001", "offline")
    until("nobody waits", lambda: not stack.queue(), 60)
    until("the agent is free", lambda: stack.state_of("1001") == "offline", 60)


def telephone(stack: Stack) -> RawPhone:
    """A telephone of the agent's, not registered yet."""
    login = stack.login("1001")
    return RawPhone(int(str(stack.settings["sip_port"])), login.user, login.password)


def await_state(stack: Stack, state: str, *asked: RawPhone) -> None:
    """Wait until the agent is in a state; these phones say meanwhile that they are there."""

    def is_so() -> bool:
        for phone in asked:
            with contextlib.suppress(TimeoutError):
                phone.answer(phone.next_request("OPTIONS", within_s=0.05), "200 OK")
        return stack.state_of("1001") == state

    until(f"1001 is {state}", is_so, 60)


def is_rung(stack: Stack, phone: RawPhone) -> str:
    """The phone's next call, which it says that it rings for and Asterisk has noted."""
    invite = phone.next_request("INVITE")
    phone.answer(invite, "180 Ringing")
    until("Asterisk knows that it rings", lambda: "!Ringing!" in stack.asterisk_cli("core show channels concise"), 60)
    return invite


def calls(stack: Stack, phones: Phones, number: str) -> None:
    phones.call(Caller(steps=choosing("request"), limit_s=120), numbers=[number])


def made(stack: Stack, since: int) -> list[str]:
    """The calls of the offers since then."""
    return [fact.call for fact in journal_facts(stack, OfferMade)][since:]


def ended(stack: Stack, since: int) -> list[str]:
    """The results of the offers since then."""
    return [fact.result for fact in journal_facts(stack, OfferEnded)][since:]


def test_a_telephone_that_registers_anew_while_it_rings_has_its_ring_still(stack: Stack, phones: Phones) -> None:
    """The new contact has not said yet that it is there, so Asterisk tells that the agent's phone is away."""
    since = len(journal_facts(stack, OfferMade))
    with telephone(stack) as before, telephone(stack) as after:
        assert before.register() == 200
        stack.set_state("1001", "ready")
        await_state(stack, "ready", before)
        calls(stack, phones, EARLIER)
        invite = is_rung(stack, before)
        assert after.register() == 200
        options = after.receive()
        assert options.startswith("OPTIONS ")
        after.answer(options, "200 OK")
        until("it is there", lambda: "Avail" in stack.asterisk_cli("pjsip show aor 1001"), 60)
        with RawTalk(before, invite) as talk:
            await_state(stack, "talking", after)
            talk.hangs_up()
            await_state(stack, "ready", after)
        assert (len(made(stack, since)), ended(stack, since)) == (1, ["answered"])


def test_a_caller_whose_telephone_unregistered_in_the_ring_has_it_again_before_others(
    stack: Stack, phones: Phones
) -> None:
    since = len(journal_facts(stack, OfferMade))
    with telephone(stack) as phone:
        assert phone.register() == 200
        stack.set_state("1001", "ready")
        await_state(stack, "ready", phone)
        calls(stack, phones, EARLIER)
        invite = is_rung(stack, phone)
        calls(stack, phones, LATER)
        until("another waits", lambda: [row["caller"] for row in stack.queue()].count(LATER), 60)
        assert phone.register(f"<sip:1001@{phone.address}>;expires=0") == 200
        phone.answer(phone.next_request("CANCEL"), "200 OK")
        phone.answer(invite, "487 Request Terminated")
        await_state(stack, "unavailable")
        assert phone.register() == 200
        again = is_rung(stack, phone)
        offered = made(stack, since)
        assert (len(offered), len(set(offered))) == (2, 1), "the later caller waits"
        with RawTalk(phone, again) as talk:
            await_state(stack, "talking", phone)
            stack.set_state("1001", "paused")
            talk.hangs_up()
            await_state(stack, "paused", phone)
        assert ended(stack, since) == ["unreachable", "answered"]


def test_a_caller_who_comes_while_it_registers_waits_for_that_and_nobody_has_missed_a_call(
    stack: Stack, phones: Phones
) -> None:
    since = len(journal_facts(stack, OfferMade))
    with telephone(stack) as before, telephone(stack) as after:
        assert before.register() == 200
        stack.set_state("1001", "ready")
        await_state(stack, "ready", before)
        assert after.register() == 200  # and does not say that it is there
        await_state(stack, "unavailable")
        calls(stack, phones, EARLIER)
        until("the caller waits", stack.queue, 60)
        assert made(stack, since) == []
        with RawTalk(after, is_rung(stack, after)) as talk:
            await_state(stack, "talking", after)
            talk.hangs_up()
            await_state(stack, "ready", after)
        assert (len(made(stack, since)), ended(stack, since)) == (1, ["answered"])
