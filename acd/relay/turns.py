"""Handshakes in turn: few at a time of each address, so that a flood from one holds no other address up.

A handshake costs a millisecond of the core by which pages' telephones are told of calls. Hundreds at once from one
address would come before every other one's, and before a telephone's next message.
"""

import asyncio
from collections import deque
from typing import Final

AT_ONCE: Final = 8
"""Handshakes of an address that are under way."""
TURN_S: Final = 0.25
"""So long a handshake counts as under way: a client that says nothing must not hold up those beside it for longer."""


class Turns:
    """The turns of all addresses. Use it on one loop."""

    def __init__(self) -> None:
        self._begun: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def come(self, address: str) -> "Turn":
        """Wait until one of this address may begin; the first to wait is the first to begin."""
        if self._begun.get(address, 0) < AT_ONCE:
            self._begun[address] = self._begun.get(address, 0) + 1
            return Turn(self, address)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.pass_on(address)
            raise
        return Turn(self, address)

    def pass_on(self, address: str) -> None:
        """A turn is over: the next one's begins."""
        waiting = self._waiting.get(address, ())
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._waiting.pop(address, None)
        self._begun[address] -= 1
        if not self._begun[address]:
            del self._begun[address]


class Turn:
    """The turn of one handshake."""

    def __init__(self, turns: Turns, address: str) -> None:
        self._turns, self._address = turns, address
        self._over = False
        self._timer = asyncio.get_running_loop().call_later(TURN_S, self.end)

    def end(self) -> None:
        """The handshake is done, or has had its time."""
        self._timer.cancel()
        if not self._over:
            self._over = True
            self._turns.pass_on(self._address)
