"""Events of hand-overs to other institutions by chance."""

import random

from acd.engine.model.events import AnyEvent, CommandFailed, Transferred
from acd.engine.model.handover_events import HandOverWished, OutsideAnswered, OutsideFailed
from acd.engine.model.handover_facts import HANDOVER
from acd.engine.model.ids import AgentId, CallId


def handover_event(rng: random.Random, at: float, call: CallId, agent: AgentId, leg: str) -> AnyEvent:
    """A part of a hand-over: the wish, the caller leaves, what became of the ring."""
    many: list[AnyEvent] = [
        HandOverWished(
            at=at,
            call=call,
            to="iski",
            number="185",
            callable=rng.choice(("185", "185", "185", "")),
            agent=rng.choice((None, None, agent)),
            not_after=at + rng.choice((4, 4, 4, 0)),
        ),
        HandOverWished(at=at, call=call, to="acil_112", number="112", callable="112", not_after=at + 4),
        Transferred(at=at, call=call, leg=leg, kind="blind", dialled=HANDOVER),
        Transferred(at=at, call=call, leg=leg, kind="blind", dialled=HANDOVER),
        OutsideAnswered(at=at, call=call),
        OutsideFailed(at=at, call=call, status=rng.choice(("BUSY", "NOANSWER", "CHANUNAVAIL", "CANCEL", ""))),
        CommandFailed(at=at, call=call, command="hand_over", error="none"),
    ]
    return rng.choice(many)
