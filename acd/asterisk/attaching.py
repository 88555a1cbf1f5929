"""The first word of a caller's session: who has come, as Asterisk says it."""

from acd.asterisk.agi_codec import Environment
from acd.asterisk.caller_channel import arrived_at, channel_name, dial_status, node_of, safe_name
from acd.asterisk.caller_ports import CallerPorts
from acd.asterisk.callerid import number_in
from acd.engine.model.events import CallAttached
from acd.engine.model.ids import CallId


def attached(call: CallId, environment: Environment, ports: CallerPorts) -> CallAttached:
    """The event of a caller's channel that runs our AGI."""
    number = number_in(environment.get("callerid"))
    if environment.argument(4):
        ports.came_back(call)
    return CallAttached(
        at=ports.clock(),
        call=call,
        node=node_of(call, ports.node),
        channel=environment.get("channel"),
        number=number,
        name=safe_name(environment.get("calleridname")),
        dialled=number_in(environment.get("dnid")) or number_in(environment.get("extension")),
        arrived_at=arrived_at(environment.argument(1)),
        callable=ports.callable(number) if number else "",
        transfer_leg=channel_name(environment.argument(3)),
        transfer_to=number_in(environment.argument(2)),
        outside=dial_status(environment.argument(6)),
    )
