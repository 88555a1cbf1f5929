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

from ivr.sound import RATE, write_sound
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
    `OSError` or `wave.Error` for a prompt that cannot be read."""
    samples = b"".join(_samples(sounds / f"{prompt}.wav") for prompt in prompts) + bytes(2 * count(pause_s))
    rounds = math.ceil(RINGS_S / (TONE_ON_S + TONE_OFF_S))
    ring = sine(TONE_HZ, TONE_ON_S, TONE_LEVEL) + bytes(2 * count(TONE_OFF_S))
    return as_wav(samples + rounds * ring)


def write_menu(folder: Path, menu: SpokenMenu, prompts_dir: Path) -> None:
    """Make a menu's file, the one of its class, in `folder/<class>`. Raises as `compose`."""
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
    with wave.open(str(path), "rb") as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
            raise wave.Error(f"{path}: 8 kHz, 16 bit, mono is needed")
        data = file.readframes(file.getnframes())
    return data + bytes(-len(data) % FRAME)
