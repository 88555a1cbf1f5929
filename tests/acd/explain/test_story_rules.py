"""What rules that are declared say of a call, in their own words."""

import pytest

from tests.acd.engine.test_urgent_ring import shorter
from tests.acd.explain.telling import after, texts


@pytest.mark.parametrize(
    ("lang", "begin", "text"),
    [
        ("en", "offered", "· rings for 6.0 s at most: another agent is idle"),
        ("tr", "sunuldu", "· en çok 6,0 sn çalıyor: başka bir görevli boşta"),
    ],
)
def test_a_rule_s_words_stand_under_the_sentence_of_its_fact(lang: str, begin: str, text: str) -> None:
    line = shorter()
    line.arrives("u1", "funeral")
    assert text in after(texts(line, "u1", lang=lang), begin)


def test_a_ring_of_the_usual_length_is_not_told() -> None:
    line = shorter("1001")
    line.arrives("u1", "funeral")
    assert not [text for text in texts(line, "u1") if "rings for" in text]
