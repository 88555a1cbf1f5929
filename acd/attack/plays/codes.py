"""Keys in a talk, and agents' codes: no key may send a talk anywhere, and no code may be another's."""

import asyncio

from acd.attack.attack import Attack, Outcome
from acd.attack.line import AGENTS
from acd.attack.scene import Scene

KEYS = ("#1", "*1", "*2", "##", "*0", "#7", "*8", "AD")


async def play(scene: Scene, outcome: Outcome) -> None:
    """Both sides of a talk press what app_dial and features know; a phone dials codes in a colleague's name."""
    await scene.desk(count=2)
    await scene.set_state("paused", AGENTS[1], reason="meal")
    caller, leg = await scene.talking(AGENTS[0])
    for keys in KEYS:
        outcome.tried += 2
        await asyncio.gather(caller.press(keys), leg.press(keys))
    for body in (
        "Signal=*\r\nDuration=100\r\n",
        "Signal=#\r\nDuration=99999999999\r\n",
        "Signal=\r\n",
        "Signal=ABCD%n\r\n",
    ):
        outcome.tried += 1
        await leg.request("INFO", [("Content-Type", "application/dtmf-relay")], body)
    if not (await scene.held(caller) and await scene.held(leg)):
        outcome.moved.append("keys ended a talk")
    mine = scene.agents[AGENTS[0]]
    for code in ("*45", "*46", "*47", "*48"):
        outcome.tried += 1
        call = mine.dial(code, headers=[("From", f'"{AGENTS[1]}" <sip:{AGENTS[1]}@127.0.0.1>')])
        if await call.begin(within_s=0.7) == 200:
            outcome.moved.append(f"{AGENTS[0]} dialled {code} as {AGENTS[1]}")
            await call.bye()
    states = await scene.states()
    if states[AGENTS[1]] != "paused":
        outcome.moved.append(f"{AGENTS[1]}, who paused, is {states[AGENTS[1]]}")
    await scene.set_state("ready", AGENTS[1])


ATTACK = Attack("codes", "feature codes pressed in a talk, and agents' codes in a colleague's name", play)
