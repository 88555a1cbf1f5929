"""More calls than the line can take: agents stay in service, and urgent callers are served."""

import itertools
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench.stack import Stack, free_rtp_range, until
from phones import Agent, Caller, Flood, Phones
from tests.integration.conftest import choosing

AGENTS = ("1001", "1002", "1003")
IN_SERVICE = {"ready", "ringing", "talking", "wrapup"}
BY_ASTERISK = (488, 503)
"""Refusals by Asterisk, where it has no CPU left for the call to come to our own refusal in time."""


@contextmanager
def line(folder: Path, pairs: int, **settings: Any) -> Iterator[Stack]:
    """A system with so many pairs of RTP ports and ten agents. A call ends with its talk: no number is said."""
    rtp_start, rtp_end = free_rtp_range(2 * pairs)
    settings |= {"rtp_start": rtp_start, "rtp_end": rtp_end, "ring_s": 3.0, "wrapup_s": 0.3, "say_number": False}
    with Stack(folder, **settings) as stack:
        yield stack


def comes_in(stack: Stack, extension: str) -> bool:
    """Make an agent ready; whether they are, or have a caller already."""
    return stack.set_state(extension, "ready")["state"] in IN_SERVICE


def staff(stack: Stack, phones: Phones) -> None:
    """Three agents, who pick up at once and talk for a second. They have a caller at once if one waits."""
    phones.staff([stack.login(extension) for extension in AGENTS], Agent(answer_after_s=0.1, talk_s=1.0))
    for extension in AGENTS:
        until(f"{extension} is there", partial(comes_in, stack, extension), 60)


def refused(stack: Stack) -> dict[str, int]:
    """Calls refused before their answer, by reason."""
    found = re.findall(r'^cozum_calls_refused_total\{reason="(\w+)"\} (\S+)$', stack.metrics(), re.MULTILINE)
    return {reason: int(float(count)) for reason, count in found}


def is_served(stack: Stack, phones: Phones, number: str, within_s: float = 20.0) -> int:
    """An urgent caller dials, again for as long as the line is busy, and talks to an agent; how often they dialled."""
    deadline = time.monotonic() + within_s
    for dialled in itertools.count(1):
        caller = phones.call(Caller(steps=choosing("funeral")), numbers=(number,))
        counts = caller.wait(within_s)
        if not counts.failed:
            break
        # Busy by our cap, or by Asterisk itself. A person dials again.
        refusal = rf"Reason: Q\.850;cause=17|SIP/2\.0 ({'|'.join(map(str, BY_ASTERISK))})"
        errors = caller.errors()
        assert re.search(refusal, errors), errors.replace("\r", "")
        assert time.monotonic() < deadline, f"busy {dialled} times"
        time.sleep(1.0)  # so long does a person take to dial again
    until("they have their row", lambda: any(row["caller"] == number for row in stack.calls()), 60)
    (row,) = (row for row in stack.calls() if row["caller"] == number)
    assert (row["outcome"], row["class"]) == ("answered", "urgent"), row
    return dialled


def in_service(stack: Stack) -> None:
    """No agent was set aside."""
    states = {extension: stack.agents()[extension] for extension in AGENTS}
    assert {agent["state"] for agent in states.values()} <= IN_SERVICE, states


@pytest.mark.alone  # a flood takes both processors from whatever else runs
def test_a_flood_of_invites_without_ack_leaves_agents_in_service(tmp_path: Path) -> None:
    with line(tmp_path, pairs=500) as stack, stack.phones(tmp_path / "phones") as phones:
        staff(stack, phones)
        with Flood(int(str(stack.settings["sip_port"]))) as flood:
            flooding = threading.Thread(target=flood.send, kwargs={"count": 1500, "per_s": 300})
            flooding.start()
            until("calls are refused", lambda: refused(stack)["second"] > 100 or None, 60)
            dialled = is_served(stack, phones, "05321112233")
            in_service(stack)
            flooding.join()
            flood.listen(1.0)
            statuses = flood.statuses()
        print(f"{statuses}; the urgent caller dialled {dialled} times; refused {refused(stack)}")
        # A call has its ports before the dialplan can refuse it: on a busy machine some find none left (488).
        assert statuses[486] + statuses[488] > 500, statuses
        assert statuses[200] < 440, statuses
        counts = partial(refused, stack)
        # The urgent caller may be one of them.
        until("each is counted", lambda: counts()["second"] >= statuses[486], 60, say=counts)
        checks = {one["name"]: one for one in stack.request("GET", "/readyz").json()["checks"]}
        assert checks["calls"]["ok"], checks
        assert re.fullmatch(r"\d+ calls refused in the last minute: second \d+.*", checks["calls"]["detail"]), checks
        assert stack.output().count("calls_refused") == 1


