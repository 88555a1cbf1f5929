"""Agents' phones that redirect the callers whom a colleague sends them."""

import asyncio
from urllib.parse import quote

from acd.attack.attack import Attack, Outcome
from acd.attack.forwarding import Forwarding, settle
from acd.attack.line import AGENTS
from acd.attack.phone import RING
from acd.attack.scene import Scene

TALKS = 4


async def play(scene: Scene, outcome: Outcome) -> None:
    """Four talks, each sent on to a phone that redirects: three blindly, one to a phone that rings for the agent."""
    forwarding = Forwarding(scene)
    scene.may_be_paused = True
    talks = []
    for extension in AGENTS[:TALKS]:  # one after the other, so that the caller is offered to this one
        await scene.agent(extension)
        await scene.sign_in(extension)
        talks.append(await scene.talking(extension))
    targets = AGENTS[TALKS : 2 * TALKS]
    for target in targets:
        await scene.agent(target, forwarding.answer)
    await scene.sign_in(*targets)
    line = scene.agents[AGENTS[0]].line
    for (_, leg), target in zip(talks[:-1], targets, strict=False):
        await leg.refer(f"sip:{target}@{line}")
    # The last agent calls the colleague first and hands the caller over while that phone rings; it redirects then.
    (_, leg), target = talks[-1], targets[-1]
    scene.agents[target].on_invite = lambda _: RING
    second = scene.agents[AGENTS[TALKS - 1]].dial(target)
    ringing = asyncio.create_task(second.begin(within_s=3.0))
    await scene.needs(lambda: scene.rung(target), f"{target} rings")
    await asyncio.sleep(0.2)
    await leg.refer(f"sip:{target}@{line}?Replaces={quote(second.replaces, safe='')}")
    await asyncio.sleep(0.2)
    scene.agents[target].now(forwarding.answer)
    ringing.cancel()
    await settle(scene, forwarding, outcome, TALKS)


ATTACK = Attack("302 sent on", "redirections by agents' phones to which a caller is sent on", play)
