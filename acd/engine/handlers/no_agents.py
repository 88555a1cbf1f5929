"""When the last agent who could take waiting callers has gone off duty."""

from acd.engine.core import Core
from acd.engine.handlers.calls import move_on, refuse
from acd.engine.model.config import Service
from acd.engine.rules import admission


def on_due(core: Core, service: Service) -> None:
    """Check a service's callers: those whom no agent on duty could take are moved or released, as the service says.
    Callers without a session are looked at when they are back."""
    del core.state.empty_due[service.id]
    if core.state.regrouping:
        core.state.empty_due[service.id] = core.at + 1
        admission.EMPTY.start(core, service)
        return
    waiting = [
        one
        for one in core.state.calls.values()
        if one.phase == "waiting" and one.place.service == service.id and one.attached and not one.away
    ]
    for call in sorted(waiting, key=lambda call: (call.place.order, call.id)):
        queued = call.place
        no = admission.left_alone(core, queued, service)
        if no is not None:
            core.waiting.remove(queued)
            if no.to is not None:
                move_on(core, call, queued, service, no.to, no.why)
            else:
                refuse(core, call, service, no.why)
