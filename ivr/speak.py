"""Makes the audio of the prompts: espeak-ng speaks the text, sox trims, filters and levels it.

    python -m ivr.speak                     speak every text whose audio is missing or of another text
    python -m ivr.speak --all               speak all again (studio recordings are kept)
    python -m ivr.speak --check             change nothing; exit 1 and say where text and audio differ
    python -m ivr.speak --table             durations, silences and levels
    python -m ivr.speak --studio tr/goodbye recording.wav
                                            a recording in place of the spoken one

`manifest.json` beside the audio holds for each file the hash of its text, how it was made, and its own hash. A changed
text makes a studio recording wrong too: it has to be recorded again (or spoken, by `--all --force`)."""

import argparse
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from acd.lib import shipped
from ivr.catalogue import Catalogue, Prompt, Voice, load_catalogues
from ivr.sound import RATE, Measure, measure, write_sound

SOUNDS = shipped.prompts()
MANIFEST = "manifest.json"

LEVEL_DB = -20.0
"""Level of the sound in a prompt: what a telephone call has, and loud enough on a bad line."""
PEAK_DB = -4.0
"""Where the limiter holds the few samples that the level would bring higher."""
TAIL_S = 0.08
"""Silence after the last sound, so that prompts said one after the other do not run together."""

LONGER_S = 0.02
"""A recording that is longer by less is as long."""

_TRIM = ("silence", "1", "0.005", "0.15%")
_SHAPE = ("highpass", "150", "equalizer", "2600", "1.2q", "+4")
"""No hum; more of the band that tells s from ş from f, of which a telephone leaves little."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """One audio file in the manifest."""

    text_sha256: str
    audio_sha256: str
    source: str = "espeak-ng"
    """Or `studio`: a recording, never spoken over."""
    voice: Voice | None = None
    """What it was spoken with; None for a recording."""
    spoken_s: float | msgspec.UnsetType = msgspec.UNSET
    """For a recording: seconds of the spoken prompt in whose place it stands."""


Manifest = dict[str, Made]
"""By `<language>/<name>`."""


class SpeakError(Exception):
    """A prompt could not be made. The text says which and why."""


def read_manifest(sounds: Path) -> Manifest:
    """The manifest of a folder of sounds, empty if there is none."""
    path = sounds / MANIFEST
    return msgspec.json.decode(path.read_bytes(), type=Manifest) if path.exists() else {}


def write_manifest(sounds: Path, manifest: Manifest) -> None:
    """Write the manifest so that a change of one prompt is a change of few lines."""
    ordered = dict(sorted(manifest.items()))
    draft = sounds / f".{MANIFEST}.new"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")
    draft.replace(sounds / MANIFEST)


def problems(catalogues: dict[str, Catalogue], sounds: Path) -> list[str]:
    """Differences between texts, audio and manifest, one line each; empty if there are none."""
    manifest = read_manifest(sounds)
    found: list[str] = []
    for key, prompt in _all(catalogues).items():
        made = manifest.get(key)
        if made is None:
            found.append(f"{key}: was never made")
        elif made.text_sha256 != text_hash(prompt.text):
            found.append(f"{key}: the text has changed since it was {_verb(made)}")
        elif made.source != "studio" and made.voice != prompt.voice:
            found.append(f"{key}: the voice has changed since it was spoken")
        elif not (path := sounds / f"{key}.wav").exists():
            found.append(f"{key}: the audio file is missing")
        elif made.audio_sha256 != audio_hash(path):
            found.append(f"{key}: the audio is not the one that was {_verb(made)}; a recording is taken in by --studio")
    known = _all(catalogues)
    found += [f"{key}: has no text" for key in manifest if key not in known]
    for language in catalogues:
        found += [
            f"{language}/{path.stem}: an audio file without a text"
            for path in sorted((sounds / language).glob("*"))
            if f"{language}/{path.stem}" not in known
        ]
    return found


def speak_all(catalogues: dict[str, Catalogue], sounds: Path, *, again: bool = False, force: bool = False) -> list[str]:
    """Make what is missing or stale, or everything `again`; `force` replaces studio recordings of a changed text.

    Gives the keys of what was made. Audio whose text is gone is removed."""
    manifest = read_manifest(sounds)
    wanted = _all(catalogues)
    made: list[str] = []
    for key, prompt in wanted.items():
        before = manifest.get(key)
        path = sounds / f"{key}.wav"
        current = before is not None and path.exists() and before.text_sha256 == text_hash(prompt.text)
        if before is not None and before.source == "studio":
            if current or not force:
                continue
        elif current and not again and before is not None and before.voice == prompt.voice:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        speak(prompt, path)
        manifest[key] = Made(text_sha256=text_hash(prompt.text), audio_sha256=audio_hash(path), voice=prompt.voice)
        made.append(key)
    for key in [key for key in manifest if key not in wanted]:
        (sounds / f"{key}.wav").unlink(missing_ok=True)
        del manifest[key]
    write_manifest(sounds, manifest)
    return made


def take_recording(catalogues: dict[str, Catalogue], sounds: Path, key: str, recording: Path) -> None:
    """Put a studio recording in place of a spoken prompt; trimmed and levelled like those, its timbre untouched."""
    wanted = _all(catalogues)
    if key not in wanted:
        raise SpeakError(f"{key}: no such prompt; it is named LANGUAGE/NAME, as in the catalogue")
    put_recording(wanted[key], sounds, key, levelled(recording))


def levelled(recording: Path) -> bytes:
    """A recording as a prompt's audio: 8 kHz, trimmed, at the common level. Raises `SpeakError`, or
    `ivr.sound.NotAPrompt` if there is no sound in it."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "levelled.wav"
        _finish(recording, target, shape=())
        return target.read_bytes()


