"""Ranks entries by how well their words match the words of a query.

Each word of the query is compared with the words of all entries: the same word, a word that begins with it, a word of
which it is an inflected form, or a word with a typing error. Rare words count more than common ones (inverse document
frequency). The score of an entry is the harmonic mean of two shares: how much of the query it explains, and how much of
its own name the query gives; so the shorter of two names that match is first."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence, Set
from heapq import nsmallest

import msgspec
from rapidfuzz import process
from rapidfuzz.distance import OSA

LEAST_SCORE = 0.3
"""Entries below this are no match."""

_PREFIX = 0.85
_INFLECTED = 0.8
_TYPO = 0.75
_STEM = 4
"""The least number of letters that two forms of one word share."""
_SHORT = 3
_MOST_SUFFIX = 6
"""The most letters of a suffix."""
_UNKNOWN_IN_SPEECH = 0.3
"""The weight of a word that no entry has, when people speak in sentences."""
MOST_OF_ONE_WORD = 600
"""A word of more entries than this is too common to find an entry by itself."""


class Hit(msgspec.Struct, frozen=True):
    """An entry that matches. `score` is at most 1; 1 says that all words are the same."""

    place: int
    """The entry's number, in the order in which entries were given."""
    score: float


class WordIndex:
    """An index of entries, each given by its folded words. It does not change."""

    def __init__(self, entries: Iterable[Sequence[str]], *, inflected: bool = False) -> None:
        """`inflected`: a word also matches its forms with a suffix (`lambalar`, `lambasi`), and numbers are words like
        others. Else the entries are names, and an entry must have every number of the query."""
        self._inflected = inflected
        entries_of: dict[str, set[int]] = {}
        self._entries = [tuple(dict.fromkeys(entry)) for entry in entries]
        for place, entry in enumerate(self._entries):
            for word in entry:
                entries_of.setdefault(word, set()).add(place)
        self._places = {word: tuple(sorted(places)) for word, places in entries_of.items()}
        self._place_sets = {word: frozenset(places) for word, places in entries_of.items()}
        count = len(self._entries)
        self._rarity = {word: math.log(1.0 + count / len(places)) for word, places in self._places.items()}
        self._unknown = math.log(1.0 + count) * (_UNKNOWN_IN_SPEECH if inflected else 1.0)
        self._weights = [sum(self._rarity[word] for word in entry) for entry in self._entries]
        self._sorted = sorted(self._places)
        self._by_length: dict[int, list[str]] = {}
        for word in self._sorted:
            if not word.isdigit():
                self._by_length.setdefault(len(word), []).append(word)

    def search(self, words: Sequence[str], limit: int = 10, among: Set[int] | None = None) -> list[Hit]:
        """The entries that match best, best first; equal ones in the order in which they were given. `among` names the
        entries that are looked at; None: all."""
        asked, matched = 0.0, []
        for word in dict.fromkeys(words):
            matches = self._matches(word)
            asked += max((self._rarity[known] for known in matches), default=self._unknown)
            if matches:
                matched.append(matches)
        for word in words if not self._inflected else ():
            if word.isdigit():
                having = set().union(*(self._places[known] for known in self._beginning_with(word)))
                among = having if among is None else having & among
        candidates = self._candidates(matched, among)
        explained = dict.fromkeys(candidates, 0.0)
        for matches in matched:
            for place, value in self._values(matches, candidates).items():
                explained[place] += value
        hits = []
        for place, value in explained.items():
            share_of_query = min(1.0, value / asked)
            share_of_name = min(1.0, value / self._weights[place])
            score = 2 * share_of_query * share_of_name / (share_of_query + share_of_name)
            if score >= LEAST_SCORE:
                hits.append(Hit(place, round(score, 4)))
        return nsmallest(limit, hits, key=lambda hit: (-hit.score, hit.place))

    def _candidates(self, matched: Sequence[Mapping[str, float]], among: Set[int] | None) -> Set[int]:
        """The entries that can be among the best. A word of very many entries (`sokak`) finds none by itself where
        another word does, and only the first of them where none does."""
        found: set[int] = set()
        common: list[int] = []
        for matches in matched:
            for known in matches:
                places = self._places[known]
                if len(places) > MOST_OF_ONE_WORD:
                    common += [place for place in places if among is None or place in among][:MOST_OF_ONE_WORD]
                else:
                    found.update(places)
        return (found if among is None else found & among) or set(common)

    def _values(self, matches: Mapping[str, float], candidates: Set[int]) -> dict[int, float]:
        """How much one word of the query explains of each candidate."""
        values: dict[int, float] = {}
        for known, closeness in matches.items():
            value = closeness * self._rarity[known]
            places = self._place_sets[known]
            for place in places & candidates if len(places) > len(candidates) else places:
                if place in candidates and value > values.get(place, 0.0):
                    values[place] = value
        return values

    def _matches(self, word: str) -> dict[str, float]:
        """The known words that a word may stand for, with how close they are (0 to 1)."""
        found = {word: 1.0} if word in self._places else {}
        for known in self._beginning_with(word):
            if known != word:
                found[known] = _PREFIX * (0.6 + 0.4 * len(word) / len(known))
        if word.isdigit():
            return found
        if self._inflected:
            for known in self._same_stem(word):
                found[known] = max(found.get(known, 0.0), _INFLECTED)
            if not found:
                found.update(dict.fromkeys(self._short_stems(word), _INFLECTED))
        if not found:
            for known, wrong in self._misspelt(word):
                found[known] = _TYPO * (1.0 - wrong / len(word))
        return found

    def _beginning_with(self, start: str) -> Iterable[str]:
        place = bisect_left(self._sorted, start)
        while place < len(self._sorted) and self._sorted[place].startswith(start):
            yield self._sorted[place]
            place += 1

    def _same_stem(self, word: str) -> Iterable[str]:
        """Words that differ from this one by their suffixes alone."""
        if len(word) < _STEM:
            return
        for known in self._beginning_with(word[:_STEM]):
            shared = _shared(word, known)
            if max(len(word), len(known)) - shared <= _MOST_SUFFIX and shared * 2 > min(len(word), len(known)):
                yield known

    def _short_stems(self, word: str) -> Iterable[str]:
        """Known words of three letters that this one may be a form of (`dal` of `dallarini`)."""
        if _SHORT < len(word) <= _SHORT + _MOST_SUFFIX and word[:_SHORT] in self._places:
            yield word[:_SHORT]

    def _misspelt(self, word: str) -> Iterable[tuple[str, int]]:
        """Words a few typing errors away: one in words of 4 to 7 letters, two in longer ones. A swap is one error."""
        allowed = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
        if not allowed:
            return
        for length in range(len(word) - allowed, len(word) + allowed + 1):
            near = process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=allowed, limit=None
            )
            for known, wrong, _ in near:
                yield known, int(wrong)


def _shared(one: str, two: str) -> int:
    """How many letters two words have in common at their start."""
    shared = 0
    for left, right in zip(one, two, strict=False):
        if left != right:
            break
        shared += 1
    return shared
