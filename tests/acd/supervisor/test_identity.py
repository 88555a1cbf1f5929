"""Started as root, the system becomes a user of its own; what that user cannot reach is named beforehand."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.config.settings import Settings
from acd.supervisor import identity
from acd.supervisor.identity import Identity, check_reach, needed_paths, out_of_reach, wanted_identity
from acd.supervisor.prepare import CannotRun

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
NOBODY = pwd.getpwnam("nobody")
SOMEBODY = Identity("nobody", NOBODY.pw_uid, NOBODY.pw_gid, "/nonexistent")


def settings(run_as: str) -> Settings:
    return Settings().model_copy(update={"run_as": run_as})


def test_without_run_as_nothing_changes() -> None:
    assert wanted_identity(settings("")) is None


def test_one_who_is_that_user_already_stays() -> None:
    assert wanted_identity(settings(pwd.getpwuid(os.geteuid()).pw_name)) is None


def test_a_user_that_there_is_not_is_told_with_how_to_make_one() -> None:
    with pytest.raises(CannotRun, match=r"no such user; make one: useradd --system .* nosuchuser$"):
        wanted_identity(settings("nosuchuser"))


def test_only_root_becomes_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(CannotRun, match="only root becomes another user; start as root or as nobody"):
        wanted_identity(settings("nobody"))


def test_root_becomes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert wanted_identity(settings("nobody")) == Identity("nobody", NOBODY.pw_uid, NOBODY.pw_gid, NOBODY.pw_dir)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can come to: pytest's own are for whoever runs it alone."""
    folder = Path(tempfile.mkdtemp(prefix="cozum-identity-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@as_root
def test_the_folder_that_bars_the_way_is_named(open_folder: Path) -> None:
    (open_folder / "shut/inner").mkdir(parents=True)
    file = open_folder / "shut/inner/python"
    file.touch(mode=0o755)
    (open_folder / "link").symlink_to(file)
    assert out_of_reach(SOMEBODY, [(file, os.R_OK)]) is None
    (open_folder / "shut").chmod(0o700)
    assert out_of_reach(SOMEBODY, [(open_folder, os.X_OK), (file, os.R_OK)]) == open_folder / "shut"
    assert out_of_reach(SOMEBODY, [(open_folder / "link", os.R_OK)]) == open_folder / "shut"
    (open_folder / "shut").chmod(0o755)
    file.chmod(0o600)
    assert out_of_reach(SOMEBODY, [(file, os.R_OK)]) == file
    assert os.geteuid() == 0


@as_root
def test_what_the_system_is_made_of_is_looked_at(open_folder: Path) -> None:
    agents = open_folder / "shut" / "agents.toml"
    agents.parent.mkdir(mode=0o700)
    agents.touch(mode=0o600)
    with pytest.raises(CannotRun, match=r"run_as = 'nobody': nobody cannot reach .*: move what is there"):
        check_reach(SOMEBODY, settings("nobody").model_copy(update={"agents_file": agents}), None)


@as_root
def test_who_served_as_root_until_now_may_become_somebody(open_folder: Path) -> None:
    data = open_folder / "data"
    (data / "prompts").mkdir(parents=True)
    data.chmod(0o700)
    for name in ("token", "agents.toml", "services.toml", "numbers.toml", "hotline.toml"):
        (data / name).touch(mode=0o600)
    mine = settings("nobody").model_copy(update={"data_dir": data})
    barred = [path for path, _ in needed_paths(mine, None) if path.is_relative_to(open_folder)]
    assert barred == [], "what is in the data folder is given to them"
    identity._hand_over(SOMEBODY, data)
    assert out_of_reach(SOMEBODY, [(data / "agents.toml", os.R_OK)]) is None


@as_root
def test_what_the_desk_needs_at_its_start_is_looked_at_too(open_folder: Path) -> None:
    town, key, password = open_folder / "town", open_folder / "key.pem", open_folder / "smtp"
    town.mkdir(mode=0o755)
    for file in (town / "units.toml", key, password):
        file.touch(mode=0o600)
    given: dict[str, object] = {"town_dir": town, "https_key": key, "smtp_password_file": password}
    mine = settings("nobody").model_copy(update=given | {"agents_file": town / "agents.toml"})

    def barred() -> list[Path]:
        ours = [one for one in needed_paths(mine, None) if one[0].is_relative_to(open_folder)]
        return [path for path, mode in ours if out_of_reach(SOMEBODY, [(path, mode)])]

    assert barred() == [key, town / "units.toml"], "no mail is sent, so its password is not read"
    mine = mine.model_copy(update={"smtp_server": "mail.example:587"})
    assert barred() == [key, password, town / "units.toml"]


@as_root
def test_a_file_is_not_opened_to_everybody(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = open_folder / "key.pem"
    key.touch(mode=0o600)
    monkeypatch.setattr(identity, "needed_paths", lambda *_: [(key, os.R_OK)])
    with pytest.raises(CannotRun) as told:
        check_reach(SOMEBODY, settings("nobody"), None)
    assert str(told.value) == f"run_as = 'nobody': nobody cannot read {key}: give it to them or to their group"


@as_root
def test_a_data_folder_is_handed_over_but_for_what_is_not_ours(open_folder: Path) -> None:
    data, other = open_folder / "data", open_folder / "other"
    (data / "spool").mkdir(parents=True)
    other.touch()
    for name in ("token", "journal.db", "spool/call"):
        (data / name).touch(mode=0o600)
    (data / "link").symlink_to(other)
    (data / "theirs").touch()
    os.chown(data / "theirs", 1, 1)
    os.link(other, data / "hard")
    identity._hand_over(SOMEBODY, data)
    owners = {str(one.relative_to(data)): one.lstat().st_uid for one in [data, *data.rglob("*")]}
    given = SOMEBODY.uid
    ours = dict.fromkeys((".", "token", "journal.db", "spool", "spool/call", "link"), given)
    assert owners == ours | {"theirs": 1, "hard": 0}
    assert other.stat().st_uid == 0, "nothing is reached through a link"


@as_root
def test_a_folder_of_roots_that_is_none_of_ours_is_left_alone(open_folder: Path) -> None:
    (open_folder / "etc").mkdir()
    (open_folder / "etc/passwd").touch()
    with pytest.raises(CannotRun, match="is root's and holds something else"):
        identity._hand_over(SOMEBODY, open_folder / "etc")
    assert (open_folder / "etc/passwd").stat().st_uid == 0
    identity._hand_over(SOMEBODY, open_folder / "new/data")
    assert (open_folder / "new/data").stat().st_uid == SOMEBODY.uid
    assert (open_folder / "new").stat().st_uid == 0
