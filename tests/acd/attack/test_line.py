"""The private line shares nothing with the user's: no port, no folder, no address, no secret."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from acd.attack.line import CannotAttack, Line, environment, private_settings
from acd.config.load_settings import load_settings
from acd.config.settings import Settings


def odd(name: str) -> Any:
    """A value of a setting that is not its default, for settings that name places, doors and secrets."""
    if name.endswith("_port"):
        return 1
    if name in ("rtp_start", "rtp_end"):
        return 3
    if name.endswith("_secret"):
        return "theirs"
    if name.endswith("_host"):
        return "127.9.9.9"
    values = {
        "data_dir": Path("/theirs"), "trunk_hosts": ("10.9.9.9",), "database_url": "theirs",
        "redis_url": "theirs", "follow": "redis", "callback_trunk": "theirs.example.net", "demo": True, "max_misses": 7,
        "node": "theirs", "ami_user": "theirs", "run_as": "theirs", "timezone": "Asia/Tokyo", "journal_days": 3,
    }  # fmt: skip
    return values.get(name, Path("/theirs") if name.endswith(("_file", "_dir")) else None)


def test_whatever_names_a_place_a_door_or_a_secret_is_replaced(tmp_path: Path) -> None:
    given = {name: value for name in Settings.model_fields if (value := odd(name)) is not None}
    ours = private_settings(Settings().model_copy(update=given), tmp_path)
    rules = {"timezone", "journal_days", "max_misses"}
    same = {name for name, value in given.items() if getattr(ours, name) == value}
    assert same == rules
    for name, field in Settings.model_fields.items():
        if "Path" in str(field.annotation):
            value = getattr(ours, name)
            assert value is None or tmp_path in value.parents, name


def test_the_users_environment_does_not_win_over_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_SIP_PORT", "5060")
    monkeypatch.setenv("COZUM_MAX_MISSES", "9")
    ours = private_settings(load_settings(), tmp_path)
    assert ours.sip_port != 5060
    given = environment(ours)
    assert given["COZUM_SIP_PORT"] == str(ours.sip_port)
    assert given["COZUM_MAX_MISSES"] == "9"
    assert json.loads(given["COZUM_TRUNK_HOSTS"]) == ["127.0.0.2"]


def test_the_daemon_reads_the_settings_we_gave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = private_settings(Settings(), tmp_path)
    given = environment(ours)
    for name in [name for name in os.environ if name.startswith("COZUM_")]:
        monkeypatch.delenv(name)
    for name, value in given.items():
        if name.startswith("COZUM_"):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert load_settings().model_dump() == ours.model_dump()


def test_without_an_asterisk_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acd.attack.line.find_host_asterisk", lambda: None)
    monkeypatch.setattr("acd.attack.line.DEFAULT_ROOT", tmp_path / "none")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(CannotAttack, match="`make setup` fetches one"):
        Line(Settings())
    assert list(tmp_path.iterdir()) == []
