"""Which numbers are ever dialled."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.asterisk.numbers import dialable


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
