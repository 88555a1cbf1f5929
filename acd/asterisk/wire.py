"""The manager protocol as bytes: actions out, messages in. Pure; sockets are `ami.py`'s.

A message is a block of `Name: value` lines, each ended by CR LF, the block by an empty line. Asterisk takes lines of
up to 1,024 bytes and 128 headers an action, and knows no escape for CR or LF: a value that contains one *is* another
header, so it is refused here and not written.

Asterisk escapes a caller's name but not a caller's number. A number with a CR LF would therefore look like headers and
whole events to us. Our dialplan lets no such number in (extensions.conf, [caller]). With another dialplan it is noticed
here: the headers of a channel have a fixed order, and a block that breaks this order is dropped, together with
everything up to the rest of it.
"""

import functools
from collections.abc import Iterator, Mapping

Message = dict[str, str]
"""One event or answer: header names as Asterisk writes them. If a header is repeated, the first counts, so that no
later text can replace it."""

MAX_LINE = 1024
"""Bytes of a line of an action, CR LF included: Asterisk answers "line too long" to more."""
MAX_HEADERS = 128
MAX_MESSAGE = 64 * 1024
"""The most bytes of a message; Asterisk's largest have a few thousand."""

MAX_CUT = 64
"""Blocks within which the rest of a cut message must come. The longest possible number makes about twenty blocks."""

AFTER_NUMBER = (
    "CallerIDName", "ConnectedLineNum", "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority",
    "Uniqueid", "Linkedid",
)  # fmt: skip
"""What follows a channel's CallerIDNum, each name with the channel's prefix ("", "Dest", …), in Asterisk's order. To
write all of this takes more bytes than a number may have."""

_GREETING = b"Asterisk Call Manager/"
_MAX_GREETING = 256
_EOL = b"\r\n"
_END = b"\r\n\r\n"


class BadAction(ValueError):
    """This action must not be written to the socket: it is a mistake of ours, or an attack through our side."""


class AmiError(Exception):
    """A failure of the peer or the network."""


class AmiProtocolError(AmiError):
    """What the peer sent is not the manager protocol."""


def encode(action: str, headers: Mapping[str, str], action_id: str) -> bytes:
    """The action as bytes. Raises `BadAction` for text that Asterisk would read with another meaning."""
    if len(headers) + 2 > MAX_HEADERS:
        raise BadAction(
            f"{action}: {len(headers)} headers; Asterisk takes {MAX_HEADERS - 2} beside Action and ActionID"
        )
    lines = [_line("Action", action), _line("ActionID", action_id)]
    lines += [_line(name, value) for name, value in headers.items()]
    return b"".join(lines) + _EOL


def _line(name: str, value: str) -> bytes:
    if not name or not name.isascii() or not all(c.isalnum() or c in "-_" for c in name):
        raise BadAction(f"header name {name!r}: only ASCII letters, digits, '-' and '_' are allowed")
    for character, spelt in (("\r", "CR"), ("\n", "LF"), ("\0", "NUL")):
        if character in value:
            raise BadAction(f"header {name}: its value holds a {spelt}, which would begin another header; remove it")
    try:
        line = f"{name}: {value}\r\n".encode()
    except UnicodeEncodeError as error:
        raise BadAction(f"header {name}: its value cannot be written as UTF-8 ({error.reason})") from None
    if len(line) > MAX_LINE:
        raise BadAction(f"header {name}: {len(line)} bytes with its line end; Asterisk takes {MAX_LINE}")
    return line


