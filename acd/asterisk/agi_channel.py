"""AGI commands on one channel, as methods, over a connection that another task reads.

It relies on these facts of Asterisk's `res_agi`:

- It answers in order and one command at a time. It reads commands through a stdio buffer but waits on the socket, so
  of two commands that arrive in one read the second is not seen until something else arrives. Hence a command is
  written only when nothing else is in flight.
- `STREAM FILE` and `WAIT FOR DIGIT` end when something is readable on the socket. A cut `STREAM FILE` gives no reply,
  a cut `WAIT FOR DIGIT` gives result 1. This is how a prompt is stopped (`cut`): with a NOOP, which is sent again as
  long as nothing comes back, because the first may lie in that stdio buffer.
- Only replies to playing have `endpos`, which shows whether the prompt was cut or had just ended by itself.
- While a command runs no HANGUP line is sent; after a hangup there may be several.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from acd.asterisk.agi_codec import PeerError, Reply, UnsafeArgument, encode

COMMAND_S: Final = 10.0
"""Seconds after which a command that only sets or asks something will not be answered any more."""
PROMPT_S: Final = 600.0
KICK_S: Final = 0.005
"""Seconds after which a cut that Asterisk did not see is repeated, again and again: an agent may wait for it."""
KICK_GROWS: Final = 1.25
"""Factor by which this pause grows. An Asterisk that had no processor for a while reads all cuts of that time at once
and does not see them. A larger factor would delay the next cut by as long again."""
ANY_KEY: Final = "0123456789*#"


class ChannelClosed(Exception):
    """The AGI connection is over: closed by Asterisk, broken, silent beyond a deadline, or not AGI."""


class CallerHungUp(ChannelClosed):
    """Asterisk reported that the channel is hung up or taken from us."""


class CommandRefused(Exception):
    """Asterisk does not know a command, or not with these arguments: our bug, or a module that is not loaded."""


class Played(Enum):
    """How a prompt ended without a key."""

    WHOLE = auto()
    CUT = auto()
    FAILED = auto()
    """No such file, or the channel is ending; the next command shows which."""


class _Kind(Enum):
    PLAIN = auto()
    STREAM = auto()
    WAIT = auto()


class _Pending:
    __slots__ = ("future", "kind")

    def __init__(self, kind: _Kind, future: "asyncio.Future[Reply | None] | None") -> None:
        self.kind = kind
        self.future = future

    def resolve(self, reply: Reply | None) -> None:
        if self.future is not None and not self.future.done():
            self.future.set_result(reply)


@dataclass(frozen=True, slots=True)
class Begun:
    """A dialplan application that runs, or will run as soon as Asterisk has read the command."""

    application: str
    line: bytes
    reply: "asyncio.Future[Reply | None]"


class AgiChannel:
    """The commands of one session. Only one task at a time may use it; a cancelled method leaves the channel usable.

    Every method raises `ChannelClosed` or `CallerHungUp` if that has happened. `write` and `close` belong to the
    connection."""

    def __init__(self, write: Callable[[bytes], None], close: Callable[[], None]) -> None:
        self._write = write
        self._close = close
        self._loop = asyncio.get_running_loop()
        self._pending: deque[_Pending] = deque()
        self._drained: asyncio.Future[None] | None = None
        self._kick: asyncio.TimerHandle | None = None
        self.gone: ChannelClosed | None = None
        """Why the session is over; None while it is not."""
        self.on_gone: Callable[[], None] | None = None
        """Called once, when it is."""

    # --- what the connection tells

    def reply_received(self, reply: Reply) -> None:
        """Take a reply. Raises `PeerError` if no command waits for one."""
        if self.gone is not None:
            return
        if reply.code == 511:
            self.lost(CallerHungUp("the channel is dead"))
            return
        if not self._pending:
            raise PeerError("a reply to nothing")
        head = self._pending.popleft()
        if head.kind is _Kind.STREAM and reply.code == 200 and reply.endpos is None and self._pending:
            head.resolve(None)
            head = self._pending.popleft()
        head.resolve(reply)
        if not self._pending and self._drained is not None:
            if not self._drained.done():
                self._drained.set_result(None)
            self._drained = None

    def hangup_received(self) -> None:
        """Take a HANGUP line."""
        self.lost(CallerHungUp("hung up"))

    def lost(self, why: ChannelClosed) -> None:
        """Note that the session is over. Only the first call has an effect."""
        if self.gone is not None:
            return
        self.gone = why
        if self._kick is not None:
            self._kick.cancel()
        for pending in self._pending:
            if pending.future is not None and not pending.future.done():
                pending.future.set_exception(why)
        self._pending.clear()
        if self._drained is not None and not self._drained.done():
            self._drained.set_exception(why)
        if self.on_gone is not None:
            self.on_gone()

    # --- commands

    async def answer(self) -> None:
        """Answer the channel, if it is not. Asterisk may take 0.5 s for it, waiting for the first media."""
        await self._ask(encode("ANSWER"))

    async def stream_file(self, file: str, keys: str = ANY_KEY) -> str | Played:
        """Play a sound file (no suffix) until its end, one of `keys`, or a `cut`. Gives the key or how it ended."""
        reply = await self._send(encode("STREAM", "FILE", file, keys), _Kind.STREAM, PROMPT_S)
        if reply is None:
            return Played.CUT
        number = _number(reply)
        if number == 0:
            return Played.WHOLE
        return chr(number) if number > 0 else Played.FAILED

    async def wait_for_digit(self, timeout_s: float) -> str:
        """Wait for a key; empty if none came in time, or after a `cut`."""
        milliseconds = max(1, round(timeout_s * 1000))
        reply = await self._ask(encode("WAIT", "FOR", "DIGIT", str(milliseconds)), _Kind.WAIT, timeout_s + COMMAND_S)
        number = _number(reply)
        return chr(number) if number > 1 else ""

    async def record_file(self, path: str, keys: str, most_s: float, silence_s: float) -> None:
        """Record into `path`.wav until one of `keys`, so long a silence, or the longest time. Raises
        `CommandRefused` if the file cannot be written."""
        most = str(round(most_s * 1000))
        line = encode("RECORD", "FILE", path, "wav", keys, most, f"s={max(1, round(silence_s))}")
        reply = await self._ask(line, deadline_s=most_s + COMMAND_S)
        if reply.data == "writefile":
            raise CommandRefused(f"RECORD FILE: {path}.wav cannot be written")

    async def get_variable(self, name: str) -> str | None:
        """A channel variable or function; None if it is not set."""
        return (await self._ask(encode("GET", "VARIABLE", name))).data

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable or function. The value is taken as it stands; nothing in it is evaluated."""
        await self._ask(encode("SET", "VARIABLE", name, value))

    async def set_music(self, on: bool, music_class: str = "default") -> None:
        """Let music play to the caller, or stop it."""
        await self._ask(encode("SET", "MUSIC", "on", music_class) if on else encode("SET", "MUSIC", "off"))

    async def exec(self, application: str, *arguments: str, deadline_s: float | None = None) -> int:
        """Run a dialplan application and give its result; -1 is mostly a hangup. No deadline unless given: a Dial may
        last for hours. Raises `CommandRefused` if there is no such application, `UnsafeArgument` for a comma."""
        reply = await self._ask(_exec(application, arguments), deadline_s=deadline_s)
        return _result(application, reply)

    def begin_exec(self, application: str, *arguments: str) -> "Begun | None":
        """Write the command of `exec` in this turn of the loop; `finish_exec` waits for the result. Returns None, and
        writes nothing, if another command is in flight or the session is over."""
        line = _exec(application, arguments)
        if self.gone is not None or self._pending:
            return None
        return Begun(application, line, self._begin(line, _Kind.PLAIN))

    async def finish_exec(self, begun: "Begun") -> int:
        """The result of a command from `begin_exec`; raises as `exec`."""
        reply = await self._reply(begun.line, begun.reply, None)
        assert reply is not None, "only playing can be cut without a reply"
        return _result(begun.application, reply)

    async def noop(self) -> None:
        """Send a NOOP, which shows whether the channel is still there."""
        await self._ask(_NOOP)

    def close(self) -> None:
        """End the session; the channel goes on in the dialplan."""
        self.lost(ChannelClosed("closed by us"))
        self._close()

    # --- stopping what runs

    @property
    def expecting(self) -> bool:
        """Whether a reply is still to come."""
        return bool(self._pending)

    @property
    def listening(self) -> object | None:
        """A mark for `cut` of the running prompt or wait; None if there is none."""
        if self._pending and self._pending[0].kind is not _Kind.PLAIN:
            return self._pending[0]
        return None

    def cut(self, mark: object | None) -> None:
        """Stop the prompt or the waiting that `mark` stands for; nothing happens if it is over or being cut already."""
        if mark is not None and self.listening is mark and len(self._pending) == 1:
            self._kick_out(mark, KICK_S)

    def _kick_out(self, mark: object, again_s: float) -> None:
        if self.gone is None and self.listening is mark:
            self._pending.append(_Pending(_Kind.PLAIN, None))
            self._write(_NOOP)
            self._kick = self._loop.call_later(again_s, self._kick_out, mark, min(KICK_GROWS * again_s, 1.0))

    # --- one command in flight

    async def _ask(self, line: bytes, kind: _Kind = _Kind.PLAIN, deadline_s: float | None = COMMAND_S) -> Reply:
        reply = await self._send(line, kind, deadline_s)
        assert reply is not None, "only playing can be cut without a reply"
        return reply

    async def _send(self, line: bytes, kind: _Kind, deadline_s: float | None) -> Reply | None:
        self._check()
        while self._pending:
            await self._settle()
        return await self._reply(line, self._begin(line, kind), deadline_s)

    def _begin(self, line: bytes, kind: _Kind) -> "asyncio.Future[Reply | None]":
        future: asyncio.Future[Reply | None] = self._loop.create_future()
        self._pending.append(_Pending(kind, future))
        self._write(line)
        return future

    async def _reply(
        self, line: bytes, future: "asyncio.Future[Reply | None]", deadline_s: float | None
    ) -> Reply | None:
        if deadline_s is None:
            reply = await future
        else:
            try:
                async with asyncio.timeout(deadline_s):
                    reply = await future
            except TimeoutError:
                raise self._given_up(f"no reply in {deadline_s:g} s") from None
        if reply is not None and reply.code != 200:
            raise CommandRefused(f"{line.split(b' ')[0].decode().strip()}: {reply.code} {reply.data}")
        return reply

    async def _settle(self) -> None:
        """Wait until no command is in flight: a cancelled command still gets its answer."""
        if any(pending.future is not None and not pending.future.done() for pending in self._pending):
            raise RuntimeError("two tasks use one AGI channel")
        self.cut(self.listening)
        if self._drained is None:
            self._drained = self._loop.create_future()
        try:
            async with asyncio.timeout(COMMAND_S):
                await asyncio.shield(self._drained)
        except TimeoutError:
            raise self._given_up("what was asked before is not answered") from None

    def _check(self) -> None:
        if self.gone is not None:
            raise self.gone

    def _given_up(self, why: str) -> ChannelClosed:
        error = ChannelClosed(why)
        self.lost(error)
        self._close()
        return error


_NOOP: Final = encode("NOOP")


def _exec(application: str, arguments: Sequence[str]) -> bytes:
    for argument in arguments:
        if "," in argument:
            raise UnsafeArgument(f"{application}: a comma would begin another argument")
    return encode("EXEC", application, ",".join(arguments)) if arguments else encode("EXEC", application)


def _result(application: str, reply: Reply) -> int:
    result = _number(reply)
    if result == -2:
        raise CommandRefused(f"Asterisk has no application {application}")
    return result


def _number(reply: Reply) -> int:
    try:
        return int(reply.result)
    except ValueError:
        raise PeerError("a result that is no number") from None
