"""No draft of a file stays in data_dir, however its desk ended."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import acd.config.own_prompts
import acd.desk.app
import acd.desk.config_files
from acd.config.own_prompts import begin_own_prompts
from acd.config.settings import Settings
from acd.desk.config_files import begin_town, config_files, faults_with, waiting_with
from acd.desk.only_desk import hold_desk


def begun_desk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin a desk as far as before it serves."""
    locks: list[int] = []

    def begins(begin: Callable[[], object], **_: object) -> int:
        begin()
        return 0

    monkeypatch.setattr(acd.desk.app, "serve", begins)
    monkeypatch.setattr(acd.desk.app, "hold_desk", lambda settings: locks.append(hold_desk(settings)))
    assert acd.desk.app.run(settings) == 0
    for lock in locks:
        os.close(lock)


def killed_in(work: Callable[[], object]) -> None:
    """Do a piece of work in a process that is killed in it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def dies(*_: object) -> None:
    os._exit(9)


def test_what_a_killed_desk_was_writing_is_gone_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path)
    agents = config_files(settings)["agents"]
    for module, name, work in (
        (acd.desk.config_files, "_check", lambda: faults_with(settings, agents, "")),
        (acd.desk.config_files, "load_settings", lambda: waiting_with(settings, "")),
        (Path, "rename", lambda: begin_town(settings)),
        (acd.config.own_prompts, "_link_shipped", lambda: begin_own_prompts(settings)),
    ):
        with monkeypatch.context() as within:
            within.setattr(module, name, dies)
            killed_in(work)
    (tmp_path / "town-20250101").mkdir()  # the operator's own
    begun_desk(settings, monkeypatch)
    left = sorted(one.name for one in tmp_path.iterdir() if one.is_dir())
    assert left == ["town-20250101"]


def test_what_could_not_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data_dir=tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    for work in (begin_town, begin_own_prompts):
        with pytest.raises(OSError, match="No space"):
            work(settings)
    assert list(tmp_path.iterdir()) == []


def test_a_draft_that_is_put_in_place_stays(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    begin_town(settings)
    assert (tmp_path / "town" / "units.toml").exists()
    assert (begin_own_prompts(settings) / "tr" / "greeting.wav").exists()
