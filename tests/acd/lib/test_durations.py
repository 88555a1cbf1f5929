"""Durations as people read them."""

import pytest

from acd.lib.durations import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"), (0.04, "0.0 s"), (3.21, "3.2 s"), (59.9, "59.9 s"), (59.96, "1 min 00 s"), (245, "4 min 05 s"),
        (3600, "1 h 00 min"), (7380.4, "2 h 03 min"), (86_400 * 3 + 3600 * 4, "3 d 4 h"),
    ],
)  # fmt: skip
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text
