"""What two ways of writing have in common."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.find.folding import KINDS, fold, mahalle_key, same_words, street_words, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IŞIK", ["isik"]),
        ("ışık İŞİK isik", ["isik", "isik", "isik"]),
        ("Esenkent'te", ["esenkent"]),
        ("Örnek’teki", ["ornek"]),
        ("'Esenkent'", ["esenkent"]),
        ("1234.Sok No:5/A", ["1234", "sok", "no", "5", "a"]),
        ("12a", ["12", "a"]),
        ("a_b-c", ["a", "b", "c"]),
        ("", []),
        ("...", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_the_words_for_a_mahalle_and_a_kind_of_street() -> None:
    assert mahalle_key("İNÖNÜ MAH.") == mahalle_key("inonu mh") == mahalle_key("İnönü Mahallesi") == "inonu"
    assert mahalle_key("Mahallesi") == "mahallesi"
    for written in ("sokak", "sokağı", "sok", "sk"):
        assert street_words(words(f"Işık {written}.")) == ["isik", "sokak"]
    assert street_words(words("Adnan Kahveci Blv.")) == ["adnan", "kahveci", "bulvar"]
    assert street_words(words("Bağdat Cd.")) == street_words(words("bagdat caddesinde")) == ["bagdat", "cadde"]


def test_each_form_of_a_word_for_a_kind_of_place_is_folded_and_says_one_kind() -> None:
    forms = [form for kind in KINDS.values() for form in kind]
    assert [words(form) for form in forms] == [[form] for form in forms]
    assert len(forms) == len(set(forms))
    assert "sk" in same_words("sokagi")
    assert same_words("apartmani") == same_words("apt") == KINDS["apartman"]
    assert same_words("caddebostan") == ()


@settings(derandomize=True, max_examples=500)
@given(st.text())
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert mahalle_key(mahalle_key(text)) == mahalle_key(text)


@settings(derandomize=True, max_examples=300)
@given(st.text(alphabet="aAbBcCçÇdDeEfFgGğĞhHıIiİjJkKlLmMnNoOöÖpPrRsSşŞtTuUüÜvVyYzZ 0123456789", max_size=30))
def test_case_never_counts(text: str) -> None:
    turkish_upper = text.replace("i", "İ").replace("ı", "I").upper()
    assert fold(turkish_upper) == fold(text)
