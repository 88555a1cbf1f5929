"""Transfers and consultations that do not go as they should: phones that die, callers who leave, services that take
nobody; and what an urgent caller keeps. On a running system whose phones are given up after seconds without media."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from acd.engine.model.facts import CallAnswered, CallOverflowed, CallQueued, CallTransferred, HoldBegan, TalkEnded
from bench.stack import Stack, agents_toml, until
from phones import Agent, Blind, Caller, Consult, HangUp, Press, Wait
from tests.integration import test_rules
from tests.integration.moments import unix
from tests.integration.test_deaths import asterisk_fault
from tests.integration.witnesses import journal_facts

KEYS = {"plain": "1", "ambulance": "2", "full": "3"}
SERVICES = """\
default_service = "plain"
[hours.never]
week = {}
[service.plain]
transfer_code = "0"
[service.ambulance]
class = "urgent"
opens_ticket = true
transfer_code = "4"
[service.full]
max_waiting = 1
overflow_to = "plain"
transfer_code = "1"
[service.shut]
hours = "never"
transfer_code = "2"
[service.night]
hours = "never"
closed = "overflow"
overflow_to = "plain"
transfer_code = "3"
"""
RTP_TIMEOUT_S = 3


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("trouble")
    (folder / "services.toml").write_text(SERVICES)
    menu = "".join(f'"{key}" = "{service}"\n' for service, key in KEYS.items())
    steps = "".join(f'[steps.{service}]\ntype = "choose"\nservice = "{service}"\n' for service in KEYS)
    (folder / "flow.toml").write_text(
        'start = "main"\nfallback = "plain"\n[steps.main]\ntype = "menu"\nprompts = ["greeting"]\n'
        f"[steps.main.keys]\n{menu}{steps}"
    )
    one = Stack(
        folder, agents=3, wrapup_s=0.0, ring_s=15.0, private_ring_s=2.0, rtp_timeout_s=RTP_TIMEOUT_S,
        services_file=folder / "services.toml", flow_file=folder / "flow.toml",
    )  # fmt: skip
    (folder / "agents.toml").write_text(agents_toml(one.logins), "utf-8")
    with one:
        yield one


class Line(test_rules.Line):
    """That system, and the phones of one test."""

    def calls(self, service: str, *then: Any) -> str:
        """A caller who chooses a service; their number."""
        number = f"0537{next(test_rules._numbers):07d}"
        steps = (Wait(0.3), Press(KEYS[service]), *then)
        self.caller = self.phones.call(Caller(steps=steps), numbers=[number])
        return number

    def consults(self) -> bool:
        """Whether a caller has been held for half a second while 1002 talks to whoever asks them."""
        held = [fact.at for fact in journal_facts(self.stack, HoldBegan)]
        channels = self.stack.asterisk_cli("core show channels concise").splitlines()
        talks = any(row.startswith("PJSIP/1002-") and row.split("!")[4] == "Up" for row in channels)
        return talks and bool(held) and max(held) < time.time() - 0.5

    def state(self, extension: str, *states: str) -> None:
        until(f"{extension} is {states}", lambda: self.stack.state_of(extension) in states, 60)

    def facts(self, record: dict[str, Any], kind: Any) -> list[Any]:
        return [fact for fact in journal_facts(self.stack, kind) if fact.call == record["id"]]

    def parts(self, record: dict[str, Any]) -> list[tuple[str, str]]:
        return [(fact.agent, fact.how) for fact in self.facts(record, TalkEnded)]

    def consult(self, **how: Any) -> Agent:
        """A phone that asks 1002 half a second after it picked up."""
        plan = Consult("1002", self.stack.login("1001"), after_s=0.5, **how)
        return Agent(answer_after_s=0.1, talk_s=None, transfer=plan)


@pytest.fixture
def line(stack: Stack, tmp_path: Path) -> Iterator[Line]:
    line = Line(stack, tmp_path / "phones")
    try:
        yield line
    finally:
        line.close()


def test_the_caller_hangs_up_in_mid_consult(line: Line) -> None:
    """The two agents may talk on; the caller's record ends with them, and both agents are had again."""
    line.ready("1002", phone=Agent(answer_after_s=0.1, talk_s=30.0))
    line.ready("1001", phone=line.consult(talk_s=30.0))
    line.stack.set_state("1002", "paused")
    began = time.monotonic()
    number = line.calls("plain", Wait(30.0), HangUp())
    until("1001 has asked 1002 for a while", line.consults, 60)
    line.caller.hang_up()
    record = line.ended(number)
    assert (record["outcome"], record["hangup_by"], line.parts(record)) == (
        "answered",
        "caller",
        [("1001", "answered")],
    )
    assert 0.3 < record["hold_s"] < record["talk_s"] < time.monotonic() - began
    line.state("1001", "ready")


