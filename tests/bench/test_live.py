"""How late pages show what happens: counted from what they were told, and by a real page beside a real line."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bench import live, live_page, report
from bench.browser import BrowserMissing, program
from bench.stack import Stack
from tests.services import missing

AT = "2026-11-29T12:00:0{}+03:00"
T = 1_795_942_800.0


def block(**told: Any) -> bytes:
    """An event as the desk sends it."""
    return b"event: change\ndata: " + json.dumps(told).encode() + b"\n\n"


def agent(extension: str, state: str, second: int) -> dict[str, Any]:
    """An agent's record."""
    return {"extension": extension, "state": state, "since": AT.format(second)}


def test_what_agents_are_told_to_be_is_counted_once_and_not_from_before() -> None:
    events = [
        (1, block(agents=[agent("1001", "ready", 0), agent("1002", "ready", 0)])),
        (2, block(agents={"set": [agent("1001", "ringing", 1)]})),
        (3, block(agents={"set": [agent("1001", "ringing", 1), agent("1002", "paused", 2)]})),
        (4, block(queue={"set": []})),
    ]
    assert live.agents_told(events) == [("1001", "ringing", T + 1), ("1002", "paused", T + 2)]


def test_a_state_is_late_by_its_own_drawing_and_left_out_where_it_had_none() -> None:
    told = [
        ("1001", "ringing", 10.0), ("1001", "talking", 11.0), ("1001", "ready", 12.0),
        ("1001", "ringing", 12.5), ("1001", "ready", 13.0), ("1002", "ringing", 10.0),
    ]  # fmt: skip
    drawn = [
        ("1001", "ringing", 10.1), ("1001", "talking", 11.05), ("1001", "ready", 13.2), ("1002", "ringing", 10.3),
    ]  # fmt: skip
    assert live_page.late_ms(told, drawn) == pytest.approx([100, 50, 200, 300])


def test_the_table_has_the_page_and_its_target() -> None:
    title = "journal to a page's document in Chromium, p95 (ms)"

    def row(**figures: object) -> tuple[str, ...]:
        (found,) = [one for one in report.rows({"live": figures}) if one[0] == title]
        return found

    assert row(page_late_ms={"p95": 180.0}) == (title, "180", "", "≤ 200 ms", "yes")
    assert row(page_late_ms={"p95": 210.0}) == (title, "210", "", "≤ 200 ms", "**no**")
    assert row(page_left_out="no Chromium") == (title, "—", "", "≤ 200 ms", "—")


def need_chromium() -> None:
    try:
        program()
    except BrowserMissing:
        missing("chromium")


@pytest.mark.alone  # it measures how much of what it is told a page draws in time
def test_a_real_page_among_the_desks_draws_what_they_are_told(tmp_path: Path) -> None:
    need_chromium()
    if shutil.which("sipp") is None:
        missing("sipp")
    found = live.measure(tmp_path, desks=3, rate=2, seconds=3)
    assert found["page_late_ms"]["p50"] > 0
    assert found["page_shown_share"] > 0.5
    assert found["late_ms_beside_page"]["p50"] > 0


def test_without_a_browser_the_page_is_left_out_and_the_reason_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.browser.NAMES", ())
    found = live.by_page(2, Stack(tmp_path, agents=1), "", 1.0)
    assert list(found) == ["page_left_out"]
    assert "apt-get install chromium" in found["page_left_out"]


def test_a_page_that_cannot_be_read_at_the_end_is_an_error_and_no_empty_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    need_chromium()
    monkeypatch.setattr(live_page.Wall, "_open", lambda self, page: None)  # a page that notes nothing
    with pytest.raises(TypeError), live_page.Wall("http://127.0.0.1:9", "token").watched():
        pass
