"""Announcements to waiting callers, measured: every prompt exists in both languages, says what it should, and fits into
one sentence."""

import wave
from array import array
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from acd.engine.rules.announcements import HIGHEST, LONGEST_MIN, position_words, wait_words
from ivr.catalogue import LANGUAGES, load_catalogues
from ivr.sound import measure
from ivr.speak import SOUNDS

TEXTS = load_catalogues()
LONGEST_PAUSE_S = 0.25
ALL = [position_words(n) for n in range(1, HIGHEST + 2)] + [wait_words(n) for n in range(LONGEST_MIN + 2)]
WORDS = sorted({word for words in ALL for word in words})
PIECES = [(language, word) for language in LANGUAGES for word in WORDS]

ONES = {
    "tr": ["bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz"],
    "en": ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
}
TEENS = ["ten", "eleven", "twelve", *(f"{one}teen" for one in ("thir", "four", "fif", "six", "seven", "eigh", "nine"))]
TENS = {
    "tr": ["on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan"],
    "en": ["ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
}


def spelled(language: str, number: int) -> str:
    """A number from 1 to 99 as it is read."""
    tens, ones = divmod(number, 10)
    if language == "en" and tens == 1:
        return TEENS[ones]
    return " ".join(
        [*TENS[language][tens - 1 : tens], *ONES[language][ones - 1 : ones]] if ones else [TENS[language][tens - 1]]
    )


def text(language: str, words: list[str]) -> str:
    return " ".join(TEXTS[language][word].text for word in words)


def samples(language: str, word: str) -> list[int]:
    with wave.open(str(path(language, word))) as file:
        return list(array("h", file.readframes(file.getnframes())))


def path(language: str, word: str) -> Path:
    return SOUNDS / language / f"{word}.wav"


@pytest.mark.parametrize("number", range(1, HIGHEST + 1))
def test_every_position_is_read_as_people_say_it(number: int) -> None:
    assert text("tr", position_words(number)) == f"Bekleyenler arasındaki sıranız: {spelled('tr', number)}"
    assert text("en", position_words(number)) == f"Your position in the queue: {spelled('en', number)}"


@pytest.mark.parametrize("minutes", range(2, LONGEST_MIN + 1))
def test_every_wait_is_read_as_people_say_it(minutes: int) -> None:
    assert text("tr", wait_words(minutes)) == f"Tahminî bekleme süreniz: {spelled('tr', minutes)} dakika."
    assert text("en", wait_words(minutes)) == f"Your estimated wait: {spelled('en', minutes)} minutes."


def test_one_minute_and_what_is_beyond_all_numbers_are_sentences_of_their_own() -> None:
    assert text("tr", wait_words(1)) == text("tr", wait_words(0)) == "Tahminî bekleme süreniz bir dakikadan az."
    assert text("tr", wait_words(LONGEST_MIN + 1)) == "Tahminî bekleme süreniz bir saatten fazla."
    assert text("tr", position_words(HIGHEST + 1)) == "Önünüzde doksan dokuzdan fazla kişi bekliyor."
    assert text("en", wait_words(1)) == "Your estimated wait is less than a minute."


@pytest.mark.parametrize(("language", "word"), PIECES)
def test_every_piece_is_spoken_whole(language: str, word: str) -> None:
    said = TEXTS[language][word].text
    assert not any(letter.isdigit() for letter in said), "numbers are spelled out: a voice might read them otherwise"
    one = measure(path(language, word))
    letters = sum(letter.isalpha() for letter in said)
    spoken_s = one.duration_s - one.leading_s - one.trailing_s
    assert 0.045 <= spoken_s / letters <= 0.18, "seconds a letter of speech that is neither cut nor dragged"
    assert one.pause_s <= LONGEST_PAUSE_S


@pytest.mark.parametrize(("language", "word"), PIECES)
def test_no_piece_is_clipped_or_a_tone(language: str, word: str) -> None:
    wave_form = samples(language, word)
    top = max(map(abs, wave_form))
    flat = max(len(list(run)) for value, run in groupby(wave_form) if abs(value) >= 0.98 * top)
    assert top < 32_000
    assert flat <= 3, "the tops of a clipped wave are flat"
    levels = [sum(map(abs, wave_form[n : n + 80])) for n in range(0, len(wave_form) - 80, 80)]
    assert min(levels[1:-1]) < 0.25 * max(levels), "speech rises and falls"
    crossings = [
        sum((a < 0) != (b < 0) for a, b in pairwise(wave_form[n : n + 80])) for n in range(0, len(wave_form) - 80, 80)
    ]
    assert len(set(crossings)) >= 5, "speech changes its sound"


@pytest.mark.parametrize("language", LANGUAGES)
def test_pieces_follow_each_other_as_words_of_one_sentence_do(language: str) -> None:
    measured = {word: measure(path(language, word)) for word in WORDS}
    pairs = {pair for words in ALL for pair in pairwise(words)}
    gaps = {pair: measured[pair[0]].trailing_s + measured[pair[1]].leading_s for pair in pairs}
    assert max(gaps.values()) <= LONGEST_PAUSE_S, gaps
    assert min(gaps.values()) >= 0.04, "words do not run together"
