"""Reloaded settings: which are taken, which need a restart, and that a reload takes all settings of the engine."""

import os
from pathlib import Path

import pytest

from acd.config.load_settings import load_settings
from acd.config.reload import LIVE, reload_settings
from acd.config.settings import Settings, SettingsError
from acd.engine.model.config import EngineConfig

KEY = "disposition_required"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cozum.toml and no COZUM_* of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("COZUM_")]:
        monkeypatch.delenv(name)


def test_what_is_live_is_taken_and_the_rest_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("ring_s = 20\nhttp_port = 8099\n")
    before = load_settings(file)
    assert reload_settings(before) == (before, (), ())
    file.write_text("ring_s = 25\nowner_first_s = 8\nhttp_port = 8100\ntimezone = 'UTC'\n")
    after, taken, waiting = reload_settings(before)
    assert (after.ring_s, after.owner_first_s, after.http_port, after.timezone) == (25, 8, 8099, "Europe/Istanbul")
    assert (set(taken), set(waiting)) == ({"ring_s", "owner_first_s"}, {"http_port", "timezone"})
    # Once more: what was taken is no change any more, what waits waits still.
    assert reload_settings(after) == (after, (), waiting)


def test_a_town_that_gives_up_recall_gives_up_what_needs_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("")
    before = load_settings(file)
    file.write_text("wrapup_recall = false\n")
    without, taken, _ = reload_settings(before)
    assert (set(taken), getattr(without, KEY)) == ({"wrapup_recall", KEY}, False)
    file.write_text("wrapup_recall = false\ndisposition_required = true\n")
    assert getattr(reload_settings(without).settings, KEY)  # the rules refuse it
    file.write_text("")
    assert reload_settings(without).settings == before


def test_the_file_here_is_found_when_there_is_one_later(tmp_path: Path) -> None:
    before = load_settings()
    (tmp_path / "cozum.toml").write_text("max_misses = 7\n")
    assert reload_settings(before).settings.max_misses == 7
    (tmp_path / "cozum.toml").unlink()
    assert reload_settings(reload_settings(before).settings).settings.max_misses == before.max_misses


def test_the_environment_still_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_RING_S", "30")
    before = load_settings()
    (tmp_path / "cozum.toml").write_text("ring_s = 9\n")
    assert reload_settings(before).taken == ()


def test_a_bad_one_is_refused_whole(tmp_path: Path) -> None:
    before = load_settings()
    (tmp_path / "cozum.toml").write_text("ring_s = 9\nmax_misses = 0\n")
    with pytest.raises(SettingsError, match="max_misses = 0"):
        reload_settings(before)


def test_settings_made_in_a_program_are_not_read() -> None:
    assert reload_settings(Settings(ring_s=9)).settings.ring_s == 9


def test_what_the_engine_goes_by_is_live() -> None:
    """All but what says whether there are callbacks or monitoring at all: Asterisk's files and the manager's rights
    hang on it."""
    assert set(Settings.model_fields) >= LIVE
    names = set(Settings.model_fields) & set(EngineConfig.__struct_fields__)
    assert names - LIVE == {"callback_abandoned_urgent", "monitoring"}
