"""The standby's FastAGI server: simple, with one thread for each caller who is being asked.

The supervisor keeps its listening socket open, so that a connection during a restart of the standby waits and is not
refused.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

from asterisk.agi import AGIException

from acd.standby.agi import Lines, PeerFault, Session

SESSIONS: Final = 512
STRANGERS: Final = 64
"""The most connections without an environment. For a further one the oldest of them is closed."""
ENVIRONMENT_S: Final = 5.0
SESSION_S: Final = 40.0
"""The question, its answer and the last prompt take 15 s at most."""
BEAT_S: Final = 1.0
COMPLAINTS_A_SECOND: Final = 5
STACK_BYTES: Final = 256 * 1024


class Server:
    """Accepts until its process ends. `serve` gets each session in a thread of its own."""

    def __init__(
        self,
        listener: socket.socket,
        serve: Callable[[Session], None],
        *,
        say: Callable[[str], None],
        environment_s: float = ENVIRONMENT_S,
        session_s: float = SESSION_S,
        sessions: int = SESSIONS,
        strangers: int = STRANGERS,
    ) -> None:
        self._listener = listener
        self._serve = serve
        self._say = say
        self._environment_s, self._session_s = environment_s, session_s
        self._most, self._most_strangers = sessions, strangers
        self._lock = threading.Lock()
        self._strangers: dict[socket.socket, None] = {}
        self._running = 0
        self._complaints = (0, 0)

    @property
    def sessions(self) -> int:
        """Connections that are served now."""
        return self._running

    def run(self, beat: int | None = None) -> None:
        """Accept for ever; once a second write a byte to the file `beat`, for the supervisor."""
        threading.stack_size(STACK_BYTES)
        self._listener.settimeout(BEAT_S)
        beaten_at = 0.0
        while True:
            if beat is not None and time.monotonic() - beaten_at >= BEAT_S:
                beaten_at = time.monotonic()
                with contextlib.suppress(BlockingIOError):
                    os.write(beat, b".")
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError as error:  # no files left, or the peer is gone again
                self._complain(f"accept: {error.strerror or error}")
                time.sleep(0.05)
                continue
            self._welcome(connection)

    def _welcome(self, connection: socket.socket) -> None:
        with self._lock:
            full = self._running >= self._most
            if not full:
                self._running += 1
                while len(self._strangers) >= self._most_strangers:
                    oldest = next(iter(self._strangers))
                    del self._strangers[oldest]
                    with contextlib.suppress(OSError):
                        oldest.shutdown(socket.SHUT_RDWR)  # its thread then ends by itself
                self._strangers[connection] = None
        if full:
            connection.close()
            self._complain("too many at once")
            return
        try:
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()
        except RuntimeError as error:  # no more threads to be had
            self._leave(connection)
            self._complain(str(error))

    def _attend(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            now = time.monotonic()
            lines = Lines(connection, now + self._environment_s)
            session = Session(lines)
            lines.deadline = now + self._session_s
            with self._lock:
                self._strangers.pop(connection, None)
            self._serve(session)
        except PeerFault as error:
            self._complain(str(error))
        except AGIException:
            pass  # the caller hung up, or Asterisk did not want to: the dialplan goes on
        except Exception as error:  # whatever it is, the other callers go on
            self._complain(f"a session failed: {type(error).__name__}: {error}")
        finally:
            self._leave(connection)

    def _leave(self, connection: socket.socket) -> None:
        with self._lock:
            self._strangers.pop(connection, None)
            self._running -= 1
        connection.close()

    def _complain(self, reason: str) -> None:
        """Report to the operator, at most a few times a second, because a peer decides how often it happens."""
        if not reason:
            return
        with self._lock:
            second, told = self._complaints
            now = int(time.monotonic())
            told = told + 1 if second == now else 1
            self._complaints = (now, told)
        if told <= COMPLAINTS_A_SECOND:
            self._say(reason)
