"""Which services the town's files may name."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from acd.config.settings import Settings
from acd.desk.town_files import checked_town, outcome_rules, read_town, town_of, town_to_start, warn_of_duty
from acd.engine.model.errors import BadConfig
from acd.lib.file_checks import BadFile
from tests.tickets.towns import TOWN, shipped_texts, town_with
from tickets.town.model import Town
from tickets.town.shapes import Shapes

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


def test_citizens_are_told_the_number_of_the_setting(tmp_path: Path) -> None:
    other = Settings(data_dir=tmp_path / "data", public_number="444 05 06")
    assert "444 05 06" in town_of(other).more.tr
    assert "444 05 06" in town_of(other).more.en


def test_a_desk_that_comes_back_to_a_bad_file_serves_the_town_read_last(tmp_path: Path) -> None:
    """A desk that died must not stay away while somebody edits a file; the administrator's page says which."""
    given, own = settings(tmp_path), tmp_path / "data" / "town"
    texts = read_town(given)
    last = checked_town(given)
    own.mkdir(parents=True)
    for name, text in (texts | {"units.toml": "[unit."}).items():
        (own / name).write_text(text, encoding="utf-8")
    with capture_logs() as logs:
        town, faults = town_to_start(given, last)
    assert town is last
    assert "units.toml" in faults[0]
    assert [(one["event"], one["fault"]) for one in logs] == [("town_not_read", fault) for fault in faults]
    with pytest.raises(BadConfig, match=r"units\.toml"):
        town_to_start(given, None)  # of the first start somebody reads what is wrong
    shutil.rmtree(own)
    assert town_to_start(given, last)[1] == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [("outcome_hours", "weekdays 09:00-18:00"), ("outcome_quiet", "fri noon"), ("outcome_hours", "")],
)
def test_hours_that_say_nothing_are_refused_by_key_and_value(tmp_path: Path, key: str, value: str) -> None:
    given: Any = {"data_dir": tmp_path, key: value}
    with pytest.raises(BadConfig, match=f"{key} = '{value}': "):
        outcome_rules(Settings(**given), TOWN)


def test_citizens_are_called_where_there_is_a_trunk(tmp_path: Path) -> None:
    assert not outcome_rules(Settings(data_dir=tmp_path), TOWN).calls
    with_trunk = outcome_rules(Settings(data_dir=tmp_path, callback_trunk="sip.example.org", outcome_tries=2), TOWN)
    assert (with_trunk.calls, with_trunk.tries, with_trunk.mode) == (True, 2, "agent")


def test_times_of_prayer_are_those_of_the_town(tmp_path: Path) -> None:
    """Of the setting, or of the town's own outlines; the shipped ones are those of the first town."""

    def place(town: Town = TOWN, **given: Any) -> tuple[float, float] | None:
        return outcome_rules(Settings(data_dir=tmp_path, outcome_prayer_minutes=30, **given), town).hours.place

    assert place() == pytest.approx((41.035, 28.675))
    assert place(outcome_prayer_place="38.5 43.4") == (38.5, 43.4)
    there = shipped_texts()["mahalle.geojson"].replace("[28.", "[43.")
    assert place(town_with(mahalle_geojson=there)) == pytest.approx((41.035, 43.675))


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, "outcome_prayer_minutes = 30: the town has no mahalle.geojson"),
        ({"outcome_prayer_place": "43.4 200"}, "outcome_prayer_place = '43.4 200': a latitude from -60 to 60"),
        ({"outcome_prayer_place": "70 28"}, "outcome_prayer_place = '70 28': a latitude from -60 to 60"),
    ],
)
def test_times_of_prayer_without_a_place_are_refused(tmp_path: Path, given: dict[str, Any], fault: str) -> None:
    town = msgspec.structs.replace(TOWN, shapes=Shapes())
    with pytest.raises(BadConfig, match=fault):
        outcome_rules(Settings(data_dir=tmp_path, outcome_prayer_minutes=30, **given), town)


@pytest.mark.parametrize("place", ["Van", "41.035", "41.035, 28.675", "41,035 28,675"])
def test_a_place_that_is_no_point_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(ValueError, match="outcome_prayer_place"):
        Settings(data_dir=tmp_path, outcome_prayer_place=place)


def test_units_whose_urgent_requests_ring_nobody_are_named(tmp_path: Path) -> None:
    town = msgspec.structs.replace(TOWN, shifts=tuple(one for one in TOWN.shifts if one.unit != "mezarliklar"))
    rings = Settings(data_dir=tmp_path, callback_trunk="trunk")
    with capture_logs() as logs:
        warn_of_duty(rings, TOWN)
        warn_of_duty(Settings(data_dir=tmp_path), town)
        assert logs == []
        warn_of_duty(rings, town)
    assert [(one["event"], one["lacks"]) for one in logs] == [("nobody_on_duty", "mezarliklar has no shift")]


def test_urgent_services_that_go_to_no_unit_are_named_without_a_trunk_too(tmp_path: Path) -> None:
    units = {one.id: msgspec.structs.replace(one, services=()) for one in TOWN.units.values()}
    with capture_logs() as logs:
        warn_of_duty(Settings(data_dir=tmp_path), msgspec.structs.replace(TOWN, units=units))
    named = [(one["event"], one["service"]) for one in logs]
    assert ("urgent_without_unit", "funeral") in named
    assert len(named) == 5


def test_topics_that_cannot_wait_and_are_due_in_days_are_named(tmp_path: Path) -> None:
    slow = msgspec.structs.replace(TOWN.topics["gaz_kokusu"], clock="")
    with capture_logs() as logs:
        warn_of_duty(
            Settings(data_dir=tmp_path), msgspec.structs.replace(TOWN, topics={**TOWN.topics, "gaz_kokusu": slow})
        )
    assert [(one["event"], one["topic"]) for one in logs] == [("high_priority_in_days", "gaz_kokusu")]
