"""Mahalle and streets, found as people write and say them."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from acd.lib.turkish import tr_sort_key
from tickets.find.folding import MAHALLE_WORDS, STREET_WORDS, mahalle_key, street_words, words
from tickets.find.index import WordIndex
from tickets.town.model import Mahalle

CLEAR_LEAD = 0.15
"""If the first match is better than the second by this much, it is the meant one."""
SURE = 0.45
"""A match below this is only proposed, never chosen."""
_NUMBER_WORDS = frozenset({"no", "numara", "num", "nr"})
_LONGEST_NAME = 4
"""The most words of a mahalle's name."""


class FoundMahalle(msgspec.Struct, frozen=True):
    """A mahalle that may be meant; `score` is at most 1."""

    mahalle: Mahalle
    score: float


class FoundStreet(msgspec.Struct, frozen=True):
    """A street that may be meant; `score` is at most 1."""

    name: str
    mahalle: Mahalle
    score: float


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of an address. A part is empty if it is missing or not clear."""

    mahalle: Mahalle | None = None
    street: str = ""
    """The name of a street that is known; the text itself stays with the request."""
    door: str = ""


class Places:
    """The mahalle and streets of a town, in the order of a Turkish dictionary."""

    def __init__(self, mahalle: Iterable[Mahalle], streets: Mapping[str, Sequence[str]] | None = None) -> None:
        """`streets` are the names of streets by the id of their mahalle."""
        self.all = tuple(sorted(mahalle, key=lambda one: tr_sort_key(one.name)))
        self._by_id = {one.id: one for one in self.all}
        named = [(mahalle_key(name), one) for one in self.all for name in (one.name, *one.aliases)]
        self._exact = dict(named)
        self._named = [one for _, one in named]
        self._index = WordIndex([key.split() for key, _ in named], inflected=True)
        known = [(name, self._by_id[of]) for of in streets or {} if of in self._by_id for name in (streets or {})[of]]
        self._streets = sorted(known, key=lambda one: (tr_sort_key(one[0]), tr_sort_key(one[1].name)))
        places: dict[str, set[int]] = {}
        for place, (_, of) in enumerate(self._streets):
            places.setdefault(of.id, set()).add(place)
        self._streets_of = {of: frozenset(found) for of, found in places.items()}
        self._street_index = WordIndex([street_words(words(name)) for name, _ in self._streets])

    def get(self, mahalle_id: str) -> Mahalle | None:
        """By id."""
        return self._by_id.get(mahalle_id)

    def find(self, text: str) -> Mahalle | None:
        """The one mahalle that is meant, whatever the case, dots, suffix (`İNÖNÜ MAH.`, `inonu`) or a typing error.
        None if none or several may be meant."""
        found = self.search(text, 2)
        if not found or found[0].score < SURE:
            return None
        return found[0].mahalle if len(found) == 1 or found[0].score - found[1].score >= CLEAR_LEAD else None

    def search(self, text: str, limit: int = 10) -> list[FoundMahalle]:
        """The mahalle that may be meant, best first. A name or alias that is the text itself stands alone."""
        key = mahalle_key(text)
        exact = self._exact.get(key)
        if exact is not None:
            return [FoundMahalle(exact, 1.0)]
        best: dict[str, FoundMahalle] = {}
        for hit in self._index.search(key.split(), len(self._named)):
            one = self._named[hit.place]
            best.setdefault(one.id, FoundMahalle(one, hit.score))
        return list(best.values())[:limit]

    def streets(self, text: str, mahalle: str | None = None, limit: int = 10) -> list[FoundStreet]:
        """The streets that may be meant, best first; only those of a mahalle if its id is given."""
        among = None if mahalle is None else self._streets_of.get(mahalle, frozenset())
        hits = self._street_index.search(street_words(words(text)), limit, among)
        return [FoundStreet(*self._streets[hit.place], hit.score) for hit in hits]

    def address(self, text: str) -> Address:
        """Read an address such as `Esenkent Mah. 1234. Sok. No: 5 D: 3`."""
        found = words(text)
        mahalle, rest = self._mahalle_of(found)
        street_text = _street_of(rest)
        door = _door_of(rest)
        if not street_text:
            return Address(mahalle=mahalle, door=door)
        streets = self.streets(" ".join(street_text), mahalle.id if mahalle else None, 2)
        sure = bool(streets) and streets[0].score >= SURE
        if sure and (len(streets) == 1 or streets[0].score - streets[1].score >= CLEAR_LEAD):
            return Address(mahalle=streets[0].mahalle, street=streets[0].name, door=door)
        return Address(mahalle=mahalle, door=door)

    def _mahalle_of(self, found: list[str]) -> tuple[Mahalle | None, list[str]]:
        """The mahalle of an address, and the words that are left."""
        marked = next((place for place, word in enumerate(found) if word in MAHALLE_WORDS), None)
        if marked:
            for length in range(min(_LONGEST_NAME, marked), 0, -1):
                one = self._exact.get(" ".join(found[marked - length : marked]))
                if one is not None:
                    return one, [*found[: marked - length], *found[marked + 1 :]]
            one = self.find(" ".join(found[max(0, marked - _LONGEST_NAME) : marked]))
            if one is not None:
                return one, found[marked + 1 :]
        for length in range(min(_LONGEST_NAME, len(found)), 0, -1):
            for start in range(len(found) - length + 1):
                after = found[start + length] if start + length < len(found) else ""
                one = self._exact.get(" ".join(found[start : start + length]))
                if one is not None and after not in STREET_WORDS:
                    return one, [*found[:start], *found[start + length :]]
        return None, found


def _street_of(found: Sequence[str]) -> list[str]:
    """The words up to the one that says what kind of street it is; none if no word says so."""
    for place, word in enumerate(found):
        if word in STREET_WORDS and place > 0:
            return list(found[: place + 1])
    return []


def _door_of(found: Sequence[str]) -> str:
    """The number after `no`, with the letter behind it (`5 a`); empty if there is none."""
    for place, word in enumerate(found[:-1]):
        if word in _NUMBER_WORDS and found[place + 1].isdigit():
            letter = found[place + 2] if place + 2 < len(found) else ""
            return found[place + 1] + (f"/{letter}" if len(letter) == 1 and letter.isalpha() and letter != "d" else "")
    return ""
