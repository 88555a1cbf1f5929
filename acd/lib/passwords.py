"""Passwords of people: which are allowed, their argon2id hashes, and a check that takes as long for an unknown user.

A hash takes about 20 ms of a processor and 19 MiB; the desk computes it in a thread, few at once."""

from typing import Final, Literal

from pwdlib.hashers.argon2 import Argon2Hasher

SHORTEST: Final = 10
LONGEST: Final = 256
FEWEST_LETTERS: Final = 5
"""The least number of different characters in a password."""

_HASHER: Final = Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's minimum

NOBODYS: Final = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""A hash that no password has. It is checked for unknown users, so that their answer takes as long."""


Rule = Literal["length", "variety", "demo", "name", "same"]
"""What is asked of a password: `same` is asked of a new one alone, which is not the present one."""


class BadPassword(ValueError):
    """A password that is not allowed. The text says what is allowed, never the password; `rule` is for a page, which
    says it in its own language."""

    def __init__(self, rule: Rule, text: str) -> None:
        super().__init__(text)
        self.rule: Rule = rule


def check_password(password: str, *, user: str) -> None:
    """Raise `BadPassword` unless the password is allowed."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadPassword("length", f"a password has {SHORTEST} to {LONGEST} characters")
    if len(set(password)) < FEWEST_LETTERS:
        raise BadPassword("variety", f"a password has at least {FEWEST_LETTERS} different characters")
    if password.lower() in (f"demo{user}", f"demo-{user}"):
        raise BadPassword("demo", "a password of the demo is known to everybody")
    if user and password.lower().replace(user, "").strip("0123456789-_.!") == "":
        raise BadPassword("name", "a password is more than the user's name with digits and signs")


def check_new_password(password: str, *, old: str, user: str) -> None:
    """Raise `BadPassword` unless the password is allowed in the place of the old one."""
    check_password(password, user=user)
    if password == old:
        raise BadPassword("same", "the new password is the present one: choose another")


def hash_password(password: str) -> str:
    """The argon2id hash, with a salt of its own."""
    return _HASHER.hash(password)


def verify_password(password: str, password_hash: str) -> bool:
    """Whether this is the password of the hash. It takes as long for an empty hash, which no password has."""
    known = bool(password_hash)
    right = len(password) <= LONGEST and _HASHER.verify(password[:LONGEST], password_hash if known else NOBODYS)
    return known and right
