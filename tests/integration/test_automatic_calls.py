"""Automatic calls about outcomes on a running system: the line rings the citizen, who is told once, whatever dies."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from acd.asterisk.instance_spec import PROMPTS
from bench.capture import Capture, read_rtp
from bench.stack import Stack
from bench.voice import heard
from ivr.catalogue import Prompt, load_catalogues
from ivr.speak import speak
from phones import Agent, Wait, media
from phones.ports import free_udp_port
from tests.integration.citizen import Citizen
from tests.integration.conftest import choosing
from tests.integration.outcome_line import Line, Talk, has_come_back, kill, line_of, picks_up, strike

PAUSE_S = 2.0
GREETING_S = 2.0


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("automatic")
    with Stack(
        folder,
        agents=2,
        ring_s=10.0,
        wrapup_s=0.0,
        callback_trunk=f"127.0.0.1:{free_udp_port()}",
        callback_ring_s=15,
        outcome_call="automatic",
        outcome_hours="mon-sun holiday 00:00-24:00",
        outcome_quiet="",
        outcome_pause_s=PAUSE_S,
        outcome_tries=2,
        outcome_at_once=8,
        outcome_report_s=6.0,
        outcome_greeting_s=GREETING_S,
        outcome_remark_s=5,
    ) as stack:
        yield stack


@pytest.fixture
def line(system: Stack, tmp_path: Path) -> Iterator[Line]:
    with line_of(system, tmp_path) as line:
        yield line


def test_the_citizen_is_told_scores_2_and_leaves_a_remark(line: Line) -> None:
    with line.citizen(picks_up("1", "2", media.noise(1.5, nth=3))) as citizen:
        line.resolves()
        talk = Talk(line, citizen)
        talk.presses(1, "hear")
        talk.presses(2, "scored", ("outcome_talked", "heard"))
        remarks = line.stack.data_dir / "remarks"
        line.awaits("the remark is recorded", lambda: list(remarks.glob("*.wav")))
        citizen.process.press(3)
        line.awaits("all is said", lambda: talk.has("outcome_talked", "over"))
        line.awaits("it is told", lambda: line.ticket()["state"] == "told")
        ticket = line.ticket()
        assert (ticket["told_how"], ticket["score"]) == ("automatic", 2)
        assert line.tasks() == ["low_score"]
        assert line.tried() == [("told", 1)]
        assert line.rung(citizen) == 1
        record = line.ended(line.call())
        assert (record["outcome"], record["class"], record["agent"]) == ("called_back", "outcome", None)
        assert record["within_target"] is None
        assert record["id"] in [one["id"] for one in ticket["calls"]]
        line.awaits("the remark is the request's", lambda: line.ticket()["files"])
        [file] = line.ticket()["files"]
        assert (file["media_type"], file["name"]) == ("audio/wav", "remark.wav")
        line.awaits("and nowhere else", lambda: not list(remarks.iterdir()))


def test_from_the_call_over_the_units_no_to_a_person_who_decides(line: Line) -> None:
    """An urgent call opens a request, its unit refuses with words, the citizen is rung, hears it, and is displeased."""
    with line.citizen(picks_up("1", "2")) as citizen, Capture(line.folder / "said.pcapng", "udp") as capture:
        line.calls(*choosing("injured_animal"), Wait(30))
        ticket = line.ticket()
        assert (ticket["state"], ticket["unit"]) == ("assigned", "veteriner_isleri")
        assert [call["how"] for call in ticket["calls"]] == ["opened"]
        line.refuses("Hayvan yerinde bulunamadı.")
        talk = Talk(line, citizen)
        talk.presses(1, "hear")
        talk.presses(2, "scored", ("outcome_talked", "heard"))
        line.awaits("it is told", lambda: line.ticket()["state"] == "told")
        ticket = line.ticket()
        assert (ticket["outcome"], ticket["words"], ticket["score"]) == ("refused", "Hayvan yerinde bulunamadı.", 2)
        assert line.tasks() == ["low_score"]
        assert [(tried["result"], tried["automatic"]) for tried in ticket["tries"]] == [("told", True)]
        assert sorted(call["how"] for call in ticket["calls"]) == ["opened", "outcome"]
        assert line.rung(citizen) == 1
        call = line.call()
    said = line.stack.get(f"calls/{call}/outcome")["words"]
    assert "Hayvan yerinde bulunamadı." in said
    digits = [f"digit_{letter}" for letter in line.number if letter.isdecimal()]
    assert understood(line, citizen, capture, said) == ["outcome_number", *digits, "the unit's words"]


def understood(line: Line, citizen: Citizen, capture: Capture, words: str) -> list[str]:
    """What the citizen heard of their request's number and of these words, which are spoken here anew."""
    spoken = line.folder / "words.wav"
    speak(Prompt(text=words, voice=load_catalogues()["tr"]["goodbye"].voice), spoken)
    prompts = ("outcome_number", *(f"digit_{digit}" for digit in range(10)))
    sounds = {name: PROMPTS / "tr" / f"{name}.wav" for name in prompts} | {"the unit's words": spoken}
    port = citizen.process.media_port
    packets = [one for one in read_rtp(capture.path, [port]) if one.target == port]
    call = packets[-1].ssrc  # the same trunk has rung a person on duty before
    stream = [one for one in packets if one.ssrc == call]
    return [word for _, word in heard(stream, sounds)]


