"""Facts of the duty ring."""

from typing import Literal

from acd.engine.model.fact_base import Fact

DutyResult = Literal["accepted", "declined", "no_answer", "busy", "unreachable", "failed", "withdrawn"]
"""`no_answer`: nobody picked up, or nobody pressed a key. `unreachable`: there is no such telephone. `failed`: it is
not the telephone's fault. `withdrawn`: somebody accepted in another way, or the desk has given the ring up."""


class DutyRung(Fact, tag="duty_rung", frozen=True, kw_only=True):
    """A person's telephone rings from now on."""

    wish: str
    request: str


class DutyHeard(Fact, tag="duty_heard", frozen=True, kw_only=True):
    """The person has picked up and hears the request. From now on they are not rung again for this wish."""

    wish: str
    request: str


class DutyRingEnded(Fact, tag="duty_ring_ended", frozen=True, kw_only=True):
    """The one end of a wish. `last`: the list of people is used up with it, if it was not accepted."""

    wish: str
    request: str
    result: DutyResult
    last: bool = False


DutyFact = DutyRung | DutyHeard | DutyRingEnded
