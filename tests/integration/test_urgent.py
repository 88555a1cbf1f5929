"""What urgent callers get that others do not, on the real Asterisk: each rule once, seen from outside."""

import collections
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from acd.engine.model.facts import CallQueued, OfferMade
from acd.engine.rules.urgent import LOAD_WINDOW_S
from bench.stack import Stack, until
from phones import Agent, Agents, Caller, Callers, HangUp, Phones, Press, Step, Wait
from tests.integration.conftest import choosing
from tests.integration.witnesses import Scripted, journal_facts
from tests.services import missing

AGENT, OTHER, BACKUP = "1001", "1002", "1003"
WRAPUP_S = 120
"""After-call work of the agent on the line of one: it ends when a test ends it."""
BACKUP_AFTER_S = 4.0
TALK_S = 4.0
"""Seconds of talk of every call on the `staffed` line, where headroom follows the mean of the urgent ones."""
SAYS_URGENT: tuple[Step, ...] = tuple(step for _ in range(8) for step in (Wait(1.0), Press("9")))
"""A caller says so again and again: on a busy machine they may not be waiting yet. It counts once."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if shutil.which("sipp") is None:
        missing("sipp")
    with Stack(tmp_path_factory.mktemp("stack"), agents=1, wrapup_s=WRAPUP_S, ring_s=20) as one:
        yield one


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Two agents, one of whom is held back when the urgent load asks for it, and a third in the backup tier."""
    if shutil.which("sipp") is None:
        missing("sipp")
    rules = {"headroom": 1, "headroom_from": 2, "backup_after_s": BACKUP_AFTER_S, "wrapup_s": 0, "ring_s": 10}
    with Stack(tmp_path_factory.mktemp("staffed"), agents=3, backups=1, **rules) as one:
        yield one


@pytest.fixture
def phones(stack: Stack, tmp_path: Path) -> Iterator[Phones]:
    yield from phones_of(stack, tmp_path)


@pytest.fixture
def more_phones(staffed: Stack, tmp_path: Path) -> Iterator[Phones]:
    yield from phones_of(staffed, tmp_path)


def phones_of(stack: Stack, folder: Path) -> Iterator[Phones]:
    """Phones on a line that is empty afterwards. They take themselves off Asterisk's list as they go: an agent's next
    phone would else have the line hear, maybe when it rings already, that the one before is gone."""
    phones = stack.phones(folder)
    yield phones
    phones.close()
    phones.unregister(stack.logins)
    phones.close()
    for agent in stack.agents():
        stack.set_state(agent, "offline")
    offline = {"offline"}
    until(
        "nobody is left", lambda: not stack.queue() and {one["state"] for one in stack.agents().values()} == offline, 60
    )


def dial(phones: Phones, number: str, service: str, *then: Step) -> Callers:
    return phones.call(Caller(steps=choosing(service, *then)), count=1, rate=10, numbers=(number,))


def on_duty(stack: Stack, phones: Phones, agent: Agent) -> None:
    """The agent comes on duty. Where a caller waits already, that talk may be over before anybody looks."""
    phones.staff(stack.logins, agent)
    stack.set_state(AGENT, "ready")
    until("the agent is on duty", lambda: stack.state_of(AGENT) in ("ready", "ringing", "talking", "wrapup"), 60)


def come_on_duty(stack: Stack, phones: Phones, *extensions: str, phone: Agent) -> Agents:
    """Several agents with phones that behave so; the first is idle longest."""
    process = phones.staff([stack.login(extension) for extension in extensions], phone)
    for extension in extensions:
        stack.set_state(extension, "ready")
        until(f"{extension} is on duty", lambda one=extension: stack.state_of(one) == "ready", 60)  # type: ignore[misc]  # mypy cannot infer a default of a lambda
    return process


def waits(stack: Stack, *numbers: str) -> None:
    until(f"{numbers} wait", lambda: [row["caller"] for row in stack.queue()] == list(numbers), 60)


def ends_wrapup(stack: Stack) -> None:
    """The agent ends their after-call work."""
    until("the agent is in after-call work", lambda: stack.state_of(AGENT) == "wrapup", 60)
    stack.set_state(AGENT, "ready")


