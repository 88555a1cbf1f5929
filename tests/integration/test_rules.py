"""Who may queue, and for whom: closures, empty and full queues, skills and languages, blocked and preferred numbers,
and who knows the caller. On the real Asterisk, by a town's own services, flow and numbers; seen from outside."""

import itertools
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acd.asterisk.instance_spec import PROMPTS
from bench.capture import Capture, read_rtp
from bench.stack import Stack, agents_toml, until
from bench.voice import decode, first_of, is_audible, last_of, lasts_s
from phones import Agent, Agents, Caller, Callers, Phones, Press, Step, Wait, may_send_keys
from tests.integration.moments import unix
from tests.integration.witnesses import Scripted
from tests.services import missing

KEYS = {
    "plain": "0",
    "ambulance": "1",
    "shut": "2",
    "night": "3",
    "nobody": "4",
    "leaving": "5",
    "full": "6",
    "expert": "7",
    "patient": "9",
    "moving": "*",
}
LANGUAGE_KEY = "8"
BLOCKED, PREFERRED = "05329990001", "05329990002"
FRAME_S = 0.02

SERVICES = """\
default_service = "plain"
[hours.never]
week = {}
[service.plain]
[service.ambulance]
class = "urgent"
opens_ticket = true
relax = [{ after_s = 30.0, any_language = true }]
[service.shut]
hours = "never"
closed_prompt = "queue_wait_short"
[service.night]
hours = "never"
closed = "overflow"
overflow_to = "plain"
[service.nobody]
min_level = 9
join_empty = "release"
[service.leaving]
leave_empty = "release"
[service.moving]
leave_empty = "overflow"
overflow_to = "patient"
[service.full]
max_waiting = 1
overflow_to = "plain"
[service.expert]
min_level = 5
language = "required"
relax = [{ after_s = 1.0, level = 1 }, { after_s = 2.0, any_language = true }]
[service.patient]
max_wait_s = 1.5
"""

AGENTS = {
    "1001": 'languages = ["tr"]\n',
    "1002": 'languages = ["tr", "en"]\nskills = { expert = 7 }\nservices = ["plain", "ambulance"]\n',
    "1003": 'languages = ["tr"]\nskills = { expert = 2 }\n',
}
"""By extension, what their entry says besides: 1001 takes everything at level 1."""

_numbers = itertools.count(1)


def flow() -> str:
    menu = "".join(f'"{key}" = "{service}"\n' for service, key in KEYS.items())
    steps = "".join(f'[steps.{service}]\ntype = "choose"\nservice = "{service}"\n' for service in KEYS)
    return (
        'start = "main"\nfallback = "plain"\nlanguages = ["tr", "en"]\n[steps.main]\ntype = "menu"\n'
        f'prompts = ["greeting"]\n[steps.main.keys]\n"{LANGUAGE_KEY}" = "language"\n{menu}'
        f'[steps.language]\ntype = "language"\nswitch = {{ tr = "en", en = "tr" }}\nnext = "main"\n{steps}'
    )


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    for program in ("sipp", "dumpcap", "tshark"):
        if shutil.which(program) is None:
            missing(program)
    if not may_send_keys():
        missing("sipp's right to a raw socket (root, or setcap cap_net_raw+ep)")
    folder = tmp_path_factory.mktemp("rules")
    (folder / "services.toml").write_text(SERVICES)
    (folder / "flow.toml").write_text(flow())
    numbers = folder / "numbers.toml"
    numbers.write_text(f'blocked = ["{BLOCKED}"]\n[vip]\n"{PREFERRED}" = 60\n')
    numbers.chmod(0o600)
    one = Stack(
        folder,
        agents=3,
        wrapup_s=0.0,
        ring_s=15.0,
        empty_grace_s=0.5,
        owner_first_s=20.0,
        callback_offer_after_s=0,
        services_file=folder / "services.toml",
        flow_file=folder / "flow.toml",
        numbers_file=numbers,
    )
    entries = [agents_toml([login]) + AGENTS[login.user] for login in one.logins]
    (folder / "agents.toml").write_text("\n".join(entries), "utf-8")
    with one:
        yield one


