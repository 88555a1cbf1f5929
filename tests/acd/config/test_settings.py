"""Settings: every bad one is named with where it came from, its key, its value and what is allowed."""

import errno
from pathlib import Path
from typing import Any

import pytest

from acd.config.load_settings import load_settings
from acd.config.settings import Settings, SettingsError

KEY = "disposition_required"


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


def test_a_town_without_recall_requires_no_disposition_unless_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert getattr(load_settings(), KEY)
    (tmp_path / "cozum.toml").write_text("wrapup_recall = false\n", encoding="utf-8")
    assert not getattr(load_settings(), KEY)
    monkeypatch.setenv("COZUM_DISPOSITION_REQUIRED", "true")
    assert getattr(load_settings(), KEY)  # the rules refuse it


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
    assert "rong_s: there is no such setting; 'ring_s' is meant?" in told(file)
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
        ({"database_url": "sqlite+aiosqlite://"}, "database_url = 'sqlite+aiosqlite://': sqlite+aiosqlite:///FILE or"),
        ({"database_url": "sqlite+aiosqlite:///:memory:"}, "sqlite+aiosqlite:///FILE or postgresql+asyncpg"),
        (
            {"database_url": "postgresql+asyncpg://c@db:none/x"},
            "database_url = 'postgresql+asyncpg://***@db:none/x': s",
        ),
        (
            {"database_url": "postgresql+asyncpg://c@db:70000/x"},
            "or postgresql+asyncpg://USER:PASSWORD@HOST/NAME (@ in",
        ),
        ({"journal_durability": "none"}, "journal_durability = 'none'"),
        ({"escalation_key": "99"}, "escalation_key = '99'"),
        ({"callback_trunk": "sip:a b"}, "callback_trunk = 'sip:a b': host or host:port is allowed"),
        ({"callback_trunk": "a\ncontext=x"}, "host or host:port is allowed"),
        ({"callback_trunk": "sip.example.net:0"}, "callback_trunk = 'sip.example.net:0': host or host:port is allowed"),
        ({"callback_trunk": "sip.example.net:70000"}, "host or host:port is allowed"),
        ({"data_dir": ""}, "data_dir = '': a path is allowed, without ~, which only a shell knows; for the"),
        (
            {"recordings_dir": ""},
            "recordings_dir = '': a path is allowed, without ~, which only a shell knows; for the",
        ),
        ({"data_dir": "a\0b"}, "data_dir = 'a\\x00b': a path is allowed, without ~"),
        ({"smtp_user": 7}, "smtp_user = 7: a text in quotes is allowed"),
        ({"demo": "maybe"}, "demo = 'maybe': must be true or false"),
        ({"demo": 1.5}, "demo = 1.5: must be true or false"),
        ({"recordings_dir": 7}, "recordings_dir = 7: a path in quotes is allowed"),
        ({"data_dir": "~/cozum"}, "data_dir = '~/cozum': a path is allowed, without ~"),
        ({"announce_every_s": 5}, "announce_every_s = 5: 0 (once) or at least 10 is allowed"),
        ({"announce_every_s": 9.9}, "announce_every_s = 9.9: 0 (once) or at least 10 is allowed"),
        ({"ring_s": True}, "ring_s = True: a number is allowed"),
        ({"trunk_hosts": ["0.0.0.0/0"]}, "trunk_hosts = ['0.0.0.0/0']: 0.0.0.0/0 is no trunk but a large part of the"),
        ({"trunk_hosts": ["192.0.2.1", "0.0.0.0/1"]}, "0.0.0.0/1 is no trunk but a large part of the internet"),
        ({"trunk_hosts": ["16.0.0.0/7"]}, "or a network no wider than /8"),
        ({"trunk_hosts": ["::/0"]}, "or a network no wider than /32"),
        (
            {"trusted_proxies": ["proxy.example.net"]},
            "trusted_proxies = ['proxy.example.net']: a list of IP addresses or",
        ),
        ({"trusted_proxies": ["10.0.0.1/24"]}, "a list of IP addresses or networks is allowed"),
        ({"trusted_proxies": ["127.0.0.1", "0.0.0.0/0"]}, "everybody in it could say to be at any address"),
        ({"trunk_hosts": ["sip.example.net"]}, "a list of IP addresses or networks is allowed"),
        (
            {"callback_denied": ["0392"]},
            "callback_denied = ['0392']: a list of how numbers begin is allowed",
        ),
        ({"callback_denied": [""]}, "such as +90392"),
        ({"callback_key": "x"}, "callback_key = 'x': one of the keys 0 to 9, * and # is allowed, or nothing"),
        ({"node": "AST"}, "node = 'AST': one of a-z and up to 15 of a-z and 0-9 are allowed, such as ast1"),
        ({"callback_key": "9"}, "callback_key = '9': is the escalation_key already; choose another"),
        ({"redis_url": "http://host"}, "redis://[:PASSWORD@]HOST[:PORT][/DATABASE] is allowed"),
        ({"redis_url": "redis://host:70000/0"}, "redis_url = 'redis://host:70000/0': redis://[:PASSWORD@]HOST[:PORT]"),
        (
            {"openid_issuer": "https://id.example:70000/", "openid_client_id": "x", "openid_desk_url": "https://a"},
            "openid_issuer = 'https://id.example:70000/': https://HOST/PATH is allowed",
        ),
        ({"follow": "socks"}, "follow = 'socks'"),
        ({"follow": "redis"}, "redis_url is not set: follow = redis needs the Redis that the line's own desk fills"),
        (
            {"follow": "redis", "redis_url": "redis://:hunter2@[::1]:6379/0"},
            "database_url is not PostgreSQL: follow = redis needs the database of the line's own desk",
        ),
        ({"callback_abandoned_urgent": True}, "nobody can be called back without a trunk; set callback_trunk"),
    ],
)
def test_what_is_allowed_is_said(overrides: dict[str, Any], expected: str) -> None:
    assert expected in told(**overrides)


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("database_url", "postgres://cozum:hunter2@db.example/cozum", "'postgres://***@db.example/cozum'"),
        ("database_url", "mysql://cozum:hun@ter/hunter2@db:3306/x?sslpassword=hunter2", "'mysql://***@db:3306/x'"),
        ("database_url", "mysql://db/x?password=hunter2", "'mysql://db/x'"),
        ("database_url", "cozum:hunter2@db", "***"),
        ("database_url", 42, "***"),
        ("redis_url", 16379, "***"),
        ("ami_secret", 42, "***"),
        ("agi_secret", "hunter2", "***"),
        ("agi_secret", "hunter2 hunter2 hunter2", "***"),
    ],
)
def test_no_password_is_in_what_is_said(key: str, value: Any, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(**{key: value})
    assert f"{key} = {shown}: " in text
    assert "hunter2" not in text
    assert "42" not in text
    if isinstance(value, str):
        monkeypatch.setenv(f"COZUM_{key.upper()}", value)
        text = told()
        assert f"environment COZUM_{key.upper()}: {key} = {shown}: " in text
        assert "hunter2" not in text


@pytest.mark.parametrize("name", ["databse_url", "ami_secrett", "trunk"])
def test_the_value_of_an_unknown_setting_is_not_shown(name: str, tmp_path: Path) -> None:
    """It may be a password whose name is misspelt."""
    (tmp_path / "cozum.toml").write_text(f'{name} = "postgresql+asyncpg://cozum:hunter2@db/x"\n', "utf-8")
    text = told()
    assert f"{name}: there is no such setting" in text
    assert "hunter2" not in text


def test_a_list_in_the_environment_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_TRUNK_HOSTS", "192.0.2.1, 192.0.2.2")
    assert """environment COZUM_TRUNK_HOSTS: a list in brackets is allowed, such as ["192.0.2.1"]""" in told()


@pytest.mark.parametrize("hosts", [["10.0.0.0/8"], ["192.0.2.0/24", "2001:db8::/32"], ["192.0.2.1", "::1"]])
def test_a_trunk_may_be_a_network(hosts: list[str]) -> None:
    assert list(load_settings(trunk_hosts=hosts).trunk_hosts) == hosts


@pytest.mark.parametrize("port", ["99999", "0"])
def test_a_port_that_there_cannot_be_is_named(port: str) -> None:
    with pytest.raises(SettingsError, match=rf"text_url = 'https://gw.example:{port}/': .* from 1 to 65535"):
        load_settings(text_url=f"https://gw.example:{port}/")
    with pytest.raises(SettingsError, match=rf"smtp_server = 'mail.example:{port}': .* from 1 to 65535"):
        load_settings(smtp_server=f"mail.example:{port}", mail_from="a@x.example")
    assert load_settings(text_url="https://gw.example:8443/send", smtp_server="mail.example:587", mail_from="a@x.y")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=f"{tmp_path}: Is a directory; a TOML file that your user can read"):
        load_settings(tmp_path)

    def refused(path: Path, **_: Any) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", refused)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cozum.toml").touch()
    for file in (None, tmp_path / "other.toml"):
        with pytest.raises(SettingsError, match=r"\.toml: Permission denied; a TOML file that your user can read"):
            load_settings(file)


