"""Mahalle and streets as people write and say them."""

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.lib.turkish import tr_lower
from tests.tickets.towns import TOWN
from tests.turkish import tr_upper
from tickets.find.places import Places

STREETS = {
    "esenkent": ("Işık Sokağı", "1234. Sokak", "Çınar Caddesi"),
    "fatih": ("Işık Caddesi", "1234. Sokak", "Cumhuriyet Caddesi"),
    "ornek": ("Menekşe Sokağı", "Adnan Kahveci Bulvarı"),
}
PLACES = Places(TOWN.mahalle.values(), STREETS)


@pytest.mark.parametrize("name", [one.name for one in PLACES.all])
def test_each_mahalle_is_found_however_it_is_written(name: str) -> None:
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
        ("esnkent", "esenkent"),
        ("Esenkent'teki", "esenkent"),
        ("esenkentte", "esenkent"),
        ("saadet dere", "saadetdere"),
        ("selahattin", "selahaddin_eyyubi"),
        ("mehmet akif ersoj", "mehmet_akif_ersoy"),
        ("yenikent esenkent", None),
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


def test_several_that_may_be_meant_are_offered_the_nearest_first() -> None:
    assert [found.mahalle.id for found in PLACES.search("ak")] == [
        *("akevler", "akcaburgaz", "aksemseddin", "mehmet_akif_ersoy")
    ]
    assert [found.mahalle.id for found in PLACES.search("ak", limit=1)] == ["akevler"]


@settings(derandomize=True)
@given(st.text())
def test_no_text_breaks_the_search(text: str) -> None:
    for found in PLACES.search(text):
        assert PLACES.get(found.mahalle.id) is found.mahalle


@pytest.mark.parametrize("written", ["isik sok", "IŞIK SOKAĞI", "ışık sk.", "İŞİK SOKAK", "ısik sokk"])
def test_a_street_is_found_however_it_is_written(written: str) -> None:
    best = PLACES.streets(written)[0]
    assert (best.name, best.mahalle.id) == ("Işık Sokağı", "esenkent")


@pytest.mark.parametrize("written", ["isik sokagi 7", "Işık Sok. 7", "1234. sokak 7"])
def test_a_street_is_found_with_the_number_of_a_house(written: str) -> None:
    best = PLACES.streets(written)[0]
    assert (best.name, best.mahalle.id) == ("1234. Sokak" if "1234" in written else "Işık Sokağı", "esenkent")
    assert PLACES.streets("1235. sokak 7") == []
    assert PLACES.streets("7") == []


def test_streets_of_one_mahalle() -> None:
    assert [found.mahalle.id for found in PLACES.streets("1234. sokak")] == ["esenkent", "fatih"]
    assert [found.mahalle.id for found in PLACES.streets("1234. sokak", "fatih")] == ["fatih"]
    assert PLACES.streets("1234. sokak", "zafer") == []
    assert PLACES.streets("1235. sokak") == []


def test_a_town_without_mahalle_or_streets() -> None:
    assert Places([]).find("x") is None
    assert Places(TOWN.mahalle.values()).streets("ışık sokağı") == []


def test_5000_streets_are_searched_in_less_than_2_ms() -> None:
    chance = random.Random(1)
    flowers = ["Gül", "Lale", "Menekşe", "Karanfil", "Zambak", "Işık", "Barış", "Mimar Sinan", "Fatih Sultan Mehmet"]
    streets = {
        mahalle: [
            *(f"{chance.randint(1, 2500)}. Sokak" for _ in range(96)),
            *(f"{chance.choice(flowers)} {number} Sokağı" for number in range(21)),
        ]
        for mahalle in TOWN.mahalle
    }
    places = Places(TOWN.mahalle.values(), streets)
    assert sum(map(len, streets.values())) > 5_000

    def fastest(search: Callable[[str], object], text: str) -> float:
        times = []
        for _ in range(20):
            began = time.perf_counter()
            search(text)
            times.append(time.perf_counter() - began)
        return min(times)

    for text in ("isik sok", "1234 sk", "menkse sokagi", "fatih sultan mehmet sok", "sokak", "mahallesi"):
        assert fastest(places.streets, text) < 0.002, text
        assert fastest(places.search, text) < 0.002, text
