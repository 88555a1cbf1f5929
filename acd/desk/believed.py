"""The database's answers about sessions and tokens, believed for some seconds, and for longer while it does not answer.

What an account may do that is revoked meanwhile: nothing, if this desk revoked it; else, with a database that answers,
what it could before, for `FRESH_S`.
While the database gives no answer nothing can be revoked there, and what was revoked just before is not known here: the
account goes on until the first look that is answered, which begins at most `TRUST_S` after the database is back. Its
own end, its silence and a sign-out here end a session all the same."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from acd.desk.answers import asked
from console.ports import Unavailable

T = TypeVar("T")

FRESH_S: Final = 3.0
"""Seconds for which an answer of the database about a session or token is valid, also for somebody who was disabled
in a shell or at another desk."""
PATIENCE_S: Final = 0.5
"""Seconds that a request waits for a new answer where there is an older one."""
TRUST_S: Final = 5.0
"""Seconds for which older answers serve after a look that failed or took too long, before the next one is tried."""
KNOWN: Final = 5_000


class Believed(Generic[T]):
    """Answers of the database by digest, each with its time. `clock` gives seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[T, float]] = OrderedDict()
        self._looks: dict[str, asyncio.Task[T | None]] = {}
        """One look at a time for all who ask for a digest."""
        self._trusted_until: float | None = None
        """Set while the database gives no answers."""

    async def look(self, digest: str, find: Callable[[], Awaitable[T | None]]) -> T | None:
        """The database's answer, which may be some seconds old; while it is away, its last answer. Raises `Unavailable`
        if it is away and there is no earlier answer."""
        known, now = self._known.get(digest), self._clock()
        if known is None:
            return await asyncio.shield(self._begun(digest, find))
        if now - known[1] < FRESH_S or (self._trusted_until is not None and now < self._trusted_until):
            return known[0]
        if self._trusted_until is not None:  # this one asks whether the database is back; nobody waits with it
            self._trusted_until = now + TRUST_S
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await asyncio.shield(self._begun(digest, find))
        except (Unavailable, TimeoutError):
            self._trusted_until = self._clock() + TRUST_S
            return known[0]

    def _begun(self, digest: str, find: Callable[[], Awaitable[T | None]]) -> "asyncio.Task[T | None]":
        """A look that goes on when those who wait for it do not: a late answer counts, too."""
        look = self._looks.get(digest)
        if look is None:
            look = self._looks[digest] = asyncio.create_task(self._ask(digest, find))
        return look

    async def _ask(self, digest: str, find: Callable[[], Awaitable[T | None]]) -> T | None:
        began, this = self._clock(), asyncio.current_task()
        try:
            found = await asked(find())
            self._trusted_until = None
            if self._looks.get(digest) is this:  # else it was forgotten meanwhile
                self._keep(digest, found, began)
            return found
        finally:
            if self._looks.get(digest) is this:
                del self._looks[digest]

    def _keep(self, digest: str, found: T | None, at: float) -> None:
        if found is None:
            self._known.pop(digest, None)
            return
        self._known[digest] = (found, at)
        self._known.move_to_end(digest)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)

    def last(self, digest: str) -> T | None:
        """The last answer, if there is one, however old it is."""
        known = self._known.get(digest)
        return known[0] if known is not None else None

    def amend(self, digest: str, answer: T) -> None:
        """Correct a known answer, which becomes no fresher by it."""
        self._known[digest] = (answer, self._known[digest][1])

    def forget_those(self, ended: Callable[[T], bool]) -> None:
        """Forget each session or token that has ended."""
        for digest in [digest for digest, (answer, _) in self._known.items() if ended(answer)]:
            self.forget(digest)

    def forget(self, digest: str) -> None:
        """Forget a session or token that has ended, whatever a look says that has begun before."""
        self._known.pop(digest, None)
        self._looks.pop(digest, None)
