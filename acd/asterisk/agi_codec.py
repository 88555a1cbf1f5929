"""AGI on the wire, without any I/O: bytes in, items out; commands in, bytes out.

Feed `AgiReader` with each read, then ask for items: first the `Environment`, then replies and hangups as they come. How
the bytes were cut into reads makes no difference. Whatever a peer sends, nothing but `PeerError` is raised, and memory
stays inside `Limits`.

Text is UTF-8. A line is decoded only when it is whole, so a letter cut by a read is kept; bytes that are no UTF-8
become U+FFFD, since a caller's odd name is no reason to lose the caller. NUL is refused: no Asterisk sends it.
"""

import functools
import re
from dataclasses import dataclass, field
from typing import Final


class PeerError(Exception):
    """The peer sent something that is not AGI, or more than the limits allow. Close the connection."""


class UnsafeArgument(ValueError):
    """An argument that AGI cannot carry: CR, LF, NUL, text that is not Unicode, or too long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is accepted from a peer; sizes in bytes."""

    line: int = 16_384
    block: int = 65_536
    """The environment, or one usage text."""
    variables: int = 128


_ARGUMENT: Final = "agi_arg_"


@dataclass(frozen=True, slots=True)
class Environment:
    """The block with which a session begins. If a variable comes twice, the first counts: what stands first
    (`agi_request`, `agi_uniqueid`) is Asterisk's own, what a caller controls comes after it."""

    variables: dict[str, str]

    @property
    def path(self) -> str:
        """Path of the script asked for, `/call` in `agi://127.0.0.1:4573/call`."""
        _, _, rest = self.variables["agi_request"].partition("://")
        return "/" + rest.partition("/")[2].partition("?")[0]

    def get(self, name: str) -> str:
        """A variable without its prefix `agi_`; empty if there is none."""
        return self.variables.get(f"agi_{name}", "")

    def argument(self, number: int) -> str:
        """An argument the dialplan gave after the URL, counted from 1; empty if there is none."""
        return self.variables.get(f"agi_arg_{number}", "")

    def shifted(self) -> "Environment":
        """The same environment without its first argument; the second becomes the first."""
        variables, number = self.variables.copy(), 1
        while (value := self.variables.get(f"{_ARGUMENT}{number + 1}")) is not None:
            variables[f"{_ARGUMENT}{number}"] = value
            number += 1
        variables.pop(f"{_ARGUMENT}{number}", None)
        return Environment(variables)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one command. With code 200 there is a `result`; otherwise `data` is the error's text."""

    code: int
    result: str = ""
    data: str | None = None
    """The text in parentheses; None if there was none."""
    endpos: int | None = None
    """Samples played; only playing and recording give it."""


@dataclass(frozen=True, slots=True)
class HangupNotice:
    """The channel is hung up, or taken away from us. May come more than once."""


Item = Environment | Reply | HangupNotice

_VARIABLE: Final = re.compile(r"agi_[a-z0-9_]{1,60}")
_STATUS: Final = re.compile(r"([2-5][0-9]{2})([ -])(.*)", re.ASCII | re.DOTALL)
_RESULT: Final = re.compile(r"result=(\S*)(?: \((.*)\))?(?: endpos=(-?[0-9]{1,18}))?", re.ASCII | re.DOTALL)
_USAGE_END: Final = "520 End of proper usage."


@functools.lru_cache(256)
def _is_variable(name: str) -> bool:
    """Whether this is the name of an AGI variable. Asterisk sends the same ones each time."""
    return _VARIABLE.fullmatch(name) is not None


