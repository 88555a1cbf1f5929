"""Turkish casing, order and search keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.lib.turkish import tr_fold, tr_lower, tr_sort_key
from tests.turkish import tr_upper


@pytest.mark.parametrize(
    ("small", "big"),
    [("ılık iğne", "ILIK İĞNE"), ("şişli çöp gürültü", "ŞİŞLİ ÇÖP GÜRÜLTÜ"), ("istiklâl", "İSTİKLÂL"), ("", "")],
)
def test_casing(small: str, big: str) -> None:
    assert tr_upper(small) == big
    assert tr_lower(big) == small


def test_a_dot_written_as_a_letter_of_its_own_is_the_same_letter() -> None:
    assert tr_lower("I\u0307zmir") == "izmir"
    assert tr_fold("I\u0307zmir") == tr_fold("İzmir")
    assert tr_sort_key("c\u0327") == tr_sort_key("ç")


def test_the_order_is_that_of_a_turkish_dictionary() -> None:
    letters = list("abcçdefgğhıijklmnoöpqrsştuüvwxyz")
    assert sorted(sorted(letters), key=tr_sort_key) == letters
    names = ["Ali", "âlim", "Alp", "Cem", "Çiğdem", "Dilek", "Irmak", "Işık", "İnci", "Jale", "Oya", "Ömer", "Öner"]
    names += ["Suna", "Şule", "Tan", "Ulaş", "Ümit", "Veli", "Zeki"]
    assert sorted(sorted(names), key=tr_sort_key) == names


def test_a_shorter_word_and_a_space_come_first() -> None:
    names = ["Alican", "Ali Zor", "Ali Can", "Ali"]
    assert sorted(names, key=tr_sort_key) == ["Ali", "Ali Can", "Ali Zor", "Alican"]


def test_small_before_big_where_all_else_is_the_same() -> None:
    assert sorted(["Ali", "ali", "âli"], key=tr_sort_key) == ["ali", "Ali", "âli"]


def test_other_scripts_and_accents_have_a_place() -> None:
    assert sorted(["Ωmega", "Zeki", "École", "Ege", "3. sokak"], key=tr_sort_key) == [
        "3. sokak",
        "École",
        "Ege",
        "Zeki",
        "Ωmega",
    ]


@pytest.mark.parametrize("typed", ["IŞIK", "ışık", "isik", "ISIK", " Işık ", "İŞİK"])
def test_a_hurried_typist_finds_it(typed: str) -> None:
    assert tr_fold(typed) == tr_fold("Işık")


@given(st.text(), st.text())
def test_keys_never_fail_and_can_be_compared(one: str, other: str) -> None:
    assert (tr_sort_key(one) < tr_sort_key(other)) + (tr_sort_key(other) < tr_sort_key(one)) <= 1
    assert tr_fold(tr_fold(one)) == tr_fold(one)


@given(st.text(alphabet="abcçdefgğhıijklmnoöprsştuüvyzâîû ABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZÂÎÛ"))
def test_casing_of_turkish_text_can_be_undone(text: str) -> None:
    assert tr_lower(tr_upper(text)) == tr_lower(text)
    assert tr_upper(tr_lower(text)) == tr_upper(text)
    assert len(tr_upper(text)) == len(tr_lower(text)) == len(text)
    assert tr_fold(tr_upper(text)) == tr_fold(text)
