"""Play the attacks, one after the other."""

import asyncio
import importlib
import pkgutil
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from acd.attack import plays
from acd.attack.attack import Attack, Outcome, Unplayable
from acd.attack.line import Line
from acd.attack.scene import Scene, Theatre
from acd.client import ApiError
from acd.config.settings import Settings


def attacks() -> tuple[Attack, ...]:
    """All attacks, in the order of their modules' names; those that end the engine come last."""
    names = sorted(module.name for module in pkgutil.iter_modules(plays.__path__))
    found = [importlib.import_module(f"{plays.__name__}.{name}").ATTACK for name in names]
    return tuple(sorted(found, key=lambda one: one.ends_engine))


def attack_line(
    theirs: Settings, told: Callable[[Outcome], None], wanted: Sequence[Attack] | None = None
) -> list[Outcome]:
    """Bring up a private line with these settings' rules, play the attacks (all, if none are named), and take it down.

    `told` gets each outcome as it is known. To be called from the main thread: what is started then ends with it,
    however it ends. Raises `CannotAttack`."""
    return asyncio.run(_play_all(theirs, told, attacks() if wanted is None else wanted))


async def _play_all(theirs: Settings, told: Callable[[Outcome], None], wanted: Sequence[Attack]) -> list[Outcome]:
    outcomes = []
    remaining = list(wanted)
    while remaining:
        async with AsyncExitStack() as stack:
            theatre = await stack.enter_async_context(Theatre(stack.enter_context(Line(theirs))))
            fit = True
            while remaining and fit:  # an attack that leaves the line broken must not spoil the next one's outcome
                outcome, fit = await _play(theatre, remaining.pop(0))
                outcomes.append(outcome)
                told(outcome)
    return outcomes


async def _play(theatre: Theatre, attack: Attack) -> tuple[Outcome, bool]:
    """The outcome, and whether the line is as it was before."""
    outcome = Outcome(attack.name, attack.what)
    scene = Scene(theatre, outcome)
    try:
        async with scene, asyncio.timeout(attack.within_s):
            await attack.play(scene, outcome)
    except TimeoutError:
        outcome.unplayed.append(f"not done in {attack.within_s:g} s")
    except (Unplayable, ApiError, OSError) as error:
        outcome.unplayed.append(str(error) or type(error).__name__)
    return outcome, scene.left_as_found
