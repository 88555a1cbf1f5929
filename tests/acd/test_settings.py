"""Settings: every bad one is named with where it came from, its key, its value and what is allowed."""

from pathlib import Path
from typing import Any

import pytest

from acd.settings import Settings, SettingsError, load_settings


def told(file: Path | None = None, **overrides: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(file, **overrides)
    return str(caught.value)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cozum.toml and no COZUM_* of whoever runs the tests."""
    import os

    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("COZUM_")]:
        monkeypatch.delenv(name)


def test_without_anything_the_defaults_are_on_loopback() -> None:
    settings = load_settings()
    assert settings.is_loopback
    assert (settings.sip_port, settings.ami_port, settings.fastagi_port, settings.http_port) == (5060, 5038, 4573, 8080)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cozum.toml").write_text("http_port = 1234\nring_s = 20\n", encoding="utf-8")
    monkeypatch.setenv("COZUM_HTTP_PORT", "4321")
    settings = load_settings()
    assert (settings.http_port, settings.ring_s) == (4321, 20)


def test_a_bad_value_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('ring_s = 0\nnode = "Ş"\n', encoding="utf-8")
    text = told(file)
    assert f"{file}: ring_s = 0: Input should be greater than or equal to 1" in text
    assert f"{file}: node = 'Ş'" in text


def test_a_bad_value_in_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_SIP_PORT", "seven")
    assert "environment COZUM_SIP_PORT: sip_port = 'seven'" in told()


def test_an_unknown_setting_is_refused_wherever_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("rong_s = 5\n", encoding="utf-8")
    assert "rong_s = 5: there is no such setting; 'ring_s' is meant?" in told(file)
    monkeypatch.setenv("COZUM_RINGS", "5")
    assert "environment COZUM_RINGS: there is no such setting; 'ring_s' is meant?" in told()


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"http_port": 5060}, "http_port = 5060 is sip_port's already; choose another"),
        ({"heartbeat_s": 0.5}, "heartbeat_s = 0.5: 1 to 600 is allowed, or 0 for never"),
        ({"rtp_start": 20000, "rtp_end": 20001}, "rtp_end = 20001: must be rtp_start + 3 or more, rtp_start is 20000"),
        ({"bind_host": "everywhere"}, "bind_host = 'everywhere': an IP address or localhost is allowed"),
        ({"http_host": "everywhere"}, "http_host = 'everywhere': an IP address or localhost is allowed"),
        ({"timezone": "Mars/Olympus"}, "timezone = 'Mars/Olympus': a zone of the tz database is allowed"),
        ({"database_url": "mysql://x"}, "database_url = 'mysql://x': sqlite+aiosqlite:///FILE or postgresql+asyncpg"),
        ({"journal_durability": "none"}, "journal_durability = 'none'"),
        ({"escalation_key": "99"}, "escalation_key = '99'"),
        ({"callback_trunk": "sip:a b"}, "callback_trunk = 'sip:a b': host or host:port is allowed"),
        ({"callback_trunk": "a\ncontext=x"}, "host or host:port is allowed"),
        ({"announce_every_s": 5}, "announce_every_s = 5: 0 (once) or at least 10 is allowed"),
        ({"announce_every_s": 9.9}, "announce_every_s = 9.9: 0 (once) or at least 10 is allowed"),
        ({"ring_s": True}, "ring_s = True: a number is allowed"),
        ({"callback_key": "9"}, "callback_key = '9': is the escalation_key already; choose another"),
        ({"callback_abandoned_urgent": True}, "nobody can be called back without a trunk; set callback_trunk"),
    ],
)
def test_what_is_allowed_is_said(overrides: dict[str, Any], expected: str) -> None:
    assert expected in told(**overrides)


def test_a_file_that_is_no_toml_or_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    assert f"{file}: no such file" in told(file)
    file.write_text("ring_s = = 5", encoding="utf-8")
    assert f"{file}: not valid TOML" in told(file)


def test_every_setting_says_what_it_is_for() -> None:
    plain = {"sip_port", "ami_host", "ami_port", "ami_user", "fastagi_port", "http_port", "rtp_start", "rtp_end"}
    silent = {name for name, field in Settings.model_fields.items() if not field.description}
    assert silent <= plain | {"log_level"}
