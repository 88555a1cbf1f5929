"""A call comes on the line, what it is about becomes known, and it queues: the fact of each is said here alone, whoever
brings the call (its own channel, the standby's word, a list of Asterisk's channels)."""

from acd.engine.core import Core
from acd.engine.model.facts import CallEntered, CallQueued, ServiceNamed
from acd.engine.model.ids import CallId
from acd.engine.model.state import Call, Named, Queued
from acd.engine.rules.repeat_callers import LATER


def take_on(core: Core, call: Call) -> Call:
    """A new call is on the line."""
    core.state.calls[call.id] = call
    core.emit(
        CallEntered(
            at=core.at,
            call=call.id,
            node=call.node,
            channel=call.channel,
            number=call.number,
            name=call.name,
            dialled=call.dialled,
            arrived_at=call.arrived_at,
            full=call.full,
        )
    )
    return call


def tell_named(
    core: Core,
    call: Call,
    named: Named,
    *,
    opens_ticket: bool,
    fields: dict[str, str] | None = None,
    at: float | None = None,
    again: bool = False,
    asked: bool = False,
) -> None:
    """It is known what the caller wants: the service and its class, now or since `at`."""
    core.emit(
        ServiceNamed(
            at=core.at if at is None else at,
            call=call.id,
            service=named.service,
            priority=named.priority,
            language=call.language,
            number=call.number,
            opens_ticket=opens_ticket,
            fields=fields or {},
            asked=asked,
            again=again,
        )
    )


def next_place(core: Core) -> int:
    """The place behind all that were ever given."""
    place = core.state.next_order
    core.state.next_order += 1
    return place


def tell_queued(core: Core, call: Call, queued: Queued, position: int, kept_from: CallId | None = None) -> None:
    """The caller waits since `queued.at`."""
    core.emit(
        CallQueued(
            at=queued.at,
            call=call.id,
            service=queued.service,
            priority=queued.priority,
            number=call.number,
            position=position,
            kept_from=kept_from,
            ewt_s=queued.ewt_s,
            points=queued.points if queued.priority != "urgent" else 0.0,
            order=queued.order % LATER,
            urgent_calls=queued.urgent_calls,
            repeat=queued.repeat,
        )
    )
