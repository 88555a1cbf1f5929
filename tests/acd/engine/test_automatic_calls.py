"""The line itself tells a citizen an outcome: rings them, asks for a key, says the words once, takes a score."""

from typing import Any

import pytest

from acd.engine.model.commands import CallBack, ReleaseCall, RingCitizen
from acd.engine.model.events import CallDetached, CommandFailed, NodeReconciled, SeenCall
from acd.engine.model.facts import (
    CallRejoined,
    CallReleased,
    OutcomeBegan,
    OutcomeCallOver,
    OutcomeDialled,
    ServiceNamed,
)
from acd.engine.model.ids import CallId, ServiceId
from acd.engine.model.outcome_events import OutcomeTalked
from tests.acd.engine.automatic_calls import (
    CHANNEL,
    WORDS,
    attaches,
    gone,
    over,
    part,
    picked_up,
    ready_line,
    rung,
    talked,
    told,
)
from tests.acd.engine.calling_back import NODE, line_of, restarted
from tests.acd.engine.line import Line
from tests.acd.engine.test_outcome_calls import O1, WISH, wishes


def test_the_citizen_is_rung_at_once_and_no_agent() -> None:
    line = line_of()
    line.ready("1001")
    rung(line)
    assert line.commands == [RingCitizen(call=CallId(O1), node=NODE, number="05329998877", answer_s=30)]
    assert line.facts(OutcomeDialled) == [
        OutcomeDialled(at=line.at, call=CallId(O1), wish=WISH, service=ServiceId("request"))
    ]
    [named] = line.facts(ServiceNamed)
    assert (named.priority, named.opens_ticket) == ("outcome", False)
    assert line.timers == {f"telling:{O1}": line.at + 35}
    assert line.facts(OutcomeBegan) == []


def test_nothing_is_said_of_the_request_before_a_key() -> None:
    line = picked_up()
    assert line.commands == [part("ask")]
    assert line.timers == {}
    assert line.facts(OutcomeBegan) == []


def test_told_is_a_fact_before_the_words_are_said() -> None:
    line = picked_up()
    talked(line, "hear")
    assert line.said == ["OutcomeBegan", "TellOutcome"]
    assert line.facts(OutcomeBegan) == [OutcomeBegan(at=line.at, call=CallId(O1), wish=WISH)]
    assert line.commands == [part("words", WORDS)]


def test_a_score_a_remark_and_the_end() -> None:
    line = told()
    assert line.commands == [part("score")]
    talked(line, "scored", 2)
    assert line.commands == [part("remark")]
    talked(line, "over")
    assert line.commands == [
        ReleaseCall(call=CallId(O1), reason="flow_finished", announce="outcome_goodbye", language="tr")
    ]
    assert line.facts(CallReleased)[-1].outcome == "called_back"
    assert line.facts(OutcomeCallOver) == []
    gone(line)
    assert over(line) == ("told", 2)
    end = line.outcome(O1)
    assert (end.outcome, end.priority, end.callback, end.agent, end.wait_s) == (
        "called_back", "outcome", "outcome", None, None,
    )  # fmt: skip
    assert line.said.index("OutcomeCallOver") < line.said.index("CallEnded")


@pytest.mark.parametrize("score", [0, 6])
def test_a_score_that_there_is_not_is_ignored(score: int) -> None:
    line = told()
    talked(line, "scored", score)
    assert line.commands == []


@pytest.mark.parametrize("score", [1, 5])
def test_the_first_score_counts(score: int) -> None:
    line = told()
    talked(line, "scored", score)
    talked(line, "scored", 3)
    assert line.commands == []
    gone(line)
    assert over(line) == ("told", score)


def test_parts_out_of_their_order_do_nothing() -> None:
    line = picked_up()
    for step in ("heard", "scored", "over"):
        talked(line, step, 4)
        assert line.said == []
    talked(line, "hear")
    for step in ("hear", "over", "machine", "silence", "wrong_number", "no_calls"):
        talked(line, step)
        assert line.said == []
    assert len(line.facts(OutcomeBegan)) == 1


def test_a_part_of_a_citizen_who_has_not_picked_up_does_nothing() -> None:
    line = rung()
    talked(line, "hear")
    talked(line, "agent")
    assert line.said == []
    line.do(OutcomeTalked(at=line.at, call=CallId("c9"), step="hear"))
    assert line.said == []


def test_a_part_of_another_call_does_nothing() -> None:
    line = line_of()
    line.attaches("c1")
    line.do(OutcomeTalked(at=line.at, call=CallId("c1"), step="agent"))
    assert line.said == []