def test_a_machine_that_speaks_without_a_pause_hears_nothing(line: Line) -> None:
    machine = Agent(answer_after_s=0.2, talk_s=None, sound=media.noise(8.0))
    with line.citizen(machine) as citizen:
        line.resolves()
        line.awaits("the tries are used up", lambda: line.ticket()["state"] == "told")
        assert line.tried() == [("voicemail", 0)] * 2
        assert (line.ticket()["told_how"], line.tasks()) == ("attempts", ["not_reached"])
        assert line.rung(citizen) == 2
        steps = [one["step"] for one in Talk(line, citizen).events() if one["type"] == "outcome_talked"]
        assert steps == ["machine"] * 2


def test_a_silent_machine_is_told_who_calls_and_no_more(line: Line) -> None:
    with line.citizen(Agent(answer_after_s=0.2, talk_s=None)) as citizen:
        line.resolves()
        line.awaits("nobody pressed a key", lambda: line.tried()[:1] == [("voicemail", 0)])
        assert not Talk(line, citizen).has("outcome_talked", "hear")


def test_one_who_hangs_up_before_a_key_is_called_again(line: Line) -> None:
    with line.citizen(Agent(answer_after_s=0.2, talk_s=1.0)) as citizen:
        line.resolves()
        line.awaits("the tries are used up", lambda: line.ticket()["state"] == "told")
        assert line.tried() == [("not_there", 0)] * 2
        assert line.ticket()["told_how"] == "attempts"
        assert line.rung(citizen) == 2


def test_another_person_hears_nothing_and_is_not_called_again(line: Line) -> None:
    with line.citizen(picks_up("9")) as citizen:
        line.resolves()
        Talk(line, citizen).presses(1, "wrong_number")
        line.awaits("a person is asked", line.tasks)
        assert line.tasks() == ["wrong_number"]
        assert line.tried() == [("wrong_number", 0)]
        assert (line.ticket()["state"], line.rung(citizen)) == ("resolved", 1)


def test_the_right_number_is_rung_once_after_a_person_has_found_it(line: Line) -> None:
    with line.citizen(picks_up("9", "1", "5")) as citizen:
        line.resolves()
        talk, wrong = Talk(line, citizen), line.caller
        talk.presses(1, "wrong_number")
        line.awaits("a person is asked", line.tasks)
        line.caller = f"+90533{wrong[6:]}"
        answer = line.patch(f"tickets/{line.number}", {"caller": line.caller})
        assert answer.status_code == 200, answer.text
        assert line.tasks() == [], "whoever found the number has done the task"
        line.awaits("the right number is asked", lambda: talk.count("call_attached") > 1)
        talk.presses(2, "hear")
        talk.presses(3, "scored", ("outcome_talked", "heard"))
        line.awaits("it is told", lambda: line.ticket()["state"] == "closed")
        assert (line.ticket()["told_how"], line.ticket()["score"]) == ("automatic", 5)
        assert line.tried() == [("wrong_number", 0), ("told", 1)]
        assert (line.rung(citizen), line.tasks()) == (1, [])
        line.caller = wrong
        assert line.rung(citizen) == 1


