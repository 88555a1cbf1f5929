"""The facts that a call has come, that its service is known, and that it queues. Only this module emits them, for calls
from their own channel, from the standby's records and from Asterisk's list of channels, and for those that the line
makes."""

from acd.engine.core import Core
from acd.engine.model.facts import CallEntered, CallQueued, ServiceNamed
from acd.engine.model.ids import CallId
from acd.engine.model.outcome_events import OutcomeCallWished
from acd.engine.model.phone_numbers import known
from acd.engine.model.state import Call, Named, Queued
from acd.engine.model.task_events import TaskCallWished
from acd.engine.rules.repeat_callers import LATER


def take_on(core: Core, call: Call) -> Call:
    """Take a new call on."""
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


def take_called(core: Core, call: CallId, wish: OutcomeCallWished | TaskCallWished) -> Call:
    """Take on the call of a citizen whom the line calls. It has no channel yet."""
    return take_on(
        core,
        Call(
            id=call,
            node=wish.node,
            channel="",
            number=known(wish.number),
            name="",
            dialled="",
            arrived_at=core.at,
            language=wish.language,
            callable=wish.callable,
        ),
    )


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
    """Emit the caller's service and its class, now or as of `at`."""
    call.owes_request = not opens_ticket and (call.owes_request or call.named is None)
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
    """The next place, behind all places that were ever given."""
    place = core.state.next_order
    core.state.next_order += 1
    return place


def tell_queued(core: Core, call: Call, queued: Queued, position: int, kept_from: CallId | None = None) -> None:
    """Emit that the caller waits since `queued.at`."""
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
