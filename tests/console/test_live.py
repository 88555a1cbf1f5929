"""The live stream: made once for all, only while somebody looks, bounded however much changes."""

import asyncio
import itertools
import json
import re
import socket
import statistics
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import live
from console.live import KEYS, LiveHub, change_between
from console.ports import Check, Unavailable
from console.views import CALL_FIELDS, mask
from tests.console.desk import Desk
from tests.waiting import until


@pytest.fixture
def desk() -> Desk:
    return Desk()


def apply(state: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """The state after a change, by the words of `LiveChange`; the page's own is in console/web/src/live/view.ts."""
    assert change["seq"] == state["seq"] + 1
    after = state | {name: change[name] for name in ("seq", "at", "timezone", "troubles") if name in change}
    for name, key in KEYS.items():
        if name in change and change[name] is None:
            after[name] = None
        elif name in change:
            known = {record[key]: record for record in (*(state[name] or ()), *change[name]["set"])}
            order = change[name].get("order", [record[key] for record in state[name] or ()])
            after[name] = [known[one] for one in order]
    if "figures" in change:
        windows = state["figures"]["windows"] | change["figures"]["windows"]
        after["figures"] = change["figures"] | {"windows": windows}
    return after


class Watcher:
    """Somebody who looks, and keeps the state that the events come to."""

    def __init__(self, hub: LiveHub) -> None:
        self._stream = hub.stream()
        self._state: dict[str, Any] = {}
        self.events: list[str] = []

    async def next(self) -> dict[str, Any]:
        """The state after the next event."""
        async with asyncio.timeout(60):
            while True:
                frame = await anext(self._stream)
                if frame.startswith(b"retry"):
                    continue
                name, data = frame.decode().strip().split("\n")
                self.events.append(name.removeprefix("event: "))
                told = json.loads(data.removeprefix("data: "))
                self._state = told if name == "event: state" else apply(self._state, told)
                return self._state

    async def until(self, what: str, value: object) -> dict[str, Any]:
        """The first state in which `what` has `value`."""
        while (state := await self.next())[what] != value:
            pass
        return state

    async def leave(self) -> None:
        """Look no more."""
        await self._stream.aclose()


@pytest.fixture
async def hub(desk: Desk) -> AsyncIterator[LiveHub]:
    hub = LiveHub(desk.ports(), min_interval_s=0.01, max_interval_s=2)
    yield hub
    hub.close()


async def test_the_first_state_comes_at_once_and_each_change_after_it(desk: Desk, hub: LiveHub) -> None:
    desk.add_agent("1001")
    watcher = Watcher(hub)
    state = await watcher.next()
    assert (state["at"], state["agents"][0]["state"], state["queue"]) == ("2025-11-25T09:00:00.000Z", "ready", [])
    desk.add_agent("1001", "talking", call="ast1-1.1")
    desk.changed()
    while (state := await watcher.next())["agents"][0]["state"] != "talking":
        pass
    assert state["figures"]["windows"]["day"]["all"]["answered"] == 0
    await watcher.leave()


async def test_a_wall_never_holds_a_number(desk: Desk, hub: LiveHub) -> None:
    desk.add_waiting("ast1-1.1")
    desk.add_call("ast1-0.1")
    desk.call_records[-1] |= {"score": 1, "disposition": "answered"}
    watcher = Watcher(hub)
    while (state := await watcher.next())["calls"] is None:
        pass
    assert state["queue"][0]["caller"] == "••• 33"
    assert state["calls"][0]["caller"] == "••• 33"
    assert set(state["calls"][0]) == set(CALL_FIELDS), "nothing of what lists have besides, such as a score"
    assert "2112233" not in json.dumps(state)
    await watcher.leave()


async def test_callers_at_outside_telephones_are_shown_with_who_handed_them_over(desk: Desk, hub: LiveHub) -> None:
    record = {
        "id": "ast1-1.1", "caller": "+905321112233", "service": "funeral", "class": "urgent",
        "since": desk.now, "state": "ringing", "agent": "1001", "to": "fen_isleri.1",
    }  # fmt: skip
    watcher = Watcher(hub)
    assert (await watcher.next())["outside"] == []
    desk.outside_records = [record]
    desk.changed()
    while not (state := await watcher.next())["outside"]:
        pass
    [shown] = state["outside"]
    fen = {"tr": "Fen İşleri", "en": "Public Works"}
    assert shown == record | {"caller": "••• 33", "since": "2025-11-25T09:00:00.000Z", "to": fen}
    desk.outside_records = [record | {"state": "talking", "to": "iski"}]
    desk.changed()
    while (state := await watcher.next())["outside"][0]["state"] != "talking":
        pass
    assert "İSKİ" in state["outside"][0]["to"]["tr"]
    desk.outside_records = []
    desk.changed()
    await watcher.until("outside", [])
    await watcher.leave()


async def test_the_line_is_followed_only_while_somebody_looks(desk: Desk, hub: LiveHub) -> None:
    assert not desk.watched
    first, second = Watcher(hub), Watcher(hub)
    await first.next()
    await second.next()
    assert desk.watched
    assert hub.streams == 2
    await first.leave()
    assert desk.watched
    await second.leave()
    await until(lambda: not desk.watched)
    await (again := Watcher(hub)).next()
    assert desk.watched
    await again.leave()


async def test_ten_thousand_changes_are_few_states(desk: Desk) -> None:
    hub = LiveHub(desk.ports(), min_interval_s=0.05, max_interval_s=0.3)
    watcher = Watcher(hub)
    await watcher.next()
    seen = 0

    async def watch() -> None:
        nonlocal seen
        while True:
            await watcher.next()
            seen += 1

    task = asyncio.create_task(watch())
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number in range(10_000):
        desk.add_agent("1001", reason=str(number))
        desk.changed()
        if number % 100 == 0:
            await asyncio.sleep(0)
    await until(lambda: seen >= 2)
    task.cancel()
    assert seen <= (loop.time() - begun) / 0.05 + 2
    hub.close()


async def test_a_stream_begins_with_a_state_and_goes_on_with_changes_of_what_is_new(desk: Desk, hub: LiveHub) -> None:
    for extension in ("1001", "1002"):
        desk.add_agent(extension)
    watcher = Watcher(hub)
    before = await watcher.next()
    desk.add_agent("1002", "paused", reason="meal")
    desk.changed()
    await watcher.next()
    assert watcher.events == ["state", "change"]
    after = await Watcher(hub).next()
    after = await watcher.next() if watcher._state["seq"] < after["seq"] else after
    assert watcher._state == after
    change = change_between(before, {**after, "seq": before["seq"] + 1})
    assert [agent["extension"] for agent in change["agents"]["set"]] == ["1002"]
    assert "order" not in change["agents"]
    assert "queue" not in change
    await watcher.leave()


_ids = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), unique=True)
_records = st.builds(
    lambda ids, values: [{"id": one, "extension": one, "x": value} for one, value in zip(ids, values, strict=False)],
    _ids,
    st.lists(st.integers(0, 2), min_size=5, max_size=5),
)
_states = st.fixed_dictionaries(
    {
        "at": st.sampled_from(["t1", "t2"]),
        "timezone": st.sampled_from(["Europe/Istanbul", "UTC"]),
        "troubles": st.lists(st.sampled_from(["asterisk", "journal"]), unique=True),
        "agents": _records,
        "queue": _records,
        "outside": _records,
        "calls": st.none() | _records,
        "figures": st.fixed_dictionaries(
            {
                "cut": st.booleans(),
                "windows": st.fixed_dictionaries({"5m": st.integers(0, 2), "day": st.integers(0, 2)}),
            }
        ),
    }
)


