"""PINs: which are allowed, their hashes, and when too many wrong ones lock an agent's codes for a while.

Pure: `hash_pin` takes the salt (16 random bytes) from its caller, times come in as arguments. A hash takes about 20 ms
and 19 MiB, so servers compute it in a worker thread."""

from itertools import pairwise

import msgspec
from pwdlib.hashers.argon2 import Argon2Hasher

MIN_DIGITS = 4
MAX_DIGITS = 12
SALT_BYTES = 16

_HASHER = Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, salt_len=SALT_BYTES)  # OWASP's minimum


class BadPin(ValueError):
    """A PIN that is not allowed. The text says what is allowed, never the PIN."""


def check_pin(pin: str, *, extension: str = "") -> None:
    """Raise `BadPin` unless the PIN is allowed: 4 to 12 digits, not all the same, not a run such as 1234, and not the
    agent's own extension."""
    if not (pin.isascii() and pin.isdigit() and MIN_DIGITS <= len(pin) <= MAX_DIGITS):
        raise BadPin(f"a PIN has {MIN_DIGITS} to {MAX_DIGITS} digits and nothing else")
    steps = {ord(after) - ord(before) for before, after in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        raise BadPin("a PIN must not be one digit repeated, nor digits in a row such as 1234")
    if extension and pin == extension:
        raise BadPin("a PIN must not be the extension")


def hash_pin(pin: str, salt: bytes) -> str:
    """The argon2id hash of a PIN. The salt must be random, and new for each PIN."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt of {len(salt)} bytes; {SALT_BYTES} are needed")
    return _HASHER.hash(pin, salt=salt)


def verify_pin(pin: str, pin_hash: str) -> bool:
    """Whether this is the PIN of the hash; False also for an invalid hash."""
    return len(pin) <= MAX_DIGITS and pin_hash.isascii() and _HASHER.verify(pin, pin_hash)


class LockRule(msgspec.Struct, frozen=True, kw_only=True):
    """`max_wrong` wrong PINs, none of them more than `window_s` seconds old, lock for `lock_s` seconds."""

    max_wrong: int = 5
    window_s: float = 300.0
    lock_s: float = 300.0


class Attempts(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's attempts: times of the wrong ones, and the end of the lock."""

    wrong_at: tuple[float, ...] = ()
    locked_until: float = 0.0

    def locked(self, at: float) -> bool:
        """Whether the codes are locked at this time, even for the right PIN."""
        return at < self.locked_until


def after_attempt(attempts: Attempts, *, right: bool, at: float, rule: LockRule) -> Attempts:
    """The attempts after a PIN was tried. While locked nothing changes: further tries do not prolong the lock."""
    if attempts.locked(at):
        return attempts
    if right:
        return Attempts()
    wrong_at = (*(one for one in attempts.wrong_at if one > at - rule.window_s), at)
    if len(wrong_at) >= rule.max_wrong:
        return Attempts(locked_until=at + rule.lock_s)
    return Attempts(wrong_at=wrong_at)
