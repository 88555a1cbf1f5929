"""Articles of the knowledge base: what is kept of a wording, when it is old, and which is shown first."""

from datetime import date
from typing import Any

import pytest

from acd.lib.file_checks import BadFile
from tests.tickets.towns import TOWN, shipped_texts
from tickets.article_file import read_articles
from tickets.articles import Article, Wording, folded_article, is_stale, ranked, written
from tickets.refusals import Refusal

LAMP = Wording(title="Sokak lambası", text="**186** aranır.\n\n- her saat", topic="sokak_lambasi", words="ışık direk")
TODAY = date(2026, 6, 1)


def kept(**values: Any) -> Wording | Refusal:
    return written(Wording(**{"title": "Bir", "text": "iki", **values}), TOWN)


def test_a_wording_is_kept_as_text_whatever_it_holds() -> None:
    evil = "<script>alert(1)</script> <img src=x onerror=alert(1)>"
    found = kept(title=f"  A\n {evil} ", text=f"bir\r\n\r\n{evil}\x00\u202e ", words=" a \t b ")
    assert found == Wording(title=f"A {evil}", text=f"bir\n\n{evil}", words="a b")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"title": " \n"}, "title: must have 1 to 160 characters"),
        ({"title": "a" * 161}, f"title = {'a' * 60}…: must have at most 160 characters, but has 161"),
        ({"text": ""}, "text: must have 1 to 6000 characters"),
        ({"text": "b" * 6001}, f"text = {'b' * 60}…: must have at most 6000 characters, but has 6001"),
        ({"words": "c" * 401}, f"words = {'c' * 60}…: must have at most 400 characters, but has 401"),
        ({"topic": "taxes"}, "topic = taxes: no such topic; `topics.toml` of the town has them"),
        ({"language": "de"}, "language = de: tr, en are allowed"),
    ],
)
def test_what_is_refused(values: dict[str, Any], expected: str) -> None:
    found = kept(**values)
    assert isinstance(found, Refusal)
    assert str(found) == expected


def test_a_topic_that_a_reload_took_away_may_stay() -> None:
    before = Wording(title="a", text="b", topic="gone")
    assert written(Wording(title="a", text="c", topic="gone"), TOWN, before) == Wording(
        title="a", text="c", topic="gone"
    )
    assert isinstance(written(Wording(title="a", text="c", topic="other"), TOWN, before), Refusal)


def test_an_article_is_old_from_the_day_after_its_last() -> None:
    last = Wording(title="a", text="b", valid_until=TODAY)
    assert not is_stale(last, TODAY)
    assert is_stale(last, date(2026, 6, 2))
    assert not is_stale(LAMP, date(2099, 1, 1))


def test_its_words_are_those_of_title_text_and_topic_folded() -> None:
    folded = folded_article(LAMP, TOWN).split()
    assert {"sokak", "lambasi", "isik", "186", "karanlik", "street"} <= set(folded)
    assert "vergi" in folded_article(Wording(title="Vergi", text="x", topic="gone"), TOWN)


def test_valid_ones_come_first_then_the_language_then_the_words_of_the_title() -> None:
    def one(number: int, title: str, **values: Any) -> Article:
        return Article(id=number, updated_at=0, wording=Wording(title=title, text="x", **values))

    old = one(1, "Işık", valid_until=date(2026, 5, 31))
    english = one(2, "Light", language="en", words="isik")
    told = one(3, "Sokakta IŞIK")
    text_alone = one(4, "Çöp")
    plain = one(5, "Ağaç")
    found = ranked([old, english, plain, text_alone, told], "isik", "tr", TODAY)
    assert [article.id for article in found] == [3, 5, 4, 2, 1]
    assert [article.id for article in ranked([told, english], "isik", "en", TODAY)] == [2, 3]
    assert [article.id for article in ranked([told, english], "", None, TODAY)] == [2, 3]


# --- files


def test_the_shipped_articles_are_sound_and_each_has_its_topic() -> None:
    from importlib.resources import files

    found = read_articles((files("tickets") / "data" / "articles.toml").read_text(encoding="utf-8"), TOWN)
    assert len(found) > 20
    assert {wording.topic for wording in found.values()} <= set(TOWN.topics)
    assert {wording.language for wording in found.values()} == {"tr", "en"}
    assert all(wording == written(wording, TOWN) for wording in found.values())
    assert "articles.toml" not in shipped_texts(), "a fault in it must not keep a town from being loaded"


def test_every_fault_of_a_file_is_told() -> None:
    text = """
    other = 1
    [[article]]
    id = "A"
    title = "a"
    text = "b"
    [[article]]
    id = "a"
    title = "a"
    text = "b"
    topic = "taxes"
    valid_until = "soon"
    [[article]]
    id = "b"
    title = "b"
    text = " "
    [[article]]
    id = "c"
    title = "c"
    text = "c"
    [[article]]
    id = "c"
    title = "c"
    text = "c"
    colour = "red"
    [[article]]
    id = "c"
    title = "c"
    text = "c"
    """
    with pytest.raises(BadFile) as caught:
        read_articles(text, TOWN)
    said = "\n".join(map(str, caught.value.problems))
    assert 'articles.toml: article.0.id = "A": must be a to z, 0 to 9 and _' in said
    assert 'articles.toml: article.1.valid_until = "soon": must be a date, such as 2027-01-31' in said
    assert "articles.toml: article.2.text: must have 1 to 6000 characters" in said
    assert "articles.toml: article.4.colour" in said
    assert 'articles.toml: article.5.id = "c": another article of this file has it already' in said
    assert "articles.toml: other = 1: no such key" in said
    with pytest.raises(BadFile, match="must be"):
        read_articles("article = 1", TOWN)
