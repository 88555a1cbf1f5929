"""The checks of a flow: whatever could strand a caller is refused, with the key, the value and what is allowed."""

import pytest

from acd.lib.file_checks import BadFile
from ivr.flow import Choose, LookUp, Menu
from ivr.parse_flow import parse_flow
from tests.ivr.flows import SERVICES, catalogue_names, hotline, small
from tickets.states import STATES

DIGITS = ", ".join(f"digit_{digit}" for digit in range(10))
GOOD = """
start = "main"
fallback = "agent"

[steps.main]
type = "menu"
prompts = ["hello", "menu"]
keys = { 1 = "agent", 2 = "bye" }

[steps.bye]
type = "finish"
reason = "done"
prompts = ["bye"]

[steps.agent]
type = "choose"
service = "agent"
"""


def problems(text: str) -> list[str]:
    with pytest.raises(BadFile) as caught:
        small(text)
    return [str(problem) for problem in caught.value.problems]


def test_a_good_flow_is_read() -> None:
    flow = small(GOOD)
    main = flow.steps["main"]
    assert isinstance(main, Menu)
    assert main.keys == {"1": "agent", "2": "bye"}
    assert (main.no_key, main.wrong_key) == ("agent", "agent"), "silence and wrong keys lead to the fallback"
    assert flow.prompts() == {"hello", "menu", "bye"}


def test_the_shipped_flow_keeps_the_contract_of_its_keys() -> None:
    flow = hotline()
    main, urgent = flow.steps["main"], flow.steps["urgent"]
    assert isinstance(main, Menu)
    assert isinstance(urgent, Menu)
    assert flow.start == "main"
    assert main.keys == {
        "1": "urgent",
        "2": "request",
        "3": "information",
        "4": "ticket_own",
        "8": "language",
        "0": "agent",
    }
    chosen = {key: flow.steps[to] for key, to in urgent.keys.items() if key != "0"}
    assert {key: step.service for key, step in chosen.items() if isinstance(step, Choose)} == {
        "1": "funeral",
        "2": "doctor",
        "3": "patient_transfer",
        "4": "ambulance",
        "5": "injured_animal",
    }
    assert isinstance(chosen["4"], Choose)
    assert "call_112" in chosen["4"].prompts


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            '2 = "bye"',
            '2 = "by"',
            'small.toml: steps.main.keys.2 = "by": no such step (did you mean "bye"?); allowed: agent, bye, main',
        ),
        (
            '"menu"]',
            '"menue"]',
            'small.toml: steps.main.prompts.1 = "menue": no such prompt in the catalogue of "tr" '
            f'(did you mean "menu"?); allowed: again, bye, {DIGITS}, hello, menu, sorry',
        ),
        (
            'service = "agent"',
            'service = "agents"',
            'small.toml: steps.agent.service = "agents": no such service (did you mean "agent"?); '
            f"allowed: {', '.join(sorted(SERVICES))}",
        ),
        (
            'start = "main"',
            'start = "mian"',
            'small.toml: start = "mian": no such step (did you mean "main"?); allowed: agent, bye, main',
        ),
        (
            'fallback = "agent"',
            'fallback = "bye"',
            'small.toml: fallback = "bye": must be a step of type "choose": every dead end leads there',
        ),
        ('fallback = "agent"', "", "small.toml: fallback: is missing and has no default"),
        (
            'fallback = "agent"',
            'fallback = "agent"\nlanguages = ["tr", "de"]',
            'small.toml: languages.1 = "de": no such language; allowed: tr',
        ),
        (
            'fallback = "agent"',
            'fallback = "agent"\nmax_turn = 3',
            'small.toml: max_turn = 3: no such key (did you mean "max_turns"?); '
            "allowed: fallback, languages, max_turns, own, start, steps, when_full",
        ),
        (
            'fallback = "agent"',
            'fallback = "agent"\nwhen_full = "ful"',
            'small.toml: when_full = "ful": no such step; allowed: agent, bye, main',
        ),
        (
            'type = "finish"',
            'type = "end"',
            'small.toml: steps.bye.type = "end": no such type; '
            "allowed: ask, choose, finish, language, lookup, menu, play",
        ),
        (
            '2 = "bye" }',
            '2 = "bye", 22 = "bye" }',
            'small.toml: steps.main.keys.22 = "bye": no such telephone key; '
            "allowed: #, *, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9",
        ),
        (
            "keys = {",
            "timeout_s = 90\nkeys = {",
            "small.toml: steps.main.timeout_s = 90: must be `float` <= 30.0",
        ),
        (
            'prompts = ["bye"]',
            'prompts = ["bye"]\n[steps.lost]\ntype = "choose"\nservice = "agent"',
            "small.toml: steps.lost: can be reached from no other step: lead a key to it or remove it",
        ),
        (
            "keys = {",
            'no_key = "bye"\nkeys = {',
            'small.toml: start = "main": a caller who presses nothing ends at "bye": '
            'it must be a step of type "choose"',
        ),
    ],
)
def test_a_problem_names_key_value_and_what_is_allowed(old: str, new: str, expected: str) -> None:
    assert old in GOOD
    assert expected in problems(GOOD.replace(old, new, 1))


