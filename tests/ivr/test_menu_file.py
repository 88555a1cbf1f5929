"""The file by which a menu is heard while a phone rings: order, length, and what comes behind the words."""

import io
import wave
from array import array
from pathlib import Path

import pytest

from ivr import flow as f
from ivr.interpreter import Choose, Gather, Interpreter, Keys, Notice, NotRung, Play, RingEarly
from ivr.menu_file import FRAME, RINGS_S, TONE_OFF_S, TONE_ON_S, BadSound, compose, lasts_s
from ivr.sound import RATE, measure
from ivr.speak import SOUNDS
from ivr.tones import as_wav
from tests.ivr.flows import hotline

(MENU,) = f.early_menus(hotline()).values()
assert MENU.early is not None
PROMPTS = MENU.early.prompts
PAUSE_S = MENU.timeout_s


def samples(language: str) -> "array[int]":
    with wave.open(io.BytesIO(compose(SOUNDS / language, PROMPTS, PAUSE_S))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return array("h", file.readframes(file.getnframes()))


def loudness(part: "array[int]") -> float:
    return sum(map(abs, part)) / max(1, len(part))


@pytest.mark.parametrize(("language", "said_s"), [("tr", 7.5), ("en", 9.2)])
def test_112_is_said_first_and_everything_is_said_soon(language: str, said_s: float) -> None:
    assert PROMPTS[0] == "call_112"
    assert PROMPTS[1] == "option_ambulance"
    assert measure(SOUNDS / language / "call_112.wav").duration_s <= 2.8
    assert lasts_s(SOUNDS / language, PROMPTS) <= said_s


@pytest.mark.parametrize("language", ["tr", "en"])
def test_after_the_words_comes_a_pause_for_the_key_and_then_the_ringing_tone(language: str) -> None:
    whole = samples(language)
    words_end = round(lasts_s(SOUNDS / language, PROMPTS) * RATE)
    pause = whole[words_end : words_end + round(PAUSE_S * RATE)]
    assert not any(pause)
    tone = whole[words_end + len(pause) :]
    assert len(tone) >= RINGS_S * RATE, "no phone rings so long that the menu begins anew"
    on, off = tone[: round(TONE_ON_S * RATE)], tone[round(TONE_ON_S * RATE) : round((TONE_ON_S + TONE_OFF_S) * RATE)]
    assert not any(off)
    words = loudness(whole[:words_end])
    assert 0.3 * words < loudness(on) < 1.5 * words, "heard, and no fright"


def test_each_prompt_begins_with_a_packet() -> None:
    """So that what a caller hears of it is what they would hear of it alone."""
    data = compose(SOUNDS / "tr", PROMPTS[:1], 0.0)
    with wave.open(io.BytesIO(data)) as file:
        words = file.getnframes() * 2 - round(RINGS_S / (TONE_ON_S + TONE_OFF_S)) * round(
            (TONE_ON_S + TONE_OFF_S) * RATE * 2
        )
    assert words % FRAME == 0


def test_a_prompt_of_another_kind_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "one.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(100))
    with pytest.raises(BadSound, match="16000 Hz"):
        compose(tmp_path, ("one",), 1.0)


def test_a_prompt_with_a_damaged_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.wav").write_bytes(as_wav(b"\1\2" * RATE).replace(b"fmt \x10", b"fmt \x12"))
    with pytest.raises(BadSound, match="cut short"):
        compose(tmp_path, ("one",), 1.0)


@pytest.mark.parametrize("recording", [True, False])
def test_a_phone_rings_after_the_notice_where_there_is_one(recording: bool) -> None:
    one = Interpreter(hotline(recording=recording))
    one.early = True
    one.start()
    *said, ring = one.handle(Keys("1"))
    assert isinstance(ring, RingEarly)
    assert (ring.step, ring.service, ring.language) == ("urgent", "ambulance", "tr")
    kinds = ["funeral", "doctor", "patient_transfer", "ambulance", "injured_animal"]
    assert ring.kinds == dict(zip("12345", kinds, strict=True)), "0 gives no kind, as without a ring"
    assert [action for action in said if isinstance(action, Notice)] == (
        [Notice(("recording_short",))] if recording else []
    )
    assert one.over


def test_where_no_phone_can_ring_any_more_after_the_notice_the_menu_is_heard_without_it() -> None:
    one = Interpreter(hotline(recording=True))
    one.early = True
    one.start()
    one.handle(Keys("1"))
    one.early = False
    play, gather = one.handle(NotRung())
    assert isinstance(play, Play)
    assert play.prompts[0] == "option_ambulance"
    assert isinstance(gather, Gather)
    assert not one.over
    *_, choose = one.handle(Keys("1"))
    assert isinstance(choose, Choose)
    assert choose.service == "funeral"


def test_where_no_phone_can_ring_the_menu_is_heard_as_ever() -> None:
    one = Interpreter(hotline(recording=True))
    one.start()
    *_, play, gather = one.handle(Keys("1"))
    assert isinstance(play, Play)
    assert play.prompts[:2] == ("recording_short", "option_ambulance")
    assert isinstance(gather, Gather)
