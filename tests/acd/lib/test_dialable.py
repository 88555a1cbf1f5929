"""Which numbers are ever dialled."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.config.load_settings import load_settings
from acd.engine.model.config import EngineConfig
from acd.engine.rules.callback_caps import is_denied
from acd.lib.dialable import dialable


@pytest.mark.parametrize(
    "number", ["05321234567", "5321234567", "+905321234567", "905321234567", "0090 532 123 45 67", "0532-123-45-67"]
)
def test_a_mobile_phone_however_the_trunk_writes_it(number: str) -> None:
    assert dialable(number) == "05321234567"


def test_a_line_is_dialled_too() -> None:
    assert dialable("02123344556") == "02123344556"


@pytest.mark.parametrize(
    "number",
    [
        "", "anonymous", "unknown", "1001", "112", "155", "4440411", "08889001234", "09001234567", "08001234567",
        "+4915112345678", "+12025550123", "00442079460000", "0532123456", "05321234567890", "05321234567;ext=5",
        "05321234567@evil", "0532123456a", "tel:05321234567;phone-context=evil", "٠٥٣٢١٢٣٤٥٦٧", "05321234567,1", "*31#",
        "05321234567&PJSIP/trunk", "0" * 64,
    ],
)  # fmt: skip
def test_what_is_no_line_or_mobile_phone_of_the_country_is_not(number: str) -> None:
    assert dialable(number) == ""


@given(st.one_of(st.text(max_size=30), st.text("0123456789+*#.,;@&/$({ -", max_size=20)))
def test_nothing_but_ten_digits_behind_a_nought_ever_comes_out(text: str) -> None:
    assert re.fullmatch(r"(0[1-9][0-9]{9})?", dialable(text), re.ASCII)


@pytest.mark.parametrize(
    ("number", "is_called"),
    [("0392 223 45 67", False), ("+903922234567", False), ("02123344556", True), ("05321234567", True)],
)
def test_what_the_shipped_ranges_deny_besides(number: str, is_called: bool) -> None:
    """`phonenumbers` lets Northern Cyprus pass, whose numbers have the country's form and cost as much as abroad."""
    digits = dialable(number)
    assert digits
    config = EngineConfig(callback_denied=load_settings().callback_denied)
    assert is_denied(config, digits) is not is_called


@pytest.mark.parametrize("number", ["+870772001234", "+881612345678", "+88213300655", "+88312345678", "+979123456789"])
def test_neither_satellites_nor_premium_numbers_of_the_world_are_dialled(number: str) -> None:
    assert dialable(number) == ""
