"""The history of a request has words, in both languages, for every step that is written."""

import ast
import re
from pathlib import Path

import pytest

from tickets.states import MOVES

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = "console/web/src/messages/requests.{}.ts"
BY_MOVE = "row.name"
"""The step of a move is its name."""


def written() -> set[str]:
    """The steps that the code writes: of moves, of other calls of `changed`, and of entries that are made by hand."""
    found = {move.name for move in MOVES.values()}
    for folder in ("tickets", "storage/requests"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for call in (one for one in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(one, ast.Call)):
                found |= {steps(one) for one in step_of(call)}
    return found - {BY_MOVE}


def step_of(call: ast.Call) -> list[ast.expr]:
    if isinstance(call.func, ast.Name) and call.func.id == "changed":
        return call.args[4:5]
    makes = ast.unparse(call.func) in ("HistoryEntry", "msgspec.structs.replace")
    return [one.value for one in call.keywords if makes and one.arg == "what" and ast.unparse(one.value) != "what"]


def steps(value: ast.expr) -> str:
    """A step that is written out, or the source of one that is not."""
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ast.unparse(value)


def worded(language: str) -> set[str]:
    text = (ROOT / MESSAGES.format(language)).read_text("utf-8")
    block = re.search(r"^  steps: \{\n(.*?)^  \}", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    return set(re.findall(r'^    ([a-z_]+): ".+",$', block[1], re.MULTILINE))


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_step_that_is_written_has_its_words(language: str) -> None:
    known = written()
    assert {"open", "import", "assign", "ring", "join", "deadline", "score"} <= known
    assert sorted(known - worded(language)) == [], f"write them in {MESSAGES.format(language)}"
    assert sorted(worded(language) - known) == [], f"nothing writes these steps: {MESSAGES.format(language)}"
