"""Callers who leave a message on a running system: it is on the disk, then on a request, and a person has the task."""

import contextlib
import itertools
import json
import sqlite3
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest

from acd.asterisk.instance_spec import PROMPTS
from acd.engine.model.message_facts import MessageOffered, MessageRefused
from bench.capture import Capture, read_rtp
from bench.stack import Stack, StackError, until
from bench.voice import heard, lasts_s
from ivr.sound import measure, spoken_s
from phones import Callers, OnWord, Phones
from phones.scenario import Caller
from tests.disk import small_disk
from tests.integration.conftest import choosing
from tests.integration.witnesses import journal_facts

_numbers = itertools.count(1)
LEAST_S = 2.0
PATIENT_S = 60.0
"""A step is waited for so long: the machine may be busy."""
AGAIN_S = 6.0
SAID_S = 3.0
"""A prompt is over so long after the time that it takes: it may begin late."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    rules: dict[str, Any] = {"message_s": 30.0, "message_least_s": LEAST_S, "messages_per_number": 1}
    with Stack(tmp_path_factory.mktemp("messages"), agents=1, **rules) as stack:
        yield stack


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A line on which requests wait for two seconds at most, and information is closed."""
    folder = tmp_path_factory.mktemp("offers")
    text = (files("acd.config") / "services.toml").read_text("utf-8")
    for service, limit in (("request", "max_wait_s = 2.0"), ("information", 'hours = "never"')):
        assert f"[service.{service}]\n" in text
        text = text.replace(f"[service.{service}]\n", f"[service.{service}]\n{limit}\n")
    (folder / "services.toml").write_text(f"{text}\n[hours.never]\nweek = {{}}\n", "utf-8")
    rules: dict[str, Any] = {"message_s": 30.0, "message_least_s": LEAST_S, "empty_grace_s": 60}
    with Stack(folder, agents=1, services_file=folder / "services.toml", **rules) as stack:
        yield stack


