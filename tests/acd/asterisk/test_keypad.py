"""Keys from AGI and AMI: every press counts once, whichever way and however late the word of it comes."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.asterisk.keypad import AMI_LAG_S, EARLY_CALLS, EARLY_S, KEPT, LATE_S, SWALLOW_S, Keypad, Keypads


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(pad: Keypad) -> str:
    keys = ""
    while key := pad.take():
        keys += key
    return keys


@pytest.fixture
def pad(clock: Clock) -> Keypad:
    return Keypad(clock, lambda: True)


async def test_ami_first_then_agi_is_one_press(pad: Keypad) -> None:
    pad.press("1")
    await pad.heard("1")
    assert taken(pad) == "1"


async def test_agi_first_then_ami_is_one_press(pad: Keypad) -> None:
    hearing = asyncio.ensure_future(pad.heard("1"))
    await asyncio.sleep(0)
    assert len(pad) == 0  # AMI's word is waited for: another key may stand before this one
    pad.press("1")
    await hearing
    assert taken(pad) == "1"


async def test_a_key_agi_dropped_stands_before_the_one_it_heard(pad: Keypad) -> None:
    hearing = asyncio.ensure_future(pad.heard("2"))
    await asyncio.sleep(0)
    pad.press("1")
    pad.press("2")
    await hearing
    assert taken(pad) == "12"


async def test_without_ami_agi_counts_at_once(clock: Clock) -> None:
    pad = Keypad(clock, lambda: False)
    await pad.heard("1")
    await pad.heard("1")
    assert taken(pad) == "11"


async def test_a_late_ami_is_not_waited_for_and_not_counted_again(pad: Keypad, clock: Clock) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    await pad.heard("5")
    assert loop.time() - started >= AMI_LAG_S * 0.9
    assert taken(pad) == "5"
    clock.now += LATE_S / 2
    pad.press("5")
    assert taken(pad) == ""
    pad.press("5")
    assert taken(pad) == "5"


async def test_a_key_that_ami_reports_seconds_late_is_not_counted_again(pad: Keypad, clock: Clock) -> None:
    """The main menu's 1 would say in the next menu that somebody has died."""
    await pad.heard("1")
    clock.now += 4
    pad.press("1", 4.1)
    assert taken(pad) == "1"
    pad.press("1", 0.5)
    assert taken(pad) == "1", "another press"


async def test_a_word_that_never_came_does_not_cost_a_later_press(pad: Keypad, clock: Clock) -> None:
    await pad.heard("5")
    clock.now += LATE_S * 1.1
    pad.press("5")
    assert taken(pad) == "55"


async def test_a_key_being_matched_is_kept_when_the_task_is_cancelled(pad: Keypad) -> None:
    hearing = asyncio.ensure_future(pad.heard("7"))
    await asyncio.sleep(0)
    hearing.cancel()
    await asyncio.wait((hearing,))
    assert hearing.cancelled()
    pad.press("7")
    assert taken(pad) == "7"


async def test_what_ami_told_before_a_command_is_not_what_agi_hears_in_it(pad: Keypad) -> None:
    pad.press("1")
    pad.command_begins()
    hearing = asyncio.ensure_future(pad.heard("1"))
    await asyncio.sleep(0)
    pad.press("1")
    await hearing
    assert taken(pad) == "11"


async def test_keys_are_poured_into_a_sink(pad: Keypad) -> None:
    got: list[str] = []
    pad.press("1")
    pad.pour_into(got.append)
    pad.press("2")
    assert got == ["1", "2"]
    pad.pour_into(None)
    pad.press("3")
    assert got == ["1", "2"]
    assert taken(pad) == "3"


async def test_the_hash_after_a_full_entry_is_swallowed_once_and_not_for_long(pad: Keypad, clock: Clock) -> None:
    pad.swallow("#")
    assert pad.swallowing == "#"
    pad.press("#")
    assert taken(pad) == ""
    pad.press("#")
    assert taken(pad) == "#"
    pad.swallow("#")
    pad.press("1")
    pad.press("#")
    assert taken(pad) == "1#"
    pad.swallow("#")
    clock.now += SWALLOW_S
    pad.press("#")
    assert taken(pad) == "#"
    pad.press("#")
    pad.press("4")
    pad.swallow("#")
    assert taken(pad) == "4"


async def test_a_swallowed_key_is_matched_with_agi_all_the_same(pad: Keypad) -> None:
    pad.swallow("#")
    hearing = asyncio.ensure_future(pad.heard("#"))
    await asyncio.sleep(0)
    pad.press("#")
    await hearing
    assert taken(pad) == ""


async def test_keys_kept_are_bounded(pad: Keypad) -> None:
    for _ in range(KEPT * 2):
        pad.press("1")
    assert len(taken(pad)) == KEPT


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("123"), st.sampled_from(["both", "ami", "agi first"])), max_size=20))
def test_any_mixture_counts_each_press_once_and_in_order(presses: list[tuple[str, str]]) -> None:
    async def run() -> str:
        pad = Keypad(Clock(), lambda: True)
        for key, way in presses:
            match way:
                case "ami":  # AGI did not listen
                    pad.press(key)
                    pad.command_begins()
                case "both":
                    pad.press(key)
                    await pad.heard(key)
                case "agi first":
                    hearing = asyncio.ensure_future(pad.heard(key))
                    await asyncio.sleep(0)
                    pad.press(key)
                    await hearing
        return taken(pad)

    assert asyncio.run(run()) == "".join(key for key, _ in presses)[:KEPT]


# --- the keypads of all channels


def test_keys_that_came_before_the_session_are_there(clock: Clock) -> None:
    pads = Keypads(clock, lambda: True)
    pads.press("a", "1")
    pads.press("b", "2")
    clock.now += EARLY_S / 2
    pads.press("a", "3")
    assert taken(pads.open("a")) == "13"
    clock.now += EARLY_S
    assert taken(pads.open("b")) == ""


def test_early_keys_are_bounded(clock: Clock) -> None:
    pads = Keypads(clock, lambda: True)
    for number in range(EARLY_CALLS + 10):
        pads.press(str(number), "1")
    assert len(pads._early) == EARLY_CALLS
    for _ in range(100):
        pads.press("x", "1")
    assert len(taken(pads.open("x"))) < 100


def test_a_session_that_ends_late_does_not_take_its_successors_keypad(clock: Clock) -> None:
    pads = Keypads(clock, lambda: True)
    old, new = pads.open("a"), pads.open("a")
    pads.close("a", old)
    pads.press("a", "1")
    assert taken(new) == "1"
    pads.close("a", new)
    pads.press("a", "2")
    assert taken(new) == ""
