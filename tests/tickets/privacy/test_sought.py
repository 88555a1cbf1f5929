"""The citizen for whom somebody looked, by a digest."""

import pytest

from tickets.privacy.sought import NUMBER, WORDS, Sought, sought_key

SOUGHT = Sought(b"a key")


@pytest.mark.parametrize(
    "typed", ["0532 111 22 33", "+90 532 111 22 33", "5321112233", "0090-532-1112233", " (0532) 1112233"]
)
def test_a_number_is_one_however_it_is_written(typed: str) -> None:
    found = SOUGHT.by_text(typed)
    assert found.startswith(NUMBER)
    assert found == SOUGHT.by_number("05321112233")
    assert "1112233" not in found


def test_another_number_and_another_key_are_another_digest() -> None:
    assert SOUGHT.by_number("05321112234") != SOUGHT.by_number("05321112233")
    assert Sought(b"another").by_number("05321112233") != SOUGHT.by_number("05321112233")
    assert sought_key(b"a secret") not in (b"a secret", sought_key(b"another"))


def test_words_are_the_same_in_any_order_and_case() -> None:
    found = SOUGHT.by_text("Işık YILMAZ")
    assert found.startswith(WORDS)
    assert found == SOUGHT.by_text("  yılmaz ışık ışık ")
    assert found != SOUGHT.by_text("Işık Yıldız")
    assert "yilmaz" not in found


@pytest.mark.parametrize(("typed", "number"), [("26-000123-3", "26-000123-3"), ("260001233", "26-000123-3")])
def test_a_requests_number_is_no_personal_datum(typed: str, number: str) -> None:
    assert SOUGHT.by_text(typed) == number


@pytest.mark.parametrize("typed", ["", "  ", "…", "()"])
def test_nothing_is_looked_for(typed: str) -> None:
    assert SOUGHT.by_text(typed) == ""
    assert SOUGHT.by_number(typed) == ""


def test_a_house_number_or_a_year_is_a_word_and_a_short_telephone_a_number() -> None:
    assert SOUGHT.by_text("1234").startswith(WORDS)
    assert SOUGHT.by_number("1001").startswith(NUMBER)
