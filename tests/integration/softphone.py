"""A real softphone that nobody here wrote: baresip, without a sound card. It speaks a file and keeps what it hears."""

import math
import os
import shutil
import signal
import subprocess
from array import array
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bench.stack import until
from ivr.sound import RATE
from ivr.tones import as_wav, sine
from tests.services import missing

MODULES: Final = next((one for one in Path("/usr/lib").glob("**/baresip/modules") if one.is_dir()), None)
SAYS_S = 120
"""Then it hangs up."""
FRAME: Final = RATE // 50
"""Samples of what it plays at a time."""
SAID = 0.3
"""Amplitude of what it says, of full scale."""
_CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:0
rtp_ports 6000-8000
audio_player {player}
audio_source aufile,{folder}/said.wav
audio_alert aufile,/dev/null
module_path {modules}
module stdio.so
module g711.so
module aufile.so
module_app account.so
module_app menu.so
"""


class Softphone:
    """One baresip, registered as `user`. It answers by itself if a header asks it to and `auto_answer`; else it rings.
    It says a tone of `hz`, a multiple of 50, or nothing if that is 0. One that does not listen keeps nothing of what it
    hears. One that does begins its recording anew when it holds or is held, and baresip 1.1 does not always survive
    that."""

    def __init__(
        self,
        folder: Path,
        sip_port: int,
        user: str,
        password: str = "none",
        *,
        hz: float = 0.0,
        auto_answer: bool = False,
        registers: bool = True,
        listens: bool = True,
    ) -> None:
        if shutil.which("baresip") is None or MODULES is None:
            missing("baresip")
        folder.mkdir(parents=True)
        self.folder, self.user = folder, user
        said = (sine(hz, 1.0, SAID) if hz else bytes(2 * RATE)) * SAYS_S
        (folder / "said.wav").write_bytes(as_wav(said))
        player = f"aufile,{folder}/heard.wav" if listens else "aufile,/dev/null"
        (folder / "config").write_text(_CONFIG.format(folder=folder, modules=MODULES, player=player), "utf-8")
        options = f"auth_user={user};auth_pass={password};audio_codecs=pcma/8000;regint={60 if registers else 0}"
        if auto_answer:
            options += ";sip_autoanswer=yes"
        account = f"<sip:{user}@127.0.0.1:{sip_port};transport=udp>;{options}\n"
        (folder / "accounts").write_text(account, "utf-8")
        (folder / "contacts").touch()
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["baresip", "-4", "-f", folder], stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
                cwd=folder, env={**os.environ, "HOME": str(folder)},
            )  # fmt: skip
        if registers:
            until(f"{user} is registered", lambda: "200 OK" in self.told(), 60, say=self.told)
        else:
            until(f"{user} has started", lambda: "ready." in self.told(), 60, say=self.told)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def told(self) -> str:
        """What it has printed."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def does(self, command: str) -> None:
        """A command of baresip's menu, such as `accept`, `hold`, `resume`, `hangup` or `transfer sip:…`."""
        self._types(f"/{command}\n")

    def presses(self, key: str) -> None:
        """A key in a call, until it is let go or has ended the call: of two at once baresip may send the second
        only."""
        ends = (f"send DTMF digit end: '{key}'", ": session closed: ")
        before = [self.told().count(end) for end in ends]
        self._types(key)
        until(f"{key} is pressed", lambda: [self.told().count(end) for end in ends] != before, 60, say=self.told)

    def _types(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def hears(self, hz: float) -> bool:
        """Whether a tone was most of what it heard in the last second."""
        return loudness(self.folder / "heard.wav", hz, 1.0) > 0.5

    def account(self) -> str:
        """What it heard last and what it has printed, for the message of a test that waited for a sound in vain."""
        path = self.folder / "heard.wav"
        heard = last(path, 1.0)
        size = path.stat().st_size if path.exists() else 0
        loudest = max((abs(one) for one in heard), default=0)
        told = [line for line in self.told().splitlines() if line.strip() and "(bit/s)" not in line]
        return "\n".join([f"{size} bytes heard, loudest of the last second {loudest} of 32767; it says:", *told[-20:]])

    def hears_no(self, hz: float) -> bool:
        """Whether nothing of a tone was in what it heard in the last second."""
        return loudness(self.folder / "heard.wav", hz, 1.0) < 0.02

    def heard_bytes(self) -> int:
        """How long its recording is so far."""
        return (self.folder / "heard.wav").stat().st_size

    def sound_s(self, after: int) -> float:
        """Seconds of sound that it heard since its recording was so long."""
        return sound_s(self.folder / "heard.wav", after)

    def hears_sound(self) -> bool:
        """Whether what it heard in the last second was no silence, whatever it was."""
        return energy(last(self.folder / "heard.wav", 1.0)) > 0

    def close(self) -> None:
        """Unregister and end; killed if it does not."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def last(path: Path, last_s: float) -> "array[int]":
    """The last seconds of a recording that may be written at this moment, in whole frames; empty if it is shorter."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return array("h")
    frame, wanted = 2 * FRAME, int(last_s * RATE)
    samples = array("h", data[44 : 44 + (len(data) - 44) // frame * frame])[-wanted:]
    return samples if len(samples) == wanted else array("h")


def energy(samples: "array[int]") -> int:
    """The energy of sound; 0 for silence."""
    found = sum(one * one for one in samples)
    return 0 if found < len(samples) * 100 * 100 else found


def sounding(samples: "array[int]") -> "array[int]":
    """What is left without the frames of silence. On a busy machine baresip 1.1 plays one after each frame that it
    received, at times for a whole call. Each frame of a tone begins in the same phase, so the tone is whole then."""
    found = array("h")
    for start in range(0, len(samples), FRAME):
        frame = samples[start : start + FRAME]
        if energy(frame):
            found.extend(frame)
    return found


def sound_s(path: Path, after: int) -> float:
    """Seconds of sound in a recording that may be written at this moment, without its first bytes. Silence between
    frames does not count: with it a recording may be twice as long as the talk was."""
    frame = 2 * FRAME
    with path.open("rb") as recording:
        recording.seek(44 + max(0, after - 44) // frame * frame)
        data = recording.read()
    return len(sounding(array("h", data[: len(data) // frame * frame]))) / RATE


def loudness(path: Path, hz: float, last_s: float) -> float:
    """The share of a tone in the energy of the last seconds of a recording that may be written at this moment; 0 for
    silence, and for a recording shorter than that."""
    samples = sounding(last(path, last_s))
    whole = energy(samples)
    if not whole:
        return 0.0
    step = 2 * math.pi * hz / RATE
    real = sum(one * math.cos(step * n) for n, one in enumerate(samples))
    imaginary = sum(one * math.sin(step * n) for n, one in enumerate(samples))
    return 2 * (real * real + imaginary * imaginary) / (len(samples) * whole)
