"""What an automatic call says of an outcome: the unit's words, spoken into a sound file ahead of the call.

The file is made in a worker thread of the desk and named by its request and the hash of its text, so that a second try
needs no second one, and an erasure finds it (`storage.spoken_words`). If it cannot be made, or the words are too long
to listen to, the call says only that there is an outcome."""

import asyncio
import hashlib
import os
from collections.abc import Sequence
from typing import Final

import structlog

from acd.config.settings import Settings
from ivr.catalogue import Prompt, Voice, load_catalogues
from ivr.sound import NotAPrompt
from ivr.speak import SpeakError, speak
from ivr.spoken import digit_prompt
from storage.spoken_words import SpokenWords
from tickets.outcome.words import Spoken
from tickets.states import Outcome

log = structlog.get_logger(__name__)

VOICE_OF: Final = "goodbye"
"""Words are spoken with the voice of this prompt."""
LONGEST: Final = 1000
"""Characters: somewhat more than a minute."""


class OutcomeWords:
    """Speaks words. Call everything on the desk's loop."""

    def __init__(self, settings: Settings) -> None:
        self._files, self._prompts_dir = SpokenWords(settings.outcome_words_dir), settings.prompts_dir

    async def prompts(self, number: str, outcome: Outcome, words: Sequence[Spoken]) -> tuple[tuple[str, ...], bool]:
        """What is said of a request's outcome, and whether the unit's words are in it."""
        known = ("outcome_number", *(digit_prompt(digit) for digit in number if digit.isdigit()))
        paths = await asyncio.to_thread(self._paths, number, words)
        return ((*known, *paths), True) if paths else ((*known, f"outcome_{outcome}", "outcome_later"), False)

    def _paths(self, number: str, words: Sequence[Spoken]) -> tuple[str, ...]:
        """The sound files of these words, without their suffix; none if one of them cannot be made."""
        if sum(len(part.text) for part in words) > LONGEST:
            return ()
        try:
            catalogues = load_catalogues(self._prompts_dir)
            return tuple(self._spoken(number, part, catalogues[part.language][VOICE_OF].voice) for part in words)
        except (SpeakError, NotAPrompt, OSError) as error:
            said = f"{type(error).__name__}: {error}"
            for part in words:
                said = said.replace(part.text, "…")
            log.warning("outcome_not_spoken", error=said)
            return ()

    def _spoken(self, number: str, part: Spoken, voice: Voice) -> str:
        digest = hashlib.sha256(f"{voice} {part.text}".encode()).hexdigest()[:40]
        path = self._files.path(number, part.language, digest)
        try:
            os.utime(path)  # one in use is not swept
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_name(f"{path.stem}-draft.wav")  # sox knows a format by its name
            try:
                speak(Prompt(text=part.text, voice=voice), draft)
                draft.rename(path)
            finally:
                draft.unlink(missing_ok=True)
        return str(path.with_suffix(""))
