"""What the compiled engine answers to streams by chance: `python -m tests.acd.engine.compiled_stream SEED…` prints a
digest for each, and where the engine came from."""

import hashlib
import sys

import msgspec

from acd.engine import machine
from tests.acd.engine.chance import Chance

EVENTS = 2500
CALLS = (2, 5, 12, 30)
"""Few calls leave agents idle; with many, callers wait."""


def answers(seed: int) -> str:
    """The digest of all that the engine says to one stream, of its snapshots on the way, and of what it goes on from
    one of them with."""
    chance, engine = Chance(seed, CALLS[seed % len(CALLS)]), machine.Engine()
    said = hashlib.blake2b(digest_size=16)
    for number, event in enumerate(chance.stream(EVENTS)):
        out = engine.handle(event)
        chance.learn(list(out))
        said.update(msgspec.json.encode(out))
        if number % 500 == 499:
            said.update(engine.snapshot())
            engine = machine.Engine.restore(engine.snapshot())
    said.update(engine.snapshot())
    return said.hexdigest()


if __name__ == "__main__":
    print(machine.__file__)
    for argument in sys.argv[1:]:
        print(answers(int(argument)))