@given(st.lists(_states, min_size=2, max_size=6))
def test_a_state_and_its_changes_are_the_newest_state(states: list[dict[str, Any]]) -> None:
    numbered = [{"seq": number, **state} for number, state in enumerate(states, 1)]
    kept = numbered[0]
    for before, after in itertools.pairwise(numbered):
        kept = apply(kept, json.loads(json.dumps(change_between(before, after))))
        assert kept == after


async def test_one_who_reads_slowly_gets_the_newest(desk: Desk, hub: LiveHub) -> None:
    desk.add_agent("1001")
    slow, quick = Watcher(hub), Watcher(hub)
    await slow.next()
    for reason in "abc":
        desk.add_agent("1001", reason=reason)
        desk.changed()
        while (await quick.next())["agents"][0]["reason"] != reason:
            pass
    assert (await slow.next())["agents"][0]["reason"] == "c"
    assert slow.events == ["state", "state"]
    assert quick.events[1:] == ["change"] * (len(quick.events) - 1)
    await slow.leave()
    await quick.leave()


async def test_without_a_database_the_wall_goes_on(desk: Desk, hub: LiveHub) -> None:
    desk.broken = Unavailable("database: away")
    desk.add_agent("1001")
    watcher = Watcher(hub)
    state = await watcher.next()
    assert (state["calls"], len(state["agents"])) == (None, 1)
    await watcher.leave()


async def test_a_wall_says_what_is_wrong_with_the_line_and_that_it_is_well_again(desk: Desk, hub: LiveHub) -> None:
    """A dead Asterisk under a wall that said "live" was found in front of one."""
    well = desk.health
    desk.health = [Check(name="asterisk", ok=False, detail="refused"), Check(name="journal", ok=True)]
    watcher = Watcher(hub)
    assert (await watcher.next())["troubles"] == ["asterisk"]
    desk.health = well
    assert (await watcher.until("troubles", []))["timezone"] == "Europe/Istanbul"
    await watcher.leave()


