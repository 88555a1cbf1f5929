"""Which services the town's files may name."""

from pathlib import Path
from typing import Any

import pytest

from acd.config.settings import Settings
from acd.desk.town_files import outcome_rules, read_town, town_of
from acd.engine.model.errors import BadConfig
from acd.lib.file_checks import BadFile

OWN = 'default_service = "only"\n[service.only]\nclass = "routine"\n'


def settings(tmp_path: Path, town_dir: Path | None = None) -> Settings:
    services = tmp_path / "services.toml"
    services.write_text(OWN, encoding="utf-8")
    return Settings(data_dir=tmp_path / "data", services_file=services, town_dir=town_dir)


def test_a_line_with_services_of_its_own_serves_with_the_shipped_town(tmp_path: Path) -> None:
    """Three of the shipped units name services that this line lacks."""
    town = town_of(settings(tmp_path))
    assert any("funeral" in unit.services for unit in town.units.values())


def test_the_towns_own_files_may_name_the_lines_services_only(tmp_path: Path) -> None:
    own = tmp_path / "town"
    own.mkdir()
    for name, text in read_town(settings(tmp_path)).items():
        (own / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadFile, match=r'unit\.mezarliklar\.services = "funeral": no such service.*allowed: only'):
        town_of(settings(tmp_path, own))


@pytest.mark.parametrize(
    ("key", "value"),
    [("outcome_hours", "weekdays 09:00-18:00"), ("outcome_quiet", "fri noon"), ("outcome_hours", "")],
)
def test_hours_that_say_nothing_are_refused_by_key_and_value(tmp_path: Path, key: str, value: str) -> None:
    given: Any = {"data_dir": tmp_path, key: value}
    with pytest.raises(BadConfig, match=f"{key} = '{value}': "):
        outcome_rules(Settings(**given))


def test_citizens_are_called_where_there_is_a_trunk(tmp_path: Path) -> None:
    assert not outcome_rules(Settings(data_dir=tmp_path)).calls
    with_trunk = outcome_rules(Settings(data_dir=tmp_path, callback_trunk="sip.example.org", outcome_tries=2))
    assert (with_trunk.calls, with_trunk.tries, with_trunk.mode) == (True, 2, "agent")