def test_a_file_that_is_no_toml_or_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    assert f"{file}: no such file" in told(file)
    for text in ("ring_s = = 5", f"ring_s = {'9' * 5000}"):
        file.write_text(text, encoding="utf-8")
        assert f"{file}: not valid TOML" in told(file)


def test_a_file_of_another_editor_is_named_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes("ring_s = 5\r\n# saat\r\n".encode("utf-8-sig"))
    assert told(file) == f"{file}: not valid TOML: it begins with a byte order mark; save it as UTF-8 without one"
    file.write_bytes(file.read_bytes()[3:])
    assert load_settings(file).ring_s == 5
    for encoding in ("utf-16", "iso8859-9"):
        file.write_bytes("# ş\nring_s = 5\n".encode(encoding))
        assert told(file).startswith(f"{file}: is not UTF-8: ")
        assert told(file).endswith("; save it as UTF-8")
    file.write_text("ring_s = 5\nring_s = 6\n", encoding="utf-8")
    assert told(file).endswith("a key may stand only once in a table")


def test_a_list_in_the_file_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('trunk_hosts = "192.0.2.1"\n', encoding="utf-8")
    assert told(file) == f"""{file}: trunk_hosts = '192.0.2.1': a list in brackets is allowed, such as ["192.0.2.1"]"""


