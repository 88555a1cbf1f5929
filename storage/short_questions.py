"""Short questions to SQLite, answered by one thread, all that wait at once.

By SQLAlchemy's pool a question costs several times what SQLite needs for it, and each caller is asked about twice. On a
busy line dozens of questions come at once; the thread is woken once for them, and the loop once by it."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, Final

Rows = list[tuple[Any, ...]]

SLOW_S: Final = 0.05
"""A question that takes longer is not short, and is given up: others wait for the same connection."""
_STEPS: Final = 1000
"""SQLite's instructions between two looks at the time."""
_CLOSE_S: Final = 1.0
"""The thread may be at a disk that hangs, which must not delay the exit."""


class _Question:
    """A statement with its parameters. Its answer is None if a connection of its own must be asked."""

    def __init__(self, text: str, values: Sequence[Any], answer: asyncio.Future[Rows | None]) -> None:
        self.text = text
        self.values = values
        self.answer = answer


_Batch = list[_Question]


class ShortQuestions:
    """A thread with a connection, from the first question until `close`. After an error it connects again."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """`connect` is called in the thread."""
        self._connect = connect
        self._waiting: _Batch = []
        self._busy = False
        """Whether the thread has a batch, or gets one in this round of the loop."""
        self._batches: SimpleQueue[_Batch | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def ask(self, text: str, values: Sequence[Any]) -> Rows | None:
        """The rows of a statement that reads, in no transaction. None if it failed or took long: a connection of its
        own must be asked, and says why."""
        loop = asyncio.get_running_loop()
        question = _Question(text, values, loop.create_future())
        self._waiting.append(question)
        if not self._busy:
            self._busy = True
            loop.call_soon(self._hand_over, loop)  # the other questions of this round go with it
        return await question.answer

    async def close(self) -> None:
        """End the thread. Questions that wait are answered before, unless the disk hangs."""
        self._hand_over(asyncio.get_running_loop())
        thread, self._thread = self._thread, None
        if thread is not None:
            self._batches.put(None)
            await asyncio.to_thread(thread.join, _CLOSE_S)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting, []
        if not batch:  # `close` was first
            return
        if self._thread is None:
            self._batches = SimpleQueue()
            work = _Work(self._connect, self._batches, lambda batch, found: self._tell(loop, batch, found))
            self._thread = threading.Thread(target=work.run, name="short-questions", daemon=True)
            self._thread.start()
        self._batches.put(batch)

    def _tell(self, loop: asyncio.AbstractEventLoop, batch: _Batch, found: list[Rows | None]) -> None:
        """Called in the thread."""
        try:
            loop.call_soon_threadsafe(self._answered, loop, batch, found)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    def _answered(self, loop: asyncio.AbstractEventLoop, batch: _Batch, found: list[Rows | None]) -> None:
        for question, rows in zip(batch, found, strict=True):
            if not question.answer.done():
                question.answer.set_result(rows)
        self._busy = bool(self._waiting)
        if self._busy:
            self._hand_over(loop)


class _Work:
    """What the thread does."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        batches: SimpleQueue[_Batch | None],
        tell: Callable[[_Batch, list[Rows | None]], None],
    ) -> None:
        self._connect = connect
        self._batches = batches
        self._tell = tell
        self._connection: sqlite3.Connection | None = None
        self._until = 0.0

    def run(self) -> None:
        while (batch := self._batches.get()) is not None:
            self._tell(batch, [None if one.answer.done() else self._rows(one) for one in batch])
        self._disconnect()

    def _rows(self, question: _Question) -> Rows | None:
        try:
            if self._connection is None:
                self._connection = self._connect()
                self._connection.set_progress_handler(self._is_late, _STEPS)
            self._until = time.monotonic() + SLOW_S
            return self._connection.execute(question.text, question.values).fetchall()
        except Exception as error:  # whatever it is: who is asked next says it to the one who asks
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
                self._disconnect()
            return None

    def _is_late(self) -> bool:
        return time.monotonic() > self._until

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
