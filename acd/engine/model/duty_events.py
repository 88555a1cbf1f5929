"""Events of the duty ring: a person on duty is rung about an urgent request. None belongs to a caller's call."""

from acd.engine.model.duty_facts import DutyResult
from acd.engine.model.event_base import Event
from acd.engine.model.ids import NodeId


class DutyRingWished(Event, tag="duty_ring_wished", frozen=True, kw_only=True):
    """The desk wants a person on duty rung. A wish of the same name that came before is the same wish."""

    wish: str
    """Request and number of the ring: `26-000123-3.2`."""
    request: str
    number: str
    """The person's telephone or extension, as the town's file has it."""
    prompts: tuple[str, ...] = ()
    """What is said of the request."""
    ring_s: float
    """How long the telephone rings."""
    not_after: float
    """The desk has given the ring up by this time, Unix seconds."""
    last: bool = False
    """Nobody is rung after this one."""
    node: NodeId = NodeId("")
    callable: str = ""
    """The line says these two: by which node, and the digits that are dialled. Empty where they cannot be."""


class DutyRingWithdrawn(Event, tag="duty_ring_withdrawn", frozen=True, kw_only=True):
    """Nobody needs to be rung about this request any more: somebody has accepted it."""

    request: str


class DutyPickedUp(Event, tag="duty_picked_up", frozen=True, kw_only=True):
    """The person has picked up, or is back at us after a line that died."""

    wish: str


class DutyKeyed(Event, tag="duty_keyed", frozen=True, kw_only=True):
    """The person has said by a key whether they accept."""

    wish: str
    accepts: bool


class DutyRingOver(Event, tag="duty_ring_over", frozen=True, kw_only=True):
    """The ring, or the call, is over without a key."""

    wish: str
    result: DutyResult


DutyEvent = DutyRingWished | DutyRingWithdrawn | DutyPickedUp | DutyKeyed | DutyRingOver
