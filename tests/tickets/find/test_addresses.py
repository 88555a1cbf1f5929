"""Which streets an address names, and whether two addresses can be one place."""

import pytest

from tickets.find.addresses import other_streets, streets_in


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("", set()),
        ("Işık 1", set()),
        ("Migros'un karşısı, no 5", set()),
        ("IŞIK SOKAK NO:1", {"isik"}),
        ("ışık sk. 1", {"isik"}),
        ("Işık Sokağı'nın köşesi", {"isik"}),
        ("Işık Sokakta 12/3", {"isik"}),
        ("Esenkent Mah. Işık Sk. No: 1 D: 3", {"isik"}),
        ("Esenkent Işık Sokak", {"isik"}),
        ("1234. Sokak No 5", {"1234"}),
        ("No 5, 1234.sok", {"1234"}),
        ("Esenkent 1234. Sokak", {"1234"}),
        ("Camii yanı 1453. Sokak No 7", {"1453"}),
        ("No 5 Gül Sokak", {"gul"}),
        ("Fatih Sultan Mehmet Bulvarı 7", {"fatih", "sultan", "mehmet"}),
        ("Işık Sokak 1, Gül Cad. 90 köşesi", {"isik", "gul"}),
        ("Işık Sokak ile Gül Caddesi köşesi", {"isik", "gul"}),
        ("Lale Apt. kat 2 Gül Caddesi", {"lale", "gul"}),
    ],
)
def test_the_streets_of_an_address(address: str, named: set[str]) -> None:
    assert streets_in(address, "esenkent") == named


def test_the_mahalle_is_left_out_unless_it_is_all_there_is() -> None:
    assert streets_in("Namık Kemal Caddesi 3", "namik_kemal") == {"namik", "kemal"}
    assert other_streets("Namık Kemal, Gül Sokak 3", "Namık Kemal, Işık Sokak 3", "namik_kemal")


@pytest.mark.parametrize(
    ("one", "two", "other"),
    [
        ("Işık Sokak 1", "Gül Caddesi 90", True),
        ("Esenkent 1234. Sokak", "Esenkent 1235. Sokak", True),
        ("Namık Kemal 5. Sokak", "5. Sokak", False),
        ("IŞIK SOKAK 1", "ışık sokağı no 44", False),
        ("Işık Sokak 1", "isik sok", False),
        ("1234. Sokak", "1235. Sokak", True),
        ("1234. Sokak No 7", "7. Sokak No 1234", True),
        ("1234. Sokak", "1234 sk.", False),
        ("Gül Caddesi 1", "Gül Sokak 2", False),
        ("Atatürk Bulvarı", "Atatrük Bulvari", False),
        ("Işık Sokak ile Gül Caddesi köşesi", "Gül Caddesi 90", False),
        ("Işık Sokak 1", "okulun yanı", False),
        ("", "Gül Caddesi 90", False),
    ],
)
def test_addresses_that_cannot_be_one_place(one: str, two: str, other: bool) -> None:
    assert other_streets(one, two) is other_streets(two, one) is other
