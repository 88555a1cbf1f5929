"""Redirections in a callback: by the agent's phone, which Asterisk calls of itself, and by the callee's."""

import asyncio

from acd.attack.attack import Attack, Outcome
from acd.attack.forwarding import Forwarding, settle
from acd.attack.line import AGENTS
from acd.attack.phone import PICK_UP
from acd.attack.scene import Scene

CALLEES = 3


async def play(scene: Scene, outcome: Outcome) -> None:
    """First agents' phones redirect; then others pick up (the first are passed over for a while), and whoever is called
    back redirects."""
    forwarding = Forwarding(scene)
    scene.may_be_paused = True
    await scene.desk()
    await scene.set_state("offline", *AGENTS)
    await scene.want_callback(CALLEES)
    first, others = AGENTS[:-CALLEES], AGENTS[-CALLEES:]
    for extension in first:
        scene.agents[extension].on_invite = forwarding.answer
    await scene.set_state("ready", *first)
    await settle(scene, forwarding, outcome, len(first))
    for extension in others:
        scene.agents[extension].on_invite = lambda _: PICK_UP
    seen = len(scene.provider.called)
    scene.provider.on_call = forwarding.answer
    await scene.set_state("ready", *others)
    if not await scene.until(lambda: len(scene.provider.called) > seen, 3.0):
        outcome.unplayed.append("nobody was called back, so no callee's redirection was tried")
    await asyncio.sleep(0.5)
    outcome.tried = len(forwarding.given)


ATTACK = Attack("302 callback", "redirections in a callback, by the agent's phone and by the callee's", play)
