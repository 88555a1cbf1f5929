"""Redirections in a callback: by the agent's phone, which Asterisk calls of itself, and by the callee's."""

import asyncio

from acd.attack.attack import Attack, Outcome
from acd.attack.forwarding import Forwarding, settle
from acd.attack.line import AGENTS
from acd.attack.phone import PICK_UP
from acd.attack.scene import Scene

CALLEES = 3


async def play(scene: Scene, outcome: Outcome) -> None:
    """First the agents' phones redirect; then they pick up, and whoever is called back redirects."""
    forwarding = Forwarding(scene)
    scene.may_be_paused = True
    await scene.desk()
    await scene.set_state("offline", *AGENTS)
    await scene.want_callback(CALLEES)
    for phone in scene.agents.values():
        phone.on_invite = forwarding.answer
    await scene.set_state("ready", *AGENTS)
    await settle(scene, forwarding, outcome, len(AGENTS))
    for phone in scene.agents.values():
        phone.on_invite = lambda _: PICK_UP
    seen = len(scene.provider.called)
    scene.provider.on_call = forwarding.answer
    await scene.set_state("ready", *AGENTS)
    if not await scene.until(lambda: len(scene.provider.called) > seen, 3.0):
        outcome.unplayed.append("nobody was called back, so no callee's redirection was tried")
    await asyncio.sleep(0.5)
    outcome.tried = len(forwarding.given)


ATTACK = Attack("302 callback", "redirections in a callback, by the agent's phone and by the callee's", play)
