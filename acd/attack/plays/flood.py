"""A flood of callers: does an emergency get through, are the agents still there afterwards, and does one number get no
more calls than it may have?

Every call has its RTP ports before the dialplan can refuse it. When the ports run out, no agent's phone can be rung any
more, whatever the queue decides.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from acd.attack.attack import Attack, Outcome
from acd.attack.line import AGENTS, TRUNK_HOST
from acd.attack.phone import PICK_UP, Answer, Call
from acd.attack.scene import DIALLED, Scene, from_number

CALLS = 150
OVER_S = 1.5
SOCKETS = 10
SERVE = Answer(200, after_s=0.1, talk_s=0.5)
"""Agents pick up and are done soon, so that they are there for the next caller."""
THROUGH_S = 12.0
"""An urgent caller who dials again after each refusal must reach an agent within this time."""


async def play(scene: Scene, outcome: Outcome) -> None:
    """Patient callers of many numbers who ask for an agent, then one number that acknowledges nothing; an urgent caller
    in the middle of each."""
    await scene.desk(lambda _: SERVE, count=2)
    for name, one_number in (("of many numbers", False), ("of one number", True)):
        flood = asyncio.create_task(_flood(scene, outcome, one_number=one_number))
        await asyncio.sleep(OVER_S)
        took_s = await _emergency(scene)
        if took_s is None:
            outcome.moved.append(f"a flood {name}: an urgent caller was with no agent within {THROUGH_S:g} s")
        await flood
        await scene.hang_up_all()
        await _still_there(scene, outcome, name)


async def _flood(scene: Scene, outcome: Outcome, *, one_number: bool) -> None:
    phones = [await scene.open(TRUNK_HOST, "05308888888" if one_number else f"0530777{n:04d}") for n in range(SOCKETS)]
    made, calls = [], []
    for n in range(CALLS):
        phone = phones[n % SOCKETS]
        headers = [] if one_number else [("From", f"<sip:0530666{n:04d}@{TRUNK_HOST}>")]
        call = phone.dial(DIALLED, headers=headers, acknowledges=not one_number)
        made.append(call)
        calls.append(asyncio.create_task(_stay(call, keys="" if one_number else "0")))
        outcome.tried += 1
        await asyncio.sleep(OVER_S / CALLS)
    await asyncio.gather(*calls)
    most = scene.line.settings.max_calls_per_number
    taken = sum(200 <= call.status < 300 for call in made)
    if one_number and taken > most:
        outcome.moved.append(f"a flood of one number: {taken} of its calls were taken at once, {most} at most may be")


async def _stay(call: Call, keys: str) -> None:
    await call.begin()
    if call.up and keys:
        await asyncio.sleep(0.3)
        await call.press(keys)


async def _emergency(scene: Scene) -> float | None:
    """Dial, say by keys that it is a funeral, and dial again if that came to nothing; how long it took to an agent."""
    began = time.monotonic()
    phone = await scene.caller()

    def rings() -> bool:
        return any(from_number(one) == phone.user for extension in AGENTS[:2] for one in scene.rung(extension))

    while (left := THROUGH_S - (time.monotonic() - began)) > 0:
        call = phone.dial(DIALLED)
        await call.begin(within_s=min(1.5, left))
        if call.up:
            await asyncio.sleep(0.15)
            await call.press("11")
            await scene.until(partial(_over, rings, call), min(3.0, left))
        if rings():
            return time.monotonic() - began
        await call.bye()
        await asyncio.sleep(0.3)
    return None


def _over(rings: Callable[[], bool], call: Call) -> bool:
    return rings() or not call.up


async def _still_there(scene: Scene, outcome: Outcome, name: str) -> None:
    """After the flood the agents are at work as before, and the next caller is brought to one."""
    for phone in scene.agents.values():
        phone.now(lambda _: PICK_UP)
    call = await scene.call_in("0")
    served = await scene.until(lambda: any(phone.calls for phone in scene.agents.values()), 4.0)
    if not (call.up and served):
        outcome.moved.append(f"after a flood {name} the next caller is brought to nobody")
    await scene.hang_up_all()
    for phone in scene.agents.values():
        phone.now(lambda _: SERVE)
        phone.calls.clear()


ATTACK = Attack("flood", f"{2 * CALLS} calls in some seconds, and an urgent caller among them", play, 40.0)
