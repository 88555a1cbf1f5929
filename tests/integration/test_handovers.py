"""Callers who are handed over to outside bodies and to people on duty, on a running system of its own whose outgoing
trunk is a sipp on loopback: it answers, is busy, and does not answer. Nobody is dropped, no other number is dialled."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from acd.engine.model.facts import AgentStateChanged, TalkEnded
from acd.engine.model.handover_facts import HandOverEnded
from bench.stack import Stack, until
from phones import Agent, Blind, Wait
from phones.ports import free_udp_port
from tests.integration.citizen import Citizen
from tests.integration.test_callbacks import ASKS, Line, waits
from tests.integration.test_deaths import why
from tests.integration.witnesses import journal_facts, times_bridged
from tests.tickets.towns import shipped_texts

AGENTS = ("1001", "1002")
RING_S = 5
STAYS = Agent(answer_after_s=0.2, talk_s=None)
DUTY = """
[[shift]]
unit = "veteriner_isleri"
days = "mon-sun holiday"
hours = "00:00-24:00"
people = [{ name = "Nöbetçi veteriner", phone = "7302" }]
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("handovers")
    town = folder / "town"
    town.mkdir()
    for name, text in (shipped_texts() | {"duty.toml": DUTY}).items():
        (town / name).write_text(text, "utf-8")
    with Stack(
        folder, agents=2, ring_s=3.0, wrapup_s=8.0, regroup_s=2.0, handover_ring_s=RING_S, town_dir=town,
        callback_trunk=f"127.0.0.1:{free_udp_port()}", callback_ring_s=5,
    ) as stack:  # fmt: skip
        yield stack


@pytest.fixture
def line(system: Stack, tmp_path: Path) -> Iterator[Line]:
    line = Line(system, tmp_path)
    try:
        yield line
    finally:
        try:
            system.wait_ready()
            for extension in AGENTS:
                system.set_state(extension, "offline")
        finally:
            line.phones.close()
        until("the line is empty", line.clear, 60, every_s=0.2, say=lambda: (line.callbacks(), system.queue()))


def outside(line: Line, script: Agent) -> Citizen:
    """The telephone at the other end of the trunk."""
    return Citizen(line.folder / "outside", line.trunk, script)


def talking(line: Line, phone: Agent = STAYS) -> str:
    """A caller talks to 1001; the call's id."""
    line.agent(phone)
    bridged_before = times_bridged(line.stack, "1001")
    line.ready()
    line.dial("request", Wait(60))
    return bridged(line, bridged_before)


def bridged(line: Line, before: int) -> str:
    """The call of 1001, who has been bridged once more: nobody can be handed over who is not."""
    call = talks(line)
    until("they are bridged", lambda: times_bridged(line.stack, "1001") > before, 60)
    return call


def talks(line: Line) -> str:
    def found() -> str:
        agent = line.stack.agents()["1001"]
        return str(agent["call"]) if agent["state"] == "talking" else ""

    return until("1001 talks", found, 60)


def hand_over(line: Line, call: str, target: str = "acil_112") -> httpx.Response:
    return line.stack.request("POST", f"/api/v1/calls/{call}/hand-over", body={"target": target})


def handed_over(line: Line, call: str, target: str = "acil_112") -> None:
    answer = hand_over(line, call, target)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["id"], answer.json()["target"]) == (call, target)
    states = [fact.state for fact in journal_facts(line.stack, AgentStateChanged) if fact.call == call]
    assert "wrapup" in states, "the agent has after-call work at once"


def results(line: Line, call: str) -> list[str]:
    return [fact.result for fact in journal_facts(line.stack, HandOverEnded) if fact.call == call]


def parts(line: Line, call: str) -> list[tuple[str, str]]:
    return [(fact.agent, fact.how) for fact in journal_facts(line.stack, TalkEnded) if fact.call == call]


def awaits(line: Line, call: str, *expected: str) -> None:
    until(f"it came to {expected}", lambda: results(line, call) == list(expected), 60, say=lambda: results(line, call))


def bridged_with_outside(line: Line, call: str) -> bool:
    """Whether Asterisk's own log has the caller's channel and the trunk's in one bridge."""
    rooms: dict[str, set[str]] = {}
    for row in line.stack.cel():
        if row.event == "BRIDGE_ENTER" and row.linkedid == call:
            rooms.setdefault(row.extra["bridge_id"], set()).add(row.channel.rpartition("-")[0])
    return any({"PJSIP/trunk", "PJSIP/outside"} <= names for names in rooms.values())