def test_key_7_ends_the_calls_about_this_request(line: Line) -> None:
    """It says how they learn the outcome instead, says nothing of the request, and is on the request's history."""
    with line.citizen(picks_up("7")) as citizen:
        line.resolves()
        talk = Talk(line, citizen)
        talk.presses(1, "no_calls")
        line.awaits("it is told otherwise", lambda: line.ticket()["state"] == "told")
        ticket = line.ticket()
        assert (ticket["told_how"], ticket["contact"]) == ("page", "none"), "no gateway for text messages is set"
        assert [one["detail"] for one in ticket["history"] if one["what"] == "amend"] == [{"fields": ["contact"]}]
        assert line.tried() == [("no_calls", 0)]
        assert (line.tasks(), line.rung(citizen)) == ([], 1)
        assert not talk.has("outcome_talked", "hear")


def test_key_0_leads_to_an_agent_who_has_the_outcome_on_screen(line: Line) -> None:
    with line.citizen(picks_up("0")) as citizen:
        line.agent(Agent(answer_after_s=0.3, talk_s=3.0))
        line.resolves()
        Talk(line, citizen).presses(1, "agent")
        call = line.call()
        said = line.stack.get(f"calls/{call}/outcome")
        assert (said["number"], said["result"]) == (line.number, "calling")
        assert "Işık Sokak asfaltlandı." in said["words"]
        record = line.ended(call)
        assert (record["outcome"], record["agent"], record["class"]) == ("called_back", "1001", "routine")
        answer = line.post(f"calls/{call}/outcome", {"result": "told", "score": 4})
        assert answer.status_code == 200, answer.text
        ticket = line.ticket()
        assert (ticket["state"], ticket["told_how"], ticket["score"]) == ("closed", "call", 4)
        assert line.rung(citizen) == 1


@pytest.mark.parametrize("dies", ["line", "desk", "both"])
def test_a_death_in_mid_words_is_no_second_call(line: Line, dies: str) -> None:
    """The line's death cuts the words: a person decides. The desk's does not."""
    with line.citizen(picks_up("1")) as citizen:
        line.resolves()
        talk = Talk(line, citizen)
        talk.presses(1, "hear")
        kill(line, dies)
        if dies != "desk":
            line.awaits("a person is asked", line.tasks)
            assert line.tasks() == ["told_in_part"]
            assert line.tried() == [("told_in_part", 1)]
            assert line.ticket()["state"] == "resolved"
        else:
            talk.hangs_up_having_heard()
            line.awaits("it is told", lambda: line.ticket()["state"] == "told")
            assert line.tried() == [("told", 1)]
        assert line.rung(citizen) == 1


@pytest.mark.parametrize("dies", ["line", "desk"])
def test_a_death_before_the_words_is_told_once_in_the_same_call(line: Line, dies: str) -> None:
    with line.citizen(picks_up("1", "5")) as citizen:
        line.resolves()
        talk = Talk(line, citizen)
        line.awaits("the citizen is asked", lambda: talk.has("call_attached"))
        strike(line, dies)
        if dies == "line":
            line.awaits("the citizen is asked again", lambda: talk.count("call_attached") > 1)
        talk.presses(1, "hear")
        talk.presses(2, "scored", ("outcome_talked", "heard"))
        line.stack.wait_ready()
        line.awaits("it is told", lambda: line.ticket()["state"] == "closed")
        assert (line.ticket()["told_how"], line.ticket()["score"]) == ("automatic", 5)
        assert line.tried() == [("told", 1)]
        assert line.rung(citizen) == 1


@pytest.mark.parametrize("dies", ["line", "desk"])
def test_a_death_while_the_phone_rings_brings_one_call(line: Line, dies: str) -> None:
    slow = Agent(answer_after_s=4.0, talk_s=None, keys=("1",), sound=media.noise(0.5))
    with line.citizen(slow) as citizen:
        line.resolves()
        line.awaits("the citizen's phone rings", lambda: line.rung(citizen))
        strike(line, dies)
        talk = Talk(line, citizen)
        talk.presses(1, "hear")
        talk.hangs_up_having_heard()
        line.stack.wait_ready()
        line.awaits("it is told", lambda: line.ticket()["state"] == "told")
        assert line.tried() == [("told", 1)]
        assert line.rung(citizen) == 1


