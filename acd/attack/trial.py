"""Tries an Asterisk before it serves: its private line takes a call, which an agent's phone answers."""

import asyncio

from acd.asterisk.mirror import ProvisionError
from acd.asterisk.provision import Installation
from acd.attack.attack import Outcome, Unplayable
from acd.attack.line import AGENTS, CannotAttack, Line
from acd.attack.scene import Scene, Theatre
from acd.client import ApiError
from acd.config.settings import Settings

WITHIN_S = 30.0


def try_call(theirs: Settings, installed: Installation) -> None:
    """Start a private line of this Asterisk with these settings' rules and let one call be answered.

    To be called from the main thread. Raises `ProvisionError` with what went wrong."""
    try:
        with Line(theirs, installed) as line:
            asyncio.run(_call(line))
    except (CannotAttack, Unplayable, ApiError, OSError) as error:
        raise ProvisionError(f"the trial failed: {error}") from None
    except TimeoutError:
        raise ProvisionError(f"the trial failed: no call was answered in {WITHIN_S:g} s") from None


async def _call(line: Line) -> None:
    outcome = Outcome("trial", "a call")
    async with Theatre(line) as theatre, Scene(theatre, outcome) as scene, asyncio.timeout(WITHIN_S):
        await scene.agent(AGENTS[0])
        await scene.sign_in(AGENTS[0])
        caller, leg = await scene.talking(AGENTS[0])
        if not (await scene.held(caller) and await scene.held(leg)):
            raise Unplayable("the call was answered and then cut off")
    if not outcome.is_clean:
        raise Unplayable("; ".join([*outcome.left, *outcome.moved]))