def offers(stack: Stack, number: str) -> tuple[float, list[tuple[float, str]]]:
    """Since when this caller waits, and when and why they were offered to somebody so far. It is their only call."""
    (queued,) = (fact for fact in journal_facts(stack, CallQueued) if fact.number == number)
    made = [fact for fact in journal_facts(stack, OfferMade) if fact.call == queued.call]
    return queued.at, [(fact.at, "" if fact.why is None else fact.why.chosen) for fact in made]


def answered(stack: Stack, *numbers: str) -> list[str]:
    """These callers in the order in which they were answered, once all have been."""

    def rows() -> list[str]:
        calls = [row for row in stack.calls(outcome="answered") if row["caller"] in numbers]
        return [row["caller"] for row in sorted(calls, key=lambda row: str(row["answered_at"]))]

    return until("all were answered", lambda: found if len(found := rows()) == len(numbers) else None, 120) or []


def test_after_call_work_gives_way_to_an_urgent_caller_only(stack: Stack, phones: Phones) -> None:
    on_duty(stack, phones, Agent(answer_after_s=0.0, talk_s=0.3))
    dial(phones, "05321000001", "request")
    until("the agent is in after-call work", lambda: stack.state_of(AGENT) == "wrapup", 60)
    dial(phones, "05321000002", "request")
    waits(stack, "05321000002")
    dial(phones, "05321000003", "funeral")
    assert answered(stack, "05321000003")
    queued_at, made = offers(stack, "05321000003")
    assert made == [(queued_at, "wrapup")], "at once"
    assert offers(stack, "05321000002")[1] == []
    ends_wrapup(stack)
    assert answered(stack, "05321000002", "05321000003") == ["05321000003", "05321000002"]


def test_a_ring_for_a_routine_caller_gives_way_to_an_urgent_one(stack: Stack, phones: Phones) -> None:
    on_duty(stack, phones, Agent(answer_after_s=8.0, talk_s=0.3))
    dial(phones, "05321000011", "request")
    until("the agent's phone rings", lambda: stack.state_of(AGENT) == "ringing", 60)
    dial(phones, "05321000012", "funeral")
    assert answered(stack, "05321000012")
    queued_at, made = offers(stack, "05321000012")
    assert made == [(queued_at, "ringing")], "at once"
    ends_wrapup(stack)
    assert answered(stack, "05321000011", "05321000012") == ["05321000012", "05321000011"]


def test_who_says_by_a_key_that_it_is_urgent_is_next(stack: Stack, phones: Phones) -> None:
    dial(phones, "05321000021", "request")
    waits(stack, "05321000021")
    dial(phones, "05321000022", "request", *SAYS_URGENT)
    waits(stack, "05321000022", "05321000021")
    on_duty(stack, phones, Agent(answer_after_s=0.0, talk_s=0.3))
    ends_wrapup(stack)
    assert answered(stack, "05321000021", "05321000022") == ["05321000022", "05321000021"]
    tickets = {row["caller"]: row["ticket"] for row in stack.calls(limit=2)}
    assert tickets["05321000022"]
    assert not tickets["05321000021"]


def test_an_urgent_caller_who_calls_again_has_the_place_they_had(stack: Stack, phones: Phones) -> None:
    caller = dial(phones, "05321000031", "doctor")
    waits(stack, "05321000031")
    caller.hang_up()
    dial(phones, "05321000032", "doctor")
    waits(stack, "05321000032")
    dial(phones, "05321000031", "doctor")
    waits(stack, "05321000031", "05321000032")
    on_duty(stack, phones, Agent(answer_after_s=0.0, talk_s=0.3))
    ends_wrapup(stack)
    assert answered(stack, "05321000031", "05321000032") == ["05321000031", "05321000032"]


def test_each_call_that_a_number_says_is_urgent_is_counted(stack: Stack, phones: Phones) -> None:
    number, counts = "05321000041", []
    on_duty(stack, phones, Agent(answer_after_s=0.0, talk_s=0.3))
    for _ in range(2):
        stack.set_state(AGENT, "paused", "break")
        dial(phones, number, "request", *SAYS_URGENT)
        until("they are urgent", lambda: [row["class"] for row in stack.queue()] == ["urgent"], 60)
        call = stack.queue()[0]["id"]
        stack.set_state(AGENT, "ready")
        until("the call is over", lambda: stack.state_of(AGENT) == "wrapup", 60)
        counts += until("it is recorded", partial(times_told, stack, call), 60)
    assert counts == [1, 2]


