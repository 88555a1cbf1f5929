"""The wall's words: both languages say the same things, and everything the engine can say has a word in each."""

import json
import re
import shutil
import subprocess
from importlib import resources
from typing import Any, get_args

import pytest

from acd.engine.facts import AgentState, Outcome
from tests.services import missing

STATIC = resources.files("console").joinpath("static")


def words() -> dict[str, Any]:
    """What words.js holds, as node reads it; functions are named by their text."""
    node = shutil.which("node")
    if node is None:
        missing("node")
    source = STATIC.joinpath("words.js").read_text("utf-8").partition("export const language")[0]
    source = source.replace("export const", "const")
    source += "console.log(JSON.stringify(WORDS, (_, v) => typeof v === 'function' ? 'f' + v.length : v))"
    printed = subprocess.run([node, "-e", source], capture_output=True, check=True, text=True).stdout
    read: dict[str, Any] = json.loads(printed)
    return read


def shape(value: object) -> object:
    """Keys alone, and how many arguments a function takes."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return value if isinstance(value, str) and re.fullmatch(r"f\d", value) else "text"


def test_both_languages_say_the_same_things() -> None:
    both = words()
    assert shape(both["tr"]) == shape(both["en"])


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_state_and_outcome_has_a_word(language: str) -> None:
    said = words()[language]
    assert set(said["states"]) == set(get_args(AgentState))
    assert set(said["outcomes"]) == set(get_args(Outcome))


def test_every_word_that_the_page_asks_for_exists() -> None:
    asked = set(re.findall(r'data-t="(\w+)"', STATIC.joinpath("index.html").read_text("utf-8")))
    asked |= set(re.findall(r"(?<!/)\bwords\.(\w+)", STATIC.joinpath("wall.js").read_text("utf-8")))
    assert asked <= set(words()["tr"])
