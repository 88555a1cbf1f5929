"""Agents' phones that redirect a caller of the standby's queue."""

import asyncio

from acd.attack.attack import Attack, Outcome
from acd.attack.forwarding import Forwarding, settle
from acd.attack.scene import Scene

CALLERS = 4


async def play(scene: Scene, outcome: Outcome) -> None:
    """The daemon ends; its callers come to Asterisk's own queue, whose members' phones redirect."""
    forwarding = Forwarding(scene)
    scene.may_be_paused = True
    await scene.desk(forwarding.answer)
    await asyncio.to_thread(scene.line.end_engine)
    calls = await scene.callers(CALLERS)
    for _ in range(10):  # the standby asks whether it is urgent as soon as it has them
        await asyncio.gather(*(call.press("1") for call in calls))
        if await scene.until(lambda: len(forwarding.given) >= CALLERS, 0.7):
            break
    await settle(scene, forwarding, outcome, CALLERS)


ATTACK = Attack(
    "302 standby", "redirections by agents' phones that the standby's queue rings", play, 20.0, ends_engine=True
)
