"""A prompt that an administrator recorded is what the next caller of a real line hears, without a restart."""

import io
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from acd.asterisk.instance_spec import PROMPTS
from bench.capture import Capture, read_rtp
from bench.stack import Stack
from bench.voice import heard
from phones import Caller, HangUp, Wait
from tests.services import missing

RATE = 8000


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    for program in ("sipp", "sox", "dumpcap", "tshark"):
        if shutil.which(program) is None:
            missing(program)
    with Stack(tmp_path_factory.mktemp("own-prompts"), agents=1, heartbeat_s=120) as stack:
        yield stack


def recording(sound: Path, *, quieter: int = 3) -> bytes:
    """What a microphone would hear of a sound: quieter, with silence around."""
    with wave.open(str(sound)) as file:
        data = file.readframes(file.getnframes())
    samples = [int.from_bytes(data[n : n + 2], "little", signed=True) // quieter for n in range(0, len(data), 2)]
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        words = b"".join(one.to_bytes(2, "little", signed=True) for one in samples)
        file.writeframes(bytes(2 * RATE) + words + bytes(2 * RATE))
    return made.getvalue()


class Prompts:
    """The API of the prompts, as the machine uses it."""

    def __init__(self, stack: Stack) -> None:
        self._list = f"{stack.url}/api/v1/prompts"
        token = (stack.data_dir / "token").read_text().strip()
        self._client = httpx.Client(base_url=f"{self._list}/", headers={"authorization": f"Bearer {token}"}, timeout=60)

    def etag(self, key: str) -> str:
        """Of the audio there is."""
        language, _, name = key.partition("/")
        (found,) = [one for one in self._client.get(self._list).json() if one["name"] == name]
        return str(next(one["etag"] for one in found["spoken"] if one["language"] == language))

    def record(self, key: str, sound: bytes) -> None:
        """Put a recording in place."""
        headers = {"content-type": "audio/wav", "if-match": f'"{self.etag(key)}"'}
        answer = self._client.put(key, content=sound, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["reload"]["state"] == "taken"

    def go_back(self, key: str, version: int) -> None:
        """To an earlier one."""
        headers = {"if-match": f'"{self.etag(key)}"'}
        answer = self._client.post(f"{key}/version", json={"version": version}, headers=headers)
        assert answer.status_code == 200, answer.text

    def close(self) -> None:
        """End."""
        self._client.close()


@pytest.fixture
def prompts(stack: Stack) -> Iterator[Prompts]:
    prompts = Prompts(stack)
    try:
        yield prompts
    finally:
        prompts.close()


def hears(stack: Stack, folder: Path, number: str, sounds: dict[str, Path]) -> list[str]:
    """Which of these a caller hears who presses nothing for ten seconds."""
    folder.mkdir()
    with stack.phones(folder / "phones") as phones, Capture(folder / "heard.pcapng", "udp") as capture:
        caller = phones.call(Caller(steps=(Wait(10.0), HangUp()), limit_s=60), numbers=[number])
        assert caller.wait(60).failed == 0
    port = caller.media_port
    stream = [packet for packet in read_rtp(capture.path, [port]) if packet.target == port]
    return [name for _, name in heard(stream, sounds)]


def test_callers_hear_the_recording_and_after_going_back_the_machine(
    stack: Stack, prompts: Prompts, tmp_path: Path
) -> None:
    own = stack.data_dir / "prompts" / "tr" / "greeting.wav"
    shipped = PROMPTS / "tr" / "greeting.wav"
    assert hears(stack, tmp_path / "before", "05337771001", {"machine": shipped}) == ["machine"]
    prompts.record("tr/greeting", recording(PROMPTS / "tr" / "goodbye.wav"))
    kept = tmp_path / "kept.wav"
    kept.write_bytes(own.read_bytes())
    sounds = {"machine": shipped, "recording": kept}
    assert hears(stack, tmp_path / "recorded", "05337771002", sounds) == ["recording"]
    prompts.go_back("tr/greeting", 1)
    assert hears(stack, tmp_path / "back", "05337771003", sounds) == ["machine"]


def test_a_menu_that_is_heard_while_a_phone_rings_is_made_of_the_recording(stack: Stack, prompts: Prompts) -> None:
    file = stack.data_dir / "asterisk" / "data" / "menus" / "urgent-tr" / "menu.wav"
    before = file.read_bytes()
    prompts.record("tr/option_funeral", recording(PROMPTS / "tr" / "option_doctor.wav"))
    assert file.read_bytes() != before
    prompts.go_back("tr/option_funeral", 1)
    assert file.read_bytes() == before
