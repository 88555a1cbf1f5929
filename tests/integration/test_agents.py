"""Agents: signing in and out by phone and API, private calls, phones that are not there."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from acd.engine.model.events import CallAttached
from acd.engine.model.facts import OfferMade
from bench.stack import PIN, Stack, StackError, until
from phones import Agent, Blind, Caller, HangUp, Press, Wait
from tests.integration.conftest import RING_S, Line, choosing
from tests.integration.witnesses import journal_entries, journal_facts, offers_of


def press_code(line: Line, extension: str, code: str, *then: str) -> None:
    """Dial a code and the PIN in one go from an agent's phone, give what else is asked, and listen to the end."""
    keys = [step for key in (PIN + "#", *then) for step in (Press(key), Wait(0.6))]
    caller = Caller(login=line.stack.login(extension), steps=tuple(keys), limit_s=20)
    process = line.phones.call(caller, dialled=code)
    assert process.wait(60).failed == 0, process.errors()


def test_sign_in_pause_return_and_sign_out_from_the_phone(line: Line) -> None:
    line.sign_in("1001", ready=False)
    assert line.stack.state_of("1001") == "offline"
    press_code(line, "1001", "*45")
    line.await_state("1001", "ready")
    press_code(line, "1001", "*47", "1")
    line.await_state("1001", "paused")
    assert line.stack.agents()["1001"]["reason"] == "break"
    press_code(line, "1001", "*48")
    line.await_state("1001", "ready")
    press_code(line, "1001", "*46")
    line.await_state("1001", "offline")


def test_a_wrong_pin_changes_nothing(line: Line) -> None:
    before = {"*45": ("1002", "offline"), "*46": ("1003", "ready"), "*47": ("1004", "ready"), "*48": ("1005", "paused")}
    line.sign_in(*(extension for extension, _ in before.values()), ready=False)
    for extension, state in before.values():
        line.stack.set_state(extension, state, "break" if state == "paused" else "")
    refused = []
    for code, (extension, _) in before.items():
        steps = (Wait(0.4), Press("8642#"), Wait(1.0), Press("1"), Wait(3.0), HangUp())
        refused.append(line.phones.call(Caller(login=line.stack.login(extension), steps=steps), dialled=code))
    for process in refused:
        process.wait(60)
    for extension, state in before.values():
        assert line.await_state(extension, "offline", "ready", "paused") == state  # no longer on the phone
    told = line.stack.folder / "output"
    until("each is logged", lambda: told.read_text().count("agent_pin_refused") >= len(before), 60)


def test_state_over_the_api(line: Line) -> None:
    line.sign_in("1001", ready=False)
    assert line.stack.set_state("1001", "ready")["state"] in ("ready", "unavailable")  # Asterisk may tell later
    line.await_state("1001", "ready")
    paused = line.stack.set_state("1001", "paused", "break")
    assert (paused["state"], paused["reason"]) == ("paused", "break")
    assert line.stack.set_state("1001", "offline")["state"] == "offline"


def test_a_state_that_is_none_is_refused(stack: Stack) -> None:
    with pytest.raises(StackError, match="422"):
        stack.set_state("1001", "asleep")
    with pytest.raises(StackError, match="404"):
        stack.set_state("9999", "ready")


def test_who_pauses_in_talk_is_offered_nothing_after_it(line: Line) -> None:
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.0, talk_s=None))
    line.dial(*choosing("request"))
    line.await_state("1001", "talking")
    line.stack.set_state("1001", "paused", "break")
    (waiting,) = line.dial(*choosing("request", Wait(60.0), HangUp()))
    assert line.await_waiting(1) == [waiting]
    phone.hang_up()
    line.await_state("1001", "paused")
    line.callers[-1][0].hang_up()
    accounts = line.finish()
    assert accounts[waiting].outcome == "abandoned"
    assert [one for one in journal_facts(line.stack, OfferMade) if one.call == accounts[waiting].record["id"]] == []
    assert len(phone.legs()) == 1
    assert line.stack.state_of("1001") == "paused"


@pytest.mark.parametrize("wish", ["paused", "offline"])
def test_an_urgent_caller_goes_on_at_once_when_the_ringing_agent_goes(line: Line, wish: str) -> None:
    gone = line.sign_in("1001", phone=Agent(answer_after_s=None))
    line.sign_in("1002", phone=Agent(answer_after_s=0.1, talk_s=0.5))
    (number,) = line.dial(*choosing("funeral"))
    line.await_state("1001", "ringing")
    until("1001's phone rings", lambda: any(leg.ringing_at for leg in gone.legs()), 60)
    line.stack.set_state("1001", wish)
    account = line.finish()[number]
    first, second = offers_of(line.stack, account.record["id"])
    assert (first.agent, first.result, second.agent, second.result) == ("1001", "withdrawn", "1002", "answered")
    made = [one for one in journal_facts(line.stack, OfferMade) if one.call == account.record["id"]]
    assert [one.agent for one in made] == ["1001", "1002"]
    assert made[1].at == first.at, "in the same event"
    assert first.ring_s < RING_S - 0.5
    assert line.stack.state_of("1001") == wish
    until("the phone stops ringing", lambda: [leg.final for leg in gone.legs()] == [487], 60)


