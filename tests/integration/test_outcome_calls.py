"""The way back on a running system: a request has an outcome, an agent is rung, then the citizen, who is told it once.

The outgoing trunk is a sipp on loopback."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.stack import Stack
from phones import Agent, Caller, OnWord, Press
from phones.ports import free_udp_port
from tests.integration.conftest import choosing
from tests.integration.outcome_line import Line, kill, line_of
from tests.integration.test_surge import pressed_until

PAUSE_S = 2.0
REPORT_S = 6.0


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("outcomes")
    with Stack(
        folder,
        agents=2,
        ring_s=10.0,
        wrapup_s=0.0,
        callback_trunk=f"127.0.0.1:{free_udp_port()}",
        callback_ring_s=15,
        outcome_hours="mon-sun holiday 00:00-24:00",
        outcome_quiet="",
        outcome_pause_s=PAUSE_S,
        outcome_report_s=REPORT_S,
    ) as stack:
        yield stack


@pytest.fixture
def line(system: Stack, tmp_path: Path) -> Iterator[Line]:
    with line_of(system, tmp_path) as line:
        yield line


def test_the_citizen_is_told_and_is_not_satisfied(line: Line) -> None:
    """Agent first, then the citizen; 2 of 5 is a person's task."""
    with line.citizen(Agent(answer_after_s=0.5, talk_s=None)) as citizen:
        line.resolves()
        waiting = line.awaits("it waits", lambda: line.stack.get("callbacks"))
        assert [(one["reason"], one["class"]) for one in waiting] == [("outcome", "outcome")]
        assert not citizen.called()
        line.agent(Agent(answer_after_s=0.3, talk_s=2.0))
        call = line.call()
        said = line.stack.get(f"calls/{call}/outcome")
        assert (said["number"], said["state"], said["result"]) == (line.number, "resolved", "calling")
        assert "Işık Sokak asfaltlandı." in said["words"]
        record = line.ended(call)
        assert (record["outcome"], record["class"], record["agent"]) == ("called_back", "outcome", "1001")
        assert record["within_target"] is None
        answer = line.post(f"calls/{call}/outcome", {"result": "told", "score": 2, "remark": "Yol hâlâ bozuk"})
        assert answer.status_code == 200, answer.text
        assert line.post(f"calls/{call}/outcome", {"result": "told"}).status_code == 409
        ticket = line.ticket()
        assert (ticket["state"], ticket["told_how"], ticket["score"], ticket["remark"]) == (
            "told",
            "call",
            2,
            "Yol hâlâ bozuk",
        )
        assert call in [one["id"] for one in ticket["calls"]]
        assert "low_score" in line.tasks()
        assert [uri.partition("@")[0] for uri in citizen.called()] == [f"sip:0{line.caller[3:]}"]


def test_one_who_is_not_reached_is_called_three_times_and_no_more(line: Line) -> None:
    with line.citizen(Agent(reject=486, answer_after_s=0.1)) as citizen:
        line.agent(Agent(answer_after_s=0.2, talk_s=None))
        line.resolves()
        line.awaits("it counts as told", lambda: line.ticket()["state"] == "told")
        assert line.tried() == [("busy", 0)] * 3
        assert (line.ticket()["told_how"], line.tasks()) == ("attempts", ["not_reached"])
        assert len(citizen.called()) == 3


@pytest.mark.parametrize("dies", ["line", "desk"])
def test_a_death_in_mid_words_is_a_person_s_task_and_no_second_call(line: Line, dies: str) -> None:
    """The agent says nothing of how it went."""
    with line.citizen(Agent(answer_after_s=0.3, talk_s=None)) as citizen:
        line.agent(Agent(answer_after_s=0.2, talk_s=4.0))
        line.resolves()
        call = line.call()
        kill(line, dies)
        assert line.ended(call)["outcome"] == "called_back"
        line.awaits("a person is asked", line.tasks)
        assert line.tasks() == ["told_in_part"]
        assert line.tried() == [("told_in_part", 1)]
        assert (line.ticket()["state"], len(citizen.called())) == ("resolved", 1)


@pytest.mark.parametrize("dies", ["line", "desk"])
def test_a_death_while_the_agent_rings_brings_one_call(line: Line, dies: str) -> None:
    with line.citizen(Agent(answer_after_s=0.3, talk_s=None)) as citizen:
        line.agent(Agent(answer_after_s=3.0, talk_s=None))
        line.resolves()
        line.awaits("the agent rings", lambda: line.stack.state_of("1001") == "ringing")
        kill(line, dies)
        call = line.call()
        citizen.process.hang_up()  # now: who reports a talk has seconds after it, and a slow desk is away for longer
        assert line.ended(call)["outcome"] == "called_back"
        assert line.post(f"calls/{call}/outcome", {"result": "told", "score": 5}).status_code == 200
        assert (line.ticket()["state"], line.ticket()["score"], len(citizen.called())) == ("closed", 5, 1)


