"""What happens next so that a citizen learns the outcome."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.clock.dates import ZONE, at
from tests.tickets.life import in_state
from tests.tickets.towns import TOWN
from tickets.deliveries import is_mobile
from tickets.outcome.hours import Hours, next_allowed
from tickets.outcome.plan import (
    RESULTS,
    AskPerson,
    Attempt,
    AttemptResult,
    Call,
    OutcomeRules,
    Settle,
    Step,
    Text,
    Wait,
    next_step,
)
from tickets.ticket import Ticket

TICKET = in_state("resolved")
NUMBER = TICKET.caller
RULES = OutcomeRules()
AUTOMATIC = OutcomeRules(mode="automatic")
TEN = at("2026-06-02 10:00")
HOUR = 3600.0


def step(
    *results: AttemptResult,
    ticket: Ticket = TICKET,
    when: float | None = None,
    rules: OutcomeRules = RULES,
    in_use: tuple[str, ...] = (),
    apart: float = 4 * HOUR,
    automatic: bool = False,
) -> Step:
    """The next step after attempts with these results, four hours apart, from ten o'clock on."""
    attempts = [
        Attempt(at=TEN + n * apart, number=ticket.caller, result=result, automatic=automatic)
        for n, result in enumerate(results)
    ]
    now = when if when is not None else TEN + len(results) * apart
    return next_step(ticket, attempts, now, rules, TOWN.calendar, ZONE, in_use=in_use)


def test_the_citizen_is_called_at_once_in_the_hours_of_calls() -> None:
    assert step() == Call(number=NUMBER, at=TEN, automatic=False)
    assert step(rules=AUTOMATIC) == Call(number=NUMBER, at=TEN, automatic=True)
    night = at("2026-06-02 23:00")
    assert step(when=night) == Call(number=NUMBER, at=at("2026-06-03 09:00"), automatic=False, why="hours")


def test_there_is_a_pause_between_tries_and_the_hours_count_after_it() -> None:
    assert step("no_answer", when=TEN + HOUR) == Call(number=NUMBER, at=TEN + 4 * HOUR, automatic=False, why="pause")
    assert step("no_answer") == Call(number=NUMBER, at=TEN + 4 * HOUR, automatic=False)
    late = step("no_answer", "no_answer", "failed", when=at("2026-06-02 18:10"))
    assert late == Call(number=NUMBER, at=at("2026-06-02 18:10"), automatic=False)


@pytest.mark.parametrize("result", ["no_answer", "busy", "unreachable", "voicemail", "not_there"])
def test_three_tries_and_then_it_counts_as_told_and_a_person_looks(result: AttemptResult) -> None:
    morning = at("2026-06-03 10:00")
    assert isinstance(step(result, result, when=morning), Call)
    assert step(result, result, result, when=morning) == Settle(how="attempts", publish=True, task="not_reached")


def test_another_number_of_the_citizen_has_tries_of_its_own() -> None:
    def after(*results: AttemptResult) -> Step:
        earlier = [Attempt(at=TEN, number="+905320000000", result=result) for result in results]
        return next_step(TICKET, earlier, TEN, RULES, TOWN.calendar, ZONE)

    assert after("wrong_number") == after("busy", "busy", "busy") == Call(number=NUMBER, at=TEN, automatic=False)
    assert after("told_shortly") == after("no_calls") == Call(number=NUMBER, at=TEN, automatic=False)
    assert after("calling") == Wait()
    assert after("told_in_part") == AskPerson(task="told_in_part"), "they may have heard it"
    assert after("told") == Settle(how="call")
    assert step("wrong_number") == AskPerson(task="wrong_number", publish=True)


def test_a_text_after_the_tries_where_a_gateway_is_set() -> None:
    rules = OutcomeRules(text=True)
    tried: tuple[AttemptResult, ...] = ("no_answer", "busy", "voicemail")
    morning = at("2026-06-03 10:00")
    assert step(*tried, rules=rules, when=morning) == Text(number=NUMBER, at=morning)
    night = step(*tried, rules=rules, when=at("2026-06-03 02:00"))
    assert night == Text(number=NUMBER, at=at("2026-06-03 09:00")), "nobody is woken by a text"


