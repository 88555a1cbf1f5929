"""Limits how long a route may wait for an answer."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol, TypeVar

from console.ports import Unavailable

T = TypeVar("T")


class Within(Protocol):
    """Gives an answer, or raises `Unavailable` if it takes too long."""

    def __call__(self, seconds: float, part: str, answer: Awaitable[T]) -> Awaitable[T]: ...


async def within(seconds: float, part: str, answer: Awaitable[T]) -> T:
    """The answer. Raises `Unavailable` after so long, naming the part that was asked."""
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError:
        raise Unavailable(f"{part}: no answer within {seconds:g} s") from None