def test_where_callers_begin_while_the_line_is_full_need_not_be_reached_from_elsewhere() -> None:
    full = '[steps.full]\ntype = "menu"\nprompts = ["menu"]\nkeys = { 1 = "agent" }\n'
    alone = problems(GOOD + full)
    assert alone == ["small.toml: steps.full: can be reached from no other step: lead a key to it or remove it"]
    assert (
        small(GOOD.replace('fallback = "agent"', 'fallback = "agent"\nwhen_full = "full"', 1) + full).when_full
        == "full"
    )
    assert small(GOOD).when_full == ""


def test_a_key_given_twice_is_refused_with_its_line() -> None:
    [problem] = problems(GOOD.replace('type = "finish"', 'type = "finish"\ntype = "finish"'))
    assert "small.toml: not valid TOML" in problem
    assert "line 12" in problem


def test_all_problems_come_in_one_list() -> None:
    text = (
        GOOD.replace('1 = "agent"', '1 = "x"').replace('"hello"', '"y"').replace('service = "agent"', 'service = "z"')
    )
    assert [problem.split(" = ")[0] for problem in problems(text)] == [
        "small.toml: steps.main.keys.1",
        "small.toml: steps.main.prompts.0",
        "small.toml: steps.agent.service",
    ]


def test_a_missing_prompt_is_told_for_each_language() -> None:
    with pytest.raises(BadFile) as caught:
        parse_flow(
            GOOD.replace("[steps.main]", 'languages = ["tr", "en"]\n[steps.main]', 1),
            name="small",
            file="small.toml",
            prompts={"tr": {"hello", "menu"}, "en": {"hello", "bye"}},
            services=SERVICES,
        )
    assert [(problem.key, problem.value) for problem in caught.value.problems] == [
        ("steps.main.prompts.1", '"menu"'),
        ("steps.bye.prompts.0", '"bye"'),
    ]


LOOPS = """
start = "main"
fallback = "agent"
[steps.main]
type = "menu"
prompts = ["menu"]
keys = {{ 1 = "one" }}
[steps.agent]
type = "choose"
service = "agent"
{more}
"""


def test_steps_that_go_round_without_asking_are_refused() -> None:
    more = """
[steps.one]
type = "play"
prompts = ["hello"]
next = "two"
[steps.two]
type = "play"
prompts = ["hello"]
next = "one"
"""
    found = problems(LOOPS.format(more=more))
    assert "small.toml: steps.one: comes back to itself without asking the caller for anything" in found
    assert 'small.toml: steps.two: no way out: no step of type "choose" or "finish" can be reached from it' in found


