"""The streets that an address names, to tell whether two addresses can be one place.

What is written after a street (`No 5`, `kat 2`) is a house's. A street is known by the words of its name, whatever its
kind: `Gül Caddesi` and `Gül Sokak` may be a slip. So may two names that are a typing error apart."""

from collections.abc import Sequence

from rapidfuzz.distance import OSA

from tickets.find.folding import KINDS, MAHALLE_WORDS, words

_STREETS = frozenset(word for kind in ("sokak", "cadde", "bulvar") for word in KINDS[kind])
_BESIDE = frozenset(
    ("no", "numara", "daire", "d", "kat", "k", "blok", "bina", "kapi", "site", "sitesi", *KINDS["apartman"])
) | {"ile", "ve", "kosesi", "karsisi", "yani", "onu", "arkasi"}
"""Words for houses and for where something is. They name no street."""


def streets_in(address: str, district: str = "") -> frozenset[str]:
    """The folded words of the names of streets in an address; none if it names no street. The words of its mahalle
    (`district`, an id) are left out, if others name the street."""
    found: set[str] = set()
    named: list[str] = []
    for word in words(address):
        if word in MAHALLE_WORDS:
            named = []
        elif word in _STREETS:
            found.update(_name(named))
            named = []
        else:
            named.append(word)
    return frozenset(found.difference(district.split("_")) or found)


def other_streets(one: str, two: str, district: str = "") -> bool:
    """Whether two addresses in one mahalle name streets, and not one street in common."""
    left, right = streets_in(one, district), streets_in(two, district)
    return bool(left and right) and not any(_alike(word, other) for word in left for other in right)


def _name(named: Sequence[str]) -> Sequence[str]:
    """The name in the words before a kind of street: without the numbers of houses before it, which it may follow. A
    number straight before the kind is a street's name (`Esenkent 1234. Sokak`)."""
    if named and named[-1].isdigit():
        return [named[-1]]
    letters = [word for word in named if not word.isdigit() and word not in _BESIDE]
    return letters or [word for word in named if word.isdigit()][-1:]


def _alike(one: str, two: str) -> bool:
    if one == two:
        return True
    if one.isdigit() or two.isdigit():
        return False
    shorter = min(len(one), len(two))
    allowed = 0 if shorter < 4 else 1 if shorter < 8 else 2
    return OSA.distance(one, two, score_cutoff=allowed) <= allowed
