"""The words of an automatic call: spoken ahead into a file by their hash, or not at all."""

import os
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from acd.config.settings import Settings
from acd.desk import outcome_words
from acd.desk.outcome_words import LONGEST, OutcomeWords
from ivr.catalogue import Prompt
from ivr.sound import measure
from ivr.speak import SpeakError, speak
from storage.spoken_words import KEPT_S, SpokenWords
from tickets.outcome.words import Language, Spoken

KNOWN = ("outcome_number", "digit_2", "digit_6", "digit_0", "digit_7", "digit_3")
SHORT = (*KNOWN, "outcome_refused", "outcome_later")


def spoken(text: str) -> tuple[Spoken, ...]:
    return (Spoken("tr", text),)


@pytest.fixture
def words(tmp_path: Path) -> OutcomeWords:
    return OutcomeWords(Settings(data_dir=tmp_path))


async def test_the_words_are_a_file_that_can_be_played(words: OutcomeWords, tmp_path: Path) -> None:
    prompts, whole = await words.prompts("26-07-3", "refused", spoken("Yol asfaltlandı."))
    assert whole
    assert prompts[:-1] == KNOWN
    path = Path(f"{prompts[-1]}.wav")
    assert path.parent == tmp_path / "outcome-words" / "tr"
    assert measure(path).duration_s > 0.5
    assert "asfalt" not in path.name
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_the_same_words_are_spoken_once(words: OutcomeWords, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await words.prompts("26-07-3", "refused", spoken("Yol asfaltlandı."))
    monkeypatch.setattr(outcome_words, "speak", None)
    assert await words.prompts("26-07-3", "refused", spoken("Yol asfaltlandı.")) == first


async def test_other_words_and_another_language_are_another_file(words: OutcomeWords) -> None:
    asked: tuple[tuple[str, Language], ...] = (("Yol yapıldı.", "tr"), ("Park yapıldı.", "tr"), ("Yol yapıldı.", "en"))
    made = {(await words.prompts("26-07-3", "refused", (Spoken(language, text),)))[0][-1] for text, language in asked}
    assert len(made) == 3


async def test_each_part_is_said_by_the_voice_of_its_language(words: OutcomeWords, tmp_path: Path) -> None:
    told = (
        Spoken("en", "Your request has been resolved."),
        Spoken("tr", "Yol asfaltlandı."),
        Spoken("en", "Thank you."),
    )
    prompts, whole = await words.prompts("26-07-3", "resolved", told)
    assert whole
    assert [Path(path).parent.name for path in prompts[len(KNOWN) :]] == ["en", "tr", "en"]
    again, _ = await words.prompts("26-07-3", "resolved", (told[1],))
    assert again[-1] == prompts[-2], "as a citizen who speaks Turkish hears them"


async def test_words_of_which_one_part_cannot_be_spoken_are_not_said_in_part(
    words: OutcomeWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    def only_english(prompt: Prompt, path: Path) -> None:
        if "asfalt" in prompt.text:
            raise SpeakError(f"cannot say {prompt.text}")
        speak(prompt, path)

    monkeypatch.setattr(outcome_words, "speak", only_english)
    told = (Spoken("en", "Your request has been resolved."), Spoken("tr", "Yol asfaltlandı."))
    with capture_logs() as logs:
        assert await words.prompts("26-07-3", "refused", told) == (SHORT, False)
    assert [(entry["event"], "asfalt" in entry["error"]) for entry in logs] == [("outcome_not_spoken", False)]


@pytest.mark.parametrize("text", ["", "…", "y" * (LONGEST + 1)])
async def test_what_cannot_be_listened_to_is_not_said_in_part(words: OutcomeWords, text: str) -> None:
    assert await words.prompts("26-07-3", "refused", spoken(text)) == (SHORT, False)


async def test_without_a_disk_only_the_outcome_is_said(words: OutcomeWords, tmp_path: Path) -> None:
    (tmp_path / "outcome-words").write_text("")
    assert await words.prompts("26-07-3", "refused", spoken("Yol yapıldı.")) == (SHORT, False)


async def test_without_a_voice_only_the_outcome_is_said(
    words: OutcomeWords, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", "")
    assert await words.prompts("26-07-3", "refused", spoken("Yol yapıldı.")) == (SHORT, False)
    assert _files(tmp_path) == []


async def test_words_that_nobody_needs_any_more_are_destroyed(words: OutcomeWords, tmp_path: Path) -> None:
    """By the hour, whether other words are spoken or not: a town may have gone over to agents who call."""
    needed, asked_again = [
        f"{(await words.prompts('26-07-3', 'refused', spoken(text)))[0][-1]}.wav" for text in ("Bir.", "İki.")
    ]
    now = time.time()
    files = SpokenWords(tmp_path / "outcome-words")
    for path in (needed, asked_again):
        os.utime(path, (now - KEPT_S - 1, now - KEPT_S - 1))
    await words.prompts("26-07-3", "refused", spoken("İki."))
    assert files.sweep(now) == 1
    assert [str(path) for path in _files(tmp_path)] == [asked_again]


async def test_the_words_of_a_request_are_destroyed_with_it(words: OutcomeWords, tmp_path: Path) -> None:
    told = (Spoken("en", "Your request has been resolved."), Spoken("tr", "Yol asfaltlandı."))
    await words.prompts("26-07-3", "resolved", told)
    kept, _ = await words.prompts("26-07-4", "resolved", told)
    SpokenWords(tmp_path / "outcome-words").destroy("26-07-3")
    assert [str(path.with_suffix("")) for path in _files(tmp_path)] == list(kept[-2:])


def _files(data_dir: Path) -> list[Path]:
    return sorted((data_dir / "outcome-words").glob("*/*"))
