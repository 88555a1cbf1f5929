"""An agent's phone rings from the moment a caller says that it is urgent, on the real Asterisk: what the caller hears,
what each key does, and how soon the two talk."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from acd.asterisk.instance_spec import PROMPTS
from acd.engine.model.facts import CallQueued, KindChanged, OfferEnded, OfferMade, ServiceNamed
from bench.capture import Capture, read_rtp
from bench.stack import Stack, agents_toml, until
from bench.statistics import quantile
from bench.voice import heard, lasts_s
from phones import Agent, Caller, Callers, Phones, Press, Step, Wait
from tests.integration.witnesses import EARLY_S, Observer, journal_facts
from tests.services import missing

MENU = (
    "call_112", "option_ambulance", "option_funeral", "option_doctor", "option_patient_transfer",
    "option_injured_animal",
)  # fmt: skip
REACTION_S = 0.2
GREETED_S = round(lasts_s(PROMPTS / "tr" / "option_urgent.wav") + REACTION_S, 2)
"""A caller has heard which key says that it is urgent, and presses it."""
KNOWS_S = 0.3
"""A caller knows that key."""
CALLERS, AGENTS = 20, 6
AMBULANCE, FUNERAL = "1007", "1008"
"""They take nothing else."""
PICKS_UP_S = 1.0
P50_S, P95_S = 5.0, 7.0
"""From the line's answer to a person who lets it ring for that long."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    for program in ("sipp", "dumpcap", "tshark"):
        if shutil.which(program) is None:
            missing(program)
    folder = tmp_path_factory.mktemp("early")
    stack = Stack(folder, agents=AGENTS + 2, wrapup_s=0, ring_s=14, max_misses=1, urgent_calls_per_hour=0)
    agents = agents_toml(stack.logins)
    for extension, service in ((AMBULANCE, "ambulance"), (FUNERAL, "funeral")):
        agents = agents.replace(
            f'extension = "{extension}"\n', f'extension = "{extension}"\nservices = ["{service}"]\n'
        )
    (folder / "agents.toml").write_text(agents, "utf-8")
    with stack:
        yield stack


@pytest.fixture
def phones(stack: Stack, tmp_path: Path) -> Iterator[Phones]:
    phones = stack.phones(tmp_path)
    yield phones
    phones.close()
    phones.unregister(stack.logins)  # the next phone of an agent comes to a line that knows of none
    phones.close()
    for extension in stack.agents():
        stack.set_state(extension, "offline")
    until(
        "nobody is left",
        lambda: not stack.queue() and {one["state"] for one in stack.agents().values()} == {"offline"},
        60,
    )


def is_ready(stack: Stack, extension: str) -> bool:
    return stack.state_of(extension) == "ready"


def both_talk(stack: Stack, *extensions: str) -> bool:
    return {stack.state_of(extension) for extension in extensions} == {"talking"}


def on_duty(stack: Stack, phones: Phones, phone: Agent, *extensions: str) -> None:
    """Agents whose phones behave so; the first is idle longest."""
    phones.staff([stack.login(extension) for extension in extensions], phone)
    for extension in extensions:
        stack.set_state(extension, "ready")
        until(f"{extension} is ready", partial(is_ready, stack, extension), 60)


def says_urgent(phones: Phones, number: str, *then: Step) -> Callers:
    """A caller who knows the first key, and then does what is said."""
    return phones.call(Caller(steps=(Wait(KNOWS_S), Press("1"), *then)), numbers=(number,))


def call_of(stack: Stack, number: str) -> dict[str, Any]:
    """The row of a caller's call, once it is over."""

    def row() -> dict[str, Any] | None:
        return next((one for one in stack.calls() if one["caller"] == number), None)

    return until(f"{number}'s call is over", row, 60) or {}


def named(stack: Stack, call: str) -> list[tuple[str, dict[str, str], bool]]:
    """What the call was known to be about, in order, and whether a request was due for it."""
    facts = [fact for fact in journal_facts(stack, ServiceNamed) if fact.call == call]
    return [(fact.service, fact.fields, fact.opens_ticket) for fact in facts]


def services_of(stack: Stack, number: str) -> list[str]:
    """What a number's calls were known to be about so far."""
    calls = {fact.call for fact in journal_facts(stack, CallQueued) if fact.number == number}
    return [fact.service for fact in journal_facts(stack, ServiceNamed) if fact.call in calls]


def rung(stack: Stack, number: str, *extensions: str) -> None:
    """Wait until these agents have been rung for a caller, one after the other. How long they ring does not matter."""

    def have() -> bool:
        calls = {fact.call for fact in journal_facts(stack, CallQueued) if fact.number == number}
        return [fact.agent for fact in journal_facts(stack, OfferMade) if fact.call in calls] == [*extensions]

    until(f"{extensions} were rung for {number}", have, 60)


