"""Records talks: Asterisk's MixMonitor on the caller's own channel, paused by an agent's key or in the desk.

What was tried on Asterisk 22:

- `EXEC MixMonitor` returns at once and a failure to write is only in Asterisk's log: the call never notices it. So the
  desk looks afterwards whether there is a recording (`acd/desk/recordings.py`).
- With `b` only the time is recorded in which the channel is connected to another: no menu, no music of the queue. With
  `a` a second start on the channel adds to the file and does not empty it.
- A recording goes on without us, also through a transfer, and ends with the channel.
- While a Dial runs, AGI can do nothing. The manager's `MixMonitorMute` works then, with the right `call` that our user
  has anyway; it records silence, so that what follows keeps its place.
- While a channel is recorded Asterisk sees the keys of both parties, which it otherwise only passes on.

The format is A-law, 8,000 bytes a second, half of what a wave file with linear samples takes. It has no header that an
interrupted program could leave wrong; the desk puts one before it."""

import re
from collections.abc import Container
from pathlib import Path
from typing import Final

import structlog

from acd.asterisk.agi_channel import AgiChannel, CommandRefused
from acd.asterisk.agi_codec import UnsafeArgument
from acd.asterisk.channel_names import AmiEvent, channel_of, endpoint_of
from acd.engine.model.commands import MuteRecording
from acd.engine.model.ids import CallId
from acd.engine.model.recording_events import RecordingPauseWished
from acd.lib.private_folder import private_folder

log = structlog.get_logger(__name__)

SUFFIX: Final = ".alaw"
OPTIONS: Final = "ab"
FILE_VARIABLE: Final = "MIXMONITOR_FILENAME"
"""The channel variable in which MixMonitor leaves the name of its file."""
KEYS_S: Final = 3.0
"""Seconds within which the second key follows the star."""
KEYS: Final = {"0": True, "1": False}
"""`*0` pauses the recording, `*1` lets it go on."""
_NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._~-]{0,127}")


def prepare_folder(folder: Path) -> None:
    """Make the folder for us alone, before Asterisk makes it for everybody. A disk that is away keeps no line from its
    start."""
    try:
        private_folder(folder)
    except OSError as error:
        log.error("recordings_folder_missing", folder=str(folder), error=error.strerror)


async def record(channel: AgiChannel, folder: Path | None, call: CallId) -> bool:
    """Have Asterisk record the channel's talks, unless it does already. Returns whether it does, as far as it says.
    Raises `ChannelClosed`."""
    if folder is None or not _NAME.fullmatch(call):
        return False
    file = str(folder / f"{call}{SUFFIX}")
    try:
        if await channel.get_variable(FILE_VARIABLE) == file:
            return True
        return await channel.exec("MixMonitor", file, OPTIONS) == 0
    except (CommandRefused, UnsafeArgument) as error:
        log.error("recording_refused", call=call, error=str(error))
        return False


def mute_headers(command: MuteRecording) -> dict[str, str]:
    """The manager's action for a pause, or for its end."""
    return {"Channel": command.channel, "Direction": "both", "State": "1" if command.paused else "0"}


class PauseKeys:
    """The keys by which agents pause recordings. The other party hears them too."""

    def __init__(self) -> None:
        self._stars: dict[str, float] = {}
        """When the star was pressed, by leg."""

    def take(self, event: AmiEvent, endpoints: Container[str], at: float) -> RecordingPauseWished | None:
        """The agent's wish, if the event is its last key. `endpoints` contains those of agents."""
        if event.get("Event") != "DTMFEnd" or event.get("Direction") != "Received":
            return None
        leg = channel_of(event)
        if not leg.is_leg or endpoint_of(leg.name) not in endpoints:
            return None
        pressed, key = self._stars.pop(leg.name, None), event.get("Digit", "")
        if key == "*":
            self._stars[leg.name] = at
        elif pressed is not None and key in KEYS and 0 <= at - pressed <= KEYS_S:
            return RecordingPauseWished(at=at, call=leg.call, paused=KEYS[key], by="key")
        return None

    def clear(self) -> None:
        """Forget all keys: the connection to the manager is lost, and some may be missing."""
        self._stars.clear()
