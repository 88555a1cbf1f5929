"""When the last agent who could take waiting callers has gone off duty."""

from acd.engine.core import Core
from acd.engine.handlers.calls import move_on, refuse
from acd.engine.model.ids import ServiceId
from acd.engine.rules import admission


def on_due(core: Core, service_id: ServiceId) -> None:
    """Look at a service's callers: those whom nobody on duty could take are moved or let go, as the service says."""
    due = core.state.empty_due.pop(service_id, None)
    service = core.services.get(service_id)
    if due is None or service is None:
        return
    if core.at < due or core.state.regrouping:
        core.state.empty_due[service_id] = max(due, core.at + 1)
        core.start_timer("empty", service_id, core.state.empty_due[service_id])
        return
    waiting = [
        one
        for one in core.state.calls.values()
        if one.phase == "waiting" and one.service == service_id and not one.away
    ]
    for call in sorted(waiting, key=lambda call: (call.order, call.id)):
        no = admission.left_alone(core, call, service)
        if no is not None:
            core.waiting.remove(call)
            if no.overflows:
                move_on(core, call, service, no.why)
            else:
                refuse(core, call, service, no.why)
