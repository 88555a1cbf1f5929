"""One number says again and again that it is urgent: must a first-time caller stand behind it?"""

from acd.attack.attack import Attack, Outcome
from acd.attack.line import AGENTS
from acd.attack.phone import PICK_UP, RING
from acd.attack.scene import Scene, from_number

LINES = 8
NUMBER = "05301111111"


async def play(scene: Scene, outcome: Outcome) -> None:
    """The only agent talks with one of that number's calls; who is rung for next, when it is over?"""
    agent = await scene.agent(AGENTS[0], lambda _: PICK_UP)
    await scene.sign_in(AGENTS[0])
    first = await scene.call_in("11", NUMBER)
    await scene.needs(lambda: agent.calls, f"{AGENTS[0]} talks with the first call of {NUMBER}")
    agent.on_invite = lambda _: RING
    others = [await scene.call_in("11", NUMBER) for _ in range(LINES)]
    outcome.tried = 1 + LINES
    honest = await scene.call_in("11")
    if not honest.up:
        outcome.moved.append("the first-time caller was not let in")
        return
    number = honest.phone.user
    await scene.needs(lambda: _waits(scene, number), "the first-time caller waits")
    seen = len(agent.invited)
    await first.bye()
    await scene.needs(lambda: len(agent.invited) > seen, f"{AGENTS[0]} is rung for the next")
    rung_for = from_number(agent.invited[seen])
    if rung_for != number:
        ahead = sum(call.up for call in others)
        outcome.moved.append(f"a first-time urgent caller stands behind {ahead} calls of one number")


async def _waits(scene: Scene, number: str) -> bool:
    return number in {row["caller"] for row in await scene.queue()}


ATTACK = Attack(
    "urgent key", f"{LINES + 1} calls of one number that all say it is urgent, and a first-time caller", play
)
