"""Texts of a call's story in one language, filled in: `words_en.py` and `words_tr.py` have them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal

from acd.engine.rules.registry import RULES
from acd.explain.menu_words import STEPS
from acd.explain.setting_names import SETTINGS
from acd.explain.words_en import EN, REASONS_EN
from acd.explain.words_tr import REASONS_TR, TR

Language = Literal["en", "tr"]


class Words:
    """Texts in one language."""

    def __init__(self, language: Language, *, named: bool = False) -> None:
        """`named`: with the setting behind a decision, as the files have it."""
        self.language, self._named = language, named
        self._texts = {**(EN if language == "en" else TR)}
        for rule in RULES:
            self._texts |= rule.words.get(language, {})

    def say(self, key: str, **values: object) -> str:
        """The text of a key, filled in."""
        said = " ".join(self._texts[key].format(**values).split())
        return f"{said} [{SETTINGS[key]}]" if self._named and key in SETTINGS else said

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def language_name(self, code: str) -> str:
        """What a language is called; one we do not know by its code."""
        return self.say(f"language_{code}") if f"language_{code}" in self else code

    def ordinal(self, number: int) -> str:
        """`third`, or `12th`; in Turkish `12.`."""
        if self.language == "tr":
            return f"{number}."
        few = ("first", "second", "third", "fourth", "fifth")
        if number <= len(few):
            return few[number - 1]
        ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{ending}"

    def seconds(self, value: float) -> str:
        """A duration: to the tenth, below a second to the hundredth."""
        number = f"{value:.1f}" if value >= 0.995 else f"{value:.2f}"
        return self.say("seconds", number=number.replace(".", self._texts["point"]))

    def minutes(self, number: int) -> str:
        """So many minutes."""
        return self.say({0: "minutes_none", 1: "minutes_one"}.get(number, "minutes_many"), number=number)

    def pause(self, reason: str) -> str:
        """A pause reason."""
        return (REASONS_TR if self.language == "tr" else REASONS_EN).get(reason, reason)

    def step(self, name: str) -> str:
        """A step of the shipped flow; empty for another one."""
        return STEPS[self.language].get(name, "")

    def grouped(self, groups: Mapping[str, Sequence[str]]) -> str:
        """`talking: 1001, 1002; signed out: 1003`."""
        return "; ".join(f"{reason}: {', '.join(members)}" for reason, members in groups.items())