class Call:
    """A caller with a number of their own, who waits, unless the line asks for a message `instead`. Their words: leave
    a message (and skip how), speak, be done. `number`: they call from that one instead."""

    def __init__(
        self,
        stack: Stack,
        phones: Phones,
        speaks_s: float,
        *,
        service: str = "request",
        instead: bool = False,
        number: str = "",
    ) -> None:
        self.stack = stack
        self.caller = number or f"0532{next(_numbers):07d}"
        asks = "3" if number else "31"
        does = OnWord(("1" if instead else asks, speaks_s, "#"))
        self.phone: Callers = phones.call(Caller(steps=choosing(service, does)), numbers=[self.caller])
        what, found = ("a message is asked for", self._asked) if instead else ("the caller waits", self._waiting)
        self.id = str(self.awaits(what, found))

    def awaits(self, what: str, found: Any) -> Any:
        return until(what, found, PATIENT_S, say=lambda: (self.caller, self.steps(), self.stack.calls()[:2]))

    def _waiting(self) -> str | None:
        return next((one["id"] for one in self.stack.queue() if one["caller"] == self.caller), None)

    def refusals(self) -> list[MessageRefused]:
        """Why they may leave no message."""
        return [fact for fact in journal_facts(self.stack, MessageRefused) if fact.call == self.id]

    def _asked(self) -> str | None:
        """The call, once the line has asked for a message by itself."""
        mine = [one["event"]["call"] for one in self._entries() if one["event"].get("number") == self.caller]
        asked = {fact.call for fact in journal_facts(self.stack, MessageOffered)}
        return next((call for call in mine if call in asked), None)

    def _entries(self) -> list[dict[str, Any]]:
        """The journal."""
        with sqlite3.connect(f"file:{self.stack.data_dir / 'journal.db'}?mode=ro", uri=True) as journal:
            return [json.loads(row[0]) for row in journal.execute("SELECT body FROM entry ORDER BY seq")]

    def steps(self) -> list[str]:
        """What became of the message so far, from the journal."""
        found = [one["event"] for one in self._entries()]
        mine = [one for one in found if one["type"] == "message_talked" and one["call"] == getattr(self, "id", "")]
        return [str(one["step"]) for one in mine]

    def offered(self) -> list[str]:
        """Why they were asked for a message."""
        return [fact.why for fact in journal_facts(self.stack, MessageOffered) if fact.call == self.id]

    @property
    def recording(self) -> Path:
        return self.stack.data_dir / "messages" / f"{self.id}.wav"

    def recorded_s(self) -> float:
        return self.recording.stat().st_size / 16_000 if self.recording.exists() else 0.0

    def speaks(self, *, for_s: float) -> None:
        """They ask for it, and speak once they are recorded."""
        self.does(1, "the tone was heard", lambda: "began" in self.steps())
        self.does(2, "it is recorded", lambda: self.recorded_s() >= for_s)

    def does(self, nth: int, what: str, found: Any) -> None:
        """They do their nth thing, and this comes of it. A word of ours may be lost, and is said again after
        longer than a busy line takes: of two keys the first may be heard twice."""

        def done() -> bool:
            self.phone.press(nth)
            with contextlib.suppress(StackError):
                return bool(until(what, found, AGAIN_S))
            return False

        self.awaits(what, done)

    def hangs_up(self) -> None:
        self.phone.hang_up(*self.phone.legs())

    def ended(self) -> dict[str, Any]:
        def over() -> dict[str, Any] | None:
            return next((one for one in self.stack.calls() if one["id"] == self.id and one["ended_at"]), None)

        return dict(self.awaits("the call is over", over))

    def request(self) -> dict[str, Any]:
        """The one request of this caller, once a person has the task of hearing its message."""

        def task() -> list[Any]:
            return [one for one in self.stack.get("tasks", kind="hear_message") if one["number"] in self._numbers()]

        [found] = self.awaits("a person is to hear it", task)
        assert self._numbers() == [found["number"]]
        return dict(self.stack.get(f"tickets/{found['number']}"))

    def _numbers(self) -> list[str]:
        return [one["number"] for one in self.stack.get("tickets", caller=self.caller)]

    def heard(self) -> bytes:
        """The content of the request's one file."""
        ticket = self.request()
        [file] = ticket["files"]
        assert (file["kind"], file["media_type"], file["about"]) == ("audio", "audio/wav", "request")
        token = (self.stack.data_dir / "token").read_text().strip()
        url = f"{self.stack.url}/api/v1/tickets/{ticket['number']}/files/{file['id']}"
        answer = httpx.get(url, headers={"authorization": f"Bearer {token}"}, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.content


@pytest.fixture
def phones(system: Stack, tmp_path: Path) -> Iterator[Phones]:
    with phones_of(system, tmp_path / "phones") as phones:
        yield phones


@pytest.fixture
def other_phones(limited: Stack, tmp_path: Path) -> Iterator[Phones]:
    with phones_of(limited, tmp_path / "phones") as phones:
        yield phones


@contextlib.contextmanager
def phones_of(stack: Stack, folder: Path) -> Iterator[Phones]:
    """Phones that call a line, until it is empty again."""
    phones = stack.phones(folder)
    try:
        yield phones
    finally:
        stack.wait_ready()
        phones.close()
        until("the line is empty", lambda: "0 active channels" in stack.asterisk_cli("core show channels count"), 60)


def test_a_message_becomes_a_request_whose_number_is_said_while_the_caller_is_there(
    system: Stack, phones: Phones, tmp_path: Path
) -> None:
    call = Call(system, phones, 4.0)
    call.speaks(for_s=3.0)
    assert call.id not in [one["id"] for one in system.queue()]
    call.does(3, "the message is kept", lambda: "kept" in call.steps())
    ticket = call.request()
    call.hangs_up()  # they need not hear the whole number
    record = call.ended()
    assert (record["outcome"], call.steps()[:2]) == ("message_left", ["began", "kept"])
    assert (ticket["state"], ticket["topic"], ticket["unit"], ticket["caller"]) == ("new", None, None, call.caller)
    assert (ticket["call"], [one["how"] for one in ticket["calls"]]) == (call.id, ["opened"])
    assert ticket["files"][0]["at"] < record["ended_at"]
    heard = tmp_path / "heard.wav"
    heard.write_bytes(call.heard())
    assert 2.5 < spoken_s(heard) < 4.5
    assert -12 < measure(heard).level_db < 0  # the caller's tone is loud
    call.awaits("the recording is nowhere else", lambda: not call.recording.exists())


def test_a_dead_line_cuts_nobody_short_and_a_hang_up_ends_the_message(system: Stack, phones: Phones) -> None:
    call = Call(system, phones, 20.0)
    call.speaks(for_s=1.0)
    system.kill_daemon()
    system.wait_ready()
    before = call.recorded_s()
    call.awaits("the caller is recorded still", lambda: call.recorded_s() > before + 1)
    call.hangs_up()
    assert call.ended()["outcome"] == "message_left"
    assert len(call.heard()) > 16_000 * (before + 1)


def test_a_dead_desk_loses_no_message(system: Stack, phones: Phones) -> None:
    call = Call(system, phones, 4.0)
    call.speaks(for_s=LEAST_S + 0.5)
    system.kill_desk()
    call.does(3, "the message is kept", lambda: "kept" in call.steps())
    call.hangs_up()
    system.wait_ready()
    assert call.ended()["outcome"] == "message_left"
    assert len(call.request()["files"]) == 1


def test_whoever_says_nothing_is_asked_once_more_and_has_left_none(system: Stack, phones: Phones) -> None:
    call = Call(system, phones, 4.0)
    call.does(1, "the tone was heard", lambda: "began" in call.steps())
    call.does(3, "they are asked once more", lambda: call.steps().count("began") == 2)
    call.hangs_up()
    assert call.ended()["outcome"] == "abandoned"
    assert call.steps() == ["began", "began", "none"]
    call.awaits("the recording is destroyed", lambda: not call.recording.exists())
    assert system.get("tickets", caller=call.caller) == []


def test_a_number_that_has_left_its_messages_is_told_so_and_waits_on(
    system: Stack, phones: Phones, tmp_path: Path
) -> None:
    first = Call(system, phones, 4.0)
    first.speaks(for_s=3.0)
    first.does(3, "the message is kept", lambda: "kept" in first.steps())
    first.hangs_up()
    assert first.ended()["outcome"] == "message_left"
    sound = PROMPTS / "tr" / "message_enough.wav"
    with Capture(tmp_path / "said.pcapng", "udp") as capture:
        again = Call(system, phones, 4.0, number=first.caller)
        again.does(1, "they may leave none", again.refusals)
        again.awaits("it is said to its end", lambda: time.time() > again.refusals()[-1].at + lasts_s(sound) + SAID_S)
        assert again.id in [one["id"] for one in system.queue()]
        media = again.phone.media_port
        again.hangs_up()
    assert (again.ended()["outcome"], again.offered(), again.steps()) == ("abandoned", [], [])
    stream = [one for one in read_rtp(capture.path, [media]) if one.target == media]
    refused = len(again.refusals())  # a key that was pressed again is refused again, and may cut what is being said
    assert 1 <= len(heard(stream, {"message_enough": sound})) <= refused
    assert f'cozum_messages_refused_total{{reason="per_number"}} {refused}.0' in system.metrics().splitlines()
    assert first.caller not in system.metrics()
    assert len(system.get("tickets", caller=first.caller)) == 1


def test_on_a_full_disk_the_caller_is_told_and_waits_on(system: Stack, phones: Phones) -> None:
    with small_disk(system.data_dir / "messages", 2):
        call = Call(system, phones, 4.0)
        call.does(1, "it could not be recorded", lambda: "failed" in call.steps())
        call.awaits("they wait again", lambda: call.id in [one["id"] for one in system.queue()])
        call.hangs_up()
        assert call.ended()["outcome"] == "abandoned"
        assert set(call.steps()) == {"failed"}


@pytest.mark.alone
def test_the_caller_hears_the_number_of_their_request_and_the_line_says_goodbye(
    system: Stack, phones: Phones, tmp_path: Path
) -> None:
    """The desk has a second to say the number."""
    with Capture(tmp_path / "said.pcapng", "udp") as capture:
        call = Call(system, phones, 4.0)
        call.speaks(for_s=3.0)
        call.does(3, "the message is kept", lambda: "kept" in call.steps())
        call.awaits("all is said", lambda: "said" in call.steps())
        record = call.ended()
    assert (record["outcome"], record["hangup_by"], call.offered()) == ("message_left", "system", ["asked"])
    number = call.request()["number"]
    sounds = ("message_kept", "ticket_number", "goodbye", *(f"digit_{digit}" for digit in range(10)))
    stream = [one for one in read_rtp(capture.path, [call.phone.media_port]) if one.target == call.phone.media_port]
    words = [word for _, word in heard(stream, {word: PROMPTS / "tr" / f"{word}.wav" for word in sounds})]
    digits = [f"digit_{letter}" for letter in number if letter.isdecimal()]
    assert words == ["message_kept", "ticket_number", *digits, "goodbye"]


def test_a_caller_who_may_wait_no_longer_is_asked_for_a_message_before_the_line_lets_them_go(
    limited: Stack, other_phones: Phones
) -> None:
    call = Call(limited, other_phones, 4.0, instead=True)
    assert call.offered() == ["timed_out"]
    call.awaits("they wait no longer", lambda: call.id not in [one["id"] for one in limited.queue()])
    call.speaks(for_s=3.0)
    call.does(3, "the message is kept", lambda: "kept" in call.steps())
    record = call.ended()
    assert (record["outcome"], record["hangup_by"], record["service"]) == ("message_left", "system", "request")
    assert record["wait_s"] >= 2.0
    ticket = call.request()
    assert (ticket["call"], ticket["state"], len(ticket["files"])) == (call.id, "new", 1)


def test_a_caller_who_leaves_none_is_let_go_as_without_the_offer(limited: Stack, other_phones: Phones) -> None:
    call = Call(limited, other_phones, 4.0, instead=True)
    call.does(1, "the tone was heard", lambda: "began" in call.steps())
    call.does(3, "they are asked once more", lambda: call.steps().count("began") == 2)
    call.does(3, "there is none", lambda: "none" in call.steps())
    record = call.ended()
    assert (record["outcome"], record["hangup_by"]) == ("timed_out", "system")
    assert limited.get("tickets", caller=call.caller) == []


def test_a_caller_of_a_closed_service_leaves_a_message_without_waiting(limited: Stack, other_phones: Phones) -> None:
    call = Call(limited, other_phones, 4.0, service="information", instead=True)
    assert call.offered() == ["closed"]
    call.speaks(for_s=3.0)
    call.hangs_up()
    record = call.ended()
    assert (record["outcome"], record["hangup_by"], record["wait_s"]) == ("message_left", "caller", None)
    ticket = call.request()
    assert (ticket["call"], ticket["kind"], ticket["service"]) == (call.id, "request", "information")
    assert len(call.heard()) > 16_000 * 2