def test_the_agents_phone_dies_in_mid_consult(line: Line) -> None:
    """Its media are missed, on both of its calls: the caller is not left on hold for ever, and the agent's state says
    that there is no phone."""
    other = line.phones.staff([line.stack.login("1002")], Agent(answer_after_s=0.0, talk_s=None))
    phone = line.phones.staff([line.stack.login("1001")], line.consult(talk_s=30.0))
    line.signed_in.add("1001")
    line.stack.set_state("1001", "ready")
    line.state("1001", "ready")
    number = line.calls("plain")
    until("1002 is asked", lambda: any(leg.answered_at for leg in other.legs()), 60)
    phone.kill()
    died_at = time.time()
    record = line.ended(number)
    assert unix(record["ended_at"]) - died_at < RTP_TIMEOUT_S + 8
    assert (record["outcome"], line.parts(record)) == ("answered", [("1001", "answered")])
    assert record["hold_s"] > 0
    line.state("1001", "unavailable")


@contextmanager
def unheard(stack: Stack) -> Iterator[None]:
    """Meanwhile the line hears nothing of Asterisk: it is thrown out, and not let in again."""
    conf = stack.data_dir / "asterisk" / "etc" / "manager.conf"
    before = conf.read_text("utf-8")
    conf.write_text(re.sub("(?m)^secret = .*$", f"secret = {'x' * 43}", before), "utf-8")
    try:
        stack.asterisk_cli("manager reload")
        for row in stack.asterisk_cli("manager show connected").splitlines()[1:-1]:
            stack.asterisk_cli(f"manager kick session {row.split()[4]}")
        until("readiness says so", lambda: asterisk_fault(stack), 60)
        yield
    finally:
        conf.write_text(before, "utf-8")
        stack.asterisk_cli("manager reload")
        stack.wait_ready(60)


@pytest.mark.parametrize(
    ("code", "service", "priority"),
    [("*84", "ambulance", "urgent"), ("", "plain", "routine")],
    ids=["asked", "not asked"],
)
def test_whoever_is_handed_over_while_the_line_hears_nothing_is_the_services_that_was_asked(
    line: Line, code: str, service: str, priority: str
) -> None:
    """Asterisk knows it by the account code of the leg that they talk by."""
    line.ready("1002", phone=Agent(answer_after_s=0.1, talk_s=None))
    phone = line.ready("1001", phone=line.consult(talk_s=None, service=code))
    line.stack.set_state("1002", "paused")
    number = line.calls("plain", Wait(60.0), HangUp())
    until("1001 has asked 1002 for a while", line.consults, 60)
    with unheard(line.stack):
        phone.go_on()
        until(
            "1001 is out of it", lambda: "PJSIP/1001-" not in line.stack.asterisk_cli("core show channels concise"), 60
        )
    line.state("1002", "talking")
    line.caller.hang_up()
    record = line.ended(number)
    assert (record["service"], record["class"], record["outcome"]) == (service, priority, "answered")
    assert line.parts(record) == [("1001", "answered"), ("1002", "attended")]
    assert record["hangup_by"] == "caller"
    (sent,) = line.facts(record, CallTransferred)
    assert (sent.to, sent.agent, sent.service) == ("talk", "1002", service)
    opened = [one for one in line.stack.get("tickets") if one["caller"] == number]
    assert [one["service"] for one in opened] == ([service] if priority == "urgent" else [])
    line.stack.set_state("1002", "offline")


@pytest.mark.parametrize(
    ("code", "service", "why"),
    [("*81", "plain", ["max_waiting"]), ("*83", "plain", ["closed"]), ("*82", "shut", [])],
    ids=["full", "closed, overflows", "closed"],
)
def test_to_a_service_that_does_not_take_everybody(line: Line, code: str, service: str, why: list[str]) -> None:
    """Where it overflows they go there; and who was in a talk is not turned away. Place and time stay."""
    phone = line.ready("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=Blind(code, None)))
    first = line.calls("plain")
    line.state("1001", "talking")
    line.stack.set_state("1001", "paused")
    other = line.calls("full")
    line.waits(other)
    phone.go_on()
    rows = line.waits(first, other)
    assert (rows[0]["service"], rows[0]["class"]) == (service, "routine")
    line.ready("1002", phone=Agent(answer_after_s=0.1, talk_s=0.5))
    record = line.ended(first)
    assert line.parts(record) == [("1001", "answered"), ("1002", "blind")]
    assert [fact.why for fact in line.facts(record, CallOverflowed)] == why
    assert record["outcome"] == "answered"
    line.ended(other)


def test_an_urgent_call_keeps_class_and_time(line: Line) -> None:
    """Sent to a routine service, they come before a routine caller and wait since they first did."""
    phone = line.ready("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("*80", None)))
    urgent = line.calls("ambulance")
    line.state("1001", "talking")
    line.stack.set_state("1001", "paused")
    routine = line.calls("plain")
    line.waits(routine)
    phone.go_on()
    rows = line.waits(urgent, routine)
    assert [(row["class"], row["service"]) for row in rows] == [("urgent", "plain"), ("routine", "plain")]
    line.ready("1002", phone=Agent(answer_after_s=0.1, talk_s=0.5))
    record = line.ended(urgent)
    (queued,), (sent,) = line.facts(record, CallQueued), line.facts(record, CallTransferred)
    assert (record["class"], sent.priority, sent.queued_at) == ("urgent", "urgent", queued.at)
    assert line.parts(record) == [("1001", "answered"), ("1002", "blind")]
    (answered,) = line.facts(record, CallAnswered)
    assert record["wait_s"] == pytest.approx(answered.at - queued.at, abs=0.002)  # to the first answer
    line.ended(routine)