@pytest.mark.alone  # it measures how soon
def test_an_urgent_caller_talks_to_a_person_within_five_seconds(stack: Stack, phones: Phones) -> None:
    everyone = [str(1001 + n) for n in range(AGENTS)]
    on_duty(stack, phones, Agent(answer_after_s=PICKS_UP_S, talk_s=1.0), *everyone)
    numbers = tuple(f"053240000{n:02d}" for n in range(CALLERS))
    steps = (Wait(GREETED_S), Press("1"), Wait(1.0), Press("4"))
    assert phones.call(Caller(steps=steps), count=CALLERS, rate=1.0, numbers=numbers).wait(60).failed == 0
    rows = [call_of(stack, number) for number in numbers]
    assert {row["outcome"] for row in rows} == {"answered"}
    delays = sorted(row["answer_delay_s"] for row in rows)
    waits = sorted(row["wait_s"] for row in rows)
    p50, p95 = quantile(delays, 0.5), quantile(delays, 0.95)
    print(f"answer to person, s: p50 {p50} p95 {p95} max {delays[-1]}; key to person p50 {quantile(waits, 0.5)}")
    assert p50 <= P50_S, delays
    assert p95 <= P95_S, delays
    assert {row["service"] for row in rows} == {"ambulance"}


@pytest.mark.alone  # it measures what Asterisk plays, to a few tenths of a second
def test_the_menu_is_heard_whole_while_the_phone_rings_and_a_key_says_the_kind(
    stack: Stack, phones: Phones, tmp_path: Path
) -> None:
    on_duty(stack, phones, Agent(answer_after_s=9.0, talk_s=0.5), "1001")
    with Capture(tmp_path / "menu.pcapng", "udp") as capture:
        caller = says_urgent(phones, "05324100001", Wait(4.0), Press("1"))
        rung(stack, "05324100001", "1001")
        row = call_of(stack, "05324100001")
    stream = [packet for packet in read_rtp(capture.path, [caller.media_port]) if packet.target == caller.media_port]
    said = heard(stream, {name: PROMPTS / "tr" / f"{name}.wav" for name in MENU})
    assert tuple(name for _, name in said) == MENU, "in this order, and once"
    assert said[-1][0] - said[0][0] <= 6.5
    assert (row["service"], row["agent"], row["outcome"]) == ("funeral", "1001", "answered")
    assert row["ring_s"] == row["wait_s"], "the wait begins with the key, and so does the ring"
    assert named(stack, row["id"]) == [("ambulance", {"kind": "untold"}, False), ("funeral", {}, True)]
    ticket = stack.get(f"tickets/{row['ticket']}")
    assert (ticket["service"], ticket["fields"]) == ("funeral", {})


def test_a_key_counts_in_the_talk_and_without_one_it_stays_untold(stack: Stack, phones: Phones) -> None:
    on_duty(stack, phones, Agent(answer_after_s=0.0, talk_s=None), "1001", "1002")
    callers = [says_urgent(phones, "05324200001", Wait(2.0), Press("2")), says_urgent(phones, "05324200002")]
    until("both talk", lambda: both_talk(stack, "1001", "1002"), 60, say=stack.agents)
    until("the kind is told", lambda: "doctor" in services_of(stack, "05324200001"), 60)
    for caller in callers:
        caller.hang_up()
    told, untold = call_of(stack, "05324200001"), call_of(stack, "05324200002")
    assert named(stack, told["id"])[1:] == [("doctor", {}, True)]
    assert named(stack, untold["id"])[1:] == [("ambulance", {"kind": "untold"}, True)]
    assert (told["service"], untold["service"]) == ("doctor", "ambulance")
    assert stack.get(f"tickets/{untold['ticket']}")["fields"] == {"kind": "untold"}

    answer = stack.request("POST", f"/api/v1/calls/{untold['id']}/kind", body={"service": "patient_transfer"})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"id": untold["id"], "service": "patient_transfer", "class": "urgent"}
    until("the row says so", lambda: call_of(stack, "05324200002")["service"] == "patient_transfer", 60)
    ticket = stack.get(f"tickets/{untold['ticket']}")
    assert (ticket["service"], ticket["fields"]) == ("patient_transfer", {})
    assert len([one for one in stack.get("tickets") if one["call"] == untold["id"]]) == 1
    for body, status in (({"service": "request"}, 409), ({"service": "nothing"}, 409), ({}, 422)):
        assert stack.request("POST", f"/api/v1/calls/{untold['id']}/kind", body=body).status_code == status
    assert stack.request("POST", "/api/v1/calls/nobody/kind", body={"service": "doctor"}).status_code == 404


