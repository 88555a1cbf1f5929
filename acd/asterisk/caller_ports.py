"""What callers' sessions need of the rest of the line."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from acd.asterisk.flow_runner import LookUpPort
from acd.engine.model.config import ServiceClass
from acd.engine.model.events import AnyEvent
from acd.engine.model.ids import AgentId, NodeId, ServiceId
from ivr.flow import Flow


@dataclass(frozen=True, slots=True)
class CallerPorts:
    """What sessions need of the rest of the program."""

    post: Callable[[AnyEvent], None]
    clock: Callable[[], float]
    """Unix seconds."""
    flow: Callable[[str], Flow | None]
    """A flow by name, in its present version."""
    look_up: LookUpPort
    ami_connected: Callable[[], bool]
    """Whether AMI reports keys now."""
    label: Callable[[ServiceId, ServiceClass, int, bool], str] = lambda service, priority, urgent_calls, untold: str(
        service
    )
    """What an agent's phone shows instead of the caller's name: for a service, a class, how many urgent calls came
    from the number within the hour, and whether the kind of an urgent call is still to be said."""
    early_ring: Callable[[], bool] = lambda: False
    """Whether an agent's phone may ring while an urgent caller still presses the kind."""
    menu_s: Callable[[str, str], float] = lambda step, language: 0.0
    """Seconds that the menu of a step takes in a language, with the time for a key."""
    knows: Callable[[str], Awaitable[AgentId | None] | None] = lambda number: None
    """Looks up a caller's preferred agent by number. Runs while the caller is in the flow, which does not wait for it.
    None: there is no look-up."""
    callable: Callable[[str], str] = lambda number: ""
    """The digits to dial for a callback of this number; empty if it cannot be called back."""
    phone: Callable[[str], str] = lambda endpoint: endpoint
    """The endpoint to dial for an agent: the phone that they use now."""
    node: NodeId = NodeId("ast1")
    """The node for a channel whose uniqueid names none."""
    monotonic: Callable[[], float] = field(default=time.monotonic)
