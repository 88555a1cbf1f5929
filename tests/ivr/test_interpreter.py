"""The interpreter: scripts of what a caller does and hears, and that every caller comes to an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.lib.file_checks import BadFile
from ivr.flow import Flow
from ivr.interpreter import (
    Action,
    Answer,
    Choose,
    Finish,
    Found,
    Gather,
    Interpreter,
    Keys,
    LookUp,
    NoKey,
    Play,
    Record,
    SetLanguage,
)
from tests.ivr.flows import hotline, random_flow_texts, small

HOTLINE = hotline()
SPOKEN = tuple(f"digit_{digit}" for digit in "260012053")


def run(*answers: Answer, step: str = "", language: str = "tr") -> list[Action]:
    """What is done on the shipped line after these answers."""
    one = Interpreter(HOTLINE, step=step, language=language)
    actions = one.start()
    for answer in answers:
        actions = one.handle(answer)
    return actions


def test_the_main_menu_begins_with_the_urgent_key() -> None:
    record, play, gather = run()
    assert record == Record("main")
    assert isinstance(play, Play)
    assert play.prompts[:3] == ("option_urgent", "greeting", "privacy")
    assert gather == Gather(1, 2.5)


@pytest.mark.parametrize(
    ("key", "service"), [("1", "funeral"), ("2", "doctor"), ("3", "patient_transfer"), ("5", "injured_animal")]
)
def test_two_keys_bring_an_urgent_caller_to_the_queue_without_a_word_more(key: str, service: str) -> None:
    assert run(Keys("1"), Keys(key)) == [Record(service, key), Choose(service, "tr", {})]


def test_who_wants_an_ambulance_is_told_of_112() -> None:
    assert run(Keys("1"), Keys("4")) == [
        Record("ambulance", "4"),
        Play(("call_112",)),
        Choose("ambulance", "tr", {}),
    ]


def test_urgent_callers_hear_of_recording_in_one_word_and_only_where_there_is_any() -> None:
    for recording, first in ((False, "option_ambulance"), (True, "recording_short")):
        one = Interpreter(hotline(recording=recording))
        one.start()
        record, play, gather = one.handle(Keys("1"))
        assert record == Record("urgent", "1")
        assert isinstance(play, Play)
        assert play.prompts[0] == first
        assert "recording" not in play.prompts
        assert isinstance(gather, Gather)


def test_nobody_is_told_that_calls_are_recorded_where_none_are() -> None:
    notices = {"recording", "recording_short"}
    assert hotline().prompts() & notices == set()
    assert hotline(recording=True).prompts() - hotline().prompts() == notices


@pytest.mark.parametrize("answers", [(NoKey(),), (Keys("7"), Keys("*")), (Keys("0"),)])
def test_urgent_callers_who_do_not_tell_what_it_is_stay_urgent(answers: tuple[Answer, ...]) -> None:
    assert run(Keys("1"), *answers)[-1] == Choose("ambulance", "tr", {"kind": "untold"})


def test_silence_comes_to_an_agent_at_once() -> None:
    assert run(NoKey()) == [Record("agent_after_silence"), Play(("connecting",)), Choose("agent", "tr", {})]


def test_a_wrong_key_is_told_and_the_menu_said_again_then_comes_an_agent() -> None:
    play, gather = run(Keys("7"))
    assert isinstance(play, Play)
    assert play.prompts[:2] == ("wrong_key", "option_urgent")
    assert gather == Gather(1, 2.5)
    assert run(Keys("7"), Keys("#"))[-1] == Choose("agent", "tr", {})


@pytest.mark.parametrize(("key", "service"), [("2", "request"), ("0", "agent")])
def test_one_key_chooses(key: str, service: str) -> None:
    assert run(Keys(key)) == [Record(service, key), Choose(service, "tr", {})]


def test_eight_speaks_english_with_the_whole_greeting_and_eight_again_turkish() -> None:
    language, record, play, gather = run(Keys("8"))
    assert (language, record, gather) == (SetLanguage("en"), Record("main", "8"), Gather(1, 2.5))
    assert isinstance(play, Play)
    assert play.prompts[:3] == ("option_urgent", "greeting", "privacy"), "nothing was said in English yet"
    assert run(Keys("8"), Keys("2"))[-1] == Choose("request", "en", {})
    assert run(Keys("8"), Keys("8"), Keys("2"))[-1] == Choose("request", "tr", {})


def test_information_is_said_and_ends_the_call_unless_more_is_wanted() -> None:
    first, hours, more, told, gather = run(Keys("3"), Keys("1"))
    assert (first, hours) == (Record("information_hours", "1"), Play(("information_hours",)))
    assert (more, told) == (Record("information_more"), Play(("information_more",)))
    assert gather == Gather(1, 4.0)
    assert run(Keys("3"), Keys("1"), NoKey()) == [Record("informed"), Play(("goodbye",)), Finish("informed")]
    assert run(Keys("3"), Keys("1"), Keys("0"))[-1] == Choose("information", "tr", {})
    assert run(Keys("3"), Keys("0"))[-1] == Choose("information", "tr", {})
    assert run(Keys("3"), NoKey())[-1] == Choose("information", "tr", {})


def test_who_comes_back_to_the_main_menu_is_not_greeted_again() -> None:
    _, play, _ = run(Keys("3"), Keys("9"))
    assert isinstance(play, Play)
    assert play.prompts[0] == "option_urgent"


def test_a_tickets_state_is_told() -> None:
    assert run(Keys("4")) == [Record("ticket", "4"), Play(("ticket_ask",)), Gather(12, 5.0, "#")]
    assert run(Keys("4"), Keys("260012053")) == [LookUp("ticket", "260012053")]
    assert run(Keys("4"), Keys("26*001205*3#")) == [LookUp("ticket", "260012053")], "a star is a dash"
    play, record, more, gather = run(Keys("4"), Keys("260012053"), Found({"state": "in_progress"}))
    assert play == Play(("ticket_number", *SPOKEN, "ticket_in_progress"))
    assert (record, more, gather) == (Record("ticket_more"), Play(("ticket_more",)), Gather(1, 4.0))
    found = (Keys("4"), Keys("260012053"), Found({"state": "closed"}))
    assert run(*found, NoKey())[-1] == Finish("ticket_told")
    assert run(*found, Keys("0"))[-1] == Choose("ticket_status", "tr", {"ticket": "260012053"})


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"state": "assigned", "due": "2026-06-15"}, ("ticket_assigned", "ticket_due", "number_15", "month_6")),
        ({"state": "new", "due": "2026-12-31"}, ("ticket_new", "ticket_due", "number_30", "digit_1", "month_12")),
        ({"state": "new", "due": "2026-01-20"}, ("ticket_new", "ticket_due", "number_20", "month_1")),
        ({"state": "told", "done": "2026-02-03"}, ("ticket_told", "ticket_done", "digit_3", "month_2")),
        ({"state": "resolved", "due": "2026-02-03"}, ("ticket_resolved",)),
        ({"state": "accepted"}, ("ticket_accepted",)),
        ({"state": "accepted", "due": "soon"}, ("ticket_accepted",)),
        ({"state": "accepted", "due": "2026-13-01"}, ("ticket_accepted",)),
        ({"state": "accepted", "due": "2026-01-32"}, ("ticket_accepted",)),
    ],
)
def test_the_date_of_a_ticket_is_told_where_there_is_one(found: dict[str, str], said: tuple[str, ...]) -> None:
    play = run(Keys("4"), Keys("260012053"), Found(found))[0]
    assert play == Play(("ticket_number", *SPOKEN, *said))


def test_the_date_of_one_ticket_is_not_told_of_the_next() -> None:
    one = (Keys("4"), Keys("260012053"), Found({"state": "new", "due": "2026-06-15"}), Keys("1"), Keys("260012053"))
    assert run(*one, Found({"state": "new"}))[0] == Play(("ticket_number", *SPOKEN, "ticket_new"))


@pytest.mark.parametrize("answer", [Found(None), NoKey()])
def test_a_ticket_that_is_not_there_may_be_entered_again(answer: Answer) -> None:
    record, play, _ = run(Keys("4"), Keys("260000770"), answer)
    assert (record, play) == (Record("ticket_not_found"), Play(("ticket_not_found",)))
    assert run(Keys("4"), Keys("260000770"), answer, Keys("1"))[0] == Record("ticket", "1")
    assert run(Keys("4"), Keys("260000770"), answer, NoKey())[-1] == Choose(
        "ticket_status", "tr", {"ticket": "260000770"}
    )


@pytest.mark.parametrize("data", [{"state": "never heard of"}, {}])
def test_a_state_without_a_prompt_comes_to_an_agent(data: dict[str, str]) -> None:
    assert run(Keys("4"), Keys("260000770"), Found(data))[-1] == Choose("ticket_status", "tr", {"ticket": "260000770"})


@pytest.mark.parametrize("digits", ["12345678", "1234567890123", "٢٦٠٠١٢٠٥٣", "A"])
def test_what_is_no_number_is_asked_for_once_more(digits: str) -> None:
    assert run(Keys("4"), Keys(digits))[0] == Play(("ticket_wrong", "ticket_ask"))
    assert run(Keys("4"), Keys(digits), Keys(digits))[-1] == Choose("ticket_status", "tr", {})


def test_who_has_no_ticket_number_comes_to_an_agent() -> None:
    assert run(Keys("4"), NoKey())[-1] == Choose("ticket_status", "tr", {})
    assert run(Keys("4"), Keys("#"))[-1] == Choose("ticket_status", "tr", {})
    assert run(Keys("4"), Keys("*"))[-1] == Choose("ticket_status", "tr", {})


def test_a_caller_is_resumed_at_a_step_and_not_greeted_again() -> None:
    record, play, _ = run(step="main", language="en")
    assert record == Record("main")
    assert isinstance(play, Play)
    assert play.prompts[0] == "option_urgent"
    assert run(Keys("2"), step="urgent", language="en")[-1] == Choose("doctor", "en", {})
    assert run(step="doctor") == [Record("doctor"), Choose("doctor", "tr", {})]


def test_a_step_or_language_that_is_no_more_means_the_beginning() -> None:
    assert run(step="gone", language="de") == run()


def test_nothing_follows_the_end() -> None:
    one = Interpreter(HOTLINE)
    one.start()
    one.handle(NoKey())
    assert one.over
    assert one.handle(Keys("1")) == []


answers = st.one_of(
    st.builds(Keys, st.text(alphabet="0123456789*#ABCD", max_size=14)),
    st.builds(Keys, st.text(max_size=3)),
    st.just(NoKey()),
    st.builds(
        Found,
        st.none()
        | st.dictionaries(st.sampled_from(("state", "x")), st.sampled_from(("new", "closed", "resolved", ""))),
    ),
)
some_answers = st.lists(answers, min_size=1, max_size=8)


def follow(flow: Flow, script: list[Answer], step: str, language: str) -> None:
    """A caller who does this over and over comes to an end in time, and every step on the way is well formed."""
    one = Interpreter(flow, step=step, language=language)
    actions = one.start()
    for turn in range(flow.max_turns + 1):
        assert actions
        assert all(isinstance(action, Play | Record | SetLanguage) for action in actions[:-1])
        last = actions[-1]
        if isinstance(last, Choose | Finish):
            assert one.over
            return
        assert isinstance(last, Gather | LookUp)
        for action in actions:
            if isinstance(action, Record):
                resumed = Interpreter(flow, step=action.step, language=one.language).start()
                assert resumed[0] == Record(action.step), "a recorded step can be resumed"
        actions = one.handle(script[turn % len(script)])
    raise AssertionError("no end")


@given(script=some_answers, step=st.sampled_from(["", *HOTLINE.steps]), language=st.sampled_from(["tr", "en", "xx"]))
def test_any_caller_of_the_hotline_comes_to_an_end(script: list[Answer], step: str, language: str) -> None:
    follow(HOTLINE, script, step, language)


@given(text=random_flow_texts, script=some_answers)
def test_any_caller_of_any_flow_that_passes_the_checks_comes_to_an_end(text: str, script: list[Answer]) -> None:
    try:
        flow = small(text, languages=("tr", "en"))
    except BadFile:
        return
    follow(flow, script, "", "tr")


@given(text=random_flow_texts)
def test_who_never_presses_a_key_comes_to_an_agent(text: str) -> None:
    try:
        flow = small(text, languages=("tr", "en"))
    except BadFile:
        return
    one = Interpreter(flow)
    actions = one.start()
    while not one.over:
        last = actions[-1]
        actions = one.handle(Found(None) if isinstance(last, LookUp) else NoKey())
    assert isinstance(actions[-1], Choose)
