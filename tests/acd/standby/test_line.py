"""A line whose engine is gone, on a real Asterisk with real phones: callers are asked, served in order, given back to
the engine when it returns, and each has its one row."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from acd.engine.model.events import TimerFired
from acd.standby.sessions import queue_prio
from acd.supervisor.standby_keeper import StandbyKeeper
from bench.side import Side
from bench.stack import StackError, until
from phones import Agent, Agents, Caller, HangUp, Leg, Phones, Press, Wait
from storage.journal import JournalReader

pytestmark = pytest.mark.integration

AFTER_S = 1.5


class Line(Side):
    """Asterisk, a standby that is tended, and a daemon that comes and goes."""

    def start(self, within_s: float = 60.0) -> None:
        super().start(within_s)
        self.said: list[str] = []
        self.keeper = StandbyKeeper(self.data_dir, int(str(self.settings["standby_port"])), self.said.append)
        self.keeper.start()

    def stop(self, within_s: float = 60.0, *, children_s: float = 30.0) -> None:
        super().stop(within_s, children_s=children_s)
        self.keeper.stop()

    def rx(self, command: str) -> str:
        assert self._instance is not None
        return self._instance.rx(command)

    def die(self) -> None:
        """`kill -9` of the line; the desk lives on."""
        line = self._ours.pop("line")
        line.kill()
        line.wait()
        self._process = None

    def waiting(self) -> list[str]:
        """Channels in Asterisk's own queue, in its order."""
        text = self.rx("queue show standby").partition("Callers:")[2]
        return [line.split()[1] for line in text.splitlines() if "wait:" in line]

    def spooled(self, kind: str) -> list[Path]:
        return sorted((self.data_dir / "spool").glob(f"*.{kind}.json"))

    def stored(self, count: int) -> dict[str, dict[str, Any]]:
        """The rows of so many calls by the caller's number, once they are over and stored."""
        until(f"{count} calls are stored", lambda: len(self.calls()) >= count, 60, say=self.calls)
        until("the spool is read", lambda: not self.spooled("*"), 60)
        rows = self.calls()
        assert len(rows) == count
        return {row["caller"]: row for row in rows}


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with Line(tmp_path, agents=3, standby_after_s=AFTER_S, wrapup_s=0, ring_s=10, regroup_s=2) as line:
        yield line


@pytest.fixture
def phones(line: Line, tmp_path: Path) -> Iterator[Phones]:
    with line.phones(tmp_path / "phones") as phones:
        yield phones


def callers_of(line: Line) -> list[str]:
    """The callers' channels, in the order in which they came."""
    names = [row.split("!")[0] for row in line.rx("core show channels concise").splitlines()]
    return sorted(name for name in names if name.startswith("PJSIP/trunk-"))


def noted_ms(line: Line, channel: str, what: str) -> int:
    """When a caller came (ARRIVED) or was through with the question (QUEUED), as it is noted on their channel."""
    return int(line.rx(f"core show channel {channel}").partition(f"{what}=")[2].split()[0])


def queue_of(line: Line, count: int) -> list[str]:
    """Asterisk's own queue, with so many callers in it. Each leaves it now and then to look for the engine."""

    def found() -> list[str] | None:
        waiting = line.waiting()
        return waiting if len(waiting) == count else None

    return until(f"{count} wait", found, 60, say=line.waiting)


def talk_in_cel(line: Line, call: str) -> tuple[float, float]:
    """When the agent joined a caller and when the caller was hung up, by Asterisk's own log. The dialplan has noted the
    answer before the first, and the end before the second: by how long, the machine's load decides."""
    rows = [row for row in line.cel() if row.linkedid == call]
    (joined,) = [row.at for row in rows if row.event == "BRIDGE_ENTER" and row.uniqueid != call]
    (ended,) = [row.at for row in rows if row.event == "HANGUP" and row.uniqueid == call]
    return joined, ended


