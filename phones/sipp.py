"""sipp processes: started, bounded in calls and time, read, and ended by their pid."""

import contextlib
import csv
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from phones import scenario
from phones.ports import free_udp_port
from phones.script import GO_ON, Login
from phones.trace import Leg, Message, legs_of, read_messages

POLL_S = 0.02
AT_A_TIME = 40
P = TypeVar("P", bound="Process")


class PhonesError(Exception):
    """sipp is not there, could not start, or did not end in time. The text quotes what sipp said."""


@dataclass(frozen=True, slots=True)
class Counts:
    """sipp's own count of a caller process. A call that went as its script said is successful."""

    created: int
    successful: int
    failed: int
    reasons: dict[str, int]
    """Failed calls by sipp's name of the reason, such as `FailedUnexpectedMessage`."""


def may_send_keys() -> bool:
    """Whether sipp may open the raw socket over which it sends speech and keys: as root, or by a capability of its
    file."""
    if os.geteuid() == 0:
        return True
    getcap, sipp = shutil.which("getcap", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"), shutil.which("sipp")
    if getcap is None or sipp is None:
        return False
    return "cap_net_raw" in subprocess.run([getcap, sipp], capture_output=True, text=True, check=False).stdout


class Process:
    """One running sipp."""

    host = "127.0.0.1"

    def __init__(self, folder: Path, arguments: Sequence[str], sip_port: int, media_port: int) -> None:
        self.folder = folder
        self.sip_port = sip_port
        self.media_port = media_port
        self._output = (folder / "output").open("wb")
        self._process = subprocess.Popen(
            ["sipp", *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT,
            env={**os.environ, "TERM": "dumb"},
        )  # fmt: skip

    @property
    def pid(self) -> int:
        """The process id of sipp."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether sipp has not ended yet."""
        return self._process.poll() is None

    def messages(self) -> list[Message]:
        """Every SIP message so far."""
        return read_messages(self.folder / "messages")

    def legs(self) -> list[Leg]:
        """Every call leg so far."""
        return legs_of(self.messages())

    def errors(self) -> str:
        """What sipp complained of so far."""
        path = self.folder / "errors"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def kill(self) -> None:
        """Let the phones vanish: no BYE, no answer to anything, from this moment on."""
        self._process.kill()
        self._process.wait()
        self._output.close()

    def hang_up(self, *legs: Leg, within_s: float = 60.0) -> None:
        """Tell the phones to hang up these calls, and wait until they have. If none is given, all that are up: the
        first one is waited for."""
        deadline = time.monotonic() + within_s
        while not legs and not self._answered():
            if not self.running or time.monotonic() > deadline:
                raise PhonesError(f"no call came up that could be hung up; {self.said()}")
            time.sleep(POLL_S)
        chosen = {leg.call_id for leg in legs or self._up()}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as word:
            while True:
                runs = self.running  # asked first: one that has ended has noted all
                left = [leg for leg in self._up() if leg.call_id in chosen]
                if not left:
                    break
                if not runs or time.monotonic() > deadline:
                    raise PhonesError(f"{len(left)} calls were not hung up in {within_s:g} s; {self.said()}")
                told = [leg.call_id for leg in left if leg.takes_words]
                for call_id in told[:AT_A_TIME]:  # more would not fit into sipp's socket
                    word.sendto(_word(call_id), (self.host, self.sip_port))
                time.sleep(POLL_S)

    def press(self, nth: int, *legs: Leg) -> None:
        """Have the phones press their nth key, from 1, in those of these calls that are up (all that are, if none is
        given). A repetition presses nothing more."""
        chosen = {leg.call_id for leg in legs}
        told = [leg for leg in self._up() if leg.takes_words and (not chosen or leg.call_id in chosen)]
        self._tell(told, scenario.PRESSES[nth - 1])

    def go_on(self, within_s: float = 60.0) -> None:
        """Have the phones go on that wait for our word: those that were called and whose calls are up."""
        deadline = time.monotonic() + within_s
        while not (legs := [leg for leg in self._up() if leg.may_go_on]):
            if not self.running or time.monotonic() > deadline:
                raise PhonesError(f"no phone waits for our word; {self.said()}")
            time.sleep(POLL_S)
        self._tell(legs, GO_ON)

    def _tell(self, legs: Sequence[Leg], method: str) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as word:
            for leg in legs:
                word.sendto(_word(leg.call_id, method), (self.host, self.sip_port))

    def _answered(self) -> list[Leg]:
        return [leg for leg in self.legs() if leg.final == 200]

    def _up(self) -> list[Leg]:
        """The calls that were answered and in which nobody has hung up."""
        return [leg for leg in self.legs() if leg.final == 200 and leg.ended_at is None]

    def stop(self, within_s: float = 5.0) -> None:
        """Hang up what is up, and end sipp."""
        if self.running and self._up():
            with contextlib.suppress(PhonesError):  # it is killed now, whatever it does
                self.hang_up(within_s=within_s)
            deadline = time.monotonic() + within_s
            while time.monotonic() < deadline and not all(map(_is_over, self._answered())):
                time.sleep(POLL_S)
        if self.running:
            self._process.kill()
            self._process.wait()
        self._output.close()

    def _wait(self, within_s: float) -> int:
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise PhonesError(f"sipp still runs after {within_s} s; {self.said()}") from None

    def said(self) -> str:
        """The end of sipp's output and errors, for a message to a person."""
        output = (self.folder / "output").read_text("utf-8", "replace")
        return f"it said: {output[-600:]!r}; errors: {self.errors()[-1500:]!r}; in {self.folder}"


def _word(call_id: str, method: str = "MESSAGE") -> bytes:
    """Our word to a phone; MESSAGE has it hang up. It is never answered."""
    return (
        f"{method} sip:phone SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-word\r\nFrom: <sip:us>;tag=us\r\n"
        f"To: <sip:phone>\r\nCall-ID: {call_id}\r\nCSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def _is_over(leg: Leg) -> bool:
    """Whether a BYE was sent or received, and answered."""
    return any(message.method == "BYE" and message.status is not None for message in leg.messages)


class Callers(Process):
    """Callers of one script. Call n (from 1) has row n of the numbers."""

    def counts(self) -> Counts:
        """sipp's count so far; refreshed once a second and at its end.

        A BYE that comes in the very moment between two steps is answered by sipp as it should be, but counted by it as
        unexpected; here it is what it is, the end of a call."""
        path = self.folder / "counts"
        rows = list(csv.reader(path.read_text().splitlines(), delimiter=";")) if path.exists() else []
        if len(rows) < 2:
            return Counts(0, 0, 0, {})
        row = dict(zip(rows[0], rows[-1], strict=False))
        reasons = {
            key.removesuffix("(C)"): int(value)
            for key, value in row.items()
            if key.startswith("Failed") and key.endswith("(C)") and key != "FailedCall(C)" and value != "0"
        }
        ended = self.errors().count("Aborting call on an unexpected BYE")
        reasons = Counter(reasons) - Counter(FailedUnexpectedMessage=ended)
        successful, failed = int(row["SuccessfulCall(C)"]), int(row["FailedCall(C)"])
        return Counts(int(row["TotalCallCreated"]), successful + ended, failed - ended, dict(reasons))

    def wait(self, within_s: float) -> Counts:
        """Wait until all calls are over. `PhonesError` if they are not in time or sipp itself broke."""
        code = self._wait(within_s)
        if code not in (0, 1):
            raise PhonesError(f"sipp ended with {code}; {self.said()}")
        return self.counts()


class Agents(Process):
    """Agents' phones of one script: registered at Asterisk for as long as this process runs."""

    def __init__(self, *arguments: Any, users: tuple[str, ...], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.users = users

    def registered(self) -> set[str]:
        """The users whose registration was accepted."""
        register = [m for m in self.messages() if m.method == "REGISTER"]
        accepted = {m.call_id for m in register if m.status == 200}
        return {self.users[int(call_id.split("-", 1)[0]) - 1] for call_id in accepted}


class Phones:
    """Starts phones that call one Asterisk, and ends all of them on leaving the `with`.

    `folder` keeps sipp's files, one folder a process. Needs root for the digits: sipp sends them over a raw socket.
    """

    def __init__(self, host: str, port: int, folder: Path | None = None) -> None:
        if shutil.which("sipp") is None:
            raise PhonesError("sipp is not installed: apt-get install sip-tester")
        if not may_send_keys():
            raise PhonesError(
                "sipp sends speech and keys over a raw socket, which this user may not open: run as root, or let sipp "
                "do it with `sudo setcap cap_net_raw+ep $(command -v sipp)`"
            )
        self.host, self.port = host, port
        self._own = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="cozum-phones-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._running: list[Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End every phone. What they recorded stays, unless the folder was made here."""
        while self._running:
            self._running.pop().stop()
        if self._own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def call(
        self, script: scenario.Caller, *, count: int = 1, rate: float = 10.0, dialled: str = "4440411",
        numbers: Sequence[str] = (), names: Sequence[str] = (), first_number: int = 5_320_000_001, at_most_s: int = 600,
        at_once: int = 3000,
    ) -> Callers:  # fmt: skip
        """Let `count` callers dial, `rate` a second (may be below 1), at most `at_once` at a time.

        Caller n has `numbers[n]` or else `0<first_number + n>`, and `names[n]` (put in quotes here; no quote or
        semicolon in it) or else no name. sipp ends with the last call, at the latest after `at_most_s`.
        """
        rows = []
        for n in range(count):
            number = numbers[n % len(numbers)] if numbers else f"0{first_number + n}"
            name = f'"{names[n % len(names)]}" ' if names else ""
            rows.append(f"{number};{name};")
        period_ms = round(1000 / rate)
        arguments = ["-s", dialled, "-m", str(count), "-l", str(at_once)]
        arguments += ["-r", "1", "-rp", str(period_ms)] if rate <= 100 else ["-r", str(round(rate))]
        folder, common, ports = self._prepare(scenario.caller(script, self._capture), rows, at_most_s)
        return self._started(Callers(folder, [*common, *arguments], *ports))

    def staff(
        self, who: Sequence[Login], script: scenario.Agent | None = None, *, within_s: float = 60.0,
        at_most_s: int = 3600, echo: bool = True,
    ) -> Agents:  # fmt: skip
        """Register agents' phones that treat calls as `script` says; returns when all are registered.

        `echo`: what the caller says comes back to them, so that media flows both ways.
        """
        rows = [f"{login.user};{scenario.CRYPT.format(user=login.user, password=login.password)}" for login in who]
        folder, common, ports = self._prepare(scenario.register(), rows, at_most_s)
        (folder / "agent.xml").write_text(scenario.agent(script or scenario.Agent()))
        arguments = [*common, "-oocsf", "agent.xml", "-m", str(len(who)), "-r", "200"]
        arguments += ["-rtp_echo"] if echo else []
        agents = Agents(folder, arguments, *ports, users=tuple(login.user for login in who))
        self._started(agents)
        wanted = {login.user for login in who}
        self._until(
            lambda: agents.registered() == wanted, within_s, agents,
            lambda: f"not registered: {sorted(wanted - agents.registered())}",
        )  # fmt: skip
        return agents

    def unregister(self, who: Sequence[Login], within_s: float = 60.0) -> None:
        """Take the phones of these users off Asterisk's list, whoever registered them."""
        rows = [f"{login.user};{scenario.CRYPT.format(user=login.user, password=login.password)}" for login in who]
        folder, common, ports = self._prepare(scenario.register(0, keep=False), rows, 60)
        counts = self._started(Callers(folder, [*common, "-m", str(len(who)), "-r", "200"], *ports)).wait(within_s)
        if counts.failed:
            raise PhonesError(f"{counts.failed} of {len(who)} could not unregister; see {folder}")

    def _capture(self, packets: bytes) -> str:
        path = self.folder / f"{hashlib.sha256(packets).hexdigest()[:16]}.pcap"
        if not path.exists():
            path.write_bytes(packets)
        return str(path)

    def _prepare(self, xml: str, rows: Sequence[str], at_most_s: int) -> tuple[Path, list[str], tuple[int, int]]:
        folder = Path(tempfile.mkdtemp(prefix="sipp-", dir=self.folder))
        (folder / "main.xml").write_text(xml, "utf-8")
        (folder / "rows.csv").write_text("\n".join(["SEQUENTIAL", *rows, ""]), "utf-8")
        sip, media = free_udp_port(), free_udp_port(even=True)
        common = [
            f"{self.host}:{self.port}", "-i", self.host, "-p", str(sip), "-mi", self.host, "-mp", str(media),
            "-sf", "main.xml", "-inf", "rows.csv", "-nostdin", "-aa", "-timeout", str(at_most_s),
            "-watchdog_interval", "0", "-f", "3600",
            "-trace_stat", "-stf", "counts", "-fd", "1", "-trace_err", "-error_file", "errors",
            "-trace_shortmsg", "-shortmessage_file", "messages",
        ]  # fmt: skip
        return folder, common, (sip, media)

    def _started(self, process: P) -> P:
        self._running.append(process)
        return process

    def _until(self, done: Callable[[], bool], within_s: float, process: Process, why: Callable[[], str]) -> None:
        deadline = time.monotonic() + within_s
        while not done():
            if not process.running or time.monotonic() > deadline:
                process.stop()
                raise PhonesError(f"{why()}; {process.said()}")
            time.sleep(POLL_S)
