"""A process that stood still hears what came meanwhile before it takes its Asterisk for dead."""

import asyncio
import selectors
import time
from collections.abc import Mapping

from acd.asterisk.ami import AmiConnection, Message, Timings
from tests.acd.asterisk.ami_peer import peer, running
from tests.waiting import until

STILL_S = 4.0
DEAD_S = 3.0
"""Shorter than `STILL_S`: the peer seems dead when the process goes on. Longer than a busy machine stands still."""


class StandsStill(selectors.EpollSelector):
    """Once, for `still_s`, as in a process that is stopped and goes on: the wait was interrupted, so it tells of
    nothing that came meanwhile, and the timers are looked at first."""

    still_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if not self.still_s:
            return super().select(timeout)
        time.sleep(self.still_s)
        self.still_s = 0.0
        return []


def test_what_came_while_the_process_stood_still_is_heard_before_the_silence_counts() -> None:
    selector = StandsStill()
    heard, lost = list[Mapping[str, str]](), list[str]()

    def hear(message: Message) -> None:
        heard.append(message)

    async def story() -> None:
        async with peer() as there:
            ami = AmiConnection(
                host="127.0.0.1", port=there.port, user="cozum", secret="geheim", on_event=hear,
                on_connected=lambda: None, on_lost=lost.append, timings=Timings(ping_s=0.1, dead_s=DEAD_S),
            )  # fmt: skip
            async with running(ami.run()):
                link = await there.link()
                await link.greet()
                await until(lambda: ami.connected, "connected")
                link.write("Event: Hangup\r\n\r\n")
                selector.still_s = STILL_S
                await until(lambda: heard or lost, "the event, or the loss")
                assert (len(heard), lost) == (1, [])
                assert ami.connects == 1

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        runner.run(story())


def test_a_quiet_peer_that_stood_still_as_long_is_pinged_and_kept() -> None:
    """As where a container that has both is paused: the silence was our own, too."""
    selector = StandsStill()
    lost = list[str]()

    async def story() -> None:
        async with peer() as there:
            ami = AmiConnection(
                host="127.0.0.1", port=there.port, user="cozum", secret="geheim", on_event=lambda message: None,
                on_connected=lambda: None, on_lost=lost.append, timings=Timings(ping_s=DEAD_S / 5, dead_s=DEAD_S),
            )  # fmt: skip
            async with running(ami.run()):
                link = await there.link()
                await link.greet()
                await until(lambda: ami.connected, "connected")
                selector.still_s = STILL_S
                for _ in range(3):
                    ping = await link.action()
                    assert ping["Action"] == "Ping"
                    link.answer(ping)
                assert (lost, ami.connects) == ([], 1)

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        runner.run(story())
