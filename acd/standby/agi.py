"""pyst2's AGI over a socket, held to what a peer may do.

pyst2 was written for a script of its own process and an Asterisk that behaves: it reads lines without end, waits for
ever, takes an empty answer for a number, sets a signal handler and writes all it reads, callers' numbers too, to
standard error. Here its lines come from a reader with a bound and a deadline, which also knows Asterisk's word for a
caller who hung up, and what it says to standard error goes nowhere.
"""

import hmac
import socket
import time
from typing import Final, TextIO, cast

from asterisk.agi import AGI, AGIHangup

LONGEST_LINE: Final = 2048
MOST_LINES: Final = 64
"""Of an environment: Asterisk sends some 25, and one for each argument."""


class PeerFault(Exception):
    """The peer is silent, endless or no Asterisk. Without a text it is not worth a word."""


class Lines:
    """The lines of a connection, for pyst2 to read and write. Each may take until the deadline and not longer."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self.deadline = deadline
        """When all must be over, on the monotonic clock."""
        self._connection = connection
        self._data = b""
        self._in_environment = True
        self._lines = 0

    def readline(self) -> str:
        """The next line. Raises `PeerFault`, or `AGIHangup` if the caller hung up."""
        while b"\n" not in self._data:
            if len(self._data) > LONGEST_LINE:
                raise PeerFault("a line without end")
            self._give_time()
            try:
                more = self._connection.recv(4096)
            except TimeoutError:
                raise PeerFault("no answer in time") from None
            except OSError as error:
                raise PeerFault(str(error)) from None
            if not more:
                raise PeerFault("closed by the peer" if self._data or self._lines else "")  # a look at the port
            self._data += more
        raw, _, self._data = self._data.partition(b"\n")
        if len(raw) > LONGEST_LINE:
            raise PeerFault("a line too long")
        line = raw.decode("utf-8", "replace").strip()
        if self._in_environment:
            self._lines += 1
            if self._lines > MOST_LINES:
                raise PeerFault("an environment without end")
            self._in_environment = bool(line)
        elif line.startswith("HANGUP"):
            raise AGIHangup("the caller hung up")
        elif not line[:3].isdigit():
            raise PeerFault("an answer without a code")
        return line + "\n" if line else "\n"

    def write(self, text: str) -> None:
        """Send a command. Raises `PeerFault`."""
        self._give_time()
        try:
            self._connection.sendall(text.encode("utf-8"))
        except OSError as error:
            raise PeerFault(str(error)) from None

    def flush(self) -> None:
        """Nothing is kept back."""

    def _give_time(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise PeerFault("no answer in time")
        self._connection.settimeout(left)


class _Nowhere:
    """Where pyst2's chatter goes: it holds callers' numbers."""

    def write(self, text: str) -> int:
        return len(text)


class Session(AGI):  # type: ignore[misc]
    """One channel. Raises `PeerFault` where the environment is none."""

    def __init__(self, lines: Lines) -> None:
        # As pyst2 does, but for its signal handler: this is not the main thread, and SIGHUP is not how we are told.
        self.stdin = self.stdout = cast(TextIO, lines)
        self.stderr = cast(TextIO, _Nowhere())
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self.lines = lines
        self._get_agi_env()

    def text(self, name: str) -> str:
        """A word of the environment; empty if it is not there or Asterisk does not know it."""
        value = self.env.get(f"agi_{name}", "")
        return "" if value == "unknown" else value

    def knows(self, secret: str) -> bool:
        """Whether the first argument of all is our secret."""
        return hmac.compare_digest(self.env.get("agi_arg_1", "").encode(), secret.encode())

    def argument(self, place: int) -> str:
        """An argument that the dialplan gave behind the secret, counted from 1."""
        return self.env.get(f"agi_arg_{place + 1}", "")

    @property
    def path(self) -> str:
        """What stands behind host and port: `/ask`."""
        script = self.env.get("agi_network_script", "")
        return "/" + script.partition("?")[0].strip("/")