def agent_in_cel(line: Line, call: str) -> tuple[float, float]:
    """When the agent who joined a caller answered and was gone, by the same log."""
    rows = [row for row in line.cel() if row.linkedid == call]
    (channel,) = {row.uniqueid for row in rows if row.event == "BRIDGE_ENTER" and row.uniqueid != call}
    (answered,) = [row.at for row in rows if row.event == "ANSWER" and row.uniqueid == channel]
    (left,) = [row.at for row in rows if row.event == "HANGUP" and row.uniqueid == channel]
    return answered, left


def calls_of(staff: Agents) -> list[Leg]:
    return [leg for leg in staff.legs() if leg.incoming]


def numbers(prefix: int, count: int = 1) -> tuple[str, ...]:
    return tuple(f"0532{prefix}{n:05d}" for n in range(count))


def seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


URGENT = Caller(steps=(Wait(AFTER_S + 1.0), Press("1"), *(Wait(1.0), Press("1")) * 20))
"""Presses the key a second after the question should have begun, and again and again: a busy machine asks late."""


@pytest.mark.alone  # how soon the engine has the callers back is measured
def test_the_engine_dies_callers_are_served_in_order_and_given_back(line: Line, phones: Phones) -> None:
    staff = phones.staff([line.login(one) for one in ("1001", "1002")], Agent(answer_after_s=0.2, talk_s=None))
    line.serve()
    line.set_state("1001", "ready")
    until("1001 is ready", lambda: line.state_of("1001") == "ready", 60)
    first = phones.call(Caller(), numbers=numbers(1))
    until("the first talks", lambda: line.state_of("1001") == "talking", 60)
    line.die()

    # 1001 talks on; 1002 has a phone but was not signed in. A caller gives up before anybody asks them.
    routine = phones.call(Caller(), count=2, rate=20, numbers=numbers(2, 2))
    urgent = phones.call(URGENT, numbers=numbers(3))
    hasty = phones.call(Caller(steps=(Wait(0.7), HangUp())), numbers=numbers(4))
    assert hasty.wait(60).failed == 0
    until("the three others wait", lambda: len(line.waiting()) == 3, 60, say=line.waiting)
    staff.hang_up()
    assert first.wait(60).failed == 0
    until("1001 answers the next", lambda: sum(leg.answered_at is not None for leg in calls_of(staff)) == 2, 60)
    members = line.rx("queue show standby")
    assert "PJSIP/1001" in members
    assert "1001-web" not in members, "the agent's page, which is not open, would be tried in vain"
    assert "PJSIP/1002" not in members
    until("the others wait", lambda: len(line.waiting()) == 2, 6, say=line.waiting)

    # A talk in Asterisk's queue and two who wait there; the engine returns.
    returned = time.time()
    line.serve()
    ready = time.time()
    until("both are back", lambda: len(line.queue()) == 2, 10, say=line.queue)
    assert time.time() - ready < 5
    line.set_state("1002", "ready")
    until("1002 talks", lambda: line.state_of("1002") == "talking", 60)
    in_the_queue = calls_of(staff)[1]
    staff.hang_up(in_the_queue)
    until("1001 talks to the last", lambda: sum(leg.answered_at is not None for leg in calls_of(staff)) == 4, 60)
    staff.hang_up()
    assert urgent.wait(60).failed == 0
    assert routine.wait(60).failed == 0
    rows = line.stored(5)

    assert {row["outcome"] for number, row in rows.items() if number != numbers(4)[0]} == {"answered"}
    assert rows[numbers(4)[0]]["outcome"] == "abandoned_in_menu"
    assert [rows[numbers(2, 2)[n]]["agent"] for n in (0, 1)] == ["1002", "1001"]
    row = rows[numbers(3)[0]]
    assert row["class"] == "urgent"
    # Answered by Asterisk's queue, ended with the engine there: it counts from the answer.
    answered_at = seconds(row["answered_at"])
    assert answered_at < returned
    assert min(abs((one.answered_at or 0) - answered_at) for one in calls_of(staff)) < 0.2
    talked = next(leg for leg in calls_of(staff) if leg.call_id == in_the_queue.call_id)
    assert talked.ended_at is not None
    assert talked.answered_at is not None
    assert row["talk_s"] == pytest.approx(talked.ended_at - talked.answered_at, abs=0.5)
    assert row["wait_s"] == pytest.approx(seconds(row["answered_at"]) - seconds(row["entered_at"]), abs=0.002)
    assert [ticket[0] for ticket in line.rows("select call from tickets")] == [row["id"]]
    order = sorted(numbers(2, 2), key=lambda number: rows[number]["answered_at"])
    assert order == list(numbers(2, 2))
    assert seconds(row["answered_at"]) < min(seconds(rows[number]["answered_at"]) for number in order)
    for number in order:
        assert rows[number]["class"] == "routine"
        assert seconds(rows[number]["entered_at"]) < returned  # since they were asked
        assert rows[number]["wait_s"] > returned - seconds(rows[number]["entered_at"])
    offered = {call for (call,) in line.rows("select distinct call from offers")}
    assert {rows[number]["id"] for number in order} <= offered  # by the engine, not by Asterisk's queue


