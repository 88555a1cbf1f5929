"""Agents' phones that redirect the colleagues who call them."""

import asyncio

from acd.attack.attack import Attack, Outcome
from acd.attack.forwarding import FORMS, STATUSES, Forwarding, settle
from acd.attack.line import AGENTS
from acd.attack.scene import Scene

PAIRS = tuple(zip(AGENTS[:4], AGENTS[4:], strict=True))


async def play(scene: Scene, outcome: Outcome) -> None:
    """Four calls at a time, until each form and status has been given."""
    forwarding = Forwarding(scene)
    for extension in AGENTS:
        await scene.agent(extension, forwarding.answer)
    least = len(FORMS) + len(STATUSES) - 1
    for _ in range(-(-least // len(PAIRS))):
        calls = [scene.agents[first].dial(second) for first, second in PAIRS]
        await asyncio.gather(*(call.begin(within_s=1.0) for call in calls))
        await asyncio.gather(*(call.bye() if call.up else call.cancel() for call in calls if call.status < 300))
    await settle(scene, forwarding, outcome, least)


ATTACK = Attack("302 private", "redirections by agents' phones that a colleague calls", play)
