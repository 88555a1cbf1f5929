"""What callers' sessions need of the rest of the line."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import structlog

from acd.asterisk.flow_runner import LookUpPort
from acd.engine.model.config import ServiceClass
from acd.engine.model.events import AnyEvent
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from ivr.flow import Flow

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TalkLimits:
    """How long things may take in an automatic call, in seconds, and where remarks are kept. 0 and None: none is looked
    for or taken."""

    greeting_s: float = 0.0
    remark_s: float = 0.0
    remarks: Path | None = None


async def _nothing(_: CallId) -> Mapping[str, str]:
    return {}


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
    preferred_agent: Callable[[str], Awaitable[AgentId | None] | None] = lambda number: None
    """Looks up a caller's preferred agent by number. Runs while the caller is in the flow, which does not wait for it;
    not for a flow that asks and says nothing, which would be over before. None: there is no look-up."""
    own: Callable[[str], Awaitable[dict[str, str] | None] | None] = lambda number: None
    """Looks up the open requests of a caller's number, as `ivr.own` says them. Runs while the caller hears the first
    words of the flow, which does not wait for it. None: there is no look-up."""
    callable: Callable[[str], str] = lambda number: ""
    """The digits to dial for a callback of this number; empty if it cannot be called back."""
    phone: Callable[[str], str] = lambda endpoint: endpoint
    """The endpoint to dial for an agent: the phone that they use now."""
    node: NodeId = NodeId("ast1")
    """The node for a channel whose uniqueid names none."""
    queue_possible: Callable[[], bool] = lambda: True
    """Whether a caller may be in Asterisk's own queue, so that its legs and ours must exclude each other."""
    came_back: Callable[[CallId], None] = lambda call: None
    """Told of each caller who had been without an engine, before their session is posted."""
    outcome_talk: TalkLimits = TalkLimits()
    """Limits of automatic calls about outcomes."""
    messages: Path | None = None
    """Where callers' messages are recorded; None: nowhere."""
    message_taken: Callable[[CallId], Awaitable[Mapping[str, str]]] = _nothing
    """Has a message brought to its request. Gives the request's `number` if it is a new one, or that it is `added` to
    an open one; nothing if that is not known soon."""
    opened: Callable[[CallId], Awaitable[Mapping[str, str] | None] | None] = lambda call: None
    """Looks up the `number` of the request that a call has opened; nothing if there is none. Gives None if that is not
    known soon. None instead of a look-up: no number is said after a talk."""
    opens_ticket: Callable[[ServiceId], bool] = lambda service: False
    """Whether calls for a service open a request by themselves."""
    recorded: Callable[[ServiceId], bool] = lambda service: False
    """Whether calls for a service are recorded, so that their callers must hear it before."""
    notice_version: Callable[[str, str], str] = lambda prompt, language: ""
    """Which version of a notice, by its prompt, is played in a language; empty if that is not known."""
    recordings: Path | None = None
    """Where Asterisk records talks; None: nowhere."""
    monotonic: Callable[[], float] = field(default=time.monotonic)


def quietly(asked: Awaitable[T | None], call: CallId, kind: str) -> asyncio.Task[T | None]:
    """Asks beside all else. The result is the answer of a look-up, or None if it fails: a caller of whom nothing is
    known is served all the same."""
    task = asyncio.get_running_loop().create_task(_answer(asked, call, kind))
    if isinstance(asked, Coroutine):
        task.add_done_callback(lambda _: asked.close())  # it may not have begun: the caller hung up at once
    return task


def found(asked: asyncio.Task[T | None] | None) -> T | None:
    """What a look-up has found, if it has ended."""
    return asked.result() if asked is not None and asked.done() and not asked.cancelled() else None


async def _answer(asked: Awaitable[T | None], call: CallId, kind: str) -> T | None:
    try:
        return await asked
    except Exception:
        log.exception("look_up_failed", call=call, kind=kind)
        return None
