"""Files are replaced whole, and every version is kept."""

import os
import threading
from pathlib import Path

import pytest

from acd.config.versions import ChangedMeanwhile, Versions, digest_of, replace_file


def test_versions_are_numbered_kept_and_read_back(tmp_path: Path) -> None:
    versions = Versions(tmp_path / "versions")
    assert versions.newest("services") is None
    for number, text in enumerate(("bir\n", "iki\n", "üç\n"), 1):
        assert versions.keep("services", text, at=number, who="admin", why="çünkü").number == number
    assert versions.numbers("services") == [1, 2, 3]
    assert versions.numbers("agents") == []
    newest = versions.newest("services")
    assert newest is not None
    assert (newest.number, newest.text, newest.who, newest.why, newest.at) == (3, "üç\n", "admin", "çünkü", 3)
    assert versions.get("services", 9) is None


def test_only_the_owner_reads_versions_and_new_files(tmp_path: Path) -> None:
    Versions(tmp_path / "versions").keep("agents", "pin\n", at=1, who="admin", why="")
    assert (tmp_path / "versions" / "agents" / "1.json").stat().st_mode & 0o777 == 0o600
    replace_file(tmp_path / "agents.toml", "x\n", digest=None)
    assert (tmp_path / "agents.toml").stat().st_mode & 0o777 == 0o600


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "git").mkdir()
    real, link = tmp_path / "git" / "services.toml", tmp_path / "services.toml"
    real.write_text("old\n")
    real.chmod(0o640)
    link.symlink_to(real)
    replace_file(link, "new\n", digest=digest_of("old\n"))
    assert link.is_symlink()
    assert real.read_text() == "new\n"
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in real.parent.iterdir()) == ["services.toml"]


@pytest.mark.parametrize("digest", [None, digest_of("another\n")])
def test_a_file_that_has_changed_is_not_overwritten(tmp_path: Path, digest: str | None) -> None:
    path = tmp_path / "services.toml"
    path.write_text("by hand\n")
    with pytest.raises(ChangedMeanwhile):
        replace_file(path, "new\n", digest=digest)
    assert path.read_text() == "by hand\n"
    assert os.listdir(tmp_path) == ["services.toml"]


def test_a_file_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(ChangedMeanwhile):
        replace_file(tmp_path / "services.toml", "new\n", digest=digest_of("old\n"))
    assert os.listdir(tmp_path) == []


def test_two_editors_come_one_after_the_other(tmp_path: Path) -> None:
    versions = Versions(tmp_path / "versions")
    seen: list[int] = []

    def edit() -> None:
        for _ in range(5):
            with versions.alone():
                seen.append(versions.keep("services", "x\n", at=1, who="a", why="").number)

    editors = [threading.Thread(target=edit) for _ in range(3)]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()
    assert seen == list(range(1, 16))
