"""Look-ups about a caller, beside all else."""

import asyncio
import inspect

from acd.asterisk.caller_ports import quietly
from acd.engine.model.ids import CallId

CALL = CallId("ast1-1.1")


async def answers(value: str) -> str:
    await asyncio.sleep(0)
    if not value:
        raise RuntimeError("the desk is broken")
    return value


async def test_an_answer_comes_and_a_failure_is_none() -> None:
    assert await quietly(answers("1001"), CALL, "preferred_agent") == "1001"
    assert await quietly(answers(""), CALL, "preferred_agent") is None


async def test_a_look_up_that_is_given_up_before_it_begins_is_closed() -> None:
    """The caller hung up in the turn in which they came. Python warns of what never began, in the line's log."""
    asked = answers("1001")
    task = quietly(asked, CALL, "own")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert inspect.getcoroutinestate(asked) == inspect.CORO_CLOSED
