"""Events of the duty ring by chance: few requests, people and rings, so that they meet."""

import random

from acd.engine.model.duty_events import (
    DutyEvent,
    DutyKeyed,
    DutyPickedUp,
    DutyRingOver,
    DutyRingWished,
    DutyRingWithdrawn,
)
from acd.engine.model.ids import NodeId


def duty_event(rng: random.Random, at: float) -> DutyEvent:
    """One of them."""
    request = f"26-00000{rng.randrange(3)}-1"
    wish = f"{request}.{rng.randrange(1, 6)}"
    wished = DutyRingWished(
        at=at,
        wish=wish,
        request=request,
        number="7101",
        ring_s=rng.choice((5.0, 60.0)),
        not_after=at + rng.choice((-1.0, 30.0, 30.0)),
        last=rng.random() < 0.2,
        node=NodeId("ast1"),
        callable=rng.choice(("7101", "7102", "7103", "")),
    )
    return rng.choice(
        (
            wished,
            wished,
            wished,
            DutyPickedUp(at=at, wish=wish),
            DutyKeyed(at=at, wish=wish, accepts=rng.random() < 0.5),
            DutyRingOver(at=at, wish=wish, result=rng.choice(("busy", "no_answer"))),
            DutyRingWithdrawn(at=at, request=request),
        )
    )
