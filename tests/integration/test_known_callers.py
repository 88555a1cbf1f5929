"""A caller who rings is known, on the real Asterisk: they hear of their one open request after the urgent key while the
desk is there, and the plain menu where it is not. A caller who sends another's number learns nothing of a person."""

import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from acd.asterisk.instance_spec import PROMPTS
from acd.engine.model.facts import CallEntered
from bench.capture import Capture, read_rtp
from bench.stack import Stack, until
from bench.voice import frames_of, heard, is_audible, lasts_s
from ivr.catalogue import load_catalogues
from phones import Agent, Caller, Callers, HangUp, Phones, Press, Wait
from tests.integration.witnesses import journal_facts
from tests.services import missing

ROOT = Path(__file__).parents[2]
_numbers = itertools.count(1)
MENU = ("option_urgent", "greeting", "privacy", "option_request", "option_information", "option_ticket_status")
OWN = (
    "own_request", "own_roads", "own_parks", "own_unit", "own_fen_isleri", "own_park_ve_bahceler", "own_assigned",
    "own_due", "ticket_ask", "ticket_more",
)  # fmt: skip
PROMPT_GAP_S = 0.4
"""Between two prompts on a slow machine; less than a person takes for a question."""
FRAME_S = 0.02
LISTENS_S = 22.0
"""A caller who listens for so long has heard all of `MENU`, on a busy machine too, and may hear more."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    for program in ("sipp", "dumpcap", "tshark"):
        if shutil.which(program) is None:
            missing(program)
    with Stack(tmp_path_factory.mktemp("known"), agents=3, wrapup_s=0.0, heartbeat_s=120) as stack:
        yield stack


def understood(capture: Capture, callers: list[Callers]) -> list[list[tuple[float, str]]]:
    """What each of these callers heard."""
    prompts = {name: PROMPTS / "tr" / f"{name}.wav" for name in (*MENU, *OWN)}
    packets = read_rtp(capture.path, [caller.media_port for caller in callers])
    return [heard([one for one in packets if one.target == caller.media_port], prompts) for caller in callers]


class House:
    """The system, and callers with numbers of their own."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        self.phones: Phones = stack.phones(folder / "phones")
        self.number = f"0533{next(_numbers):07d}"
        self.ended: Counter[str] = Counter()

    def opens(self, topic: str, caller: str = "") -> str:
        """A request of this number, or of another caller's, as an agent wrote it down; its number."""
        token = (self.stack.data_dir / "token").read_text().strip()
        body = {"service": "request", "topic": topic, "district": "esenkent", "text": "Işık Sokak"}
        answer = httpx.post(
            f"{self.stack.url}/api/v1/tickets",
            headers={"authorization": f"Bearer {token}"},
            json={"caller": f"+9{caller or self.number}", **body},
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["number"])

    def dials(self, *steps: Wait | Press, number: str = "", from_header: str = "") -> Callers:
        """Let a caller dial, who listens: without steps until the ticket option has been said."""
        script = Caller(steps=(*(steps or (Wait(LISTENS_S),)), HangUp()), from_header=from_header)
        return self.phones.call(script, numbers=[number or self.number])

    def hears(self, *steps: Wait | Press, before: Callable[[], object] = list) -> list[tuple[float, str]]:
        """What a caller hears, each with its second. `before` is done when all is there but their call."""
        with Capture(self.folder / "heard.pcapng", "udp") as capture:
            before()
            caller = self.dials(*steps)
            assert caller.wait(120).failed == 0
        return understood(capture, [caller])[0]

    def last_call(self, number: str) -> dict[str, Any]:
        """The record of this number's newest call, once it is over and counted."""

        def over() -> list[dict[str, Any]]:
            rows = [one for one in self.stack.calls() if one["caller"] == number]
            return rows if len(rows) > self.ended[number] else []

        found = until("the call is over", over, 60) or []
        self.ended[number] = len(found)
        return dict(found[0])


