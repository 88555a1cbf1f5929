"""Passwords of people."""

import pytest

from acd.lib.passwords import NOBODYS, BadPassword, check_password, hash_password, verify_password


def test_a_password_is_known_by_its_hash_alone() -> None:
    one, two = hash_password("doğru at pil zımba"), hash_password("doğru at pil zımba")
    assert one != two
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password("doğru at pil zımba", one)
    assert not verify_password("doğru at pil zımbA", one)


@pytest.mark.parametrize("password", ["", "nobody has this!", "x" * 1000])
def test_nobodys_hash_and_none_fit_no_password(password: str) -> None:
    assert not verify_password(password, "")
    assert not verify_password(password, NOBODYS)


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("kısa", "10 to 256"),
        ("x" * 257, "10 to 256"),
        ("aaaaaaaaaaab", "different"),
        ("nermin1234", "more than the user's name"),
        ("Nermin-2026!", "more than the user's name"),
        ("demo-nermin", "demo"),
    ],
)
def test_what_nobody_should_have(password: str, told: str) -> None:
    with pytest.raises(BadPassword, match=told) as caught:
        check_password(password, user="nermin")
    assert password == "" or password not in str(caught.value)


def test_what_anybody_may_have() -> None:
    check_password("doğru at pil zımba", user="nermin")
    check_password("nermin kahve içer", user="nermin")