def test_our_own_faults_count_for_no_try_but_not_for_ever() -> None:
    soon = step("failed", "no_answer", "failed", when=TEN + 8 * HOUR + 60)
    assert soon == Call(number=NUMBER, at=TEN + 8 * HOUR + 300, automatic=False, why="pause")
    always: list[AttemptResult] = ["failed"] * 5
    assert step(*always, apart=600) == Settle(how="attempts", publish=True, task="not_reached")


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("calling", Wait()),
        ("told", Settle(how="call")),
        ("told_in_part", AskPerson(task="told_in_part")),
        ("wrong_number", AskPerson(task="wrong_number", publish=True)),
        ("declined", Settle(how="declined")),
    ],
)
def test_each_way_a_call_may_end(last: AttemptResult, expected: Step) -> None:
    assert step("no_answer", last) == expected
    assert step("no_answer", last, when=TEN + 1000 * HOUR) == expected, "and it stays so"


def test_told_by_the_line_is_said_to_be() -> None:
    assert step("told", automatic=True) == Settle(how="automatic")
    assert step("told", rules=AUTOMATIC) == Settle(how="call"), "an agent said it, whatever the rules are now"


def test_where_the_line_could_only_say_that_there_is_an_outcome_an_agent_calls_soon() -> None:
    soon = Call(number=NUMBER, at=TEN + 300, automatic=False, why="pause")
    assert step("told_shortly", rules=AUTOMATIC, automatic=True, when=TEN + 60) == soon
    assert step("told_shortly", rules=AUTOMATIC, automatic=True) == Call(
        number=NUMBER, at=TEN + 4 * HOUR, automatic=False
    )
    after = step("told_shortly", "busy", rules=AUTOMATIC, automatic=True)
    assert isinstance(after, Call), "a try of the agent's, with a pause"
    assert not after.automatic


def test_or_a_text_says_the_rest() -> None:
    rules = OutcomeRules(mode="automatic", text=True)
    assert step("told_shortly", rules=rules, automatic=True) == Text(number=NUMBER, at=TEN + 4 * HOUR)


def test_a_short_pause_is_no_longer_than_the_usual_one() -> None:
    rules = OutcomeRules(pause_s=2.0)
    assert step("failed", rules=rules, when=TEN + 1) == Call(number=NUMBER, at=TEN + 2, automatic=False, why="pause")
    assert step("failed", rules=rules, when=TEN + 2) == Call(number=NUMBER, at=TEN + 2, automatic=False)


def test_who_gave_no_number_reads_it_by_a_code() -> None:
    assert step(ticket=msgspec.structs.replace(TICKET, caller="")) == Settle(how="page", publish=True)
    assert step(ticket=msgspec.structs.replace(TICKET, contact="none")) == Settle(how="page", publish=True)


def test_who_gave_no_number_and_was_told_no_code_is_a_person_s() -> None:
    ticket = msgspec.structs.replace(TICKET, caller="")
    found = next_step(ticket, (), ticket.updated_at, OutcomeRules(), TOWN.calendar, ZONE, has_code=False)
    assert found == AskPerson(task="outcome", publish=True)


def test_who_does_not_want_calls_gets_a_text_or_reads_it() -> None:
    wants_text = msgspec.structs.replace(TICKET, contact="text")
    assert step(ticket=wants_text, rules=OutcomeRules(text=True)) == Text(number=NUMBER, at=TEN)
    assert step(ticket=wants_text) == Settle(how="page", publish=True)
    assert step(rules=OutcomeRules(mode="off")) == Settle(how="page", publish=True)
    assert step(rules=OutcomeRules(mode="off", text=True)) == Text(number=NUMBER, at=TEN)


LANDLINES = ("+902123344556", "0212 334 45 56", "4440411", "02165550000", "anonymous")


@pytest.mark.parametrize("caller", LANDLINES)
def test_a_landline_gets_no_text_and_is_told_as_without_a_gateway(caller: str) -> None:
    ticket = msgspec.structs.replace(TICKET, caller=caller)
    text = OutcomeRules(text=True)
    wants_text = msgspec.structs.replace(ticket, contact="text")
    assert step(ticket=wants_text, rules=text) == Settle(how="page", publish=True)
    assert step(ticket=ticket, rules=OutcomeRules(mode="off", text=True)) == Settle(how="page", publish=True)
    no_trunk = OutcomeRules(calls=False, text=True)
    assert step(ticket=ticket, rules=no_trunk) == AskPerson(task="outcome", publish=True)
    tried: tuple[AttemptResult, ...] = ("no_answer", "busy", "voicemail")
    not_reached = Settle(how="attempts", publish=True, task="not_reached")
    assert step(*tried, ticket=ticket, rules=text, when=at("2026-06-03 10:00")) == not_reached
    shortly = OutcomeRules(mode="automatic", text=True)
    agent = step("told_shortly", ticket=ticket, rules=shortly, automatic=True)
    assert agent == Call(number=caller, at=TEN + 4 * HOUR, automatic=False), "an agent says the rest"