@pytest.mark.alone  # 250 callers at once are a flood too
def test_patient_callers_on_few_ports_leave_agents_in_service_and_urgent_callers_served(tmp_path: Path) -> None:
    """250 callers, each from a number of their own, who wait for as long as it takes: there are 50 pairs of ports."""
    with line(tmp_path, pairs=50) as stack, stack.phones(tmp_path / "phones") as phones:
        crowd = phones.call(
            Caller(steps=choosing("request"), limit_s=300), count=250, rate=30, first_number=5_340_000_001
        )
        until("the crowd has come", lambda: sum(refused(stack).values()) > 150 or None, 60)
        staff(stack, phones)
        dialled = is_served(stack, phones, "05321112233")
        in_service(stack)
        print(f"refused {refused(stack)}, the urgent caller dialled {dialled} times")
        full = [row for row in stack.calls() if row["outcome"] == "line_full"]
        assert 1 <= len(full) <= 4, full  # one for each of the places for emergencies, and for the one above the cap
        assert {row["hangup_by"] for row in full} == {"system"}
        until("all have dialled", lambda: sum(refused(stack).values()) >= 250 - 35, 60, say=lambda: refused(stack))
        crowd.kill()


@pytest.mark.alone  # it bounds how soon a caller is let go
def test_who_comes_above_the_cap_is_asked_too_and_no_agent_wants_for_a_leg(tmp_path: Path) -> None:
    """30 pairs and ten agents: 17 places, three of them for emergencies, and one more to be asked in."""
    with line(tmp_path, pairs=30) as stack, stack.phones(tmp_path / "phones") as phones:
        routine = Caller(steps=choosing("request"), limit_s=120)
        crowd = [phones.call(routine, count=14, rate=10, first_number=5_340_000_001)]
        until("fourteen wait", lambda: len(stack.queue()) == 14, 60, say=stack.queue)
        urgent = Caller(steps=choosing("funeral"), limit_s=120)
        crowd.append(phones.call(urgent, count=3, rate=10, first_number=5_350_000_001))
        until("all places are taken", lambda: len(stack.queue()) == 17, 60, say=stack.queue)

        asked = phones.call(Caller(), numbers=("05361112233",))
        until("they are let in", lambda: any(leg.answered_at for leg in asked.legs()), 60)
        assert phones.call(Caller(), numbers=("05362223344",)).wait(60).failed == 1
        until("one more is refused", lambda: refused(stack)["line"] == 1, 60, say=lambda: refused(stack))
        assert asked.wait(60).failed == 0
        until("they are let go", lambda: outcome(stack, "05361112233"), 60)
        assert outcome(stack, "05361112233") == "line_full"
        (leg,) = asked.legs()
        assert leg.ended_at is not None
        assert leg.answered_at is not None
        assert 5.0 < leg.ended_at - leg.answered_at < 15.0
        assert leg.ended_by == "line"

        crowd.append(phones.call(urgent, numbers=("05321112233",)))
        until("one who is urgent is taken", lambda: len(stack.queue()) == 18, 60, say=stack.queue)
        extensions = [login.user for login in stack.logins]
        phones.staff([stack.login(one) for one in extensions], Agent(answer_after_s=1.0, talk_s=1.0))
        for one in extensions:
            until(f"{one} is there", partial(comes_in, stack, one), 60)
        assert [callers.wait(120).failed for callers in crowd] == [0, 0, 0]
        until("all have their row", lambda: len(stack.calls()) == 19, 60)
        results = {result for (result,) in stack.rows("select result from offers")}
        assert "no_leg" not in results, results
        assert outcome(stack, "05321112233") == "answered"


def outcome(stack: Stack, number: str) -> str:
    """What became of this number's call; empty while it is up."""
    return next((row["outcome"] for row in stack.calls() if row["caller"] == number and row["ended_at"]), "")


def answers_to(flood: Flood, count: int = 8) -> dict[int, int]:
    """Begin so many calls; by final status, how the line answered them. Those that Asterisk itself refused, which had
    no CPU left for them, dial again, as people do."""
    flood.send(count=count, per_s=20)
    dialled = count

    def by_the_line() -> dict[int, int]:
        return {status: calls for status, calls in flood.statuses().items() if status not in BY_ASTERISK}

    def have() -> bool:
        nonlocal dialled
        flood.listen(0.1)
        again = flood.statuses().total() - sum(by_the_line().values()) - (dialled - count)
        flood.send(count=again, per_s=20)
        dialled += again
        return sum(by_the_line().values()) == count

    until("all are answered", have, 60, say=flood.statuses)
    return by_the_line()


def test_one_number_is_not_the_whole_line_but_a_switchboard_may_be(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.toml"
    numbers.touch(mode=0o600)
    numbers.write_text('switchboards = ["0212 555 00 00"]', "utf-8")
    with line(tmp_path / "line", pairs=50, numbers_file=numbers, max_calls_withheld=2) as stack:
        port = int(str(stack.settings["sip_port"]))
        for number, most in (("05330000001", 5), ("anonymous", 2), ("+902125550000", 8)):
            with Flood(port, lambda n: number) as flood:  # noqa: B023  used in the same turn
                assert answers_to(flood) == {200: most, **({486: 8 - most} if most < 8 else {})}, number
        until("all refusals are counted", lambda: refused(stack)["number"] == 9, 60, say=lambda: refused(stack))
        assert refused(stack) == {"number": 9, "line": 0, "second": 0, "full": 0}
        until("all have gone", lambda: not stack.queue(), 60)
        with Flood(port, lambda n: "02125550000") as switchboard, Flood(port, lambda n: "+12125550000") as abroad:
            assert [answers_to(flood) for flood in (switchboard, abroad)] == [{200: 8}, {200: 5, 486: 3}]
