"""The code of the public page."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.public_code import RANDOM_BYTES, BadCode, make_code, parse_code

RANDOM = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


def test_a_code() -> None:
    assert make_code(bytes(RANDOM_BYTES)) == "000-000-000-000-000"
    assert make_code(bytes(15) + b"\x01") == "000-000-000-000-013", "Damm's digit of 1 is 3"


@settings(derandomize=True)
@given(RANDOM)
def test_a_code_is_read_however_it_is_written(random: bytes) -> None:
    code = make_code(random)
    for written in (code, code.replace("-", ""), code.replace("-", " "), f" {code.replace('-', '.')} "):
        assert parse_code(written) == code


@settings(derandomize=True)
@given(RANDOM, st.integers(0, 14), st.integers(1, 9))
def test_a_wrong_digit_is_found(random: bytes, place: int, more: int) -> None:
    digits = make_code(random).replace("-", "")
    wrong = f"{digits[:place]}{(int(digits[place]) + more) % 10}{digits[place + 1 :]}"
    with pytest.raises(BadCode, match="does not fit"):
        parse_code(wrong)


@pytest.mark.parametrize("text", ["", "123", "1" * 16, "48210937551638x", "'; DROP TABLE", "٤" * 15])
def test_what_is_no_code_is_not_repeated(text: str) -> None:
    with pytest.raises(BadCode) as caught:
        parse_code(text)
    assert not text or text not in str(caught.value)


def test_codes_are_spread_over_all_digits() -> None:
    codes = {make_code(number.to_bytes(2, "big") * 8) for number in range(1, 2000)}
    assert len(codes) == 1999
    assert {code[0] for code in codes} == set("0123456789")


def test_too_little_chance_is_our_fault() -> None:
    with pytest.raises(ValueError, match="16 random bytes are needed, not 4"):
        make_code(b"abcd")
