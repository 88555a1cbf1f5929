"""The number a caller is given for their ticket: `26-000123-3`.

Two digits of the year, a sequence that begins at 1 each year, a check digit. Why so:

- *Digits only.* It is typed on a phone's keypad and read out by a text-to-speech voice in two languages; nine keys are
  what people still type without a mistake. The dashes are for the eye and split it into groups one can say.
- *A sequence, not a random number.* Short, in the order of opening, without gaps: a missing one is a question somebody
  can ask. That it can be guessed does no harm, since a number alone tells a caller nothing but a state.
- *The year.* Numbers stay short for ever, and say at once how old a case is.
- *A check digit* by Damm's algorithm (2004): finds every single wrong digit and every swap of two neighbours, which are
  the mistakes made on a keypad. (Luhn's, the common one, misses 09 for 90.) A wrong number is so told from an unknown
  one before anything is looked up, and nobody hears of a stranger's case by a slip.

Six digits of sequence are enough for a million a year; after that they become seven, and old numbers stay as they are.
Handing out the sequence, exactly once, is storage's part (`storage.numbering`).
"""

import re

import msgspec

MIN_SEQUENCE_DIGITS = 6
MAX_SEQUENCE_DIGITS = 9

_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_SHAPE = re.compile(r"([0-9]{2})([0-9]{6,9})([0-9])")
_SEPARATORS = str.maketrans("", "", " -–.*/\u00a0")


class BadNumber(ValueError):
    """What was given is no ticket number. The text says why, and never repeats what was given."""


class TicketNumber(msgspec.Struct, frozen=True, order=True):
    """A ticket's number. Ordered by time of opening within a century."""

    year: int
    """The last two digits of the year it was opened in, local time."""
    sequence: int
    """Counts from 1 within the year."""

    def __post_init__(self) -> None:
        if not 0 <= self.year <= 99:
            raise ValueError(f"year = {self.year}: 0 to 99 is allowed")
        if not 1 <= self.sequence < 10**MAX_SEQUENCE_DIGITS:
            raise ValueError(f"sequence = {self.sequence}: 1 to {10**MAX_SEQUENCE_DIGITS - 1} is allowed")

    def __str__(self) -> str:
        """As people read it: `26-000123-3`."""
        body = self._body()
        return f"{body[:2]}-{body[2:]}-{check_digit(body)}"

    @property
    def digits(self) -> str:
        """As it is typed and spoken: `260001233`."""
        body = self._body()
        return f"{body}{check_digit(body)}"

    def _body(self) -> str:
        return f"{self.year:02d}{self.sequence:0{MIN_SEQUENCE_DIGITS}d}"

    @classmethod
    def parse(cls, text: str) -> "TicketNumber":
        """Read a number as typed, said or pasted; spaces, dashes, dots and the star key do not count.

        Raises `BadNumber`."""
        digits = text.translate(_SEPARATORS)
        shape = _SHAPE.fullmatch(digits)
        if shape is None:
            raise BadNumber(f"a ticket number has {3 + MIN_SEQUENCE_DIGITS} digits or a few more, and nothing else")
        if check_digit(digits[:-1]) != int(digits[-1]):
            raise BadNumber("the check digit of this ticket number does not fit: a digit is wrong, or two are swapped")
        sequence = int(shape[2])
        if sequence == 0 or (len(shape[2]) > MIN_SEQUENCE_DIGITS and shape[2][0] == "0"):
            raise BadNumber("there is no ticket with such a number")
        return cls(year=int(shape[1]), sequence=sequence)


def check_digit(digits: str) -> int:
    """Damm's check digit of a string of decimal digits."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim
