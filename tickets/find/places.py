"""Mahalle and streets, found as people write and say them."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from acd.lib.turkish import tr_sort_key
from tickets.find.folding import mahalle_key, street_words, words
from tickets.find.index import WordIndex
from tickets.town.model import Mahalle

CLEAR_LEAD = 0.15
"""If the first match is better than the second by this much, it is the meant one."""
SURE = 0.45
"""A match below this is only proposed, never chosen."""


class FoundMahalle(msgspec.Struct, frozen=True):
    """A mahalle that may be meant; `score` is at most 1."""

    mahalle: Mahalle
    score: float


class FoundStreet(msgspec.Struct, frozen=True):
    """A street that may be meant; `score` is at most 1."""

    name: str
    mahalle: Mahalle
    score: float


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
        """The streets that may be meant, best first; only those of a mahalle if its id is given. A number at the end
        that no such street has is a house's."""
        among = None if mahalle is None else self._streets_of.get(mahalle, frozenset())
        asked = street_words(words(text))
        hits = self._street_index.search(asked, limit, among)
        if not hits and len(asked) > 1 and asked[-1].isdigit():
            hits = self._street_index.search(asked[:-1], limit, among)
        return [FoundStreet(*self._streets[hit.place], hit.score) for hit in hits]
