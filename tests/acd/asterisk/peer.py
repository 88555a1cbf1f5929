"""The other end of AGI for tests: a real socket that behaves as Asterisk's res_agi does, one channel each.

A prompt plays until the test ends it, a key stops it or a further line cuts it; a Dial lasts until the test ends it.
"""

import asyncio
import shlex
from typing import Self

from tests.waiting import until

SECRET = "the-secret-of-this-test"
"""By which the server under test knows our requests."""


def environment(path: str = "/call", *, secret: str = SECRET, **variables: str) -> bytes:
    """An environment block as Asterisk sends it. `arg_1` is the argument behind the secret."""
    arguments = {name: value for name, value in variables.items() if name.startswith("arg_")}
    last = max((int(name.removeprefix("arg_")) for name in arguments), default=0)
    given = {
        "channel": "PJSIP/trunk-00000001",
        "language": "tr",
        "uniqueid": "ast1-1764025361.42",
        "callerid": "05321234567",
        "calleridname": "unknown",
        "dnid": "unknown",
        "extension": "4440411",
        **{name: value for name, value in variables.items() if name not in arguments},
        "arg_1": secret,
        **{f"arg_{number + 1}": arguments.get(f"arg_{number}", "") for number in range(1, last + 1)},
    }
    lines = ["agi_network: yes", f"agi_request: agi://127.0.0.1:4573{path}"]
    lines += [f"agi_{name}: {value}" for name, value in given.items()]
    return ("\n".join(lines) + "\n\n").encode()


class Channel:
    """One channel that runs our AGI."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.commands: list[str] = []
        """Every command line so far."""
        self.variables: dict[str, str] = {}
        self.music = False
        self.playing = ""
        """The prompt that plays now."""
        self.waiting = False
        """Whether WAIT FOR DIGIT runs."""
        self.dialling = ""
        """The Dial that runs now."""
        self.spying = ""
        """The ChanSpy that runs now."""
        self.closed = False
        """Whether the other side has closed."""
        self.missing: set[str] = set()
        """Prompts there is no file of."""
        self.recorded: list[str] = []
        """What was recorded; `writes` says whether it can be written."""
        self.writes = True
        self.holds = False
        """Whether a recording goes on until the test ends it; `recording` is the one that does."""
        self.recording = ""
        self.records = True
        """Whether there is a MixMonitor."""
        self.stops_keys = ""
        self._wait_timer: asyncio.TimerHandle | None = None
        self._task = asyncio.get_running_loop().create_task(self._run())

    @classmethod
    async def connect(cls, port: int, path: str = "/call", **variables: str) -> Self:
        """A channel that comes to the AGI server at this port."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(environment(path, **variables))
        return cls(reader, writer)

    @property
    def played(self) -> list[str]:
        """The prompts asked for so far."""
        return [shlex.split(line)[2] for line in self.commands if line.startswith("STREAM FILE")]

    def reply(self, text: str) -> None:
        """Send a line."""
        self._writer.write(text.encode() + b"\n")

    def key(self, key: str) -> bool:
        """A key as AGI sees it. False if it is dropped, since nothing listens for it."""
        if self.playing and key in self.stops_keys:
            self.playing = ""
            self.reply(f"200 result={ord(key)} endpos=1234")
            return True
        if self.waiting:
            self._waited(ord(key))
            return True
        return False

    def prompt_ends(self) -> None:
        """The prompt has been played to its end."""
        assert self.playing
        self.playing = ""
        self.reply("200 result=0 endpos=8000")

    def dial_ends(self, status: str, result: int = 0) -> None:
        """The Dial is over."""
        assert self.dialling
        self.dialling = ""
        self.music = False
        self.variables["DIALSTATUS"] = status
        self.reply(f"200 result={result}")

    def spy_ends(self) -> None:
        """The ChanSpy is over."""
        assert self.spying
        self.spying = ""
        self.reply("200 result=0")

    def record_ends(self) -> None:
        """The caller has pressed the key that ends the recording."""
        assert self.recording
        self.recording = ""
        self.reply("200 result=35 (dtmf) endpos=8000")

    async def hang_up(self) -> None:
        """The caller hangs up, with AGIEXITONHANGUP: what runs fails, then HANGUP twice, then the end."""
        if self.playing:
            self.playing = ""
            self.reply("200 result=-1 endpos=1234")
        elif self.dialling:
            self.dialling = ""
            self.reply("200 result=-1")
        elif self.recording:
            self.recording = ""
            self.reply("200 result=-1 (hangup) endpos=8000")
        self._writer.write(b"HANGUP\nHANGUP\n")
        await self.vanish()

    async def vanish(self) -> None:
        """Close the connection."""
        self._task.cancel()
        self._writer.close()
        self.closed = True
        await asyncio.wait((self._task,))

    async def plays(self, prompt: str) -> None:
        """Wait until this prompt plays."""
        await until(lambda: self.playing == prompt, f"{prompt} to play; it is {self.playing!r} of {self.played}")

    async def ends(self) -> None:
        """Wait until the other side has closed."""
        await until(lambda: self.closed, "the session to close")

    async def _run(self) -> None:
        while line := await self._reader.readline():
            command = line.decode().removesuffix("\n")
            if self.playing:  # a further line cuts it, without a reply
                self.playing = ""
            if self.waiting:
                self._waited(1)
            self.commands.append(command)
            self._do(shlex.split(command))
        self.closed = True
        self._writer.close()

    def _do(self, words: list[str]) -> None:
        match words:
            case ["STREAM", "FILE", prompt, keys]:
                self.music = False
                if prompt in self.missing:
                    self.reply("200 result=-1 endpos=0")
                else:
                    self.playing, self.stops_keys = prompt, keys
            case ["WAIT", "FOR", "DIGIT", milliseconds]:
                self.waiting = True
                seconds = int(milliseconds) / 1000
                self._wait_timer = asyncio.get_running_loop().call_later(seconds, self._waited, 0)
            case ["EXEC", "AMD", _] if "AMDCAUSE" in self.variables:
                self.reply("200 result=0")
            case ["RECORD", "FILE", path, *_]:
                self.recorded.append(path)
                if self.holds:
                    self.recording = path
                    return
                self.reply("200 result=0 (timeout) endpos=8000" if self.writes else "200 result=-1 (writefile)")
            case ["EXEC", "ChanSpy", arguments] if "no ChanSpy" not in self.variables:
                self.spying = arguments
            case ["EXEC", "MixMonitor", arguments] if self.records:
                self.variables["MIXMONITOR_FILENAME"] = arguments.partition(",")[0]
                self.reply("200 result=0")
            case ["EXEC", application, _] if application != "Dial":
                self.reply("200 result=-2")
            case ["EXEC", "Dial", arguments]:
                self.dialling = arguments
            case ["SET", "MUSIC", on, *_]:
                self.music = on == "on"
                self.reply("200 result=0")
            case ["SET", "VARIABLE", name, value]:
                self.variables[name] = value
                self.reply("200 result=1")
            case ["GET", "VARIABLE", name]:
                known = self.variables.get(name)
                self.reply("200 result=0" if known is None else f"200 result=1 ({known})")
            case ["NOOP"] | ["ANSWER"]:
                self.reply("200 result=0")
            case _:
                self.reply("510 Invalid or unknown command")

    def _waited(self, result: int) -> None:
        if self.waiting:
            self.waiting = False
            assert self._wait_timer is not None
            self._wait_timer.cancel()
            self.reply(f"200 result={result}")
