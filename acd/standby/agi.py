"""pyst2's AGI over a socket, with limits for the peer.

pyst2 was written for a script in a process of its own and a correct Asterisk. It reads endless lines, waits for ever,
takes an empty answer for a number, sets a signal handler, and writes everything that it reads, also callers' numbers,
to standard error. Here its lines come from a reader with a limit and a deadline, which also recognises Asterisk's
report of a hang-up. Its output to standard error is dropped.
"""

import hmac
import socket
import time
from typing import Final, TextIO, cast

from asterisk.agi import AGI, AGIHangup

LONGEST_LINE: Final = 2048
MOST_LINES: Final = 64
"""Most lines of an environment. Asterisk sends some 25, and one for each argument."""


class PeerFault(Exception):
    """The peer is silent, endless or not Asterisk. Without a text it need not be reported."""


class Lines:
    """The lines of a connection, for pyst2 to read and write. Each may take until the deadline."""

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
    """Drops pyst2's output, which contains callers' numbers."""

    def write(self, text: str) -> int:
        return len(text)


class Session(AGI):  # type: ignore[misc]  # pyst2 has no types
    """One channel. Raises `PeerFault` if the environment is not valid."""

    def __init__(self, lines: Lines) -> None:
        # As pyst2 does, without its signal handler: this is not the main thread, and we do not use SIGHUP.
        self.stdin = self.stdout = cast(TextIO, lines)
        self.stderr = cast(TextIO, _Nowhere())
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self.lines = lines
        self._get_agi_env()

    def text(self, name: str) -> str:
        """A value of the environment; empty if it is missing or unknown to Asterisk."""
        value = self.env.get(f"agi_{name}", "")
        return "" if value == "unknown" else value

    def knows(self, secret: str) -> bool:
        """Whether the first argument is our secret."""
        return hmac.compare_digest(self.env.get("agi_arg_1", "").encode(), secret.encode())

    def argument(self, place: int) -> str:
        """An argument that the dialplan gave behind the secret, counted from 1."""
        return self.env.get(f"agi_arg_{place + 1}", "")

    @property
    def path(self) -> str:
        """The path after host and port: `/ask`."""
        script = self.env.get("agi_network_script", "")
        return "/" + script.partition("?")[0].strip("/")
