"""Ranking by words."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.find.index import LEAST_SCORE, MOST_OF_ONE_WORD, WordIndex

NAMES = ["gul sokak", "gul bahcesi sokak", "lale sokak", "lale cadde", "1234 sokak", "1235 sokak", "fatih sultan cadde"]
INDEX = WordIndex([name.split() for name in NAMES])
SPEECH = WordIndex([name.split() for name in ("sokak lambasi", "agac budama dal", "su kesintisi")], inflected=True)


def found(text: str, index: WordIndex = INDEX) -> list[int]:
    return [hit.place for hit in index.search(text.split())]


def test_the_same_words_are_first_and_score_one() -> None:
    hits = INDEX.search(["gul", "sokak"])
    assert (hits[0].place, hits[0].score) == (0, 1.0)
    assert found("gul sokak")[:2] == [0, 1], "the shorter of two names that match is first"


def test_a_beginning_and_a_typing_error() -> None:
    assert found("lal") == [2, 3]
    assert found("fatih sulatn cadde")[0] == 6, "a swap is one error"
    assert found("fathi")[0] == 6
    assert found("lle") == [], "too short for an error"
    assert found("fxtxh") == [], "two errors in five letters"
    assert found("bxhcxsi")[:1] == [], "seven letters: one error"
    assert found("bahccesi") == [1]


def test_numbers_are_never_misspelt() -> None:
    assert found("1236 sokak") == []
    assert found("1234 sokak")[0] == 4


def test_a_word_with_another_suffix() -> None:
    assert found("sokaktaki lambalar", SPEECH) == [0]
    assert found("dallarini", SPEECH) == [1]
    assert found("sular kesildi", SPEECH) == [2]
    assert found("lambalar") == [], "streets are names: they have no other forms"


def test_only_some_entries() -> None:
    assert [hit.place for hit in INDEX.search(["lale"], among={3})] == [3]
    assert INDEX.search(["lale"], among=set()) == []


def test_a_word_of_very_many_entries_finds_some_of_them() -> None:
    index = WordIndex([["sokak", f"n{number}"] for number in range(3 * MOST_OF_ONE_WORD)])
    hits = index.search(["sokak"], limit=5)
    assert len(hits) in (0, 5)
    assert [hit.place for hit in index.search(["sokak", "n1700"])] == [1700]


@settings(derandomize=True, max_examples=300)
@given(st.lists(st.sampled_from(["gul", "lale", "sokak", "cadde", "1234", "12", "sultn", "fatih", "x"]), max_size=6))
def test_scores_lie_between_the_least_and_one_and_fall(query: list[str]) -> None:
    hits = INDEX.search(query)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(LEAST_SCORE <= score <= 1.0 for score in scores)
