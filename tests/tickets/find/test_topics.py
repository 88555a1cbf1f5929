"""Topics found by what people say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.towns import TOWN
from tickets.find.topics import Topics

TOPICS = Topics(TOWN.topics.values(), TOWN.groups.values())


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("sokağımızda lambalar yanmıyor", "sokak_lambasi"),
        ("ÇÖPLER ALINMIYOR", "cop_alinmadi"),
        ("yolda kocaman bir çukur var", "yol_cukuru"),
        ("su akmıyor", "su_kesintisi"),
        ("sular kesik", "su_kesintisi"),
        ("köpekler saldırıyor", "saldirgan_kopek"),
        ("komşum çok gürültü yapıyor", "gurultu"),
        ("cenazemiz var", "cenaze"),
        ("ağacın dallarını budayın", "agac_budama"),
        ("elektrikler kesildi", "elektrik_kesintisi"),
        ("kaçak kat çıkıyorlar", "kacak_yapi"),
        ("fare var", "hasere"),
        ("manhole cover", "rogar_kapagi"),
        ("cukr", "yol_cukuru"),
    ],
)
def test_what_people_say(said: str, meant: str) -> None:
    assert TOPICS.search(said)[0].topic.id == meant


def test_nothing_is_found_for_what_no_topic_is_about() -> None:
    assert TOPICS.search("qwxyz") == []
    assert TOPICS.search("") == []


def test_each_topic_is_found_by_its_name() -> None:
    for topic in TOWN.topics.values():
        assert TOPICS.search(topic.tr)[0].topic.id == topic.id
        assert topic.id in [found.topic.id for found in TOPICS.search(topic.en)]


@settings(derandomize=True)
@given(st.text())
def test_no_text_breaks_the_search(text: str) -> None:
    assert len(TOPICS.search(text)) <= 8
