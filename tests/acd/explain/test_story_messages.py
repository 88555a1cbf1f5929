"""Callers who may leave a message, as `cozum journal why` tells it."""

from collections.abc import Sequence

import pytest

from acd.explain.narrator import Sentence
from tests.acd.engine import test_message_caps as caps
from tests.acd.engine.test_messages import hangs_up, line_of, presses, speaking, talks
from tests.acd.explain.telling import told


def kinds(sentences: Sequence[Sentence]) -> list[str]:
    return [one.kind for one in sentences if one.kind.startswith(("message", "ended", "returned"))]


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_a_message_and_its_length_are_told(lang: str) -> None:
    line = speaking()
    talks(line, "kept", 4.25)
    talks(line, "said")
    line.caller_gone("c1")
    sentences = told(line, "c1", lang=lang)
    assert kinds(sentences) == ["message_asked", "message_left", "ended_message_left"]
    assert any("4.2" in one.text or "4,2" in one.text for one in sentences)


def test_whoever_says_nothing_is_told_to_wait_again() -> None:
    line = speaking()
    talks(line, "none")
    assert kinds(told(line, "c1")) == ["message_asked", "message_none", "returned"]


def test_a_disk_that_is_full_is_told() -> None:
    line = speaking()
    talks(line, "failed")
    assert any("disk full" in one.text for one in told(line, "c1"))


def test_a_hang_up_of_which_only_the_time_is_known_is_told_so() -> None:
    line = line_of()
    presses(line)
    talks(line, "began")
    line.passes(5)
    hangs_up(line)
    talks(line, "kept", 4.0)
    assert kinds(told(line, "c1"))[1] == "message_left"


@pytest.mark.parametrize(("lang", "says"), [("en", "its messages within 24 hours"), ("tr", "mesaj hakkı")])
def test_a_message_that_may_not_be_left_is_told(lang: str, says: str) -> None:
    line = caps.line_of(number=1)
    assert caps.leaves(line, "c1", caps.ONE)
    assert not caps.asks(line, "c2", caps.ONE)
    sentences = told(line, "c2", lang=lang)
    assert kinds(sentences) == ["message_refused_per_number"]
    assert any(says in one.text for one in sentences)
