"""What two ways of writing a place or a topic have in common.

`tr_fold` takes case, accents and the dots of Turkish letters away (`IŞIK`, `ışık`, `isik`). Here the words that say
what kind of place it is are brought to one form or dropped (`mah.`, `mh.`, `mahallesi`), and numbers are cut from
letters."""

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
"""The words for kinds of street, with the form that all of them are brought to."""

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
    """What two ways of writing a mahalle's name have in common: the folded words without those for `mahalle`."""
    found = words(text)
    named = [word for word in found if word not in MAHALLE_WORDS]
    return " ".join(named or found)


def street_words(found: Sequence[str]) -> list[str]:
    """Folded words with those for a kind of street in one form."""
    return [STREET_WORDS.get(word, word) for word in found]
