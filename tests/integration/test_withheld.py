"""Callers whose numbers are withheld: each is one caller, and an agent sees that there is no number."""

from functools import partial

import pytest

from acd.engine.model.facts import CallEscalated, CallQueued
from bench.stack import until
from phones import Agent, Caller, Callers, OnWord, Step, Wait
from tests.integration.conftest import Line, choosing
from tests.integration.witnesses import Observer, journal_facts

FROM = '"Anonymous" <sip:anonymous@anonymous.invalid>'


def dial(line: Line, *steps: Step, from_header: str = FROM) -> tuple[str, Callers]:
    """One caller; the call's id, once they wait, and their phone."""
    before = {row["id"] for row in line.stack.queue()}
    phone = line.phones.call(Caller(steps=steps, from_header=from_header))
    new = until("the caller waits", lambda: {row["id"] for row in line.stack.queue()} - before, 60)
    return str(new.pop()), phone


def queued(line: Line, call: str) -> CallQueued:
    facts: list[CallQueued] = journal_facts(line.stack, CallQueued)
    return next(fact for fact in facts if fact.call == call)


def test_one_does_not_get_anothers_place(line: Line) -> None:
    """An urgent caller who hangs up keeps their place, if it is known who they are."""
    first, phone = dial(line, *choosing("funeral", Wait(60.0)))
    second, _ = dial(line, *choosing("funeral", Wait(60.0)), from_header="<sip:05321231234@127.0.0.1>")
    phone.hang_up()
    until("the first has gone", lambda: first not in {row["id"] for row in line.stack.queue()}, 60)
    third, _ = dial(line, *choosing("funeral", Wait(60.0)))
    assert [row["id"] for row in line.stack.queue()] == [second, third]
    assert queued(line, third).kept_from is None
    assert [queued(line, call).number for call in (first, second, third)] == ["", "05321231234", ""]


def times_of(line: Line, call: str) -> list[int]:
    """For the how manieth time the number of a caller says that it is urgent, once they have said so."""
    return [fact.times for fact in journal_facts(line.stack, CallEscalated) if fact.call == call]


def says_urgent(line: Line, call: str, phone: Callers) -> list[int]:
    if not (times := times_of(line, call)):
        phone.press(1)
    return times


def test_one_is_not_counted_for_another(line: Line) -> None:
    calls = []
    for _ in range(2):
        call, phone = dial(line, *choosing("request", OnWord(("999",))))  # it counts once
        # A phone that still presses the key before does not hear our word; it presses no key twice.
        until("it is urgent", partial(says_urgent, line, call, phone), 60, every_s=0.5)
        calls.append(call)

    def told() -> list[int]:
        return [times for call in calls for times in times_of(line, call)]

    assert until("both have said that it is urgent", lambda: told() if len(told()) == 2 else None, 60) == [1, 1]


@pytest.mark.parametrize("who", [FROM, "<sip:asterisk@127.0.0.1>", "<sip:127.0.0.1>"])
def test_an_agent_sees_that_the_number_is_withheld(line: Line, observer: Observer, who: str) -> None:
    mark = len(observer.events())
    line.sign_in("1001", phone=Agent(answer_after_s=0.3, talk_s=1.0))
    line.phones.call(Caller(steps=choosing("funeral"), from_header=who))

    def ring() -> dict[str, str] | None:
        return next((event.headers for event in observer.events()[mark:] if event.name == "DialBegin"), None)

    told = until("the agent is rung", ring, 60)
    assert told["DestConnectedLineName"].endswith(": numara gizli")
    assert told["DestConnectedLineNum"] == "numara-gizli"
    path = f"/api/v1/calls/{told['Linkedid']}"  # its row may come after the ring
    record = until("it is over", lambda: (one := line.stack.request("GET", path).json()).get("ended_at") and one, 60)
    assert (record["caller"], record["outcome"]) == ("", "answered")