def test_where_only_the_outcome_could_be_said_no_score_is_asked_for() -> None:
    line = told(whole=False)
    (released,) = line.commands
    assert isinstance(released, ReleaseCall)
    assert released.announce == "outcome_goodbye"
    gone(line)
    assert over(line) == ("told_shortly", None)


@pytest.mark.parametrize(
    ("step", "result", "prompt"),
    [
        ("machine", "voicemail", ""),
        ("silence", "voicemail", ""),
        ("wrong_number", "wrong_number", "outcome_sorry"),
        ("no_calls", "no_calls", "outcome_no_calls"),
    ],
)
def test_who_is_not_the_citizen_hears_nothing(step: Any, result: str, prompt: str) -> None:
    line = picked_up()
    talked(line, step)
    assert [one.announce for one in line.commands if isinstance(one, ReleaseCall)] == [prompt]
    gone(line)
    assert over(line) == (result, None)
    assert line.facts(OutcomeBegan) == []


def test_words_that_cannot_be_said_are_a_person_s_task() -> None:
    line = picked_up()
    talked(line, "hear")
    talked(line, "unsaid")
    assert [one.announce for one in line.commands if isinstance(one, ReleaseCall)] == ["outcome_interrupted"]
    gone(line)
    assert over(line) == ("told_in_part", None)


def test_words_that_were_said_stay_said() -> None:
    line = told()
    talked(line, "unsaid")
    assert line.said == []


def test_one_who_hangs_up_before_a_key_was_not_told() -> None:
    line = picked_up()
    gone(line)
    assert over(line) == ("not_there", None)
    assert line.outcome(O1).outcome == "called_back"
    assert line.facts(OutcomeBegan) == []


def test_one_who_hangs_up_in_mid_words_was_told_in_part() -> None:
    line = picked_up()
    talked(line, "hear")
    gone(line)
    assert over(line) == ("told_in_part", None)


# --- deaths


def back(line: Line) -> Line:
    """The engine died and runs again; the citizen's channel is still there, and comes back by the dialplan."""
    restarted(line)
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(SeenCall(call=CallId(O1), channel=CHANNEL, callback=True),)))
    attaches(line)
    return line


def test_a_death_before_the_words_asks_again_in_the_same_call() -> None:
    line = back(picked_up())
    assert line.commands == [part("ask")]
    assert len(line.facts(CallRejoined)) == 1
    talked(line, "hear")
    assert len(line.facts(OutcomeBegan)) == 1


def test_a_death_in_mid_words_says_nothing_twice() -> None:
    line = picked_up()
    talked(line, "hear")
    line = back(line)
    assert [one.announce for one in line.commands if isinstance(one, ReleaseCall)] == ["outcome_interrupted"]
    gone(line)
    assert over(line) == ("told_in_part", None)


def test_a_death_after_the_words_asks_for_the_score() -> None:
    line = back(told())
    assert line.commands == [part("score")]


def test_a_death_after_the_score_keeps_it() -> None:
    line = told()
    talked(line, "scored", 1)
    line = back(line)
    assert line.commands == [part("remark")]
    gone(line)
    assert over(line) == ("told", 1)


def test_a_death_while_it_rings_and_the_citizen_picks_up_later() -> None:
    line = rung()
    restarted(line)
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(SeenCall(call=CallId(O1), channel=CHANNEL, callback=True),)))
    assert line.timers == {f"telling:{O1}": 1035.0}
    attaches(line)
    assert line.commands == [part("ask")]


def test_a_death_while_it_rings_and_nothing_is_left() -> None:
    line = rung()
    restarted(line)
    line.do(NodeReconciled(at=line.at, node=NODE))
    assert over(line) == ("failed", None)


def test_a_death_and_the_channel_is_gone_meanwhile() -> None:
    line = picked_up()
    talked(line, "hear")
    restarted(line)
    line.do(NodeReconciled(at=line.at, node=NODE))
    assert over(line) == ("told_in_part", None)


def test_a_session_that_breaks_is_looked_for() -> None:
    line = picked_up()
    line.do(CallDetached(at=line.at, call=CallId(O1), lost=True))
    assert f"stranded:{O1}" in line.timers


def test_a_command_without_a_session() -> None:
    line = picked_up()
    line.do(CommandFailed(at=line.at, call=CallId(O1), command="tell_outcome", error="no session"))
    assert not line.engine.state.calls[CallId(O1)].attached


def test_an_agent_s_call_about_another_outcome_is_no_automatic_one() -> None:
    line = ready_line()
    wishes(line)
    assert [type(one) for one in line.commands] == [CallBack]