def test_a_loop_from_which_no_agent_can_be_reached_is_refused() -> None:
    more = """
[steps.one]
type = "menu"
prompts = ["menu"]
keys = { 1 = "one" }
no_key = "bye"
wrong_key = "bye"
[steps.bye]
type = "finish"
reason = "done"
"""
    assert problems(LOOPS.format(more=more)) == [
        "small.toml: steps.one: a loop without an exit to an agent: lead one of its ways to a choose step"
    ]


def test_silence_that_goes_round_is_refused() -> None:
    more = """
[steps.one]
type = "menu"
prompts = ["menu"]
keys = { 1 = "agent" }
no_key = "main"
"""
    text = LOOPS.format(more=more).replace('keys = { 1 = "one" }', 'keys = { 1 = "one" }\nno_key = "one"')
    assert problems(text) == [
        'small.toml: start = "main": a caller who presses nothing goes round in a circle: no_key must lead to an agent'
    ]


def test_a_number_read_out_must_have_been_asked_for() -> None:
    found = problems(GOOD.replace('prompts = ["bye"]', 'prompts = ["{ticket}"]'))
    assert found == ['small.toml: steps.bye.prompts.0 = "{ticket}": no such field asked for; allowed: none']


def test_a_language_switch_must_know_all_languages() -> None:
    text = GOOD.replace('2 = "bye" }', '2 = "bye", 8 = "language" }') + (
        '[steps.language]\ntype = "language"\nswitch = { en = "tr" }\nnext = "main"\n'
    )
    assert problems(text) == [
        "small.toml: steps.language.switch.tr: is missing: say which language is spoken next",
        'small.toml: steps.language.switch.en = "tr": the flow is never in that language; allowed: tr',
    ]


@pytest.mark.parametrize("text", ["", "steps = 3", 'start = 1\nfallback = 2\nsteps.main = "x"', "\x00"])
def test_what_is_no_flow_at_all_is_refused(text: str) -> None:
    assert problems(text)


def test_every_prompt_of_the_shipped_flow_is_in_every_language() -> None:
    names = catalogue_names()
    assert names["tr"] == names["en"]
    assert hotline().prompts() <= names["tr"]


def test_every_state_of_a_ticket_is_told_by_a_prompt() -> None:
    step = hotline().steps["ticket_found"]
    assert isinstance(step, LookUp)
    assert {state: f"ticket_{state}" for state in STATES} == step.cases


LOOKUP = """
start = "main"
fallback = "agent"

[steps.main]
type = "ask"
prompts = ["hello"]
field = "ticket"
next = "found"

[steps.found]
type = "lookup"
kind = "ticket"
field = "ticket"
by = "state"
cases = { new = "agent", CASE = "agent" }

[steps.agent]
type = "choose"
service = "agent"
"""


@pytest.mark.parametrize(("old", "new"), [("waiting", "waiting_citizen"), ("rejected", "refused")])
def test_an_old_state_of_a_ticket_is_refused_with_its_new_name(old: str, new: str) -> None:
    assert problems(LOOKUP.replace("CASE", old)) == [
        f'small.toml: steps.found.cases.{old} = "agent": this state of a ticket is called {new} now'
    ]
    assert small(LOOKUP.replace("CASE", new)).steps["found"]


def test_a_date_is_said_where_a_look_up_gives_it_and_nowhere_else() -> None:
    text = LOOKUP.replace("CASE", "told")
    assert any("{due}" in problem for problem in problems(text.replace('["hello"]', '["hello", "{due}"]')))
    dated = text.replace('by = "state"', 'by = "state"\ndates = { due = "nothing" }')
    assert any('steps.found.dates.due = "nothing"' in problem for problem in problems(dated))
    same = text.replace('by = "state"', 'by = "state"\ndates = { ticket = "hello" }')
    assert any("is a field asked for too" in problem for problem in problems(same))


def test_a_state_that_tickets_do_not_have_is_refused() -> None:
    (problem,) = problems(LOOKUP.replace("CASE", "resolvd"))
    assert 'no such key (did you mean "resolved"?); allowed: accepted, assigned, closed' in problem