def test_the_target_answers_and_the_two_talk(line: Line) -> None:
    with outside(line, Agent(answer_after_s=0.5, talk_s=1.5)) as body:
        call = talking(line)
        handed_over(line, call)
        assert [one.partition("@")[0] for one in until("it is called", body.called, 60)] == ["sip:112"]
        awaits(line, call, "answered")
        assert "112*" not in line.stack.asterisk_cli("dialplan show globals"), "a person's number is not kept there"
        record = line.ended()
    assert (record["outcome"], record["agent"], record["hangup_by"]) == ("answered", "1001", "unknown")
    assert parts(line, call) == [("1001", "answered")]
    assert bridged_with_outside(line, call)
    until(
        "the call's disposition is there",
        lambda: (
            line.stack.rows("SELECT disposition, role, who FROM dispositions WHERE call = ?", call)
            == [("transferred", "agent", "1001")]
        ),
        60,
    )
    told = why(line.stack, call)
    for words in ("hands the caller over to acil_112", "acil_112 is rung for 5", "acil_112 answered after"):
        assert words in told, told


@pytest.mark.parametrize(
    ("script", "result"),
    [
        pytest.param(Agent(reject=486, answer_after_s=0.5), "busy", id="busy"),
        pytest.param(Agent(reject=486, answer_after_s=0.0, rings=False), "busy", id="busy at once"),
        pytest.param(Agent(reject=603, answer_after_s=0.5), "no_answer", id="declines"),
        pytest.param(Agent(answer_after_s=None), "no_answer", id="silent"),
        pytest.param(
            Agent(reject=302, forward_to="sip:05329999999@127.0.0.1:9", answer_after_s=0.2), None, id="forwards"
        ),
    ],
)
def test_a_target_who_does_not_answer_gives_the_caller_back_to_the_agent(
    line: Line, script: Agent, result: str | None
) -> None:
    with outside(line, script) as body:
        call = talking(line)
        handed_over(line, call)
        assert talks(line) == call, "their phone rings again in after-call work, and it picks up"
        assert len(body.called()) == 1
        (told,) = results(line, call)
        assert result is None or told == result
        assert parts(line, call) == [("1001", "answered")]
    line.phones.close()
    record = line.ended()
    assert (record["outcome"], record["agent"]) == ("answered", "1001")
    assert parts(line, call) == [("1001", "answered"), ("1001", "blind")]
    assert line.stack.rows("SELECT 1 FROM dispositions WHERE call = ?", call) == []


def test_without_the_agent_the_caller_waits_at_the_front(line: Line) -> None:
    with outside(line, Agent(reject=486, answer_after_s=3.5)):
        call = talking(line)
        first = line.number
        handed_over(line, call)
        line.stack.set_state("1001", "offline")
        line.number = "05329990001"
        line.dial("request", Wait(60))
        until("both wait", lambda: [one["caller"] for one in line.stack.queue()] == [first, "05329990001"], 60,
              say=line.stack.queue)  # fmt: skip
        line.agent(STAYS, "1002")
        line.ready("1002")
        until("1002 has the first", lambda: line.stack.agents()["1002"].get("call") == call, 60)


def test_the_caller_hangs_up_while_it_rings(line: Line) -> None:
    with outside(line, Agent(answer_after_s=None)) as body:
        line.agent(STAYS)
        bridged_before = times_bridged(line.stack, "1001")
        line.ready()
        caller = line.dial("request", Wait(60))
        call = bridged(line, bridged_before)
        handed_over(line, call)
        until("it is called", body.called, 60)
        caller.hang_up()
        record = line.ended()
    assert (record["outcome"], record["hangup_by"]) == ("answered", "caller")
    awaits(line, call, "caller_gone")


def test_the_line_dies_while_it_rings_and_the_caller_is_back(line: Line) -> None:
    with outside(line, Agent(answer_after_s=None)) as body:
        call = talking(line)
        handed_over(line, call)
        until("it is called", body.called, 60)
        before = line.stack.kill_daemon()
        line.stack.await_another_daemon(before)
        line.stack.wait_ready()
        until("the caller is with somebody, or waits", lambda: _is_back(line, call), 60, say=line.stack.queue)
    record_of_one = [one for one in line.stack.calls() if one["id"] == call]
    assert record_of_one == [], "the call is up"


def _is_back(line: Line, call: str) -> bool:
    waiting = [one["id"] for one in line.stack.queue()]
    return call in waiting or line.stack.agents()["1001"].get("call") == call


