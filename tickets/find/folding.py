"""Brings different ways of writing a place or a topic to one form.

`tr_fold` removes case, accents and the dots of Turkish letters (`IŞIK`, `ışık`, `isik`). This module unifies or drops
words for kinds of places (`mah.`, `mh.`, `mahallesi`), and separates numbers from letters."""

import re
from collections.abc import Mapping, Sequence

from acd.lib.turkish import tr_fold

MAHALLE_WORDS = frozenset({"mahallesi", "mahalle", "mah", "mh", "mahallesinde", "mahallesindeki"})
STREET_WORDS: Mapping[str, str] = {
    "sokak": "sokak",
    "sokagi": "sokak",
    "sok": "sokak",
    "sk": "sokak",
    "cadde": "cadde",
    "caddesi": "cadde",
    "cad": "cadde",
    "cd": "cadde",
    "bulvar": "bulvar",
    "bulvari": "bulvar",
    "blv": "bulvar",
    "bulv": "bulvar",
    "bul": "bulvar",
    "meydan": "meydan",
    "meydani": "meydan",
    "mey": "meydan",
    "yolu": "yol",
    "yol": "yol",
}
"""The words for kinds of street, each with its common form."""

_APART = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"(?<=[0-9])(?=[^\W\d])|(?<=[^\W\d])(?=[0-9])")
_SUFFIX = re.compile(r"(?<=\w)'\w*")


def words(text: str) -> list[str]:
    """The folded words of a text. What follows an apostrophe is a suffix and is dropped (`Esenkent'te`); letters and
    digits are words of their own (`1234.sok` is `1234`, `sok`)."""
    plain = _SUFFIX.sub("", tr_fold(text).replace("’", "'").replace("`", "'"))
    return _DIGITS.sub(" ", _APART.sub(" ", plain)).split()


def fold(text: str) -> str:
    """The folded words of a text with one blank between them. Folding a folded text changes nothing."""
    return " ".join(words(text))


def mahalle_key(text: str) -> str:
    """The common form of a mahalle's name: the folded words without those for `mahalle`."""
    found = words(text)
    named = [word for word in found if word not in MAHALLE_WORDS]
    return " ".join(named or found)


def street_words(found: Sequence[str]) -> list[str]:
    """Folded words with those for a kind of street in one form."""
    return [STREET_WORDS.get(word, word) for word in found]