def test_no_message_shows_a_pattern() -> None:
    patterns = {
        name: pattern
        for name, field in Settings.model_fields.items()
        for pattern in (getattr(rule, "pattern", None) for rule in field.metadata)
        if pattern is not None
    }
    assert len(patterns) > 5
    for name, pattern in patterns.items():
        wrong: dict[str, Any] = {name: "\x01"}
        assert pattern not in told(**wrong), name


def test_every_setting_says_what_it_is_for() -> None:
    plain = {"sip_port", "ami_host", "ami_port", "ami_user", "fastagi_port", "http_port", "rtp_start", "rtp_end"}
    silent = {name for name, field in Settings.model_fields.items() if not field.description}
    assert silent <= plain | {"log_level"}


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite:///cozum.db",
        "sqlite+aiosqlite:////var/lib/cozum/cozum.db",
        "postgresql+asyncpg://cozum:p/w?:d@db.example:5432/cozum?ssl=require",
        "postgresql+asyncpg://cozum@[2001:db8::1]:5432/cozum",
        "postgresql+asyncpg:///cozum?host=/run/postgresql",
        "postgresql+asyncpg://db.example/cozum?application_name=cozum@line",
    ],
)
def test_a_database_that_there_can_be_is_taken(url: str) -> None:
    assert load_settings(database_url=url).database_url == url
