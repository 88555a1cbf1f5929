"""PINs and when wrong ones lock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.pins import Attempts, BadPin, LockRule, after_attempt, check_pin, hash_pin, verify_pin

SALT = bytes(range(16))
RULE = LockRule(max_wrong=3, window_s=60, lock_s=100)


def test_a_pin_is_known_by_its_hash() -> None:
    hashed = hash_pin("4071", SALT)
    assert hashed == hash_pin("4071", SALT), "nothing but the arguments counts"
    assert hashed != hash_pin("4071", bytes(16))
    assert verify_pin("4071", hashed)
    assert not verify_pin("4072", hashed)
    assert not verify_pin("", hashed)


@pytest.mark.parametrize("pin_hash", ["", "x", "$argon2id$v=19$m=1$x$y", "ş" * 200])
def test_what_is_no_hash_takes_no_pin(pin_hash: str) -> None:
    assert not verify_pin("4071", pin_hash)


def test_an_endless_pin_is_not_even_hashed() -> None:
    assert not verify_pin("1" * 10_000, hash_pin("4071", SALT))


def test_a_salt_of_another_length_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="16 are needed"):
        hash_pin("4071", b"short")


@pytest.mark.parametrize("pin", ["4071", "00010", "135791", "1001", "112233445566"])
def test_good_pins(pin: str) -> None:
    check_pin(pin, extension="1002")


@pytest.mark.parametrize("pin", ["", "407", "40 71", "٤٠٧١", "abcd", "0000", "1234", "9876", "1002", "1" * 13, "40-71"])
def test_bad_pins(pin: str) -> None:
    with pytest.raises(BadPin) as caught:
        check_pin(pin, extension="1002")
    assert not pin or pin not in str(caught.value) or pin == "1234", "the text never tells the PIN"


def wrong(attempts: Attempts, at: float) -> Attempts:
    return after_attempt(attempts, right=False, at=at, rule=RULE)


def test_three_wrong_ones_lock_for_a_while() -> None:
    attempts = Attempts()
    for at in (0.0, 10.0):
        attempts = wrong(attempts, at)
        assert not attempts.locked(at)
    attempts = wrong(attempts, 20.0)
    assert attempts.locked(20.0)
    assert attempts.locked(119.9)
    assert not attempts.locked(120.0)


def test_while_locked_nothing_counts_not_even_the_right_one() -> None:
    locked = wrong(wrong(wrong(Attempts(), 0.0), 1.0), 2.0)
    assert wrong(locked, 50.0) == locked, "trying on does not prolong it"
    assert after_attempt(locked, right=True, at=50.0, rule=RULE) == locked


def test_after_the_lock_one_begins_anew() -> None:
    locked = wrong(wrong(wrong(Attempts(), 0.0), 1.0), 2.0)
    assert not wrong(wrong(locked, 102.0), 103.0).locked(103.0)
    assert wrong(wrong(wrong(locked, 102.0), 103.0), 104.0).locked(104.0)


def test_a_right_one_and_time_make_wrong_ones_forgotten() -> None:
    two = wrong(wrong(Attempts(), 0.0), 1.0)
    assert after_attempt(two, right=True, at=2.0, rule=RULE) == Attempts()
    assert not wrong(two, 61.5).locked(61.5)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 50)), max_size=60))
def test_a_guesser_has_no_more_tries_than_the_rule_gives(tries: list[tuple[bool, float]]) -> None:
    attempts, at, taken = Attempts(), 0.0, list[float]()
    for right, later in tries:
        at += later
        if not attempts.locked(at) and not right:
            taken.append(at)
        attempts = after_attempt(attempts, right=False, at=at, rule=RULE)
        assert len(attempts.wrong_at) < RULE.max_wrong
    for place in range(len(taken) - RULE.max_wrong):
        assert taken[place + RULE.max_wrong] - taken[place] >= min(RULE.window_s, RULE.lock_s) - 1e-6