def put_recording(prompt: Prompt, sounds: Path, key: str, audio: bytes) -> None:
    """Put finished audio in place of a prompt's. A caller who hears the old one goes on hearing it.

    Raises `OSError`."""
    path = sounds / f"{key}.wav"
    manifest = read_manifest(sounds)
    before = manifest.get(key)
    if before is not None and before.source == "studio":
        spoken_s = before.spoken_s
    else:
        spoken = next((one for one in (path, SOUNDS / f"{key}.wav") if one.exists()), None)
        spoken_s = msgspec.UNSET if spoken is None else round(measure(spoken).duration_s, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_sound(path, audio)
    manifest[key] = Made(
        text_sha256=text_hash(prompt.text), audio_sha256=audio_hash(path), source="studio", spoken_s=spoken_s
    )
    write_manifest(sounds, manifest)


def spoken_lengths(sounds: Path) -> dict[str, float]:
    """By key of each studio recording, how long the spoken prompt is, in seconds; where that is known."""
    manifest = read_manifest(sounds)
    return {key: made.spoken_s for key, made in manifest.items() if isinstance(made.spoken_s, float)}


def longer_by(sounds: Path) -> dict[str, float]:
    """The studio recordings that are longer than the spoken prompt, and by how many seconds."""
    longer = {key: measure(sounds / f"{key}.wav").duration_s - was for key, was in spoken_lengths(sounds).items()}
    return {key: round(more, 3) for key, more in longer.items() if more >= LONGER_S}


def speak(prompt: Prompt, path: Path) -> None:
    """Speak a prompt into an audio file. The same text, voice and version of espeak-ng give the same bytes."""
    voice = prompt.voice
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.wav"
        run_tool(
            "espeak-ng", "-v", voice.voice, "-s", str(voice.speed), "-p", str(voice.pitch), "-g", str(voice.gap),
            "-w", str(raw), "--", prompt.text,
        )  # fmt: skip
        _finish(raw, path, shape=_SHAPE)


def text_hash(text: str) -> str:
    """The hash of a prompt's text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def audio_hash(path: Path) -> str:
    """The hash of an audio file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def table(catalogues: dict[str, Catalogue], sounds: Path) -> list[tuple[str, Measure]]:
    """A table of the prompts' measures."""
    return [(key, measure(sounds / f"{key}.wav")) for key in _all(catalogues)]


def _finish(source: Path, target: Path, *, shape: tuple[str, ...]) -> None:
    """To 8 kHz, trimmed at both ends, at the common level. `-R` and `-D`: nothing in it is left to chance."""
    with tempfile.TemporaryDirectory() as folder:
        trimmed = Path(folder) / "trimmed.wav"
        run_tool(
            "sox", "-R", "-D", str(source), "-b", "16", "-c", "1", str(trimmed), "gain", "-8", "rate", "-h", str(RATE),
            *shape, *_TRIM, "reverse", *_TRIM, "reverse",
        )  # fmt: skip
        limited = Path(folder) / "limited.wav"
        gain = LEVEL_DB - measure(trimmed).level_db
        run_tool(
            "sox", "-R", "-D", str(trimmed), str(limited), "gain", "-l", f"{gain - PEAK_DB:.2f}", "gain", str(PEAK_DB)
        )
        gain = LEVEL_DB - measure(limited).level_db  # the limiter took something off the level too
        run_tool("sox", "-R", "-D", str(limited), str(target), "gain", f"{gain:.2f}", "pad", "0", str(TAIL_S))


def run_tool(*command: str) -> None:
    """Run espeak-ng or sox. Raises `SpeakError`."""
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        raise SpeakError(f"{command[0]} is not installed: apt-get install {command[0]}") from None
    except subprocess.CalledProcessError as error:
        raise SpeakError(f"{' '.join(command)}: {error.stderr.strip()}") from error


def _all(catalogues: dict[str, Catalogue]) -> dict[str, Prompt]:
    return {
        f"{language}/{name}": prompt for language, catalogue in catalogues.items() for name, prompt in catalogue.items()
    }


def _verb(made: Made) -> str:
    return "recorded" if made.source == "studio" else "spoken"


def main(arguments: list[str] | None = None) -> int:
    """The command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ivr.speak", description="Makes the audio of the prompts.")
    parser.add_argument("--all", action="store_true", help="speak all again, not only what has changed")
    parser.add_argument("--force", action="store_true", help="speak over a studio recording whose text has changed")
    parser.add_argument("--check", action="store_true", help="only say where text and audio have parted")
    parser.add_argument("--table", action="store_true", help="only print durations and levels")
    parser.add_argument("--studio", nargs=2, metavar=("LANGUAGE/NAME", "FILE"), help="take in a recording")
    parser.add_argument(
        "--sounds",
        type=Path,
        default=SOUNDS,
        help="the folder with tr/ and en/, and tr.toml and en.toml where a town has texts of its own",
    )
    given = parser.parse_args(arguments)
    catalogues = load_catalogues(given.sounds)
    if given.table:
        print(f"{'prompt':32} {'seconds':>8} {'lead':>6} {'tail':>6} {'level':>7} {'peak':>7}")
        for key, one in table(catalogues, given.sounds):
            print(
                f"{key:32} {one.duration_s:8.2f} {one.leading_s:6.2f} {one.trailing_s:6.2f} "
                f"{one.level_db:7.1f} {one.peak_db:7.1f}"
            )
        return 0
    if given.studio:
        take_recording(catalogues, given.sounds, given.studio[0], Path(given.studio[1]))
        if (more := longer_by(given.sounds).get(given.studio[0])) is not None:
            print(
                f"{given.studio[0]}: {more:.2f} s longer than it was spoken; `cozum flow time` says whom it costs them"
            )
    elif not given.check:
        for key in speak_all(catalogues, given.sounds, again=given.all, force=given.force):
            print(f"spoken: {key}")
    found = problems(catalogues, given.sounds)
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SpeakError as error:
        sys.exit(str(error))
