"""INVITE with Replaces: taking somebody's place in a talk without knowing the tags of their dialog.

Asterisk has no setting against Replaces: an endpoint that knows the Call-ID and both tags of a dialog takes its place.
The tags are random, but they travel in clear, so a reader of the network has them (docs/security.md: not defended
before TLS). A guess must not work.
"""

import asyncio
from collections.abc import Iterator

from acd.attack import sip
from acd.attack.attack import Attack, Outcome
from acd.attack.line import AGENTS, STRANGER_HOST
from acd.attack.phone import Call, Phone
from acd.attack.scene import DIALLED, Scene


def guesses(call: Call) -> Iterator[str]:
    """Replaces headers of an attacker who has the Call-ID from a log, and perhaps one of the tags."""
    call_id, theirs, ours = call.call_id, call.tags[0], call.tags[1]
    yield call_id
    yield f"{call_id};to-tag=0;from-tag=0"
    yield f"{call_id};to-tag=;from-tag="
    yield f"{call_id};to-tag={sip.token()};from-tag={ours}"
    yield f"{call_id};to-tag={theirs};from-tag={sip.token()}"
    yield f"{call_id};to-tag={theirs};from-tag=0"
    yield f"{call_id};to-tag={theirs[:-1]};from-tag={ours}"
    yield f"{call_id};to-tag={theirs};from-tag={ours}x;early-only"


async def play(scene: Scene, outcome: Outcome) -> None:
    """The caller's and the agent's place in a talk, and that of a caller who waits."""
    for extension in AGENTS[:2]:
        await scene.agent(extension)
    await scene.sign_in(AGENTS[0])
    talk, leg = await scene.talking(AGENTS[0])
    waits = await scene.call_in("0")
    victims = (("the caller", talk), ("the agent", leg), ("the waiting caller", waits))
    await asyncio.gather(
        _take(outcome, await scene.caller(), f"x{DIALLED}", victims, "another caller"),
        _take(outcome, scene.agents[AGENTS[1]], f"x{AGENTS[0]}", victims, "a colleague"),
        _take(outcome, await scene.open(STRANGER_HOST), DIALLED, victims, "a stranger"),
    )
    for place, call in victims:
        if not await scene.held(call):
            outcome.moved.append(f"{place} is cut off")


async def _take(outcome: Outcome, phone: Phone, dialled: str, victims: tuple[tuple[str, Call], ...], who: str) -> None:
    for place, call in victims:
        for guess in guesses(call):
            outcome.tried += 1
            attempt = phone.dial(dialled, headers=[("Replaces", guess), ("Require", "replaces")])
            if await attempt.begin(within_s=0.7) == 200:
                outcome.moved.append(
                    f"{who} took the place of {place} by {guess.partition(';')[2] or 'the Call-ID alone'}"
                )
                await attempt.bye()


ATTACK = Attack("Replaces", "INVITE with guessed Replaces for a talk and for a waiting caller", play)
