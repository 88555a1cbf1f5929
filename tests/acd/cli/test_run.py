"""`cozum run`, `line` and `desk` with settings that do not fit them."""

from pathlib import Path

import pytest

from tests.acd.cli.conftest import Cozum


@pytest.fixture
def _line_elsewhere(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_FOLLOW", "redis")
    monkeypatch.setenv("COZUM_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("COZUM_DATABASE_URL", "postgresql+asyncpg://cozum@127.0.0.1:1/cozum")


@pytest.mark.usefixtures("_line_elsewhere")
@pytest.mark.parametrize("command", ["run", "line"])
def test_no_line_is_started_where_the_desk_follows_another_machines(command: str, cozum: Cozum) -> None:
    said = cozum(command)
    assert said.code != 0
    assert "follow = 'redis': the line is on another machine; run `cozum desk` here" in said.err


def test_a_desk_that_lacks_what_it_needs_does_not_start(cozum: Cozum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_FOLLOW", "redis")
    said = cozum("desk")
    assert said.code == 2
    assert "redis_url is not set: follow = redis needs the Redis that the line's own desk fills" in said.err


@pytest.mark.usefixtures("_line_elsewhere")
def test_the_doctor_examines_only_what_a_desk_alone_needs(cozum: Cozum) -> None:
    said = cozum("doctor")
    assert said.code == 1
    names = {line[2:14].strip() for line in said.out.splitlines() if line[:1] in "✓✗!–"}
    assert {"database", "live store", "desk"} <= names
    assert not {"Asterisk", "journal", "ports", "line"} & names