class Line:
    """The system with the phones of one test."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack = stack
        self.phones: Phones = stack.phones(folder)
        self.signed_in: set[str] = set()

    def ready(self, *extensions: str, phone: Agent | None = None) -> Agents:
        """Phones that pick up at once and talk until the caller hangs up, and their agents on duty."""
        logins = [self.stack.login(one) for one in extensions]
        phones = self.phones.staff(logins, phone or Agent(answer_after_s=0.0, talk_s=None))
        for one in extensions:
            self.stack.set_state(one, "ready")
            self.signed_in.add(one)
            until(f"{one} is ready", lambda one=one: self.stack.state_of(one) == "ready", 60)  # type: ignore[misc]  # mypy cannot infer a default of a lambda
        return phones

    def dial(self, service: str, *then: Step, number: str = "", english: bool = False) -> str:
        """A caller who chooses a service; their number."""
        return self.call(service, *then, number=number, english=english)[0]

    def call(self, service: str, *then: Step, number: str = "", english: bool = False) -> tuple[str, Callers]:
        number = number or f"0536{next(_numbers):07d}"
        keys = (LANGUAGE_KEY if english else "") + KEYS[service]
        steps = [step for key in keys for step in (Wait(0.3), Press(key))]
        return number, self.phones.call(Caller(steps=(*steps, *then)), numbers=[number])

    def talks(self, service: str, *, number: str = "", english: bool = False) -> dict[str, Any]:
        """A caller who chooses a service and hangs up once an agent has them, or is let go; their record."""
        number, callers = self.call(service, number=number, english=english)

        def has_agent() -> bool:
            calls = [row["call"] for row in self.stack.agents().values() if row["state"] == "talking"]
            answers = [self.stack.request("GET", f"/api/v1/calls/{call}") for call in calls]
            return any(answer.status_code == 200 and answer.json()["caller"] == number for answer in answers)

        until(f"{number} talks or is let go", lambda: not callers.running or has_agent(), 60, say=self.stack.agents)
        if callers.running:
            callers.hang_up()
        return self.ended(number)

    def waits(self, *numbers: str) -> list[dict[str, Any]]:
        """These callers wait, in this order; their rows."""
        until(f"{numbers} wait", lambda: [row["caller"] for row in self.stack.queue()] == list(numbers), 60,
              say=self.stack.queue)  # fmt: skip
        return self.stack.queue()

    def ended(self, number: str, within_s: float = 60.0) -> dict[str, Any]:
        """The record of this caller's last call, once it is over."""
        return until(
            f"the call of {number} is over",
            lambda: next((row for row in self.stack.calls(limit=20) if row["caller"] == number), None),
            within_s,
            say=lambda: self.stack.calls(limit=5),
        )

    def history(self, record: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        """Steps of one kind in a call's history."""
        return [step for step in self.stack.get(f"calls/{record['id']}")["history"] if step["type"] == kind]

    def moments(self, record: dict[str, Any], kind: str) -> list[str]:
        """When the steps of one kind were in a call's history. What one event has led to was at one time."""
        return [step["at"] for step in self.history(record, kind)]

    def hung_up(self, record: dict[str, Any]) -> list[float]:
        """When the caller's channel was hung up, by Asterisk's own log; empty before."""
        return [row.at for row in self.stack.cel() if (row.event, row.uniqueid) == ("HANGUP", record["id"])]

    def after_s(self, record: dict[str, Any], kind: str) -> list[float]:
        """Seconds from when the wait began to the steps of one kind, both by the line's journal."""
        (queued,) = self.moments(record, "call_queued")
        return [unix(moment) - unix(queued) for moment in self.moments(record, kind)]

    def close(self) -> None:
        self.phones.close()
        for one in self.signed_in:
            self.stack.set_state(one, "offline")
        until("nobody waits and nobody is on duty", self._empty, 60, say=self.stack.agents)

    def _empty(self) -> bool:
        return not self.stack.queue() and {row["state"] for row in self.stack.agents().values()} == {"offline"}


@pytest.fixture
def line(stack: Stack, tmp_path: Path) -> Iterator[Line]:
    line = Line(stack, tmp_path / "phones")
    try:
        yield line
    finally:
        line.close()


# --- closed


@pytest.mark.alone
def test_who_comes_when_it_is_closed_hears_so_and_is_let_go(line: Line, tmp_path: Path) -> None:
    line.ready("1001")
    with Capture(tmp_path / "closed.pcapng", "udp") as capture:
        number, callers = line.call("shut")
        record = line.ended(number)
        callers.wait(60)
    assert (record["outcome"], record["wait_s"], record["agent"]) == ("closed", None, None)
    assert record["hangup_by"] == "system"
    packets = [p for p in read_rtp(capture.path, [callers.media_port]) if p.target == callers.media_port]
    prompt = PROMPTS / "tr" / "queue_wait_short.wav"
    said, over = first_of(packets, prompt), last_of(packets, prompt)
    assert said is not None, "the service's closed_prompt was not said"
    assert over is not None, "it was not said to its end"
    assert over - said > lasts_s(prompt) - 0.5
    (gone_at,) = until("Asterisk logs the end", lambda: line.hung_up(record), 60)
    assert max(gone_at, packets[-1].at) - over < 2.0, "then the line hangs up"
    assert not [one for one in packets if one.at > over + FRAME_S and is_audible(decode(one.body))], (
        "and no music follows"
    )


def test_what_is_closed_may_lead_elsewhere(line: Line) -> None:
    line.ready("1001")
    record = line.talks("night")
    assert (record["outcome"], record["service"], record["agent"]) == ("answered", "plain", "1001")
    assert [step["data"]["why"] for step in line.history(record, "call_overflowed")] == ["closed"]


def test_an_urgent_caller_is_never_let_go_with_nobody_on_duty(line: Line) -> None:
    number = line.dial("ambulance")
    line.waits(number)
    line.ready("1001", phone=Agent(answer_after_s=0.0, talk_s=0.3))
    record = line.ended(number)
    assert record["outcome"] == "answered"
    assert record["ticket"]


# --- nobody there, or too many


def test_with_nobody_on_duty_who_could_take_them_a_caller_may_be_let_go(line: Line) -> None:
    line.ready("1001", "1002")  # none of them knows it well enough
    record = line.ended(line.dial("nobody"))
    assert (record["outcome"], record["agent"]) == ("no_agents", None)


@pytest.mark.parametrize("how", ["paused", "unregistered"])
def test_when_the_last_one_goes_those_who_wait_are_let_go(line: Line, how: str) -> None:
    line.ready("1001")
    talking, callers = line.call("plain")
    until("1001 talks", lambda: line.stack.state_of("1001") == "talking", 60)
    number = line.dial("leaving")
    line.waits(number)
    if how == "paused":
        line.stack.set_state("1001", "paused", "meal")
    else:
        line.phones.unregister([line.stack.login("1001")])
    callers.hang_up()
    record = line.ended(number)
    assert record["outcome"] == "no_agents"
    assert line.ended(talking)["outcome"] == "answered"


def test_when_the_last_one_goes_those_who_wait_may_be_moved(line: Line) -> None:
    line.ready("1001")
    line.stack.set_state("1001", "paused", "meal")
    number = line.dial("moving")
    record = line.ended(number)  # to where they wait 1.5 s at most
    assert (record["outcome"], record["service"]) == ("timed_out", "patient")
    (overflowed_s,) = line.after_s(record, "call_overflowed")
    assert overflowed_s == Scripted(0.5)
    assert record["wait_s"] - overflowed_s == Scripted(1.5)
    assert record["wait_s"] == Scripted(0.5 + 1.5)
    assert [step["data"]["why"] for step in line.history(record, "call_overflowed")] == ["leave_empty"]


def test_a_full_queue_overflows_and_the_longest_wait_ends(line: Line) -> None:
    first = line.dial("full")
    line.waits(first)
    second = line.dial("full")
    rows = line.waits(first, second)
    assert [row["service"] for row in rows] == ["full", "plain"]
    third = line.ended(line.dial("patient"))
    assert third["outcome"] == "timed_out"
    assert third["wait_s"] == Scripted(1.5)


# --- skills


def test_who_knows_it_best_is_waited_for_and_then_less_is_asked(line: Line) -> None:
    line.ready("1003")
    at_once = line.talks("expert")
    assert (at_once["outcome"], at_once["agent"]) == ("answered", "1003")
    # 1002, who knows it well, is not on duty: nothing is waited for.
    assert line.moments(at_once, "offer_made") == line.moments(at_once, "call_queued")
    line.ready("1002")
    first, callers = line.call("expert")
    until("1002 talks", lambda: line.stack.state_of("1002") == "talking", 60)
    second = line.talks("expert")
    third = line.dial("expert", english=True)  # 1003 has no English: asked no more after two seconds
    until("1003 talks", lambda: line.stack.state_of("1003") == "talking", 60)
    (talking,) = (row for row in line.stack.agents().values() if row["extension"] == "1003")
    callers.hang_up()
    assert line.ended(first)["agent"] == "1002"
    assert (second["outcome"], second["agent"]) == ("answered", "1003")
    # While a phone that is late still rings, the next step is taken too; the offer came with the first one.
    assert [step["data"]["steps"] for step in line.history(second, "call_relaxed")][:1] == [1]
    assert line.after_s(second, "call_relaxed")[0] == Scripted(1.0)
    assert line.moments(second, "offer_made") == line.moments(second, "call_relaxed")[:1]
    assert second["wait_s"] == pytest.approx(line.after_s(second, "offer_made")[0] + second["ring_s"], abs=0.003)
    assert line.stack.get(f"calls/{talking['call']}")["caller"] == third
    line.phones.close()
    last = line.ended(third)
    first_s, second_s = line.after_s(last, "call_relaxed")
    assert first_s == Scripted(1.0)
    assert second_s == Scripted(2.0)
    assert line.moments(last, "offer_made") == line.moments(last, "call_relaxed")[1:]
    assert last["wait_s"] == pytest.approx(line.after_s(last, "offer_made")[0] + last["ring_s"], abs=0.003)


def test_the_language_of_the_caller_is_asked_of_the_agent(line: Line) -> None:
    line.ready("1001", "1002")  # 1001 is idle longer and has no English
    record = line.talks("plain", english=True)
    assert (record["agent"], record["language"]) == ("1002", "en")


def test_an_urgent_caller_has_whoever_signs_in_when_nobody_speaks_their_language(line: Line) -> None:
    """They waited out the step, while a routine caller who came later was answered at once."""
    urgent, callers = line.call("ambulance", english=True)
    line.waits(urgent)
    routine = line.dial("plain")
    line.waits(urgent, routine)
    line.ready("1001", phone=Agent(answer_after_s=0.0, talk_s=1.0))  # speaks Turkish only
    first, second = line.ended(urgent), line.ended(routine)
    assert callers.wait(60).failed == 0
    assert (first["agent"], first["language"], second["agent"]) == ("1001", "en", "1001")
    assert first["answered_at"] < second["answered_at"]
    assert [step["data"]["language"] for step in line.history(first, "call_relaxed")] == [""]
    signed_in = next(step["at"] for step in line.history(first, "call_relaxed"))
    assert signed_in < first["answered_at"]


# --- numbers


def test_a_blocked_number_reaches_nobody_but_for_what_is_urgent(line: Line) -> None:
    line.ready("1001")
    assert line.ended(line.dial("plain", number=BLOCKED))["outcome"] == "rejected"
    urgent = "+90" + BLOCKED[1:]
    assert line.talks("ambulance", number=urgent)["agent"] == "1001"


def test_a_preferred_number_is_served_earlier_but_after_what_is_urgent(line: Line) -> None:
    first = line.dial("plain")
    line.waits(first)
    line.dial("plain", number=PREFERRED)
    line.waits(PREFERRED, first)
    urgent = line.dial("ambulance")
    line.waits(urgent, PREFERRED, first)


# --- who knows them


def test_the_agent_of_the_open_ticket_is_preferred(line: Line) -> None:
    line.ready("1002", phone=Agent(answer_after_s=0.0, talk_s=0.3))
    number = line.dial("ambulance")
    opened = line.ended(number)
    assert (opened["agent"], bool(opened["ticket"])) == ("1002", True)
    line.ready("1001")
    until("1002 is ready", lambda: line.stack.state_of("1002") == "ready", 60)
    line.stack.set_state("1002", "paused", "break")
    line.stack.set_state("1002", "ready")  # 1001 has been idle longer now
    again = f"+90{number[1:]}"  # as another trunk would write it
    line.dial("plain", number=again)
    record = line.ended(again)
    assert record["agent"] == "1002"
    assert line.history(record, "agent_preferred")


# --- changed while it runs


def test_a_reload_counts_for_who_comes_next_and_a_bad_one_changes_nothing(line: Line) -> None:
    line.ready("1001")
    path = Path(str(line.stack.settings["services_file"]))
    supervisor = int((line.stack.data_dir / "supervisor.lock").read_text())

    def reload(text: str, *words: str) -> str:
        """Supervisor, line and desk say what came of it, each in its time, until these words are there."""
        output = line.stack.folder / "output"
        mark = output.stat().st_size
        path.write_text(text)
        os.kill(supervisor, signal.SIGHUP)

        def said() -> str:
            told = output.read_bytes()[mark:].decode("utf-8", "replace")
            return told if all(word in told for word in ("reload", *words)) else ""

        return until("it says what came of it", said, 60, say=lambda: output.read_bytes()[mark:])

    try:
        said = reload(SERVICES.replace('hours = "never"\nclosed_prompt', 'hours = "nver"\nclosed_prompt'), "nver")
        assert "services.toml" in said
        assert 'service.shut.hours = \\"nver\\"' in said or 'service.shut.hours = "nver"' in said
        assert line.ended(line.dial("shut"))["outcome"] == "closed"
        flow_file = Path(str(line.stack.settings["flow_file"]))
        flow_file.write_text(flow().replace('next = "main"', 'next = "mian"'))
        reload(SERVICES, "flow.toml", "mian")
        flow_file.write_text(flow())
        reload(SERVICES.replace("[hours.never]\nweek = {}", '[hours.never]\nweek = { mon-sun = "00:00-24:00" }'))
        until("it is open", lambda: line.talks("shut")["outcome"] == "answered", 60)
    finally:
        reload(SERVICES)
