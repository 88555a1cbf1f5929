"""Ticket numbers: readable, typeable, and no slip of a finger leads to another case."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.number import BadNumber, TicketNumber, check_digit

numbers = st.builds(TicketNumber, year=st.integers(0, 99), sequence=st.integers(1, 999_999_999))


def test_the_shape_people_see() -> None:
    number = TicketNumber(26, 123)
    assert str(number) == "26-000123-3"
    assert number.digits == "260001233"


def test_damm_s_own_example() -> None:
    assert check_digit("572") == 4


@settings(derandomize=True)
@given(numbers)
def test_what_is_written_is_read(number: TicketNumber) -> None:
    assert TicketNumber.parse(str(number)) == number
    assert TicketNumber.parse(number.digits) == number
    assert TicketNumber.parse(f" {str(number).replace('-', ' ')}*") == number


@settings(derandomize=True)
@given(numbers, st.data())
def test_one_wrong_digit_is_noticed(number: TicketNumber, data: st.DataObject) -> None:
    digits = number.digits
    place = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != digits[place]]))
    with pytest.raises(BadNumber):
        TicketNumber.parse(digits[:place] + wrong + digits[place + 1 :])


@settings(derandomize=True)
@given(numbers, st.data())
def test_two_swapped_neighbours_are_noticed(number: TicketNumber, data: st.DataObject) -> None:
    digits = number.digits
    place = data.draw(st.integers(0, len(digits) - 2))
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    if swapped != digits:
        with pytest.raises(BadNumber):
            TicketNumber.parse(swapped)


@pytest.mark.parametrize(
    "text", ["", "1", "26-00012-3", "26-000000-0", "٢٦٠٠٠١٢٣٣", "26000123x", "2" * 40, "260001233\n1"]
)
def test_what_is_no_number_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadNumber) as caught:
        TicketNumber.parse(text)
    assert not text or text not in str(caught.value)


@settings(derandomize=True)
@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    try:
        number = TicketNumber.parse(text)
    except BadNumber:
        return
    assert TicketNumber.parse(str(number)) == number


def test_a_padded_sequence_is_not_a_second_name_of_a_ticket() -> None:
    body = "26" + "0000123"
    with pytest.raises(BadNumber, match="no ticket"):
        TicketNumber.parse(f"{body}{check_digit(body)}")


def test_they_sort_by_time() -> None:
    made = [TicketNumber(26, 2), TicketNumber(25, 999_999), TicketNumber(26, 1), TicketNumber(25, 1_000_000)]
    assert [str(number) for number in sorted(made)][:2] == ["25-999999-5", "25-1000000-9"]


@pytest.mark.parametrize(("year", "sequence"), [(-1, 1), (100, 1), (26, 0), (26, 10**9)])
def test_none_is_made_that_could_not_be_read(year: int, sequence: int) -> None:
    with pytest.raises(ValueError, match="is allowed"):
        TicketNumber(year, sequence)