def test_calls_that_begin_and_end_without_an_engine(line: Line, phones: Phones) -> None:
    staff = phones.staff([line.login("1001")], Agent(answer_after_s=0.3, talk_s=1.0))
    line.serve()
    line.set_state("1001", "ready")
    until("1001 is ready", lambda: line.state_of("1001") == "ready", 60)
    line.retire()
    urgent = phones.call(URGENT, numbers=numbers(1))
    routine = phones.call(Caller(), numbers=numbers(2))
    leaving = phones.call(Caller(steps=(Wait(AFTER_S + 9), HangUp())), numbers=numbers(3))
    # `kill -9` of the standby while they are being asked: it is back, and they are asked again.
    until("they are asked", lambda: "PJSIP/1001" in line.rx("queue show standby"), 60)
    killed = line.keeper.pid
    os.kill(killed or 0, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while line.keeper.pid in (killed, None):
        line.keeper.tend()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert urgent.wait(60).failed == 0
    assert routine.wait(60).failed == 0
    assert leaving.wait(60).failed == 0
    until("all three ends are put down", lambda: len(line.spooled("ended")) == 3, 60)
    line.serve()
    rows = line.stored(3)
    assert [rows[numbers(n)[0]]["outcome"] for n in (1, 2)] == ["answered", "answered"]
    assert rows[numbers(1)[0]]["agent"] == "1001"
    for n, callers in ((1, urgent), (2, routine)):
        (leg,) = callers.legs()
        row = rows[numbers(n)[0]]
        joined_at, hung_up_at = talk_in_cel(line, row["id"])
        answered_at, left_at = agent_in_cel(line, row["id"])
        talked = max((one for one in calls_of(staff) if one.invited_at < joined_at), key=lambda one: one.invited_at)
        assert leg.ended_at is not None
        assert talked.answered_at is not None
        assert talked.ended_at is not None
        # A busy Asterisk hears late of the agent's BYE, and sends and logs its own late: the record is from between.
        # A phone may note late what it did. Where Asterisk noted the same, the earlier one counts.
        over_at, picked_up_at = min(talked.ended_at, left_at), min(talked.answered_at, answered_at)
        assert over_at - 0.2 < seconds(row["ended_at"]) < min(hung_up_at, leg.ended_at) + 0.2
        assert over_at - joined_at - 0.3 < row["talk_s"] < hung_up_at - picked_up_at + 0.3
        assert row["hangup_by"] == "agent"
    assert rows[numbers(3)[0]]["outcome"] in ("abandoned", "answered")
    assert rows[numbers(1)[0]]["class"] == "urgent"
    assert line.rows("select call from tickets") == [(rows[numbers(1)[0]]["id"],)]


@pytest.mark.alone  # the second phone has 0.9 s to start and dial
def test_who_came_first_is_first_however_long_the_question_took(line: Line, phones: Phones) -> None:
    """The second caller presses another key and is through with the question two seconds before the first."""
    hasty = Caller(steps=tuple(step for _ in range(16) for step in (Wait(0.3), Press("5"))))
    silent = phones.call(Caller(), numbers=numbers(1))
    until("the first has dialled", silent.legs, 60, every_s=0.02)
    phones.call(hasty, numbers=numbers(2))
    until("both are on the line", lambda: len(callers_of(line)) == 2, 60)
    first, second = callers_of(line)
    assert 0 < noted_ms(line, second, "ARRIVED") - noted_ms(line, first, "ARRIVED") < 900  # in the same second, mostly
    order = queue_of(line, 2)
    assert noted_ms(line, second, "QUEUED") < noted_ms(line, first, "QUEUED"), "the hasty one is through first"
    urgent_too = phones.call(URGENT, numbers=numbers(3))
    assert queue_of(line, 3)[1:] == [first, second]
    assert order == [first, second]
    line.serve()
    until("the engine has them", lambda: len(line.queue()) == 3, 60, say=line.queue)
    assert [row["caller"] for row in line.queue()] == [numbers(n)[0] for n in (3, 1, 2)]
    assert urgent_too.running


def test_who_was_not_asked_has_the_place_of_their_arrival(line: Line, phones: Phones) -> None:
    line.keeper.stop()
    callers = [phones.call(Caller(), numbers=numbers(1))]
    until("the first is there", lambda: callers_of(line), 60)  # their places tell hundredths of a second
    callers.append(phones.call(Caller(), numbers=numbers(2)))
    queue_of(line, 2)
    first, second = callers_of(line)
    seen: list[list[str]] = []
    for _ in range(30):  # they leave for a look at the engine, each for itself or both at once, and come back
        seen.append(line.waiting())
        assert seen[-1] in ([first, second], [first], [second], []), seen
        time.sleep(0.1)
    # A turn in the queue is 2 s; the look, at ports where nobody listens, takes as long as Asterisk needs for it.
    for caller in (first, second):
        assert sum(caller in waiting for waiting in seen) > len(seen) / 2, seen
    prio = line.rx(f"core show channel {first}").partition("QUEUE_PRIO=")[2].split()[0]
    assert int(prio) == queue_prio(noted_ms(line, first, "ARRIVED") / 1000, urgent=False)
    assert all(one.running for one in callers)


def channel_of(line: Line, extension: str, state: str = "") -> str:
    """The channel of an agent's phone that is in this state, `Up` or `Ringing`."""
    rows = [row.split("!") for row in line.rx("core show channels concise").splitlines()]
    return next((row[0] for row in rows if row[0].startswith(f"PJSIP/{extension}-") and state in ("", row[4])), "")


def hang_up(line: Line, extension: str) -> None:
    channel = until(f"{extension} is in a call", lambda: channel_of(line, extension), 60)
    line.rx(f"channel request hangup {channel}")
    until(f"{extension} is in no call", lambda: channel_of(line, extension) != channel or None, 60)


def offers_again(line: Line) -> bool:
    """Whether the engine has waited long enough for those who waited before it was there."""
    with JournalReader(line.data_dir / "journal.db") as journal:
        events = [entry.event for entry in journal.read(0, 10_000)]
    return any(isinstance(event, TimerFired) and event.timer.startswith("regroup") for event in events)


def begin_turn(line: Line, channel: str) -> None:
    """Have a caller's turn in Asterisk's queue begin anew."""
    secret = (line.data_dir / "ami_secret").read_text("ascii").strip()
    actions = (
        f"Action: Login\r\nUsername: cozum\r\nSecret: {secret}\r\nEvents: off\r\n\r\n"
        f"Action: Redirect\r\nChannel: {channel}\r\nContext: hotline\r\nExten: 4440411\r\nPriority: queue\r\n\r\n"
        "Action: Logoff\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(str(line.settings["ami_port"]))), timeout=60) as manager:
        manager.sendall(actions.encode())
        with manager.makefile() as answers:
            assert "Redirect successful" in answers.read()


def test_an_agent_whom_asterisks_queue_rings_is_not_rung_by_the_engine_that_returns(line: Line, phones: Phones) -> None:
    """The engine hears that an agent is free, and that Asterisk's queue rings them, at the same moment."""
    line.serve()
    for extension in ("1001", "1002"):
        line.set_state(extension, "ready")
    until("the standby is told", lambda: "1002" in (line.data_dir / "standby_members.json").read_text(), 60)
    line.die()
    staff = phones.staff([line.login("1001")], Agent(answer_after_s=3.0, talk_s=None))
    callers = [phones.call(Caller(), numbers=numbers(1))]
    until("1001 talks", lambda: channel_of(line, "1001", "Up"), 60)
    phones.staff([line.login("1002")], Agent(answer_after_s=None))
    callers.append(phones.call(Caller(), numbers=numbers(2)))
    until("1002 rings", lambda: channel_of(line, "1002", "Ringing"), 60)
    line.serve()
    line.set_state("1002", "offline")
    callers.append(phones.call(Caller(), numbers=numbers(3)))
    until("the third caller waits", lambda: numbers(3)[0] in [row["caller"] for row in line.queue()], 60)
    until("the engine waits for the second no more", lambda: offers_again(line), 60)

    line.daemon.suspend()
    line.rx("queue remove member PJSIP/1002 from standby")
    hang_up(line, "1001")
    (second,) = line.waiting()
    begin_turn(line, second)
    rings = until("Asterisk's queue rings 1001", lambda: channel_of(line, "1001", "Ringing"), 60)
    line.daemon.resume()
    results = "select result from offers where result != '' and call in (select id from calls where caller = ?)"
    assert until("the engine has tried", lambda: line.rows(results, numbers(3)[0]), 60) == [("engaged",)]
    until("1001 talks", lambda: channel_of(line, "1001", "Up"), 60)
    assert channel_of(line, "1001") == rings
    assert len(calls_of(staff)) == 2
    hang_up(line, "1001")
    until("1001 talks to the third caller", lambda: channel_of(line, "1001", "Up"), 60)
    hang_up(line, "1001")
    assert [one.wait(60).failed for one in callers] == [0, 0, 0]
    rows = line.stored(3)
    assert {row["agent"] for row in rows.values()} == {"1001"}
    assert all(before.ended_at <= after.invited_at for before, after in pairwise(calls_of(staff)) if before.ended_at)
    assert len(calls_of(staff)) == 3
    assert line.state_of("1001") == "ready"


def test_an_agent_whom_the_engine_rings_is_not_rung_by_asterisks_queue(line: Line, phones: Phones) -> None:
    """As before Asterisk knows that the phone is in use: the queue is told that it is free all the time."""
    staff = phones.staff([line.login("1001")], Agent(answer_after_s=None))
    line.serve()
    line.set_state("1001", "ready")
    phones.call(Caller(), numbers=numbers(1))
    rings = until("1001 rings", lambda: channel_of(line, "1001", "Ringing"), 60)
    phones.call(Caller(), numbers=numbers(2))
    until("another waits", lambda: len(line.queue()) == 2, 60)
    line.rx("queue add member PJSIP/1001 to standby penalty 0 as one state_interface Custom:one")
    begin_turn(line, callers_of(line)[1])

    def legs() -> set[str]:
        return {
            row.channel for row in line.cel() if row.event == "CHAN_START" and row.channel.startswith("PJSIP/1001-")
        }

    until("the queue wants 1001", lambda: len(legs()) > 1, 60, say=legs)
    until("the turn is over", lambda: not line.waiting(), 60)
    assert channel_of(line, "1001") == rings
    assert len(calls_of(staff)) == 1


def test_a_line_without_a_standby_still_has_its_queue(line: Line, phones: Phones) -> None:
    phones.staff([line.login("1001")], Agent(answer_after_s=0.1, talk_s=0.5))
    line.keeper.stop()
    line.rx("queue add member PJSIP/1001 to standby")
    callers = phones.call(Caller(), numbers=numbers(1))
    assert callers.wait(60).failed == 0
    with pytest.raises(StackError):
        line.wait_ready(0.1)