def test_the_line_dies_while_they_talk_and_they_talk_on(line: Line) -> None:
    with outside(line, Agent(answer_after_s=0.2, talk_s=None)) as body:
        call = talking(line)
        handed_over(line, call)
        awaits(line, call, "answered")
        before = line.stack.kill_daemon()
        line.stack.await_another_daemon(before)
        line.stack.wait_ready()
        assert "2 active channels" in line.stack.asterisk_cli("core show channels count")
        body.process.kill()
        line.phones.close()
        until("Asterisk has no channel", line.clear, 60, every_s=0.2)
        record = line.ended()
    assert (record["outcome"], record["agent"]) == ("answered", "1001")
    assert results(line, call) == ["answered"]


def test_a_person_on_duty_is_a_target_and_the_request_tells_it(line: Line) -> None:
    listed = {one["target"]: one for one in line.stack.get("hand-over-targets")}
    assert listed["veteriner_isleri.1"]["phone"] == "7302"
    assert "acil_112" in listed
    with outside(line, Agent(answer_after_s=0.2, talk_s=1.0)) as body:
        call = talking(line)
        opened = line.stack.request("POST", "/api/v1/tickets", body={"service": "request", "call": call, "text": "x"})
        assert opened.status_code == 201, opened.text
        handed_over(line, call, "veteriner_isleri.1")
        awaits(line, call, "answered")
        assert [one.partition("@")[0] for one in body.called()] == ["sip:7302"]
        line.ended()
    number = opened.json()["number"]

    def told() -> list[dict[str, Any]]:
        history = line.stack.get(f"tickets/{number}")["history"]
        return [step["detail"] for step in history if step["what"] == "hand_over"]

    until("the history tells it", lambda: told() == [{"to": "veteriner_isleri.1", "result": "answered"}], 60, say=told)
    assert line.stack.rows("SELECT 1 FROM dispositions WHERE call = ?", call) == []


def test_a_caller_who_was_called_back_is_handed_over_too(line: Line) -> None:
    with Citizen(line.folder / "citizen", line.trunk, STAYS) as both:  # citizen and body share the trunk
        line.dial("request", *ASKS)
        waits(line)
        line.agent(STAYS)
        bridged_before = times_bridged(line.stack, "1001")
        line.ready()
        call = bridged(line, bridged_before)
        handed_over(line, call)
        awaits(line, call, "answered")
        assert [one.partition("@")[0] for one in both.called()] == [f"sip:{line.number}", "sip:112"]
        both.process.kill()
        line.stack.asterisk_cli("channel request hangup all")
        assert line.ended()["outcome"] == "called_back"


# --- no other number


@pytest.mark.parametrize(
    "dialled", ["112", "112*25", "05321234567", "handover", "185*5", "112@handover", "7302", "_X!", "*8112"]
)
def test_a_phone_cannot_send_a_caller_outside(line: Line, dialled: str) -> None:
    with outside(line, STAYS) as body:
        call = talking(line, Agent(answer_after_s=0.1, talk_s=2.0, transfer=Blind(dialled, 0.3)))
        record = line.ended()
        assert (record["outcome"], record["agent"], record["hangup_by"]) == ("answered", "1001", "agent")
        assert (body.called(), results(line, call)) == ([], [])


TARGETS = (
    *("112", "112*25", "185", "05321234567", "+905321234567", "ISKI", "iski\n", "iski.1", "veteriner_isleri"),
    *("veteriner_isleri.2", "../acil_112", "acil_112@outside", "acil_112,1", "", "a" * 65, "7302", "1002"),
)


def test_the_api_takes_no_number(line: Line) -> None:
    with outside(line, STAYS) as body:
        call = talking(line)
        for target in TARGETS:
            answer = hand_over(line, call, target)
            assert answer.status_code in (409, 422), (target, answer.status_code, answer.text)
        for more in ({"number": "112"}, {"target": "iski", "phone": "0532"}, {"target": 112}, {"target": ["iski"]}):
            answer = line.stack.request("POST", f"/api/v1/calls/{call}/hand-over", body=more)
            assert answer.status_code == 422, answer.text
        assert hand_over(line, "ast1-1.1").status_code == 404
        assert line.stack.state_of("1001") == "talking"
        assert (body.called(), results(line, call)) == ([], [])


def test_a_second_wish_and_one_after_the_talk_are_refused(line: Line) -> None:
    with outside(line, Agent(answer_after_s=None)) as body:
        call = talking(line)
        handed_over(line, call)
        again = hand_over(line, call, "iski")
        assert again.status_code == 409, again.text
        assert "no agent talks to this caller now" in again.json()["detail"]
        until("it is called", body.called, 60)
        assert [one.partition("@")[0] for one in body.called()] == ["sip:112"]
