"""Agents' phones that redirect the callers they are offered."""

from acd.attack.attack import Attack, Outcome
from acd.attack.forwarding import FORMS, STATUSES, Forwarding, settle
from acd.attack.line import AGENTS
from acd.attack.phone import PICK_UP
from acd.attack.scene import Scene


async def play(scene: Scene, outcome: Outcome) -> None:
    """More callers than agents, so that each form is given; then the agents pick up: nobody may be left behind."""
    forwarding = Forwarding(scene)
    scene.may_be_paused = True
    await scene.desk(forwarding.answer)
    calls = await scene.callers(len(FORMS) + len(STATUSES), "0")
    await settle(scene, forwarding, outcome, len(AGENTS))
    for phone in scene.agents.values():
        phone.now(lambda _: PICK_UP)
    await scene.set_state("ready", *AGENTS)
    up = sum(call.up for call in calls)
    served = min(up, len(AGENTS))
    if not await scene.until(lambda: sum(len(phone.calls) for phone in scene.agents.values()) >= served, 3.0):
        talk = sum(len(phone.calls) for phone in scene.agents.values())
        outcome.moved.append(f"with {len(AGENTS)} agents who now pick up, {talk} of {up} callers were brought to one")


ATTACK = Attack("302 offer", "redirections by agents' phones that are offered a caller", play)
