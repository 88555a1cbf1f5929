"""`kill -9` of line and desk at each step of a telling that does not reach the citizen, or that reaches another person.

However often and whenever they die: no try is made twice, nobody hears the outcome twice, and a person has one task."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bench.stack import Stack
from phones import Agent, Caller, Press
from phones.ports import free_udp_port
from tests.integration.citizen import Citizen
from tests.integration.outcome_line import Line, Talk, has_come_back, kill, line_of, picks_up, strike

TRIES = 3
PAUSE_S = 4.0
"""Long enough for a death between two tries."""
RING_S = 4.0
"""Long enough for a death while a telephone rings."""
DYING = pytest.mark.parametrize("dies", ["line", "desk"])
DYING_TOGETHER = pytest.mark.parametrize("dies", ["line", "desk", "both"])


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Stack]:
    mode = request.param
    with Stack(
        tmp_path_factory.mktemp(mode),
        agents=2,
        ring_s=15.0,
        wrapup_s=0.0,
        callback_trunk=f"127.0.0.1:{free_udp_port()}",
        callback_ring_s=15,
        outcome_call=mode,
        outcome_hours="mon-sun holiday 00:00-24:00",
        outcome_quiet="",
        outcome_pause_s=PAUSE_S,
        outcome_tries=TRIES,
        outcome_report_s=20.0,
        outcome_greeting_s=2.0,
        outcome_remark_s=5,
    ) as stack:
        yield stack


@pytest.fixture
def line(system: Stack, tmp_path: Path) -> Iterator[Line]:
    with line_of(system, tmp_path) as line:
        yield line


by_agent = pytest.mark.parametrize("system", ["agent"], indirect=True)
by_line = pytest.mark.parametrize("system", ["automatic"], indirect=True)


def told(line: Line) -> int:
    """How often the request became `told`."""
    steps = [(one["before"], one["after"]) for one in line.ticket()["history"]]
    return sum(after == "told" != before for before, after in steps)


def tasks_ever(line: Line) -> list[str]:
    """The kinds of all tasks about the request, done or not."""
    return [str(one["kind"]) for one in line.ticket()["tasks"]]


def has_rung(line: Line, citizen: Citizen, times: int) -> bool:
    """Whether the citizen was called so often. A slow machine may look when the next call has begun."""
    return line.rung(citizen) >= times


def has_tried(line: Line, result: str, times: int) -> bool:
    """Whether the first tries had this result, so many of them, and no words."""
    return line.tried()[:times] == [(result, 0)] * times


def has_picked_up(talk: Talk, times: int) -> bool:
    """Whether they have picked up so often."""
    return talk.count("callee_answered") >= times


@by_agent
@DYING_TOGETHER
def test_three_tries_by_an_agent_that_reach_nobody(line: Line, dies: str) -> None:
    """Deaths while the call waits, while the agent rings, while the citizen's telephone does, between two tries, as the
    last one ends, and when all is over."""
    with line.citizen(Agent(reject=486, answer_after_s=RING_S)) as citizen:
        line.resolves()
        line.awaits("it waits", lambda: line.stack.get("callbacks"))
        kill(line, dies)
        line.agent(Agent(answer_after_s=RING_S, talk_s=None))
        line.awaits("the agent rings", lambda: line.stack.state_of("1001") == "ringing")
        kill(line, dies)
        line.awaits("the citizen's telephone rings", partial(has_rung, line, citizen, 1))
        kill(line, dies)
        line.awaits("the first try is over", lambda: line.tried()[:1] == [("busy", 0)])
        kill(line, dies)
        line.awaits("the citizen's telephone rings again", partial(has_rung, line, citizen, 2))
        kill(line, dies)
        line.awaits("the citizen's telephone rings the third time", partial(has_rung, line, citizen, 3))
        talk = Talk(line, citizen)
        line.awaits("the third try ends", lambda: talk.facts("callback_missed") >= 3)
        kill(line, dies)
        line.awaits("it counts as told", lambda: line.ticket()["state"] == "told")
        kill(line, dies)
        assert line.tried() == [("busy", 0)] * TRIES
        assert (line.ticket()["told_how"], tasks_ever(line), told(line)) == ("attempts", ["not_reached"], 1)
        assert line.rung(citizen) == TRIES


@by_agent
@DYING_TOGETHER
def test_another_person_told_by_an_agent_and_the_right_number_after_it(line: Line, dies: str) -> None:
    """Deaths while the agent rings, in the talk, when the agent has said whose number it is, when a person has put it
    right, and in the right citizen's talk."""
    with line.citizen(Agent(answer_after_s=0.3, talk_s=None)) as citizen:
        line.agent(Agent(answer_after_s=2.0, talk_s=None))
        line.resolves()
        line.awaits("the agent rings", lambda: line.stack.state_of("1001") == "ringing")
        kill(line, dies)
        call, wrong = line.call(), line.caller
        kill(line, dies)
        answer = line.post(f"calls/{call}/outcome", {"result": "wrong_number"})
        assert answer.status_code == 200, answer.text
        kill(line, dies)
        citizen.process.hang_up()
        line.ended(call)
        line.awaits("a person is asked", line.tasks)
        kill(line, dies)
        assert (line.tried(), line.tasks(), line.rung(citizen)) == ([("wrong_number", 1)], ["wrong_number"], 1)
        line.caller = f"+90533{wrong[6:]}"
        answer = line.patch(f"tickets/{line.number}", {"caller": line.caller})
        assert answer.status_code == 200, answer.text
        kill(line, dies)
        line.awaits("the right number is rung", lambda: line.rung(citizen))
        line.awaits("they are told", lambda: len(line.tried()) == 2 and line.tried()[1] == ("calling", 1))
        kill(line, dies)
        second = str(line.stack.agents()["1001"]["call"])
        answer = line.post(f"calls/{second}/outcome", {"result": "told", "score": 5})
        assert answer.status_code == 200, answer.text
        kill(line, dies)
        citizen.process.hang_up()
        line.awaits("it is told", lambda: line.ticket()["state"] == "closed")
        assert line.tried() == [("wrong_number", 1), ("told", 1)]
        assert (tasks_ever(line), told(line), line.rung(citizen)) == (["wrong_number"], 1, 1)
        line.caller = wrong
        assert line.rung(citizen) == 1


