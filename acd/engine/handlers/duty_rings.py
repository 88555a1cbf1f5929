"""The duty ring: the line rings a person on duty about an urgent request, and takes their answer by a key.

The desk says which person is rung and which one is next (`tickets.duty`). A wish is known by its name, as with calls
about outcomes: the desk may say it again, and the second is dropped. Each wish has one end, by its timer at the latest.
A request has one ring at a time, so no two people accept it; so has a telephone.
"""

from acd.engine.core import Core
from acd.engine.model.commands import RingDuty
from acd.engine.model.duty_events import DutyKeyed, DutyPickedUp, DutyRingOver, DutyRingWished, DutyRingWithdrawn
from acd.engine.model.duty_facts import DutyHeard, DutyResult, DutyRingEnded, DutyRung
from acd.engine.model.state import DutyRing
from acd.engine.timers import Timer

KNOWN_S = 86_400.0
"""Seconds for which the name of a wish is remembered; a wish is too old much sooner."""
GRACE_S = 5.0
"""Seconds after the end of the ring within which word of it comes."""
WORDS_S = 60.0
"""Seconds within which a person who has picked up has heard the request and pressed a key."""

TIMER: Timer[DutyRing] = Timer(
    "duty",
    lambda _, ring: ring.until,
    key=lambda ring: ring.wish,
    find=lambda core, key: core.state.duty_rings.get(key),
    subjects=lambda core: [core.state.duty_rings[wish] for wish in sorted(core.state.duty_rings)],
)
"""The end of a ring of which nobody has said anything."""


def on_wished(core: Core, event: DutyRingWished) -> None:
    """Ring the person, unless the wish is known already. An earlier ring for the same request is over."""
    if _is_known(core, event):
        return
    _withdraw(core, event.request)
    why = _refusal(core, event)
    if why is not None:
        core.emit(DutyRingEnded(at=core.at, wish=event.wish, request=event.request, result=why, last=event.last))
        return
    ring = DutyRing(
        wish=event.wish,
        request=event.request,
        number=event.callable,
        prompts=event.prompts,
        until=core.at + event.ring_s + GRACE_S,
        last=event.last,
    )
    core.state.duty_rings[ring.wish] = ring
    core.emit(DutyRung(at=core.at, wish=ring.wish, request=ring.request))
    core.emit(RingDuty(wish=ring.wish, node=event.node, number=ring.number, ring_s=event.ring_s))
    TIMER.start(core, ring)


def on_withdrawn(core: Core, event: DutyRingWithdrawn) -> None:
    """The person who is rung, or hears the request, is not needed any more."""
    _withdraw(core, event.request)


def on_picked_up(core: Core, event: DutyPickedUp) -> None:
    """The person hears the request from now on. One who comes back has the time that is left."""
    ring = _live(core, event.wish)
    if ring is not None and not ring.picked_up:
        ring.picked_up, ring.until = True, core.at + WORDS_S
        core.emit(DutyHeard(at=core.at, wish=ring.wish, request=ring.request))
        TIMER.start(core, ring)


def on_keyed(core: Core, event: DutyKeyed) -> None:
    """The person accepts or declines, unless the ring is over."""
    ring = _live(core, event.wish)
    if ring is not None:
        _end(core, ring, "accepted" if event.accepts else "declined")


def on_over(core: Core, event: DutyRingOver) -> None:
    """Nobody has answered, or the person hung up."""
    ring = core.state.duty_rings.get(event.wish)
    if ring is not None:
        _end(core, ring, event.result)


def on_due(core: Core, ring: DutyRing) -> None:
    """Nothing was heard of the person in time."""
    _end(core, ring, "no_answer")


def _is_known(core: Core, event: DutyRingWished) -> bool:
    """Whether the wish came before. From now on it has."""
    wishes = core.state.duty_wishes
    if event.wish in wishes:
        return True
    for wish in [wish for wish, came_at in wishes.items() if came_at <= core.at - KNOWN_S]:
        del wishes[wish]
    wishes[event.wish] = core.at
    return False


def _refusal(core: Core, event: DutyRingWished) -> DutyResult | None:
    """Why the person is not rung; None where they are."""
    if event.not_after <= core.at or core.state.stopping:
        return "failed"
    if not event.callable:
        return "unreachable"
    if any(ring.number == event.callable for ring in core.state.duty_rings.values()):
        return "busy"
    return None


def _live(core: Core, wish: str) -> DutyRing | None:
    """The ring of this name, if its time is not over."""
    ring = core.state.duty_rings.get(wish)
    return ring if ring is not None and core.at < ring.until else None


def _withdraw(core: Core, request: str) -> None:
    for ring in TIMER.subjects(core):
        if ring.request == request:
            _end(core, ring, "withdrawn")


def _end(core: Core, ring: DutyRing, result: DutyResult) -> None:
    del core.state.duty_rings[ring.wish]
    TIMER.stop(core, ring)
    core.emit(DutyRingEnded(at=core.at, wish=ring.wish, request=ring.request, result=result, last=ring.last))
