"""Turkish text: casing, sorting and search keys, which Python's own `str` methods get wrong (I/ı, İ/i, ç after c).

Pure, and the same on every machine: it depends on no locale."""

import unicodedata

_ALPHABET = "abcçdefgğhıijklmnoöpqrsştuüvwxyz"
_PLACE = {letter: place for place, letter in enumerate(_ALPHABET)}
_HATS = str.maketrans("âîû", "aiu")
_PLAIN = str.maketrans("çğıöşüâîû", "cgiosuaiu")

SortKey = tuple[tuple[tuple[int, int], ...], str, str]


def tr_lower(text: str) -> str:
    """Lower case: I becomes ı, İ becomes i."""
    return unicodedata.normalize("NFC", text).replace("İ", "i").replace("I", "ı").lower()


def tr_sort_key(text: str) -> SortKey:
    """Key for `sorted`: the order of a Turkish dictionary.

    Letters count first (ç after c, ı before i, ö after o; â as a), then hats, then case, small before big.
    White space and digits come before letters, letters of other scripts after."""
    small = tr_lower(text)
    return (tuple(_weight(letter) for letter in small.translate(_HATS)), small, _case(text))


def tr_fold(text: str) -> str:
    """Key for search: two texts that a hurried typist would call the same have the same key.

    Case, accents and the dots of Turkish letters do not count (`IŞIK`, `ışık`, `isik`), nor how much white space there
    is."""
    plain = tr_lower(unicodedata.normalize("NFKC", text)).translate(_PLAIN)
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())


def _weight(letter: str) -> tuple[int, int]:
    if letter in _PLACE:
        return 2, _PLACE[letter]
    if letter.isalpha():
        bare = unicodedata.normalize("NFD", letter)[0]
        return (2, _PLACE[bare]) if bare in _PLACE else (3, ord(letter))
    return (0, 0) if letter.isspace() else (1, ord(letter))


def _case(text: str) -> str:
    """Makes small letters sort before big ones, which code points do not."""
    return "".join("1" if letter.isupper() else "0" for letter in unicodedata.normalize("NFC", text))
