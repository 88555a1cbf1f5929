"""Brings different ways of writing a place or a topic to one form.

`tr_fold` removes case, accents and the dots of Turkish letters (`IŞIK`, `ışık`, `isik`). This module unifies or drops
words for kinds of places (`mah.`, `mh.`, `mahallesi`), and separates numbers from letters. Searches in longer texts,
which keep these words as they were written, look for all of a kind (`same_words`)."""

import re
from collections.abc import Mapping, Sequence

from acd.lib.turkish import tr_fold

KINDS: Mapping[str, tuple[str, ...]] = {
    "mahalle": ("mahalle", "mahallesi", "mah", "mh", "mahallede", "mahallesinde", "mahalledeki", "mahallesindeki"),
    "sokak": ("sokak", "sokagi", "sok", "sk", "sokakta", "sokaginda", "sokaktaki", "sokagindaki"),
    "cadde": ("cadde", "caddesi", "cad", "cd", "caddede", "caddesinde", "caddedeki", "caddesindeki"),
    "bulvar": ("bulvar", "bulvari", "blv", "bulv", "bulvarda", "bulvarinda", "bulvardaki", "bulvarindaki"),
    "apartman": ("apartman", "apartmani", "apt", "apartmanda", "apartmaninda", "apartmandaki", "apartmanindaki"),
}
"""The kinds of places that people write shortened, by their common form: the folded words that say the same. `Işık
Sokağı`, `Işık Sk.` and `Işık Sokakta` are one street."""
MAHALLE_WORDS = frozenset(KINDS["mahalle"])
STREET_WORDS: Mapping[str, str] = {
    **{word: kind for kind in ("sokak", "cadde", "bulvar") for word in KINDS[kind]},
    "bul": "bulvar",  # in a name alone: in a sentence it says "find"
    "meydan": "meydan",
    "meydani": "meydan",
    "mey": "meydan",
    "yolu": "yol",
    "yol": "yol",
}
"""The words for kinds of street, each with its common form."""

_SAME: Mapping[str, tuple[str, ...]] = {word: kind for kind in KINDS.values() for word in kind}
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


def same_words(word: str) -> tuple[str, ...]:
    """The folded words that say the same kind of place as this one, with it; none for a word that names no kind."""
    return _SAME.get(word, ())