def times_told(stack: Stack, call: str) -> list[int]:
    """For the how manieth time the number of a call says that it is urgent, as its record has it: it is written after
    the agent's state is shown."""
    history = stack.get(f"calls/{call}")["history"]
    return [step["data"]["times"] for step in history if step["type"] == "call_escalated"]


def test_the_backup_tier_is_rung_for_an_urgent_caller_who_has_waited_a_while(
    staffed: Stack, more_phones: Phones
) -> None:
    come_on_duty(staffed, more_phones, BACKUP, phone=Agent(answer_after_s=0.0, talk_s=TALK_S))
    dial(more_phones, "05321000051", "request")
    waits(staffed, "05321000051")
    dial(more_phones, "05321000052", "funeral")
    assert answered(staffed, "05321000052") == ["05321000052"]
    call = next(row for row in staffed.calls() if row["caller"] == "05321000052")
    assert call["agent"] == BACKUP
    queued_at, ((offered_at, why),) = offers(staffed, "05321000052")
    assert why == "backup"
    assert offered_at - queued_at == Scripted(BACKUP_AFTER_S)
    assert call["wait_s"] >= BACKUP_AFTER_S
    until("the backup tier is idle again", lambda: staffed.state_of(BACKUP) == "ready", 60)
    waits(staffed, "05321000051")  # nobody of the backup tier is rung for anything routine
    come_on_duty(staffed, more_phones, AGENT, phone=Agent(answer_after_s=0.0, talk_s=TALK_S))
    assert answered(staffed, "05321000051") == ["05321000051"]


def test_an_agent_is_held_back_for_urgent_callers_when_their_load_asks_for_it(
    staffed: Stack, more_phones: Phones
) -> None:
    rush = round(0.75 * LOAD_WINDOW_S / TALK_S)  # urgent callers who make three quarters of an agent's load
    until_told = Agent(answer_after_s=0.0, talk_s=None)
    agents = come_on_duty(staffed, more_phones, AGENT, OTHER, phone=until_told)
    for number in ("05321000061", "05321000062"):
        dial(more_phones, number, "request")
    until("both are talked to: no load, none held back", lambda: talking(staffed) == {AGENT, OTHER}, 60)
    agents.hang_up()
    assert answered(staffed, "05321000061", "05321000062")
    agents.stop()
    more_phones.unregister(staffed.logins)

    agents = come_on_duty(staffed, more_phones, AGENT, OTHER, phone=Agent(answer_after_s=0.0, talk_s=TALK_S))
    dial(more_phones, "05321000063", "funeral")
    assert answered(staffed, "05321000063")
    agents.stop()
    more_phones.unregister(staffed.logins)
    for extension in (AGENT, OTHER):
        staffed.set_state(extension, "paused", "break")
    more_phones.call(
        Caller(steps=choosing("funeral", Wait(4.0), HangUp())),
        count=rush, rate=10, numbers=tuple(f"0533{n:07d}" for n in range(rush)),
    ).wait(120)  # fmt: skip
    until("the rush is over", lambda: not staffed.queue(), 60)
    until(
        "they have given up",
        lambda: len(staffed.calls(outcome="abandoned", **{"class": "urgent"})) > rush * 0.9,
        60,
        say=lambda: collections.Counter(row["outcome"] for row in staffed.calls()),
    )

    agents = come_on_duty(staffed, more_phones, AGENT, OTHER, phone=until_told)
    dial(more_phones, "05321000064", "request")
    until("the first is talked to", lambda: len(talking(staffed)) == 1, 60)
    dial(more_phones, "05321000065", "request")
    waits(staffed, "05321000065")
    assert len(talking(staffed)) == 1, "one is idle, and kept so"
    dial(more_phones, "05321000066", "funeral")
    until("both are talked to", lambda: talking(staffed) == {AGENT, OTHER}, 60)
    queued_at, made = offers(staffed, "05321000066")
    assert [at for at, _ in made] == [queued_at], "at once"
    assert offers(staffed, "05321000065")[1] == []
    agents.hang_up()
    assert answered(staffed, "05321000064", "05321000066")
    until("one is idle, the other is talked to", lambda: len(talking(staffed)) == 1, 60)
    agents.hang_up()
    assert answered(staffed, "05321000065", "05321000066") == ["05321000066", "05321000065"]


def talking(stack: Stack) -> set[str]:
    """The agents who talk to a caller now."""
    return {extension for extension, agent in stack.agents().items() if agent["state"] == "talking"}
