"""Mahalle and units: the shipped files, and finding a place as people write it."""

from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.checks import BadFile
from acd.text import tr_lower, tr_upper
from tickets.town import Places, parse_mahalle, parse_units

SERVICES = ("funeral", "doctor", "patient_transfer", "ambulance", "injured_animal", "request", "information", "agent")


def shipped(name: str) -> str:
    return (files("tickets") / "data" / name).read_text(encoding="utf-8")


PLACES = parse_mahalle(shipped("mahalle.toml"), file="mahalle.toml")


def test_the_town_has_its_43_mahalle_in_the_order_of_a_turkish_dictionary() -> None:
    names = [one.name for one in PLACES.all]
    assert len(names) == 43
    assert names[:3] == ["Akçaburgaz", "Akevler", "Akşemseddin"]
    assert names.index("Cumhuriyet") + 1 == names.index("Çınar")
    assert names.index("Yunus Emre") + 1 == names.index("Zafer")


@pytest.mark.parametrize("name", [one.name for one in PLACES.all])
def test_each_is_found_however_it_is_written(name: str) -> None:
    meant = next(one for one in PLACES.all if one.name == name)
    for written in (name, tr_upper(name), tr_lower(name), f"{name} Mahallesi", f" {tr_upper(name)} MAH. ", meant.id):
        assert PLACES.find(written.replace("_", " ")) == meant, written


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("INONU", "inonu"),
        ("ISTIKLAL MAH", "istiklal"),
        ("ışık", None),
        ("Barbaros", "barbaros_hayrettin_pasa"),
        ("necip fazil", "necip_fazil_kisakurek"),
        ("osman gazi", "osmangazi"),
        ("zaf", "zafer"),
        ("veysel", "asik_veysel"),
        ("ak", None),
        ("kent", None),
        ("", None),
        ("mahallesi", None),
        ("atlantis", None),
    ],
)
def test_what_people_write(written: str, meant: str | None) -> None:
    found = PLACES.find(written)
    assert (found.id if found else None) == meant


def test_several_that_could_be_meant_are_offered() -> None:
    assert [one.id for one in PLACES.search("ak")] == ["akcaburgaz", "akevler", "aksemseddin", "mehmet_akif_ersoy"]


@settings(derandomize=True)
@given(st.text())
def test_no_text_breaks_the_search(text: str) -> None:
    for one in PLACES.search(text):
        assert PLACES.get(one.id) is one


def test_the_units_take_every_urgent_service_once() -> None:
    units = parse_units(shipped("units.toml"), file="units.toml", services=SERVICES)
    taken = [service for unit in units for service in unit.services]
    assert sorted(taken) == ["ambulance", "doctor", "funeral", "injured_animal", "patient_transfer", "request"]
    assert len([unit for unit in units if not unit.outside]) == 13
    assert all(unit.phone for unit in units if unit.outside)


def test_every_fault_of_a_file_is_named() -> None:
    text = """
[[mahalle]]
id = "Çınar"
name = "Çınar"
[[mahalle]]
id = "inonu"
name = "İnönü"
[[mahalle]]
id = "inonu"
name = "INÖNÜ mah."
size = 3
[[mahalle]]
id = "inonu"
name = "İNÖNÜ MAHALLESİ"
"""
    with pytest.raises(BadFile) as caught:
        parse_mahalle(text, file="m.toml")
    keys = [problem.key for problem in caught.value.problems]
    assert keys == ["mahalle.0.id", "mahalle.2.size", "mahalle.3.id", "mahalle.3.name"]


@pytest.mark.parametrize("text", ["", "mahalle = 3", "x = 1\n[[mahalle]]\nid='a'\nname='A'", "[[mahalle"])
def test_an_unusable_file(text: str) -> None:
    with pytest.raises(BadFile, match=r"m\.toml"):
        parse_mahalle(text, file="m.toml")


def test_a_unit_of_an_unknown_service_or_a_service_of_two_units() -> None:
    text = """
[[unit]]
id = "a"
name = "A"
services = ["funeral", "funreal"]
[[unit]]
id = "b"
name = "B"
services = ["funeral"]
"""
    with pytest.raises(BadFile, match='did you mean "funeral"') as caught:
        parse_units(text, file="u.toml", services=SERVICES)
    assert [problem.key for problem in caught.value.problems] == ["unit.0.services", "unit.1.services"]


def test_a_town_may_be_empty_of_aliases() -> None:
    assert Places([]).find("x") is None
