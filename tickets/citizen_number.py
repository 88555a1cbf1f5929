"""The telephone number of a citizen as a request holds it: as it was dialled or written, without separators.

Every request is looked up by its number (`acd.engine.model.phone_numbers.spellings`), so it is brought into this form
where a request is opened or corrected, and nowhere else."""

from typing import Final

from acd.engine.model.phone_numbers import COUNTRY, NATIONAL, bare, e164
from tickets.changes import refuse
from tickets.refusals import Refusal

LEAST: Final = 3
"""Digits of the shortest number: that of a telephone of the town's own."""
MOST: Final = 17
"""Digits of the longest number: 00 and the 15 of E.164."""
ALLOWED: Final = f"a telephone number of {LEAST} to {MOST} digits, such as 0532 111 22 33 or +905321112233, or nothing"

TOO_LONG: Final = (
    "10 digits behind the 0 or +90 of a number of the country are allowed: nobody can call an extension, so write it "
    "into the text"
)


def held(written: str) -> str | Refusal:
    """The number without separators, or the refusal of a text that is no number that can be called. Empty stays empty:
    a citizen may withhold it."""
    number = bare(written)
    if (number or written.strip()) and not _is_number(number):
        return refuse("not_allowed", "caller", written, f"{ALLOWED} is allowed")
    whole = e164(number)
    if whole.startswith(COUNTRY) and len(whole.removeprefix(COUNTRY)) > NATIONAL:
        return refuse("not_allowed", "caller", written, TOO_LONG)
    return number


def of_call(number: str) -> str:
    """The number of a call's caller for a request; empty for a SIP user or another text with which nobody can be
    called. Whoever calls has chosen that text, so it is no reason to refuse the request."""
    found = bare(number)
    return found if _is_number(found) else ""


def _is_number(number: str) -> bool:
    return LEAST <= len(number.removeprefix("+")) <= MOST
