"""Turkish text as a person in a hurry, or a form in capitals, has it."""

import unicodedata


def tr_upper(text: str) -> str:
    """Upper case: i becomes İ, ı becomes I."""
    return unicodedata.normalize("NFC", text).replace("i", "İ").replace("ı", "I").upper()
