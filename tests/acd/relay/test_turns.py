"""Handshakes in turn: few at a time of each address, first come, first served."""

import asyncio

import pytest

from acd.relay import turns
from acd.relay.turns import Turns

HERE, THERE = "10.0.0.1", "10.0.0.2"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "AT_ONCE", 2)
    monkeypatch.setattr(turns, "TURN_S", 60.0)


async def settled() -> None:
    """Let everybody go on who can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_addresss_third_waits_and_another_addresss_first_does_not() -> None:
    line = Turns()
    first, second = await line.come(HERE), await line.come(HERE)
    third, fourth = asyncio.create_task(line.come(HERE)), asyncio.create_task(line.come(HERE))
    await settled()
    assert not third.done()
    (await line.come(THERE)).end()
    second.end()
    await settled()
    assert (third.done(), fourth.done()) == (True, False)
    first.end()
    (await third).end()
    (await fourth).end()
    assert not line._begun


async def test_a_turn_is_over_once() -> None:
    line = Turns()
    turn = await line.come(HERE)
    other = await line.come(HERE)
    for _ in range(3):
        turn.end()
    assert line._begun == {HERE: 1}
    other.end()


async def test_who_gives_up_waiting_leaves_the_turn_to_the_next() -> None:
    line = Turns()
    one, two = await line.come(HERE), await line.come(HERE)
    third, fourth = asyncio.create_task(line.come(HERE)), asyncio.create_task(line.come(HERE))
    await settled()
    third.cancel()
    await settled()
    one.end()
    (await fourth).end()
    two.end()
    assert not line._begun


async def test_who_gives_up_as_the_turn_comes_passes_it_on() -> None:
    line = Turns()
    one, two = await line.come(HERE), await line.come(HERE)
    third = asyncio.create_task(line.come(HERE))
    await settled()
    one.end()  # it is the third's turn, who has not heard yet
    third.cancel()
    await asyncio.gather(third, return_exceptions=True)
    two.end()
    assert not line._begun


async def test_a_handshake_that_hangs_holds_the_next_up_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_S", 0.01)
    line = Turns()
    await line.come(HERE)
    await line.come(HERE)
    async with asyncio.timeout(60):
        await line.come(HERE)
