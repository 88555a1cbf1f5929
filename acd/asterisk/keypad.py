"""Collects the keys that a caller presses; none is lost and none is counted twice.

AGI drops a key that is pressed while no command listens; AMI reports every key, a moment later. So AMI is the
authority, and the keys that AGI reports are some of the same presses, in the same order. A key from AGI is matched with
the key from AMI. If AMI is not connected or late, the key from AGI counts, and AMI's late report of it is ignored: on a
busy machine it comes seconds later, when the same key means something else. AMI says when a key was pressed.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

AMI_LAG_S: Final = 0.1
"""A key from AGI counts at the latest after so many seconds without AMI's report of it."""
LATE_S: Final = 1.0
"""A key that AMI reports was counted already if it was pressed within so many seconds of a key that AGI reported."""
SWALLOW_S: Final = 3.0
KEPT: Final = 64
"""The most keys that are kept for later; further keys are dropped."""

Clock = Callable[[], float]


class Keypad:
    """One channel's keys. They are kept until taken, or given at once to `sink` if there is one.

    `clock` is monotonic, in seconds; `ami_connected` says whether AMI tells of keys now."""

    def __init__(self, clock: Clock, ami_connected: Callable[[], bool]) -> None:
        self._clock = clock
        self._ami_connected = ami_connected
        self._kept: deque[str] = deque()
        self._unclaimed: deque[str] = deque()
        """From AMI since the present command began; AGI may yet report them."""
        self._owed: deque[tuple[str, float]] = deque()
        """Counted on AGI's word; AMI may yet tell of them."""
        self._news: asyncio.Future[None] | None = None
        self._sink: Callable[[str], None] | None = None
        self._swallow = ""
        self._swallow_until = 0.0
        self.on_key: Callable[[], None] | None = None
        """Called at each key that is kept."""

    def __len__(self) -> int:
        """How many keys are kept."""
        return len(self._kept)

    def take(self) -> str:
        """The oldest key kept; empty if there is none."""
        return self._kept.popleft() if self._kept else ""

    def swallow(self, key: str) -> None:
        """Drop the next key if it is this one and comes soon: people press `#` also after a full entry."""
        if not self._kept:
            self._swallow, self._swallow_until = key, self._clock() + SWALLOW_S
        elif self._kept[0] == key:
            self._kept.popleft()

    @property
    def swallowing(self) -> str:
        """The key that would be dropped now; empty if none would."""
        return self._swallow if self._clock() < self._swallow_until else ""

    def clear(self) -> None:
        """Forget the keys kept."""
        self._kept.clear()

    def pour_into(self, sink: Callable[[str], None] | None) -> None:
        """Give the keys kept, and every further one, to `sink`; None: keep them again."""
        self._sink = sink
        while sink is not None and self._kept:
            sink(self._kept.popleft())

    def command_begins(self) -> None:
        """Note that AGI listens from now on: it will not report keys that AMI reported before."""
        self._unclaimed.clear()

    def press(self, key: str, late_s: float = 0.0) -> None:
        """Take a key that AMI reports, so many seconds after it was pressed."""
        pressed_at = self._clock() - late_s
        while self._owed and self._owed[0][1] < pressed_at - LATE_S:
            self._owed.popleft()
        if self._owed and self._owed[0][0] == key:
            self._owed.popleft()
            return
        self._unclaimed.append(key)
        self._count(key)

    async def heard(self, key: str) -> None:
        """Take a key that AGI reports. Returns when it is counted."""
        if self._claim(key):
            return
        if not self._ami_connected():
            self._count(key)
            return
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(AMI_LAG_S):
                while not self._claim(key):
                    self._news = loop.create_future()
                    await self._news
        except BaseException as error:
            if not self._claim(key):
                self._owed.append((key, self._clock()))
                self._count(key)
            if not isinstance(error, TimeoutError):
                raise
        finally:
            self._news = None

    def _claim(self, key: str) -> bool:
        """Find AMI's report of this press. Reports before it are presses that AGI did not hear."""
        if key not in self._unclaimed:
            return False
        while self._unclaimed.popleft() != key:
            pass
        return True

    def _count(self, key: str) -> None:
        dropped = key == self.swallowing
        self._swallow = ""
        if self._sink is not None and not dropped:
            self._sink(key)
        elif len(self._kept) < KEPT and not dropped:
            self._kept.append(key)
            if self.on_key is not None:
                self.on_key()
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


EARLY_S: Final = 10.0
EARLY_CALLS: Final = 1_000
EARLY_KEYS: Final = 16


class Keypads:
    """The keypads of all channels with a session, by uniqueid. AMI may report a key before the session exists: such
    keys are kept for a while, for a bounded number of channels."""

    def __init__(self, clock: Clock, ami_connected: Callable[[], bool]) -> None:
        self._clock = clock
        self._ami_connected = ami_connected
        self._pads: dict[str, Keypad] = {}
        self._early: dict[str, list[tuple[float, str]]] = {}

    def open(self, channel_id: str) -> Keypad:
        """A keypad for a session that begins; it replaces the keypad of an earlier session."""
        pad = Keypad(self._clock, self._ami_connected)
        self._pads[channel_id] = pad
        oldest = self._clock() - EARLY_S
        for at, key in self._early.pop(channel_id, ()):
            if at >= oldest:
                pad.press(key)
        return pad

    def close(self, channel_id: str, pad: Keypad) -> None:
        """Forget the keypad of a session that is over."""
        if self._pads.get(channel_id) is pad:
            del self._pads[channel_id]

    def press(self, channel_id: str, key: str, late_s: float = 0.0) -> None:
        """Take a key that AMI reports for a channel, so many seconds after it was pressed."""
        pad = self._pads.get(channel_id)
        if pad is not None:
            pad.press(key, late_s)
            return
        early = self._early.setdefault(channel_id, [])
        if len(early) < EARLY_KEYS:
            early.append((self._clock(), key))
        if len(self._early) > EARLY_CALLS:
            del self._early[next(iter(self._early))]