async def test_who_comes_later_does_not_see_the_calls_of_before(desk: Desk, hub: LiveHub) -> None:
    """Nobody follows the database while nobody looks, so what was known then is old."""
    desk.add_call("ast1-0.1")
    await (first := Watcher(hub)).next()
    await first.leave()
    desk.add_call("ast1-0.2")
    second = Watcher(hub)
    assert [call["id"] for call in (await second.next())["calls"]] == ["ast1-0.2", "ast1-0.1"]
    await second.leave()


async def test_one_bad_record_does_not_end_the_stream(desk: Desk, hub: LiveHub) -> None:
    desk.add_agent("1001")
    watcher = Watcher(hub)
    await watcher.next()
    desk.add_agent("1002", "dancing")
    desk.changed()
    await asyncio.sleep(0.05)
    desk.add_agent("1002", "paused")
    desk.changed()
    state = await watcher.next()
    while len(state["agents"]) < 2:
        state = await watcher.next()
    assert state["agents"][1]["state"] == "paused"
    await watcher.leave()


async def test_closing_ends_every_stream(desk: Desk, hub: LiveHub) -> None:
    watcher = Watcher(hub)
    await watcher.next()
    waiting = asyncio.create_task(watcher.until("at", "never"))
    await asyncio.sleep(0)
    hub.close()
    with pytest.raises(StopAsyncIteration):
        async with asyncio.timeout(60):
            await waiting
    assert hub.full


async def test_there_is_room_for_so_many_only(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_STREAMS", 0)
    async with desk.client() as client:
        answer = await client.get("/api/v1/live")
    assert answer.status_code == 503
    assert "too many look" in answer.json()["detail"]


async def test_over_a_socket_the_stream_ends_with_the_server_and_with_the_client(desk: Desk) -> None:
    desk.add_agent("1001")
    async with desk.served() as served, served.client() as client:
        async with client.stream("GET", "/api/v1/live") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            while not (await anext(lines)).startswith("data: "):
                pass
        await until(lambda: not desk.watched)
        reader, writer = await served.connect(
            b"GET /api/v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-token-for-tests-only\r\n\r\n"
        )
        await reader.readuntil(b"event: state")
    async with asyncio.timeout(60):
        await reader.read()  # to the end: the server has gone
    writer.close()
    assert not desk.watched


@pytest.mark.alone  # it measures how long a change takes
async def test_a_page_that_never_reads_slows_nobody_and_has_no_backlog(desk: Desk) -> None:
    """Real sockets: what the system keeps for the one that reads nothing is full soon. The one beside it has each
    change in time, and what the other finds when it reads at last is the newest state."""
    changes, agents = 30, [str(extension) for extension in range(1001, 1101)]
    name = "n" * 3000  # so that few records are many bytes

    def change(reason: str) -> float:
        for extension in agents:
            desk.add_agent(extension, "paused", reason=reason, name=name)
        desk.changed()
        return time.monotonic()

    change("begin")
    async with desk.served() as served, served.client() as client:
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
            slow.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(slow, ("127.0.0.1", served.port))
            asked = b"GET /api/v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-token-for-tests-only\r\n\r\n"
            await loop.sock_sendall(slow, asked)
            await until(lambda: desk.watched)
            took = []
            async with client.stream("GET", "/api/v1/live") as answer:
                lines = answer.aiter_lines()
                for number in range(changes):
                    begun = change(f"change-{number}.")
                    async with asyncio.timeout(60):
                        while f"change-{number}." not in await anext(lines):
                            pass
                    took.append(time.monotonic() - begun)
            assert statistics.median(took) < 0.5, took
            said = b""
            async with asyncio.timeout(60):
                while not (said.endswith(b"\n\n\r\n") and f"change-{changes - 1}.".encode() in said):
                    said += (read := await loop.sock_recv(slow, 1 << 20))
                    assert read, "it was dropped"
    events = re.findall(rb"event: (\w+)\ndata: .*?\b(begin|change-\d+)\b", said)
    assert len(events) < changes - 5  # some are in the system's own memory
    assert events[-1] == (b"state", f"change-{changes - 1}".encode())


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+905321112233", "••• 33"),
        ("4440411", "••• 11"),
        ("1001", "•••"),
        ("", "•••"),
        (None, "•••"),
        ("sip:ayşe", "•••"),
    ],
)
def test_a_number_is_masked(number: str | None, shown: str) -> None:
    assert mask(number) == shown