def test_deaths_while_the_call_waits_in_the_queue_bring_one_call(line: Line) -> None:
    """Of line and desk, one after the other and at once, before an agent is there."""
    with line.citizen(Agent(answer_after_s=0.3, talk_s=None)) as citizen:
        line.resolves()

        def waits() -> list[tuple[str, str]]:
            return [(one["reason"], one["class"]) for one in line.stack.get("callbacks")]

        line.awaits("it waits", waits)
        for dies in (("line",), ("desk",), ("line", "desk")):
            for one in dies:
                (line.stack.kill_daemon if one == "line" else line.stack.kill_desk)()
            line.stack.wait_ready()
            line.awaits(f"it waits after the death of {dies}", lambda: waits() == [("outcome", "outcome")])
        assert line.tried() == [("calling", 0)]
        line.agent(Agent(answer_after_s=0.2, talk_s=2.0))
        call = line.call()
        assert line.ended(call)["outcome"] == "called_back"
        assert line.post(f"calls/{call}/outcome", {"result": "told", "score": 5}).status_code == 200
        assert (line.ticket()["state"], line.ticket()["score"], len(citizen.called())) == ("closed", 5, 1)
        assert line.tried() == [("told", 1)]


def test_one_who_calls_meanwhile_is_told_at_once_and_is_not_called(line: Line) -> None:
    """The agent who has them sees the outcome that waits for their number."""
    with line.citizen(Agent(answer_after_s=0.3, talk_s=None)) as citizen:
        line.resolves()
        line.awaits("it waits", lambda: line.stack.get("callbacks"))
        line.phones.call(Caller(steps=(Press("0"),)), numbers=[f"0{line.caller[3:]}"])
        line.awaits("the citizen waits", lambda: "routine" in [one["class"] for one in line.stack.get("queue")])
        line.agent(Agent(answer_after_s=0.3, talk_s=None))
        line.awaits("they talk", lambda: line.stack.state_of("1001") == "talking")
        call = str(line.stack.agents()["1001"]["call"])
        assert "-outcome." not in call
        seen = line.awaits("it is on screen", lambda: line.stack.get(f"calls/{call}/context")["outcome"])
        assert (seen["number"], seen["call"]) == (line.number, call)
        assert "Işık Sokak asfaltlandı." in seen["words"]
        answer = line.post(f"calls/{call}/outcome", {"result": "told", "score": 5})
        assert answer.status_code == 200, answer.text
        assert (line.ticket()["state"], line.ticket()["told_how"], line.ticket()["score"]) == ("closed", "in_call", 5)
        line.awaits("the other call is taken back", lambda: not line.stack.get("callbacks"))
        assert call in [one["id"] for one in line.ticket()["calls"]]
        assert not citizen.called()
        line.awaits("the try is withdrawn", lambda: line.tried() == [("withdrawn", 0)])


def test_all_whom_a_message_answered_are_told_once_when_its_request_is_resolved(line: Line) -> None:
    """A surge message stands for one request; whoever needs no more than it hangs on that request and is rung once."""
    road = {"service": "request", "topic": "asfalt_talebi", "district": "esenkent", "text": "Işık Sokak"}
    parent = line.post("tickets", road).json()["number"]
    message = {"services": ["request"], "text": {"tr": "Işık Sokak'ta yol çalışması var."}, "ticket": parent}
    assert line.stack.request("PUT", "/api/v1/surge", body=message).status_code == 200
    callers = [line.caller, f"+90534{line.caller[6:]}"]
    try:
        for count, caller in enumerate(callers, 1):
            is_answered_by_the_message(line, caller, count)
    finally:
        line.stack.request("DELETE", "/api/v1/surge")
    whole = line.awaits("they hang on it", lambda: hanging(line, parent, len(callers)))
    for move in ({"to": "accepted"}, {"to": "resolved", "result": "Işık Sokak asfaltlandı."}):
        assert line.post(f"tickets/{parent}/moves", move).status_code == 200
    with line.citizen(Agent(answer_after_s=0.3, talk_s=None)) as citizen:
        line.agent(Agent(answer_after_s=0.3, talk_s=2.0))
        left = set(whole["children"])
        while left:
            call, line.number = line.awaits("one of them is told", lambda: telling(line, left))
            line.ended(call)
            answer = line.post(f"calls/{call}/outcome", {"result": "told", "score": 5})
            assert answer.status_code == 200, answer.text
            left.discard(line.number)
        for number in whole["children"]:
            line.number = number
            ticket = line.ticket()
            assert (ticket["state"], ticket["words"], ticket["score"]) == ("closed", "Işık Sokak asfaltlandı.", 5)
            assert line.tried() == [("told", 1)]
        called = sorted(uri.partition("@")[0] for uri in citizen.called())
        assert called == sorted(f"sip:0{caller[3:]}" for caller in callers), "each of them once, and nobody else"


def is_answered_by_the_message(line: Line, caller: str, count: int) -> None:
    """They call, and are the so-manieth who needs no more."""
    steps = choosing("request", OnWord(("1",)))
    phone = line.phones.call(Caller(steps=steps), numbers=[f"0{caller[3:]}"])
    line.awaits("they hear the message", lambda: line.stack.get("surge")["played"] == count)
    pressed_until(phone, lambda: line.stack.get("surge")["answered"] == count)
    own = {"caller": f"0{caller[3:]}", "outcome": "self_served"}
    line.awaits("they have hung up", lambda: any(own.items() <= one.items() for one in line.stack.calls()))


def hanging(line: Line, parent: str, count: int) -> dict[str, Any] | None:
    """The request, once so many hang on it."""
    whole = dict(line.stack.get(f"tickets/{parent}"))
    return whole if len(whole["children"]) == count else None


def telling(line: Line, numbers: Collection[str]) -> tuple[str, str] | None:
    """The call in which one of these requests is told, and which it is."""
    query = "SELECT call, number FROM outcome_attempts WHERE began_at IS NOT NULL"
    return next((row for row in line.stack.rows(query) if row[1] in numbers), None)