@pytest.mark.parametrize("dies", ["line", "desk"])
def test_a_death_while_a_score_is_entered_and_one_in_the_remark_take_both_once(line: Line, dies: str) -> None:
    """A line that died asks for the score again, says no word of the outcome again, and keeps the remark."""
    with line.citizen(picks_up("1", "2", media.noise(2.5, nth=3))) as citizen:
        line.resolves()
        talk = Talk(line, citizen)
        talk.presses(1, "hear")
        line.awaits("the words were heard", lambda: talk.has("outcome_talked", "heard"))
        attached = talk.count("call_attached")
        strike(line, dies)
        if dies == "line":
            line.awaits("they are asked again", partial(has_come_back, talk, attached))
        talk.presses(2, "scored", ("outcome_talked", "heard"))
        remarks = line.stack.data_dir / "remarks"
        line.awaits("the remark is recorded", lambda: list(remarks.glob("*.wav")))
        citizen.process.press(3)
        line.stack.wait_ready()
        kill(line, dies)
        line.awaits("all is said", lambda: talk.has("outcome_talked", "over"))
        line.awaits("it is told", lambda: line.ticket()["state"] == "told")
        assert (line.ticket()["told_how"], line.ticket()["score"]) == ("automatic", 2)
        steps = [one["step"] for one in talk.events() if one["type"] == "outcome_talked"]
        assert [steps.count(one) for one in ("hear", "heard", "scored", "over")] == [1, 1, 1, 1], steps
        line.awaits("the remark is the request's", lambda: line.ticket()["files"])
        assert [one["name"] for one in line.ticket()["files"]] == ["remark.wav"]
        line.awaits("and nowhere else", lambda: not list(remarks.iterdir()))
        assert line.tasks() == ["low_score"]
        assert (line.tried(), line.rung(citizen)) == ([("told", 1)], 1)


def test_deaths_while_the_citizen_waits_for_an_agent_leave_them_in_the_queue(line: Line) -> None:
    """They hold the line in the one call that there is, whatever dies, until an agent is there."""
    with line.citizen(picks_up("0")) as citizen:
        line.resolves()
        talk = Talk(line, citizen)
        talk.presses(1, "agent")

        def waits() -> list[str]:
            return [one["id"] for one in line.stack.queue()]

        (call,) = line.awaits("the citizen waits", waits)
        for dies in ("line", "desk"):
            attached = talk.count("call_attached")
            kill(line, dies)
            if dies == "line":
                line.awaits("they are back", partial(has_come_back, talk, attached))
            line.awaits("they wait", lambda: waits() == [call])
        line.agent(Agent(answer_after_s=0.3, talk_s=2.0))
        assert line.call() == call
        record = line.ended(call)
        assert (record["outcome"], record["agent"]) == ("called_back", "1001")
        answer = line.post(f"calls/{call}/outcome", {"result": "told", "score": 4})
        assert answer.status_code == 200, answer.text
        assert (line.ticket()["state"], line.ticket()["score"], line.rung(citizen)) == ("closed", 4, 1)


def test_where_the_words_cannot_be_spoken_an_agent_tells_them(line: Line) -> None:
    """The folder of the spoken words is no folder."""
    folder = line.stack.data_dir / "outcome-words"
    aside = folder.with_suffix(".aside")
    if folder.exists():
        folder.rename(aside)
    folder.write_text("")
    try:
        with line.citizen(picks_up("1")) as citizen:
            line.resolves()
            talk = Talk(line, citizen)
            talk.presses(1, "hear")
            line.awaits("only that was said", lambda: line.tried()[:1] == [("told_shortly", 1)])
            waiting = line.awaits("an agent is wanted", lambda: line.stack.get("callbacks"))
            assert [(one["reason"], one["class"]) for one in waiting] == [("outcome", "outcome")]
            assert line.ticket()["state"] == "resolved"
            line.agent(Agent(answer_after_s=0.3, talk_s=2.0))
            line.awaits("the agent's call", lambda: line.tried()[1:] == [("calling", 1)])
            assert line.rung(citizen) == 2
    finally:
        folder.unlink()
        if aside.exists():
            aside.rename(folder)
