"""Whether sound still comes from an agent's page. Asterisk's counts of packets are made here."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from acd.asterisk import page_legs
from acd.asterisk.ami_actions import AmiDisconnected, Response
from acd.asterisk.page_legs import PACKETS, PageLegs
from acd.asterisk.wire import Message
from acd.engine.model.commands import WatchLeg
from acd.engine.model.events import AnyEvent
from acd.engine.model.ids import CallId, NodeId
from acd.engine.model.page_events import PageSilent
from tests.acd.asterisk.later import later
from tests.waiting import until

LEG = "PJSIP/1001-web-00000007"


class Peer:
    """An Asterisk with one leg."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, str]] = []
        self.posted: list[AnyEvent] = []
        self.count: Callable[[], str | None] = lambda: "100"
        """What it answers; None: there is no such leg."""
        self.there = False
        self.connected = True
        self.legs = PageLegs(ask=self._ask, is_there=lambda _: self.there, post=self.posted.append, clock=lambda: 50.0)

    def _ask(self, action: str, headers: Mapping[str, str]) -> "asyncio.Future[Response]":
        assert action == "Getvar"
        if not self.connected:
            raise AmiDisconnected("away")
        self.asked.append(headers)
        value, answer = self.count(), asyncio.get_running_loop().create_future()
        answer.set_result(Response(value is not None, "", Message({"Value": value or ""})))
        return answer

    def speaks(self) -> None:
        """Packets come from now on."""
        self.count = lambda: str(100 + len(self.asked))

    def watch(self, leg: str = LEG) -> None:
        self.legs.watch(WatchLeg(call=CallId("c1"), node=NodeId("ast1"), channel=leg))


@pytest.fixture
async def peer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Peer]:
    monkeypatch.setattr(page_legs, "LOOK_S", 0.01)
    monkeypatch.setattr(page_legs, "GLANCE_S", 0.05)
    monkeypatch.setattr(page_legs, "SILENT_S", 0.1)
    monkeypatch.setattr(page_legs, "BEGINS_S", 0.25)
    monkeypatch.setattr(page_legs, "STEADY_S", 0.3)
    peer = Peer()
    yield peer
    peer.legs.close()


async def test_a_page_that_sends_nothing_for_so_long_is_silent(peer: Peer) -> None:
    peer.watch()
    peer.watch()  # twice is once
    await until(lambda: peer.posted)
    [event] = peer.posted
    assert isinstance(event, PageSilent)
    assert (event.call, event.channel, event.there, event.at) == ("c1", LEG, False, 50.0)
    assert 0.1 <= event.late_s < 5
    assert peer.asked[0] == {"Channel": LEG, "Variable": PACKETS}
    await until(lambda: not len(peer.legs), "it is known, and watched no more")


async def test_a_page_that_lost_its_connection_alone_keeps_its_talk(peer: Peer) -> None:
    peer.speaks()
    peer.watch()
    await until(lambda: len(peer.asked) > 20)
    assert peer.posted == []
    assert len(peer.legs) == 1
    peer.there = True
    await until(lambda: not len(peer.legs), "it is registered again, and watched no more")
    assert peer.posted == []


async def test_a_page_that_another_one_replaces_may_send_for_a_moment_more(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_legs, "STEADY_S", 30.0)  # a stall of this process is no steady sound
    peer.there = True
    peer.speaks()
    peer.watch()
    await until(lambda: len(peer.asked) > 3)
    peer.count = lambda: "400"
    await until(lambda: not len(peer.legs))
    assert [isinstance(one, PageSilent) and one.there for one in peer.posted] == [True]


async def test_a_page_that_has_just_answered_has_time_for_its_first_packet(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks for a way for its sound; the line looks at all pages after each reconciliation."""
    peer.there = True
    peer.count = lambda: "0" if len(peer.asked) < 4 else str(len(peer.asked))
    with monkeypatch.context() as patched:  # a stall of this process is neither silence nor steady sound
        patched.setattr(page_legs, "BEGINS_S", 30.0)
        patched.setattr(page_legs, "STEADY_S", 30.0)
        peer.watch()
        await until(lambda: len(peer.asked) > 4)
    await until(lambda: not len(peer.legs))
    assert len(peer.asked) > 4
    assert peer.posted == []
    peer.count = lambda: "0"
    peer.watch()
    await until(lambda: peer.posted, "a page that never sends is gone, too")


async def test_a_page_that_goes_while_its_connection_is_away_is_silent_from_then(peer: Peer) -> None:
    peer.speaks()
    peer.watch()
    await until(lambda: len(peer.asked) > 5)
    peer.count = lambda: "400"
    await until(lambda: peer.posted)
    assert isinstance(peer.posted[0], PageSilent)


async def test_a_page_that_is_registered_again_and_silent_is_another_page(peer: Peer) -> None:
    peer.there = True
    peer.watch()
    await until(lambda: peer.posted)
    assert isinstance(peer.posted[0], PageSilent)
    assert peer.posted[0].there


@pytest.mark.parametrize("count", [None, "", "many"])
async def test_a_leg_that_is_gone_is_watched_no_more(peer: Peer, count: str | None) -> None:
    peer.count = lambda: count
    peer.watch()
    await until(lambda: not len(peer.legs))
    assert (len(peer.asked), peer.posted) == (1, [])
    peer.count = lambda: "100"
    peer.watch()
    await until(lambda: peer.posted)


async def test_without_a_connection_nothing_is_believed(peer: Peer) -> None:
    peer.connected = False
    peer.watch()
    await until(lambda: not len(peer.legs))
    assert peer.posted == []


@pytest.mark.parametrize("leg", ["PJSIP/1001-00000007", "PJSIP/trunk-00000007", ""])
async def test_another_phone_is_not_watched(peer: Peer, leg: str) -> None:
    peer.watch(leg)
    assert (len(peer.legs), peer.asked, peer.posted) == (0, [], [])


async def test_a_count_that_comes_seconds_late_counts(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the manager is behind."""
    late: list[asyncio.Future[Response]] = []

    def ask(action: str, headers: Mapping[str, str]) -> "asyncio.Future[Response]":
        late.append(asyncio.get_running_loop().create_future())
        return late[-1]

    peer.legs._ask = ask
    peer.watch()
    await until(lambda: len(late) == 1)
    later(monkeypatch)
    await asyncio.wait(late, timeout=0.05)
    late[0].set_result(Response(True, "", Message({"Value": "100"})))
    await until(lambda: len(late) == 2, "it is asked again")
    late[1].set_result(Response(True, "", Message({"Value": "100"})))
    await until(lambda: peer.posted)
    assert isinstance(peer.posted[0], PageSilent)
