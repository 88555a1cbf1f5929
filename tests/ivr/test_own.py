"""A caller whose number is known hears of their own open request, and nothing where there is doubt."""

from typing import Any

import pytest

from ivr.interpreter import (
    OWN_WAIT_S,
    Action,
    Answer,
    AskOwn,
    Choose,
    Found,
    Gather,
    Interpreter,
    Keys,
    NoKey,
    Play,
    Record,
    SetLanguage,
    Told,
)
from ivr.own import MOST, OwnWords, answer_of, each, only_one, requests_in
from tests.ivr.flows import hotline
from tests.ivr.test_flow import problems

HOTLINE = hotline()
ROAD = {"group": "yol", "unit": "fen_isleri", "state": "in_progress", "due": "2026-06-15"}
SAID = ("own_roads", "own_fen_isleri", "own_due", "number_15", "month_6")
WORDS = OwnWords(
    about={"road": "about_road"},
    about_other="about",
    units={"works": "unit_works"},
    unit_other="unit",
    states={"new": "state_new"},
    details={"in_progress": "detail"},
    due="due",
)


def run(*answers: Answer, asks: bool = True, step: str = "") -> list[Action]:
    one = Interpreter(HOTLINE, step=step)
    one.asks_own = asks
    actions = one.start()
    for answer in answers:
        actions = one.handle(answer)
    return actions


def after_number(found: dict[str, str] | None) -> list[Action]:
    return run(Found(None), Keys("4"), Found(None), Keys("260000019"), Found(found))


def test_the_urgent_key_comes_first_then_the_request_then_the_menu() -> None:
    assert run() == [Record("main"), Play(("option_urgent", "greeting", "privacy")), AskOwn(0.0)], (
        "nobody waits for the desk"
    )
    play, gather = run(Found(answer_of([ROAD])))
    assert isinstance(play, Play)
    assert play.prompts[: len(SAID)] == SAID
    assert play.prompts[len(SAID)] == "option_request"
    assert gather == Gather(1, 2.5)


@pytest.mark.parametrize("found", [None, {}, {"count": "0"}, {"count": "٣"}, {"count": "9" * 99}, {"group1": "yol"}])
def test_without_word_of_the_desk_the_menu_is_the_usual_one(found: dict[str, str] | None) -> None:
    play, gather = run(Found(found))
    assert isinstance(play, Play)
    assert play.prompts[0] == "option_request"
    assert gather == Gather(1, 2.5)
    record, whole, last = run(asks=False)
    assert isinstance(whole, Play)
    assert (record, last) == (Record("main"), gather)
    assert whole.prompts == ("option_urgent", "greeting", "privacy", *play.prompts)


def test_of_several_requests_none_is_said_unasked() -> None:
    play, _ = run(Found(answer_of([ROAD, ROAD])))
    assert isinstance(play, Play)
    assert play.prompts[0] == "option_request"


def test_keys_are_taken_as_ever_after_it() -> None:
    assert run(Found(answer_of([ROAD])), Keys("1"))[0] == Record("urgent", "1")
    assert run(Found(answer_of([ROAD])), Keys("2"))[-1] == Choose("request", "tr", {})
    assert run(Found(answer_of([ROAD])), NoKey())[-1] == Choose("agent", "tr", {})
    again = run(Found(answer_of([ROAD])), Keys("7"))[0]
    assert isinstance(again, Play)
    assert "own_roads" not in again.prompts, "once is enough"


def test_it_is_said_in_english_too_and_not_when_a_caller_comes_back() -> None:
    language, _, greeting, ask = run(Found(None), Keys("8"))
    assert (language, greeting, ask) == (SetLanguage("en"), Play(("option_urgent", "greeting", "privacy")), AskOwn(0.0))
    back = run(Found(answer_of([ROAD])), Keys("3"), Keys("9"))
    assert not [action for action in back if isinstance(action, AskOwn)]
    assert [action for action in run(step="main") if isinstance(action, AskOwn)] == []


def test_key_four_reads_each_request_of_the_callers_own_telephone() -> None:
    """Then another one by its number."""
    assert run(Found(None), Keys("4")) == [AskOwn(OWN_WAIT_S)]
    tree = {"group": "park", "state": "new"}
    first, second, record, more, _ = run(Found(None), Keys("4"), Found(answer_of([ROAD, tree])))
    assert first == Play((*SAID[:2], "own_in_progress", *SAID[2:]))
    assert second == Play(("own_parks", "own_new"))
    assert (record, more) == (Record("ticket_more"), Play(("ticket_more",)))
    assert run(Found(None), Keys("4"), Found(answer_of([ROAD])), Keys("1"))[:2] == [
        Record("ticket", "1"),
        Play(("ticket_ask",)),
    ]


def test_the_engine_is_told_of_which_requests_the_caller_hears() -> None:
    """By numbers that are not said, after what is said of each and before the rest, in which the caller may hang up."""
    road, tree = ROAD | {"number": "26-000001-9"}, {"group": "park", "number": "26-000002-7"}
    play, told, rest, gather = run(Found(answer_of([road])))
    assert (play, told) == (Play(SAID), Told("26-000001-9", "unasked", SAID))
    assert isinstance(rest, Play)
    assert rest.prompts[0] == "option_request"
    assert isinstance(gather, Gather)
    assert not [one for one in run(Found(answer_of([road, tree]))) if isinstance(one, Told)], "none of several is said"
    asked = run(Found(None), Keys("4"), Found(answer_of([road, tree, *[road] * MOST])))
    detailed = (*SAID[:2], "own_in_progress", *SAID[2:])
    other = ("own_parks", "own_unit")
    assert asked[:7] == [
        *(Play(detailed), Told("26-000001-9", "own", detailed)),
        *(Play(other), Told("26-000002-7", "own", other)),
        *(Play(detailed), Told("26-000001-9", "own", detailed)),
        Record("ticket_more"),
    ], "no more than are read out"


