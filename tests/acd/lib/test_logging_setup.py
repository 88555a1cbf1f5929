"""What a line of the log shows, on a terminal and elsewhere."""

import json
import sys
from typing import Any

import pytest

from acd.lib.logging_setup import renderers

HOSTILE = "a\r\n2026-01-01 [error] forged\x1b[2J\x07 Şükrü"


def rendered(event: dict[str, Any], *, terminal: bool) -> str:
    line: Any = event
    for render in renderers(terminal=terminal):
        line = render(None, "error", line)
    return str(line)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_text_from_outside_is_part_of_one_line(terminal: bool) -> None:
    line = rendered({"event": "agi.dropped", "level": "error", "reason": HOSTILE}, terminal=terminal)
    assert "\n" not in line
    assert "\r" not in line
    assert "\x1b[2J" not in line
    assert "\x07" not in line
    assert "Şükrü" in (line if terminal else json.loads(line)["reason"])


@pytest.mark.parametrize("terminal", [True, False])
def test_a_traceback_shows_no_values(terminal: bool) -> None:
    def fail(number: str) -> None:
        raise ValueError(f"a number of {len(number)} digits")

    try:
        fail("".join(["0532", "1234567"]))
    except ValueError:
        line = rendered({"event": "failed", "level": "error", "exc_info": sys.exc_info()}, terminal=terminal)
    assert "a number of 11 digits" in line
    assert "05321234567" not in line