class Decoder:
    """Messages from a stream, however it is cut into reads.

    Text is decoded a whole message at a time, so that a letter of two bytes survives a read that ends inside it; bytes
    that are not UTF-8 become U+FFFD and stay visible. What is not ended within `MAX_MESSAGE` raises `AmiProtocolError`,
    as does a peer that does not greet like a manager: the connection must then be dropped.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0  # no message ends before this offset
        self._awaited: tuple[str, ...] | None = None
        """The rest of a block that was cut, while it has not come."""
        self._dropped_since_cut = 0
        self.version: str | None = None
        """The peer's protocol version, once it has greeted."""
        self.forged = 0
        """Blocks that were dropped because somebody's text was in the place of headers."""

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take bytes and give each message that they complete. Exhaust it before the next `feed`."""
        buffer = self._buffer
        buffer += data
        if self.version is None and not self._greeted():
            return
        begin, end = 0, buffer.find(_END, self._scanned)
        while end >= 0:
            if end - begin > MAX_MESSAGE:
                raise AmiProtocolError(f"a message of {end - begin} bytes; at most {MAX_MESSAGE} are taken")
            block = buffer[begin:end].decode("utf-8", "replace")
            begin = end + len(_END)
            if (message := self._read(block)) is not None:
                yield message
            end = buffer.find(_END, begin)
        del buffer[:begin]
        # Half of the end may be here already, so search again from where it could begin.
        self._scanned = max(0, len(buffer) - len(_END) + 1)
        if self._scanned > MAX_MESSAGE:
            raise AmiProtocolError(
                f"a message goes on after {len(self._buffer)} bytes; at most {MAX_MESSAGE} are taken"
            )

    def _read(self, block: str) -> Message | None:
        """The message of a block; None if there is none, or if it cannot be trusted."""
        lines = block.split("\r\n")
        message: Message = {}
        for line in lines:
            name, separator, value = line.partition(": ")
            if not separator:
                break
            message[name] = value
        names = tuple(message)
        missing, plain = _looked_at(names)
        if not plain or len(names) < len(lines):  # a header is repeated, or a line is none or has no space
            names, message = _line_by_line(lines)
            missing, _ = _looked_at(names)
        awaited = self._awaited
        if awaited is not None:
            self.forged += 1
            self._dropped_since_cut += 1
            if _holds(names, awaited):
                self._awaited = None
            elif self._dropped_since_cut > MAX_CUT:
                raise AmiProtocolError(f"a message was cut, and its rest has not come in {MAX_CUT} messages")
            return None
        if missing:
            self.forged += 1
            self._dropped_since_cut = 0
            self._awaited = None if _holds(names, missing) else missing
            return None
        return message or None

    def _greeted(self) -> bool:
        seen = bytes(self._buffer[: len(_GREETING)])
        if not _GREETING.startswith(seen):
            raise AmiProtocolError(f"no Asterisk manager: it greeted with {seen!r}")
        end = self._buffer.find(_EOL)
        if end > _MAX_GREETING or (end < 0 and len(self._buffer) > _MAX_GREETING + 1):
            raise AmiProtocolError(f"no Asterisk manager: its greeting is longer than {_MAX_GREETING} bytes")
        if end < 0:
            return False
        self.version = self._buffer[len(_GREETING) : end].decode("utf-8", "replace")
        del self._buffer[: end + len(_EOL)]
        return True


def _line_by_line(lines: list[str]) -> tuple[tuple[str, ...], Message]:
    """The names of a block, repeated ones too, and its message."""
    headers = [line.partition(":") for line in lines]
    message: Message = {}
    for name, colon, value in headers:
        if colon:
            message.setdefault(name, value.removeprefix(" "))
    return tuple(name for name, colon, _ in headers if colon), message


@functools.lru_cache(128)
def _looked_at(names: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Headers that are missing (`_missing`), and whether all these are names. Asterisk sends few sorts of messages, and
    each of them with the same headers."""
    return _missing(names), all(":" not in name for name in names)


def _missing(names: tuple[str, ...]) -> tuple[str, ...]:
    """The missing headers of the first channel whose headers are not in order."""
    for place, name in enumerate(names):
        if name[-11:] == "CallerIDNum" and place and names[place - 1] == f"{name[:-11]}ChannelStateDesc":
            at = place + 1
            if missing := _after(name[:-11], names[at : at + len(AFTER_NUMBER)]):
                return missing
    return ()


@functools.lru_cache(1024)
def _after(prefix: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The headers that should follow a channel's number and do not, from the first wrong one on. Not every version of
    Asterisk sends Language."""
    left = list(names)
    for number, wanted in enumerate(AFTER_NUMBER):
        if left and left[0] == prefix + wanted:
            del left[0]
        elif wanted != "Language":
            return tuple(prefix + rest for rest in AFTER_NUMBER[number:])
    return ()


def _holds(names: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether these headers are there, one behind the other."""
    shorter = tuple(name for name in wanted if not name.endswith("Language"))
    return any(names[place : place + len(run)] == run for run in {wanted, shorter} for place in range(len(names)))
