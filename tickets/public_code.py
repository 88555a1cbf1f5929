"""The code by which a citizen reads their request on the public page: `482-109-375-516-384`.

For citizens who gave no number, and for text messages. Fourteen random digits and a check digit (Damm's, as in a
ticket's number), in groups of three. Why so:

- *Digits*: the code is also said on the telephone, in two languages.
- *Fourteen*: with 200,000 requests on the page a guess hits one in 500 million; the page limits tries beside.
- *A check digit*: a wrong code is told from an unknown one before anything is looked up.

A code says nothing of the request's number. It is made from random bytes that the caller gives."""

import re

from tickets.number import check_digit

RANDOM_BYTES = 16
"""How many random bytes a code is made from. 128 bits make no digit likelier than another."""
DIGITS = 14

_SHAPE = re.compile(rf"[0-9]{{{DIGITS + 1}}}")
_SEPARATORS = str.maketrans("", "", " -–.*/\u00a0")


class BadCode(ValueError):
    """What was given is no code. The text says why, and never repeats what was given."""


def make_code(random: bytes) -> str:
    """The code of `RANDOM_BYTES` random bytes, with dashes."""
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"{RANDOM_BYTES} random bytes are needed, not {len(random)}")
    digits = f"{int.from_bytes(random, 'big') % 10**DIGITS:0{DIGITS}d}"
    whole = f"{digits}{check_digit(digits)}"
    return "-".join(whole[place : place + 3] for place in range(0, DIGITS + 1, 3))


def parse_code(text: str) -> str:
    """A code as it was typed, said or pasted, in the form of `make_code`. Raises `BadCode`."""
    digits = text.translate(_SEPARATORS)
    if _SHAPE.fullmatch(digits) is None:
        raise BadCode(f"a code has {DIGITS + 1} digits and nothing else")
    if check_digit(digits[:-1]) != int(digits[-1]):
        raise BadCode("the check digit of this code does not fit: a digit is wrong, or two are swapped")
    return "-".join(digits[place : place + 3] for place in range(0, DIGITS + 1, 3))
