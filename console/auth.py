"""Tokens that are compared, not looked up: the machine's own, and the wallboard's."""

import hashlib
import hmac
from collections.abc import Callable


def token_check(token: str) -> Callable[[str], bool]:
    """A check against `token` that takes the same time for any guess.

    Raises `ValueError` for an empty token, which would let everybody in."""
    if not token.strip():
        raise ValueError("API token: empty; write a random one into the token file or remove the file to have one made")
    expected = hashlib.sha256(token.encode()).digest()

    def check(guess: str) -> bool:
        return hmac.compare_digest(hashlib.sha256(guess.encode("utf-8", "surrogateescape")).digest(), expected)

    return check


def bearer(header: bytes) -> str | None:
    """The token in an `Authorization` header; None for another scheme or an empty token."""
    scheme, _, token = header.partition(b" ")
    token = token.strip()
    if scheme.lower() != b"bearer" or not token:
        return None
    return token.decode("latin-1")