@by_agent
@DYING_TOGETHER
def test_one_who_calls_meanwhile_is_told_in_their_own_call(line: Line, dies: str) -> None:
    """Deaths while the caller waits beside the call that is for them, while the agent reads the outcome to them, as the
    agent has said how it went, and when the other call is taken back."""
    with line.citizen(Agent(answer_after_s=0.3, talk_s=None)) as citizen:
        line.resolves()
        line.awaits("it waits", lambda: line.stack.get("callbacks"))
        line.phones.call(Caller(steps=(Press("0"),)), numbers=[f"0{line.caller[3:]}"])
        line.awaits("the citizen waits", lambda: "routine" in [one["class"] for one in line.stack.get("queue")])
        kill(line, dies)
        line.agent(Agent(answer_after_s=0.3, talk_s=None))
        line.awaits("they talk", lambda: line.stack.state_of("1001") == "talking")
        call = str(line.stack.agents()["1001"]["call"])
        kill(line, dies)
        seen = line.awaits("it is on screen", lambda: line.stack.get(f"calls/{call}/context")["outcome"])
        assert (seen["number"], seen["call"]) == (line.number, call)
        answer = line.post(f"calls/{call}/outcome", {"result": "told", "score": 5})
        assert answer.status_code == 200, answer.text
        kill(line, dies)
        line.awaits("the other call is taken back", lambda: not line.stack.get("callbacks"))
        kill(line, dies)
        line.awaits("the try is withdrawn", lambda: line.tried() == [("withdrawn", 0)])
        assert (line.ticket()["state"], line.ticket()["told_how"], line.ticket()["score"]) == ("closed", "in_call", 5)
        assert (tasks_ever(line), line.rung(citizen)) == ([], 0)


