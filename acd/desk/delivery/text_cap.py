"""How many text messages may leave within an hour that no person wrote.

A caller chooses the number that a receipt goes to. The cap bounds what forged numbers of the country cost, as
`callbacks_per_hour` does for callbacks. What is over it stays in the outbox and leaves later."""

from collections import deque
from typing import Final

import structlog

from storage.requests.outbox import Outbox

log = structlog.get_logger()

HOUR_S: Final = 3600.0


class TextCap:
    """The texts of the last hour. `most` may leave in one; 0: any number."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._left: deque[float] | None = None
        """When each left, or was tried: a gateway may charge for both."""
        self._said_at = -HOUR_S

    async def room(self, outbox: Outbox, most: int) -> int:
        """How many may leave now, `most` at most."""
        if not self._most:
            return most
        hour_ago = outbox.now() - HOUR_S
        if self._left is None:  # of a process before us
            self._left = deque(await outbox.texts_left(hour_ago))
        while self._left and self._left[0] <= hour_ago:
            self._left.popleft()
        return max(0, min(most, self._most - len(self._left)))

    def count(self, at: float) -> None:
        """One leaves."""
        if self._left is not None:
            self._left.append(at)

    def wait(self, at: float) -> None:
        """Texts wait for room: the log says so, once an hour."""
        if at >= self._said_at + HOUR_S:
            self._said_at = at
            log.warning("texts_put_off", texts_per_hour=self._most)
