"""What became of a call that opened no ticket."""

import pytest

from tests.tickets.towns import TOWN
from tickets.dispositions import DISPOSITIONS, REPORTS, CallEnding, disposed, first_contact_resolution
from tickets.refusals import Refusal


def test_each_disposition_is_taken() -> None:
    for one in DISPOSITIONS:
        assert disposed(TOWN, one, "vergi") == CallEnding(disposition=one, topic="vergi")
    assert disposed(TOWN, "wrong_number", None) == CallEnding(disposition="wrong_number")


@pytest.mark.parametrize(
    ("disposition", "topic", "expected"),
    [
        ("done", None, "disposition = done: answered, transferred, existing, wrong_number, abandoned, no_words, test"),
        ("answered", "taxes", "topic = taxes: no such topic"),
    ],
)
def test_what_is_refused(disposition: str, topic: str | None, expected: str) -> None:
    found = disposed(TOWN, disposition, topic)
    assert isinstance(found, Refusal)
    assert str(found).startswith(expected)


def test_the_mahalle_that_it_was_about_is_one_of_the_town() -> None:
    assert disposed(TOWN, "answered", "vergi", district="esenkent") == CallEnding(
        disposition="answered", topic="vergi", district="esenkent"
    )
    found = disposed(TOWN, "answered", None, district="paris")
    assert isinstance(found, Refusal)
    assert str(found).startswith("district = paris: no such mahalle; allowed: ")
    assert set(DISPOSITIONS) >= REPORTS


def test_one_that_is_answered_at_once_asks_what_it_was_about() -> None:
    for one in DISPOSITIONS:
        ending = disposed(TOWN, one, None)
        assert isinstance(ending, CallEnding)
        assert ending.asks_topic == (one == "answered")
    assert not CallEnding(disposition="answered", topic="vergi").asks_topic
    assert not CallEnding(disposition="answered", article=1).asks_topic


def test_first_contact_resolution() -> None:
    assert first_contact_resolution({"answered": 30, "transferred": 10, "wrong_number": 99}, tickets=60) == 0.3
    assert first_contact_resolution({"abandoned": 5}, tickets=0) is None
