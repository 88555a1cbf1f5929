"""One agent, one caller: the engine's legs and the legs of Asterisk's own queue exclude each other.

When an engine comes back, callers are still in that queue, and neither side knows which agents the other rings. The
dialplan's context `reserve` runs on a leg before the phone rings, and at least one of two legs gives way.

For that Asterisk stops the caller's channel until its next frame, up to 20 ms (app_dial puts it into autoservice for
the option `b`). So the engine's legs run it only while a caller may be in the queue.
"""

import math
import time
from collections.abc import Callable
from typing import Final

from ivr.tones import BEEP

RESERVE_CONTEXT: Final = "reserve"
COUNTED: Final = "GROUP(agent)"
"""Counts the channels of an agent's phones; each of their endpoints sets it (`set_var`)."""
DIAL_OPTION: Final = f"b({RESERVE_CONTEXT}^dial^1)"
"""The option of a Dial that rings an agent while a caller may be in Asterisk's own queue."""
AUTO_OPTIONS: Final = f"b({RESERVE_CONTEXT}^auto^1)A({BEEP})"
"""The options of a Dial that rings an agent whose phone is to answer by itself; they hear a beep before the caller."""
STALL_S: Final = 0.5
"""A loop that stood still for so long may have missed callers who went to the standby (`standby_after_s` ≥ 1)."""
LEAVES_S: Final = 15.0
"""Seconds, besides one ring, after which the queue has let go of each caller whom nothing keeps there: a turn, the
pause before the next ring and the dialplan's next question, with room for a busy machine."""


class QueueWatch:
    """Tells whether a caller may be in Asterisk's own queue.

    A caller comes there only if the engine does not take them. The signs of that are: the engine has just started, its
    loop stood still, AMI is away, the AGI server dropped a connection, or a caller comes who had been without an
    engine. Each turn in the queue is followed by the question for an engine, so without a sign the queue is empty soon.
    """

    def __init__(
        self,
        *,
        ring_s: Callable[[], float],
        connected: Callable[[], bool],
        dropped: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ring_s` is the longest ring in seconds, `connected` whether AMI is, `dropped` the count of connections that
        the AGI server has dropped. An engine that has just started counts as a sign."""
        self._ring_s, self._connected, self._dropped, self._monotonic = ring_s, connected, dropped, monotonic
        self._beaten_at = self._seen_at = monotonic()
        self._dropped_before = 0

    def seen(self) -> None:
        """Note a sign."""
        self._seen_at = self._monotonic()

    def emptied(self) -> None:
        """Note that Asterisk listed its channels and the engine has each caller: nobody is in the queue."""
        self._seen_at = -math.inf

    def beat(self) -> None:
        """Note that the loop turns; called more often than every `STALL_S`."""
        now = self._monotonic()
        if now - self._beaten_at > STALL_S:
            self._seen_at = now
        self._beaten_at = now

    def possible(self) -> bool:
        """Whether a caller may be in the queue now."""
        self.beat()
        dropped = self._dropped()
        if dropped != self._dropped_before or not self._connected():
            self._dropped_before = dropped
            self.seen()
        return self._monotonic() - self._seen_at <= self._ring_s() + LEAVES_S
