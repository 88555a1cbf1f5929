"""Which of the numbers that callers come with may cost us a call or a text message.

A caller's number is text that the caller chose. The line dials, and the desk writes to, only valid numbers of our own
country and of a kind that costs no more than a call (landlines, mobile phones), in national form and with digits only.
"""

import re
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

REGION: Final = "TR"
COUNTRY_CODE: Final = 90
TRUNK_PREFIX: Final = "0"
_WRITTEN: Final = re.compile(r"\+?[0-9][0-9 .-]{3,24}")
_KINDS: Final = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def dialable(number: str) -> str:
    """The digits to dial for a number as the trunk gave it (`05321234567`, `+905321234567`, `5321234567`); empty if it
    must not be dialled."""
    if not _WRITTEN.fullmatch(number):
        return ""
    try:
        parsed = phonenumbers.parse(number, REGION)
    except NumberParseException:
        return ""
    if parsed.country_code != COUNTRY_CODE or parsed.extension or not phonenumbers.is_valid_number(parsed):
        return ""
    if phonenumbers.number_type(parsed) not in _KINDS:
        return ""
    digits = f"{TRUNK_PREFIX}{phonenumbers.national_significant_number(parsed)}"
    return digits if digits.isdigit() else ""