@by_line
@DYING
def test_three_tries_by_the_line_that_reach_nobody(line: Line, dies: str) -> None:
    """A telephone that is busy: deaths while it rings, between two tries, as the last one ends, and when all is
    over."""
    with line.citizen(Agent(reject=486, answer_after_s=RING_S)) as citizen:
        line.resolves()
        for nth in range(1, TRIES + 1):
            line.awaits(f"the telephone rings, {nth}", partial(has_rung, line, citizen, nth))
            kill(line, dies)
            line.awaits(f"try {nth} is over", partial(has_tried, line, "busy", nth))
            kill(line, dies)
        line.awaits("it counts as told", lambda: line.ticket()["state"] == "told")
        kill(line, dies)
        assert line.tried() == [("busy", 0)] * TRIES
        assert (line.ticket()["told_how"], tasks_ever(line), told(line)) == ("attempts", ["not_reached"], 1)
        assert line.rung(citizen) == TRIES


@by_line
@DYING
def test_three_answers_without_a_key(line: Line, dies: str) -> None:
    """They pick up and hang up soon: a death while the line asks for a key, in each try. A line that dies may miss the
    end."""
    with line.citizen(Agent(answer_after_s=0.3, talk_s=4.0)) as citizen:
        line.resolves()
        talk = Talk(line, citizen)
        for nth in range(1, TRIES + 1):
            line.awaits(f"they pick up, {nth}", partial(has_picked_up, talk, nth))
            kill(line, dies)
            line.awaits(f"try {nth} is over", partial(has_tried, line, "not_there", nth))
        line.awaits("it counts as told", lambda: line.ticket()["state"] == "told")
        assert not talk.has("outcome_talked", "hear")
        assert (line.ticket()["told_how"], tasks_ever(line), told(line)) == ("attempts", ["not_reached"], 1)
        assert line.rung(citizen) == TRIES


@by_line
@DYING_TOGETHER
def test_another_person_called_by_the_line_and_the_right_number_after_it(line: Line, dies: str) -> None:
    """Deaths while the telephone rings, while the line asks, while it says that it was mistaken, when a person is
    asked and has put the number right, and while the right telephone rings."""
    with line.citizen(picks_up("9", "1", "5", answer_after_s=3.0)) as citizen:
        line.resolves()
        talk, wrong = Talk(line, citizen), line.caller
        line.awaits("the telephone rings", lambda: line.rung(citizen))
        kill(line, dies)
        line.awaits("the line asks", lambda: talk.has("call_attached"))
        attached = talk.count("call_attached")
        strike(line, dies)
        if dies != "desk":
            line.awaits("the line asks again", partial(has_come_back, talk, attached))
        talk.presses(1, "wrong_number")
        line.stack.wait_ready()
        kill(line, dies)
        line.awaits("a person is asked", line.tasks)
        kill(line, dies)
        assert (line.tried(), line.tasks(), line.rung(citizen)) == ([("wrong_number", 0)], ["wrong_number"], 1)
        line.caller = f"+90533{wrong[6:]}"
        answer = line.patch(f"tickets/{line.number}", {"caller": line.caller})
        assert answer.status_code == 200, answer.text
        kill(line, dies)
        line.awaits("the right telephone rings", lambda: line.rung(citizen))
        attached = talk.count("call_attached")
        strike(line, dies)
        line.awaits("the line asks them", partial(has_come_back, talk, attached))
        talk.presses(2, "hear")
        talk.presses(3, "scored", ("outcome_talked", "heard"))
        line.stack.wait_ready()
        line.awaits("it is told", lambda: line.ticket()["state"] == "closed")
        kill(line, dies)
        assert line.tried() == [("wrong_number", 0), ("told", 1)]
        assert (tasks_ever(line), told(line), line.rung(citizen)) == (["wrong_number"], 1, 1)
        line.caller = wrong
        assert line.rung(citizen) == 1