@dataclass(slots=True)
class AgiReader:
    """The receiving side of one session. Call `feed` with each read, then `next_item` until it gives None.

    After a `PeerError` every further call raises it again."""

    limits: Limits = field(default_factory=Limits)
    _buffer: bytearray = field(default_factory=bytearray)
    _searched: int = 0
    """Bytes at the head of the buffer that are known to hold no line end."""
    _variables: dict[str, str] | None = field(default_factory=dict)
    _usage: list[str] | None = None
    _block_size: int = 0
    _error: PeerError | None = None

    def feed(self, data: bytes) -> None:
        """Take what was read. Nothing is looked at before `next_item`."""
        if self._error is None:
            self._buffer += data

    def next_item(self) -> Item | None:
        """The next item, or None until more is fed. Raises `PeerError`."""
        if self._error is not None:
            raise self._error
        try:
            if self._variables is not None:
                return self._next_environment(self._variables)
            while (line := self._next_line()) is not None:
                if (item := self._take(line)) is not None:
                    return item
        except PeerError as error:
            self._error = error
            self._buffer.clear()
            raise
        return None

    def end(self) -> None:
        """The peer closed its side. Raises `PeerError` if it did so amid an item."""
        if self._error is not None:
            raise self._error
        if self._variables is not None or self._usage is not None or self._buffer:
            self._error = PeerError("closed amid an item")
            raise self._error

    @property
    def began(self) -> bool:
        """Whether the environment is complete."""
        return self._variables is None

    def _next_line(self) -> str | None:
        end = self._buffer.find(b"\n", self._searched, self.limits.line + 1)
        if end < 0:
            self._searched = len(self._buffer)
            if len(self._buffer) > self.limits.line:
                raise self._too_long()
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        if 0 in line:
            raise PeerError("a NUL byte")
        return line.decode("utf-8", "replace")

    def _next_environment(self, variables: dict[str, str]) -> Environment | None:
        """Take the lines that are here, all at once: a caller waits for it."""
        whole = self._buffer.rfind(b"\n") + 1
        lines = bytes(self._buffer[:whole]).split(b"\n")
        del self._buffer[:whole], lines[-1]
        for number, line in enumerate(lines):
            if not line:
                self._buffer[:0] = b"".join([rest + b"\n" for rest in lines[number + 1 :]])
                if not variables.get("agi_request"):
                    raise PeerError("an environment without agi_request")
                self._variables = None
                return Environment(variables)
            if len(line) > self.limits.line:
                raise self._too_long()
            if 0 in line:
                raise PeerError("a NUL byte")
            self._take_variable(variables, line.decode("utf-8", "replace"))
        if len(self._buffer) > self.limits.line:
            raise self._too_long()
        return None

    def _too_long(self) -> PeerError:
        return PeerError(f"a line of more than {self.limits.line} bytes")

    def _take(self, line: str) -> Item | None:
        if self._usage is not None:
            return self._take_usage(self._usage, line)
        if line == "HANGUP":
            return HangupNotice()
        status = _STATUS.fullmatch(line)
        if status is None:
            raise PeerError("a line that is no reply")
        code, mark, text = int(status[1]), status[2], status[3]
        if mark == "-":
            self._usage = [text]
            self._block_size = 0
            return None
        if code != 200:
            return Reply(code, data=text)
        result = _RESULT.fullmatch(text)
        if result is None:
            raise PeerError("a reply without a result")
        return Reply(200, result[1], result[2], None if result[3] is None else int(result[3]))

    def _take_variable(self, variables: dict[str, str], line: str) -> None:
        self._count(line)
        name, colon, value = line.partition(":")
        if not colon or not _is_variable(name):
            raise PeerError("a line that is no AGI variable")
        if len(variables) >= self.limits.variables:
            raise PeerError(f"more than {self.limits.variables} variables")
        variables.setdefault(name, value.removeprefix(" "))

    def _take_usage(self, usage: list[str], line: str) -> Item | None:
        if line == _USAGE_END:
            self._usage = None
            return Reply(520, data="\n".join(usage))
        self._count(line)
        usage.append(line)
        return None

    def _count(self, line: str) -> None:
        self._block_size += len(line) + 1
        if self._block_size > self.limits.block:
            raise PeerError(f"a block of more than {self.limits.block} bytes")


COMMAND_LIMIT: Final = 4_096
"""Asterisk reads a command into 8,192 bytes; an application may cut its argument much earlier."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./:@*#+-]+")


def encode(*words: str) -> bytes:
    """One command line. Words that are not plain are quoted, so each arrives as one argument.

    Raises `UnsafeArgument`."""
    line = " ".join(word if _PLAIN.fullmatch(word) else _quoted(word) for word in words)
    try:
        data = line.encode() + b"\n"
    except UnicodeEncodeError:
        raise UnsafeArgument("text that is no Unicode cannot be sent") from None
    if len(data) > COMMAND_LIMIT:
        raise UnsafeArgument(f"a command of {len(data)} bytes; at most {COMMAND_LIMIT} are allowed")
    return data


def _quoted(word: str) -> str:
    if "\n" in word or "\r" in word or "\0" in word:
        raise UnsafeArgument(f"CR, LF and NUL cannot be sent, in an argument of {len(word)} characters")
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