def test_the_engine_is_told_of_a_request_by_number_after_its_state_and_before_the_date() -> None:
    found = {"state": "new", "number": "26-000001-9", "due": "2026-06-15"}
    said = ("ticket_number", *(f"digit_{digit}" for digit in "260000019"), "ticket_new")
    assert after_number(found) == [
        Play(said),
        Told("26-000001-9", "number", said),
        Play(("ticket_due", "number_15", "month_6")),
        Record("ticket_more"),
        Play(("ticket_more",)),
        Gather(1, 4.0),
    ]


@pytest.mark.parametrize("found", [{}, None, {"number": "26-000001-9"}, {"state": "no such", "number": "26-000001-9"}])
def test_a_caller_to_whom_nothing_is_said_of_a_request_was_told_of_none(found: dict[str, str] | None) -> None:
    """Nothing is known of it, or no words are there for its state: an agent is asked."""
    assert not [one for one in after_number(found) if isinstance(one, Told)]


@pytest.mark.parametrize("found", [None, {}])
def test_key_four_asks_for_the_number_where_nothing_is_known(found: dict[str, str] | None) -> None:
    assert run(Found(None), Keys("4"), Found(found))[1] == Play(("ticket_ask",))
    assert run(Keys("4"), asks=False)[1] == Play(("ticket_ask",))


def test_what_has_no_words_of_its_own_is_said_in_words_for_all() -> None:
    assert only_one(WORDS, [{"group": "funeral", "unit": "health", "state": "assigned"}]) == ("about", "unit")
    assert only_one(WORDS, [{}]) == ("about", "unit")
    assert only_one(WORDS, [{"group": "road", "unit": "works", "state": "new"}]) == ("about_road", "state_new")
    assert only_one(WORDS, [{"group": "road", "unit": "works", "due": "2026-99-99"}]) == ("about_road", "unit_works")
    assert only_one(WORDS, [{"due": "2026-01-02"}]) == ("about", "unit", "due", "digit_2", "month_1")
    assert each(WORDS, [{"state": "in_progress"}]) == ("about", "unit", "detail")
    assert only_one(WORDS, [{"state": "in_progress"}]) == ("about", "unit")


def test_no_more_than_three_are_read_out() -> None:
    assert each(WORDS, [{}] * 9) == ("about", "unit") * MOST


def test_an_answer_is_read_as_it_was_written() -> None:
    requests: list[dict[str, str]] = [ROAD, {"group": "park"}, {}]
    assert requests_in(answer_of(requests)) == tuple(requests)
    assert answer_of([]) is None
    assert requests_in(None) == ()


FLOW = """
start = "main"
fallback = "agent"

[own]
about_other = "hello"
unit_other = "hello"
due = "hello"

[steps.main]
type = "menu"
prompts = ["hello", "{own}", "menu"]
keys = { 1 = "mine" }

[steps.mine]
type = "lookup"
kind = "own"
otherwise = "told"
not_found = "agent"

[steps.told]
type = "play"
prompts = ["{own_all}"]
next = "agent"

[steps.agent]
type = "choose"
service = "agent"
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('about_other = "hello"', 'about_other = "helo"', 'own = "helo": no such prompt'),
        ('[own]\nabout_other = "hello"\nunit_other = "hello"\ndue = "hello"\n', "", "needs the table [own]"),
        ('due = "hello"', 'due = "hello"\nstates = { nwe = "hello" }', 'own.states.nwe = "hello": no such key'),
        ('due = "hello"', 'due = "hello"\ndetails = { wating = "hello" }', 'own.details.wating = "hello"'),
        ('kind = "own"', 'kind = "own"\nfield = "x"', "must be left out"),
        ('kind = "own"', 'kind = "own"\ncases = { new = "told" }', "must be left out"),
        ('["{own_all}"]', '["{own}"]', "may stand in the prompts of a menu only"),
        ('keys = {', 'again = ["{own}"]\nkeys = {', "may stand in the prompts of a menu only"),
        (
            'type = "lookup"\nkind = "own"\notherwise = "told"\nnot_found = "agent"',
            'type = "play"\nnext = "told"\nprompts = []',
            'needs a step of type "lookup" with kind = "own"',
        ),
        (
            'keys = { 1 = "mine" }',
            'keys = { 1 = "agent" }\nearly = { untold = "agent", prompts = ["menu"] }',
            "may not stand in a menu with early",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_the_words_is_refused(old: str, new: str, expected: str) -> None:
    assert old in FLOW
    dates: Any = [one for one in problems(FLOW.replace(old, new)) if "month_" not in one and "number_" not in one]
    assert any(expected in one for one in dates), dates


def test_the_dates_need_their_prompts() -> None:
    assert any('own = "month_1"' in one for one in problems(FLOW)), "the small catalogue has none"
