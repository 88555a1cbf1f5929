"""Makes the sound file of a menu that a caller hears while a phone rings for them.

Asterisk's `Dial` lets a caller hear a class of music meanwhile. A class of one file plays that file from its beginning,
does not stop at a key, and begins anew at its end. So the file holds the menu's prompts, the time that a caller has for
a key, and then the tone that a caller expects while a phone rings, for longer than a phone should ring.
"""

import math
import wave
from collections.abc import Sequence
from pathlib import Path

import msgspec

from acd.lib.file_checks import BadFile, Problem
from ivr.sound import NOT_A_WAV, RATE, write_sound
from ivr.tones import as_wav, count, sine

TONE_HZ = 450.0
"""The ringing tone of Turkey, and of most of Europe within a few hertz."""
TONE_ON_S, TONE_OFF_S = 2.0, 4.0
TONE_LEVEL = 0.08
"""Amplitude of the tone, of full scale: well below speech, as in any telephone network."""
RINGS_S = 60.0
"""The tone goes on for so long; a phone that rings for longer has the caller hear the menu again."""
FRAME = 2 * RATE // 50
"""Bytes of 20 ms, which is a packet. Each prompt is filled up to whole packets, so that it is sent as it is alone."""


_UNTOLD = 0x7FFFFFFF
"""Frames of a file whose header was written before its length was known."""


class BadSound(BadFile):
    """A prompt of such a menu that cannot be used as it is."""


class SpokenMenu(msgspec.Struct, frozen=True, kw_only=True):
    """A menu in one language, as a class of music."""

    name: str
    """The name of the class."""
    language: str
    prompts: tuple[str, ...]
    pause_s: float
    """Seconds to wait for a key after the last word."""
    lasts_s: float
    """Seconds of the prompts and that pause."""


def compose(sounds: Path, prompts: Sequence[str], pause_s: float) -> bytes:
    """The file (8 kHz, 16 bit, mono): the prompts of a language's folder `sounds`, a pause, the ringing tone. Raises
    `BadSound` for a prompt that cannot be used."""
    samples = b"".join(_samples(sounds / f"{prompt}.wav") for prompt in prompts) + bytes(2 * count(pause_s))
    rounds = math.ceil(RINGS_S / (TONE_ON_S + TONE_OFF_S))
    ring = sine(TONE_HZ, TONE_ON_S, TONE_LEVEL) + bytes(2 * count(TONE_OFF_S))
    return as_wav(samples + rounds * ring)


def write_menu(folder: Path, menu: SpokenMenu, prompts_dir: Path) -> None:
    """Make a menu's file, the one of its class, in `folder/<class>`. Raises as `compose`, and `OSError`."""
    own = folder / menu.name
    own.mkdir(parents=True, exist_ok=True)
    write_sound(own / "menu.wav", compose(prompts_dir / menu.language, menu.prompts, menu.pause_s))


def music_section(folder: Path, menu: SpokenMenu) -> str:
    """The section of musiconhold.conf by which Asterisk knows the class."""
    return f"[{menu.name}]\nmode = files\ndirectory = {folder / menu.name}"


def lasts_s(sounds: Path, prompts: Sequence[str]) -> float:
    """Seconds that the prompts take, one after the other. Raises as `compose`."""
    return sum(len(_samples(sounds / f"{prompt}.wav")) for prompt in prompts) / (2 * RATE)


def _samples(path: Path) -> bytes:
    try:
        with wave.open(str(path), "rb") as file:
            kind, frames = (file.getframerate(), file.getnchannels(), file.getsampwidth()), file.getnframes()
            data = file.readframes(frames)
    except OSError as error:
        raise _bad(path, f"cannot be read: {error.strerror or error}") from error
    except NOT_A_WAV as error:  # an empty file raises an EOFError without words
        raise _bad(path, str(error) or "it is empty or cut short") from error
    if kind != (RATE, 1, 2):
        raise _bad(path, f"it has {kind[0]} Hz, {kind[1]} channels, {8 * kind[2]} bits")
    if len(data) < 2 * frames and frames < _UNTOLD:
        raise _bad(path, f"it is cut short, after {len(data) / (2 * RATE):.1f} of {frames / RATE:.1f} s")
    return data + bytes(-len(data) % FRAME)


def _bad(path: Path, wrong: str) -> BadSound:
    allowed = "a WAV file of 8000 Hz, one channel, 16 bits is allowed; record the prompt anew, or copy the shipped one"
    return BadSound([Problem(str(path), "", "", f"{wrong}; {allowed}")])