def test_a_pause_that_is_pending_is_shown(line: Line) -> None:
    phone = line.sign_in("1001", phone=Agent(answer_after_s=3.0, talk_s=None))
    (number,) = line.dial(*choosing("request"))
    line.await_state("1001", "ringing")
    shown = line.stack.set_state("1001", "paused", "meal")
    assert (shown["state"], shown["pending"], shown["pending_reason"]) == ("ringing", "paused", "meal")
    line.await_state("1001", "talking")
    assert line.stack.agents()["1001"]["pending"] == "paused"
    phone.hang_up()
    assert line.finish()[number].record["agent"] == "1001"
    line.await_state("1001", "paused")
    assert line.stack.agents()["1001"]["pending"] == ""


def test_an_urgent_caller_has_who_sent_them_on_where_there_is_no_other(line: Line) -> None:
    """They were waited for five seconds, as if they had let the caller pass."""
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("*811", None)))

    def offers() -> list[OfferMade]:
        return [fact for fact in journal_facts(line.stack, OfferMade) if fact.agent == "1001"]

    made = len(offers())
    (number,) = line.dial(*choosing("funeral", Wait(60.0), HangUp()))
    line.await_bridged("1001")
    phone.go_on()
    until("1001 has sent them on, and is offered them again", lambda: len(offers()) > made + 1, 60)
    line.callers[-1][0].hang_up()
    again = offers()[made + 1]
    # In the very event of their being back from the transfer, not in that of a timer.
    (offered,) = [entry.event for entry in journal_entries(line.stack) if again in entry.facts]
    assert isinstance(offered, CallAttached), offered
    until("their call is over", lambda: [one for one in line.stack.calls() if one["caller"] == number], 60)


def test_an_agent_on_a_private_call_is_not_offered_one(line: Line) -> None:
    line.sign_in("1001", "1002", phone=Agent(answer_after_s=0.0, talk_s=None))
    private = line.phones.call(Caller(login=line.stack.login("1001")), dialled="1002")
    line.await_state("1001", "busy")
    line.await_state("1002", "busy")
    (number,) = line.dial(*choosing("funeral"))
    assert line.await_waiting(1) == [number]
    assert line.stack.queue()[0]["state"] == "waiting"
    # Their own call over, one of them is offered the caller at once.
    private.hang_up()
    assert private.wait(60).failed == 0
    until("an agent talks", lambda: "talking" in {line.stack.state_of("1001"), line.stack.state_of("1002")}, 60)
    line.callers[-1][0].hang_up()


def test_an_agent_whose_phone_is_not_registered_is_not_offered_one(line: Line) -> None:
    # 1003 never registered; 1001 did, and then its phone went.
    line.stack.set_state("1003", "ready")
    line.await_state("1003", "unavailable")
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.0, talk_s=0.3))
    line.phones_gone([("1001",)])
    line.await_state("1001", "unavailable")
    (number,) = line.dial(*choosing("request"))
    assert line.await_waiting(1) == [number]
    assert phone.legs() == []
    # Back on the network, they are offered the caller without signing in again.
    again = line.sign_in("1001", phone=Agent(answer_after_s=0.0, talk_s=0.3), ready=False)
    account = line.finish()[number]
    assert account.record["agent"] == "1001"
    assert len(again.legs()) == 1


# --- taken out of the file, or given another phone, in a talk


@contextmanager
def other_agents(stack: Stack, before: str, after: str) -> Iterator[None]:
    """Agents of another file from now, and those of before at the end."""
    path = Path(str(stack.settings["agents_file"]))
    whole = path.read_text("utf-8")
    assert before in whole

    def reload(text: str) -> None:
        output = stack.folder / "output"
        mark = output.stat().st_size
        path.write_text(text, "utf-8")
        os.kill(int((stack.data_dir / "supervisor.lock").read_text()), signal.SIGHUP)
        until("the agents are read anew", lambda: b'"event": "reloaded"' in output.read_bytes()[mark:], 60)

    reload(whole.replace(before, after))
    try:
        yield
    finally:
        reload(whole)


@pytest.mark.parametrize("change", ["taken out", "another phone"])
def test_a_talk_is_told_to_its_end_whatever_a_reload_does_to_the_agent(line: Line, change: str) -> None:
    phone = line.sign_in("1040", phone=Agent(answer_after_s=0.1, talk_s=None))
    (number,) = line.dial(*choosing("request"))
    line.await_state("1040", "talking")
    whole = Path(str(line.stack.settings["agents_file"])).read_text("utf-8")
    agent = whole[whole.index('[[agent]]\nextension = "1040"') :]
    other = "" if change == "taken out" else agent.replace("\nname", '\nendpoint = "PJSIP/1040-desk"\nname', 1)
    with other_agents(line.stack, agent, other):
        assert number not in [record["caller"] for record in line.stack.calls(limit=1)], "the talk goes on"
        phone.hang_up()
        record = line.finish()[number].record
    assert (record["agent"], record["hangup_by"]) == ("1040", "agent")
