"""Tables, times and durations as people read them."""

from zoneinfo import ZoneInfo

import pytest

from acd.cli import parts

ISTANBUL = ZoneInfo("Europe/Istanbul")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0.4, "0:00"), (42, "0:42"), (811, "13:31"), (3599.6, "1:00:00"), (25_510, "7:05:10")],
)
def test_clock_times(seconds: float | None, text: str) -> None:
    assert parts.clock_time(seconds) == text


def test_times() -> None:
    assert parts.local(1764011052.3149, ISTANBUL) == "2025-11-24 22:04:12.315"
    assert parts.local(1764011052.9999, ISTANBUL) == "2025-11-24 22:04:13.000"
    assert parts.local(None, ISTANBUL) == "–"
    assert parts.rfc3339(1764011052.3149) == "2025-11-24T19:04:12.315Z"
    assert parts.rfc3339(None) is None


def test_a_table_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("Ayşe", 1234, None), ("Çiğdem Irmak", 5, "x")]
    parts.print_table(("name", "calls made", "note"), rows, right=("calls made",), foot=("all", 1239, ""))
    assert capsys.readouterr().out.splitlines() == [
        "name          calls made  note",
        "Ayşe               1,234  –",
        "Çiğdem Irmak           5  x",
        "all                1,239",
    ]


def test_a_table_on_a_terminal_breaks_its_headings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "30")
    parts.print_table(("name", "calls made today", "note"), [("Ayşe", 1234, "x")], right=("calls made today",))
    out = capsys.readouterr().out.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "")
    assert out.splitlines() == [
        "      calls",
        "       made",
        "name  today  note",
        "─────────────────",
        "Ayşe  1,234  x",
    ]


def test_brackets_in_a_cell_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    parts.print_table(("name",), [("[red]x[/red]",)])
    assert "[red]x[/red]" in capsys.readouterr().out