@pytest.fixture
def house(stack: Stack, tmp_path: Path) -> Iterator[House]:
    house = House(stack, tmp_path)
    try:
        yield house
    finally:
        house.phones.close()
        stack.wait_ready()
        for extension in stack.agents():
            stack.set_state(extension, "offline")
        until("nobody is on the line", lambda: not stack.queue(), 60)


NUMBERS: dict[str, tuple[str, list[str]]] = {}
"""Telephone number and requests of each caller of `side_by_side`."""


def cozum(stack: Stack, *words: str) -> str:
    """What the command prints."""
    command = [sys.executable, "-m", "acd.cli", *words]
    environment = Stack.environment(stack.settings | {"data_dir": stack.data_dir})
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def names(said: list[tuple[float, str]]) -> list[str]:
    return [name for _, name in said]


SECRET = ("gurultu", "siddet", "yol_cukuru")
"""Topics of a report about somebody, a complaint and a danger: not even counted for who sends a number."""
HOSTILE = (
    "<sip:anonymous@anonymous.invalid>",
    '"\' OR 1=1 --" <sip:0533%27%20OR%20%271%27%3D%271@127.0.0.1>',
    "<sip:{number}%0d%0aX@127.0.0.1>",
    "<sip:+49{tail}@127.0.0.1>",
)
"""From headers that withhold the number, or put something else in its place."""


def entered(stack: Stack) -> int:
    """How many calls the line has had so far."""
    return len(journal_facts(stack, CallEntered))


def has_another(stack: Stack, before: int) -> bool:
    return entered(stack) > before