@settings(derandomize=True, max_examples=400)
@given(
    st.lists(st.sampled_from(sorted(RESULTS)), max_size=6),
    st.sampled_from([*LANDLINES, NUMBER, "05321112233", "+4915112345678", ""]),
    st.sampled_from(["call", "text", "none"]),
    st.builds(
        OutcomeRules, mode=st.sampled_from(["agent", "automatic", "off"]), calls=st.booleans(), text=st.just(True)
    ),
    st.integers(0, 3 * 24).map(lambda hours: TEN + hours * HOUR),
)
def test_a_gateway_changes_what_follows_for_numbers_that_get_texts_alone(
    results: list[AttemptResult], caller: str, contact: Any, rules: OutcomeRules, when: float
) -> None:
    ticket = msgspec.structs.replace(TICKET, caller=caller, contact=contact)
    found = step(*results, ticket=ticket, rules=rules, when=when)
    without = step(*results, ticket=ticket, rules=msgspec.structs.replace(rules, text=False), when=when)
    if isinstance(found, Text):
        assert is_mobile(found.number, ())
    elif not is_mobile(caller, ()):
        assert found == without


def test_nothing_is_told_that_has_no_outcome_or_was_told() -> None:
    for state in ("new", "in_progress", "told", "closed"):
        assert step(ticket=in_state(state)) == Wait()


def test_one_call_a_number_at_a_time() -> None:
    assert step(in_use=(NUMBER,)) == Call(number=NUMBER, at=TEN, automatic=False, why="number_in_use")


def test_a_town_without_hours_publishes() -> None:
    rules = OutcomeRules(hours=Hours(open=()))
    assert step(rules=rules) == Settle(how="page", publish=True, task="not_reached")


def test_every_result_is_explained() -> None:
    assert set(RESULTS) == set(msgspec.json.schema(Attempt)["$defs"]["Attempt"]["properties"]["result"]["enum"])


RESULT = st.sampled_from(sorted(RESULTS))


@settings(derandomize=True, max_examples=400)
@given(st.lists(RESULT, max_size=30), st.sampled_from(["agent", "automatic"]), st.booleans())
def test_it_always_comes_to_an_end_and_nobody_is_called_at_night_or_after_they_were_told(
    results: list[AttemptResult], mode: Any, text: bool
) -> None:
    rules = OutcomeRules(mode=mode, text=text)
    attempts: list[Attempt] = []
    now = TEN
    for result in results:
        found = next_step(TICKET, attempts, now, rules, TOWN.calendar, ZONE)
        if not isinstance(found, Call):
            break
        if found.why:
            assert found.at > now
            now = found.at
            found = next_step(TICKET, attempts, now, rules, TOWN.calendar, ZONE)
            assert isinstance(found, Call)
            assert not found.why
        assert next_allowed(found.at, rules.hours, TOWN.calendar, ZONE) == (found.at, None)
        assert not {"told", "told_in_part", "declined", "wrong_number", "calling"} & {one.result for one in attempts}
        attempts.append(Attempt(at=now, number=found.number, result=result))
        now += 60
    assert len(attempts) <= rules.tries + 5 + 1
    if len(attempts) == len(results):
        return
    assert not isinstance(next_step(TICKET, attempts, now + 1e6, rules, TOWN.calendar, ZONE), Call)


def test_a_call_that_was_taken_back_is_no_try() -> None:
    often: tuple[AttemptResult, ...] = ("withdrawn",) * 6
    assert step(*often, apart=0, when=TEN + 1) == Call(number=NUMBER, at=TEN + 300, automatic=False, why="pause")
    assert step(*often, apart=0, when=TEN + 300) == Call(number=NUMBER, at=TEN + 300, automatic=False)


def test_without_a_trunk_a_person_tells_unless_a_text_message_can() -> None:
    no_trunk = msgspec.structs.replace(RULES, calls=False)
    assert step(rules=no_trunk) == AskPerson(task="outcome", publish=True)
    assert step(rules=msgspec.structs.replace(no_trunk, text=True)) == Text(number=NUMBER, at=TEN)