@pytest.mark.parametrize(("number", "answer_after_s"), [("05324600001", 9.0), ("05324600002", 0.0)])
def test_the_last_of_two_kinds_counts_during_the_ring_and_in_the_talk_and_the_one_request_has_it(
    stack: Stack, phones: Phones, number: str, answer_after_s: float
) -> None:
    on_duty(stack, phones, Agent(answer_after_s=answer_after_s, talk_s=None), "1001")
    changed_before = len(journal_facts(stack, KindChanged))
    caller = says_urgent(phones, number, Wait(2.0), Press("1"), Wait(2.0), Press("2"))
    until("the kind is changed", lambda: len(journal_facts(stack, KindChanged)) > changed_before, 60)
    until("they talk", lambda: stack.state_of("1001") == "talking", 60)
    caller.hang_up()
    row = call_of(stack, number)
    assert (row["service"], row["agent"], row["outcome"]) == ("doctor", "1001", "answered")
    assert named(stack, row["id"]) == [("ambulance", {"kind": "untold"}, False), ("funeral", {}, True)]
    changed = [fact for fact in journal_facts(stack, KindChanged) if fact.call == row["id"]]
    assert [(fact.service, fact.key) for fact in changed] == [("doctor", "2")]
    ticket = stack.get(f"tickets/{row['ticket']}")
    assert (ticket["service"], ticket["fields"]) == ("doctor", {})
    assert len([one for one in stack.get("tickets") if one["call"] == row["id"]]) == 1


def test_an_agent_who_does_not_take_the_kind_is_exchanged_without_a_miss(stack: Stack, phones: Phones) -> None:
    on_duty(stack, phones, Agent(answer_after_s=None), AMBULANCE)
    on_duty(stack, phones, Agent(answer_after_s=1.0, talk_s=0.5), FUNERAL)
    says_urgent(phones, "05324300001", Wait(1.5), Press("1"))
    rung(stack, "05324300001", AMBULANCE, FUNERAL)
    until("the first is ready again", lambda: stack.state_of(AMBULANCE) == "ready", 60)
    row = call_of(stack, "05324300001")
    assert (row["agent"], row["service"], row["outcome"]) == (FUNERAL, "funeral", "answered")
    results = [fact.result for fact in journal_facts(stack, OfferEnded) if fact.call == row["id"]]
    assert results == ["exchanged", "answered"]
    assert stack.agents()[AMBULANCE]["state"] == "ready", "with max_misses = 1 a miss would have set them aside"


def test_who_hangs_up_in_the_menu_frees_the_agent_and_has_no_request(stack: Stack, phones: Phones) -> None:
    on_duty(stack, phones, Agent(answer_after_s=None), "1001")
    with Observer(stack) as observer:
        caller = says_urgent(phones, "05324400001")
        rung(stack, "05324400001", "1001")
        caller.hang_up()
        until("the agent is ready again", lambda: stack.state_of("1001") == "ready", 60)
        row = call_of(stack, "05324400001")
        gone_at = until("AMI tells of the end", lambda: observer.times().ends.get(row["id"]), 60)
    assert (row["outcome"], row["class"], row["ticket"]) == ("abandoned", "urgent", None)
    (leg,) = caller.legs()
    (key_at,) = (fact.at for fact in journal_facts(stack, CallQueued) if fact.call == row["id"])
    assert leg.answered_at is not None
    assert leg.ended_at is not None
    assert key_at >= leg.answered_at + KNOWS_S - EARLY_S
    (logged_at,) = (one.at for one in stack.cel() if (one.uniqueid, one.event) == (row["id"], "HANGUP"))
    least_s, most_s = min(leg.ended_at, logged_at) - key_at, gone_at - key_at  # each of them may have noted it late
    assert least_s - EARLY_S <= row["wait_s"] <= most_s + EARLY_S, "from the key until they hung up"


def test_who_finds_nobody_free_hears_the_menu_and_is_rung_for_when_one_is(stack: Stack, phones: Phones) -> None:
    says_urgent(phones, "05324500001", Wait(2.0), Press("3"))
    until("the kind is known", lambda: [row["service"] for row in stack.queue()] == ["patient_transfer"], 60)
    on_duty(stack, phones, Agent(answer_after_s=0.5, talk_s=0.5), "1001")
    row = call_of(stack, "05324500001")
    assert (row["service"], row["outcome"], row["agent"]) == ("patient_transfer", "answered", "1001")