@pytest.fixture(scope="module")
def side_by_side(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What each of ten callers hears who are on the line together: one with a request, one who presses 4, those of
    `SECRET`, one in need, and those of `HOSTILE`. Each rings when the line has the one before: a look-up has three
    seconds, in which a busy machine need not start ten telephones."""
    folder = tmp_path_factory.mktemp("side_by_side")
    callers: dict[str, tuple[House, tuple[Wait | Press, ...], str]] = {}

    def caller(name: str, *topics: str, steps: tuple[Wait | Press, ...] = (), from_header: str = "") -> None:
        house = House(stack, folder / str(len(callers)))
        opened = [house.opens(topic) for topic in topics]
        header = from_header.format(number=house.number, tail=house.number[1:])
        callers[name] = (house, steps, header)
        NUMBERS[name] = (house.number, opened)

    caller("one", "asfalt_talebi", "gurultu")
    caller("key four", "asfalt_talebi", "agac_budama", steps=(Wait(2.5), Press("4"), Wait(30.0)))
    for topic in (*SECRET, "gida_yardimi"):
        caller(topic, topic)
    for header in HOSTILE:
        caller(header, "asfalt_talebi", from_header=header)
    try:
        with Capture(folder / "heard.pcapng", "udp") as capture:
            dialled = list[Callers]()
            for house, steps, header in callers.values():
                before = entered(stack)
                dialled.append(house.dials(*steps, from_header=header))
                until("the line has them", partial(has_another, stack, before), 60)
            for one in dialled:
                assert one.wait(120).failed == 0
        said = understood(capture, dialled)
    finally:
        for house, _, _ in callers.values():
            house.phones.close()
    return {name: names(words) for name, words in zip(callers, said, strict=True)}


def row_of(stack: Stack, number: str) -> dict[str, Any]:
    """The row of a caller's one call. It may come after their phone has hung up."""
    return dict(
        until("it has its row", lambda: next((one for one in stack.calls() if one["caller"] == number), {}), 60)
    )


def test_the_one_open_request_is_told_after_the_urgent_key(side_by_side: dict[str, list[str]]) -> None:
    """The other one is a report about somebody: not even counted."""
    said = side_by_side["one"]
    told = ["own_roads", "own_fen_isleri", "own_due"]
    assert said[: len(MENU) + len(told)] == [*MENU[:3], *told, *MENU[3:]]
    assert [name for name in said if name in OWN] == told, "once"


def test_key_four_reads_every_request_of_the_callers_own_telephone(side_by_side: dict[str, list[str]]) -> None:
    said = side_by_side["key four"]
    told = [name for name in said[said.index("own_parks") :] if name in OWN]
    assert told[:9] == [
        "own_parks", "own_park_ve_bahceler", "own_assigned", "own_due",
        "own_roads", "own_fen_isleri", "own_assigned", "own_due", "ticket_more",
    ]  # fmt: skip
    assert set(told[9:]) <= {"ticket_more"}, "each once"


@pytest.mark.parametrize(("who", "how"), [("one", "heard"), ("key four", "looked_up")])
def test_the_call_is_linked_with_the_requests_that_its_caller_heard_of(
    stack: Stack, side_by_side: dict[str, list[str]], who: str, how: str
) -> None:
    """Both ways, and no call with a request of which nothing was said."""
    number, opened = NUMBERS[who]
    heard = opened if who == "key four" else opened[:1]
    call = row_of(stack, number)["id"]
    linked = {"ours": set[str]()}

    def is_there() -> bool:
        linked["ours"] = {one["number"] for one in stack.get(f"calls/{call}")["tickets"] if one["how"] == how}
        return linked["ours"] == set(heard)

    until(f"{call} is linked with {heard}", is_there, 60)
    for request in opened:
        calls = [(one["id"], one["how"]) for one in stack.get(f"tickets/{request}")["calls"]]
        assert calls == ([(call, how)] if request in heard else [])


def test_it_is_on_record_when_the_privacy_notice_was_heard(stack: Stack, side_by_side: dict[str, list[str]]) -> None:
    """In the call's row, its story and what a person is given of themselves; and not for who pressed a key before."""
    number, _ = NUMBERS["one"]
    assert "privacy" in side_by_side["one"]
    call = row_of(stack, number)
    heard_ms = call["privacy_notice_ms"]
    assert 3000 < heard_ms < 15_000, "after the urgent key and the name of the line"
    assert call["recording_notice_ms"] is None, "the line does not record"
    (fact,) = [one for one in stack.get(f"calls/{call['id']}")["history"] if one["type"] == "notice_given"]
    version = f"tr-{hashlib.sha256((PROMPTS / 'tr' / 'privacy.wav').read_bytes()).hexdigest()[:16]}"
    assert fact["data"] == {"notice": "privacy", "prompt": "privacy", "version": version}
    assert call["privacy_notice_version"] == version, "which words they were"
    why = cozum(stack, "journal", "why", call["id"])
    assert "has heard whole where the privacy notice is" in why
    assert f"(version {version})" in why
    exported = json.loads(cozum(stack, "person", "export", number))
    of_call = next(one for one in exported["calls"] if one["id"] == call["id"])
    assert (of_call["privacy_notice_ms"], of_call["privacy_notice_version"]) == (heard_ms, version)
    text = load_catalogues()["tr"]["privacy"].text
    assert of_call["privacy_notice_text"] == text
    [kept] = json.loads(cozum(stack, "flow", "notices", version, "--json"))
    assert (kept["text"], kept["until"], kept["of_text"]) == (text, None, True)
    assert Path(kept["sound"]).read_bytes() == (PROMPTS / "tr" / "privacy.wav").read_bytes()
    hasty = row_of(stack, NUMBERS["key four"][0])
    assert (hasty["privacy_notice_ms"], hasty["privacy_notice_version"]) == (None, None)


def assert_plain(said: list[str]) -> None:
    """The whole menu, and nothing of requests in it or after it."""
    assert said[: len(MENU)] == list(MENU)
    assert not set(said) & set(OWN)


@pytest.mark.parametrize("topic", [*SECRET, "gida_yardimi"])
def test_a_forged_number_learns_nothing_of_a_report_a_complaint_or_need(
    side_by_side: dict[str, list[str]], topic: str
) -> None:
    """Social aid is a plain request: that there is one is said, and neither the group nor the unit."""
    said = [name for name in side_by_side[topic] if name.startswith("own_")]
    assert said == (["own_request", "own_unit", "own_due"] if topic == "gida_yardimi" else [])


@pytest.mark.parametrize("from_header", HOSTILE)
def test_a_withheld_or_hostile_number_hears_the_plain_menu(
    side_by_side: dict[str, list[str]], from_header: str
) -> None:
    assert_plain(side_by_side[from_header])


def begins_s(prompts: Sequence[str]) -> list[float]:
    """When each of these is first heard if one follows the other at once, from the first word of the first."""
    first_words, after = list[float](), 0.0
    for sound in (PROMPTS / "tr" / f"{name}.wav" for name in prompts):
        silent = next(place for place, frame in enumerate(frames_of(sound)) if is_audible(frame))
        first_words.append(after + silent * FRAME_S)
        after += lasts_s(sound)
    return [word - first_words[0] for word in first_words]


@contextmanager
def hanging_desk(stack: Stack) -> Iterator[None]:
    """The desk hangs meanwhile."""
    desk = int((stack.data_dir / "desk.pid").read_text())
    os.kill(desk, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(desk, signal.SIGCONT)


@pytest.mark.parametrize("how", ["killed", pytest.param("hangs", marks=pytest.mark.alone)])  # this one measures
def test_without_a_desk_the_menu_is_plain_and_no_word_comes_later(house: House, how: str) -> None:
    """The whole time from the first to the last word of the menu is that of its audio."""
    house.opens("asfalt_talebi")
    if how == "killed":
        said = house.hears(Wait(12.0), before=house.stack.kill_desk)
        assert names(said)[:3] == ["option_urgent", "greeting", "privacy"]  # another desk may be there by then
        return
    with hanging_desk(house.stack):
        said = house.hears(Wait(14.0))
    assert_plain(names(said))
    for (at, name), due_s in zip(said, begins_s(MENU), strict=False):
        assert at - said[0][0] == pytest.approx(due_s, abs=PROMPT_GAP_S), name


@pytest.mark.alone  # it measures how soon
def test_an_urgent_caller_with_a_request_is_rung_for_as_soon_as_one_without(house: House) -> None:
    """While the desk hangs too, and by a key in the midst of the sentence."""
    unknown, sentence = (f"0534{next(_numbers):07d}" for _ in range(2))
    house.opens("asfalt_talebi")
    house.opens("asfalt_talebi", caller=sentence)
    house.phones.staff(house.stack.logins, Agent(answer_after_s=0.2, talk_s=0.5))
    for login in house.stack.logins:
        house.stack.set_state(login.user, "ready")
    waits: dict[str, float] = {}

    def all_ready() -> bool:
        return {one["state"] for one in house.stack.agents().values()} == {"ready"}

    for where, callers in (
        (nullcontext(), {"unknown": (unknown, 1.0), "known": (house.number, 1.0), "in the sentence": (sentence, 5.6)}),
        (hanging_desk(house.stack), {"while the desk hangs": (house.number, 1.0)}),
    ):
        until("all agents are ready", all_ready, 60)
        with where:
            dialled = [
                house.phones.call(Caller(steps=(Wait(after_s), Press("1"))), numbers=[number])
                for number, after_s in callers.values()
            ]
            for caller in dialled:
                assert caller.wait(60).failed == 0
        for who, (number, after_s) in callers.items():
            row = house.last_call(number)
            assert (row["class"], row["outcome"]) == ("urgent", "answered")
            waits[who] = row["answer_delay_s"] - after_s
    assert max(waits.values()) - min(waits.values()) < PROMPT_GAP_S, waits
