"""The Dial with which a caller's own channel rings an agent."""

import math
from typing import Final

from acd.asterisk.caller_channel import checked_endpoint
from acd.asterisk.caller_ports import CallerPorts
from acd.asterisk.callerid import caller_id
from acd.asterisk.reservation import AUTO_OPTIONS, DIAL_OPTION
from acd.engine.model.commands import OfferCall

DIAL_OPTIONS: Final = "giI"
MUSIC_OPTION: Final = "m"
"""`m`, with a class of music or without: the caller goes on hearing music where a ringing tone would cut it. `g`: the
AGI session goes on after the talk. `i`: do not follow a phone that redirects the call (3xx). `I`: the caller does not
see the agent's extension. No option lets a caller or an agent act by keys."""


def dial_arguments(command: OfferCall, ports: CallerPorts) -> tuple[str, str, str]:
    """What is dialled, for how many seconds, and the options."""
    label = ports.label(command.service, command.priority, command.urgent_calls, command.untold)
    music = f"{MUSIC_OPTION}({command.music})" if command.music else MUSIC_OPTION
    reserved = DIAL_OPTION if ports.queue_possible() else ""
    if command.auto_answer:
        reserved = AUTO_OPTIONS
    options = f"{DIAL_OPTIONS}{music}{reserved}f({caller_id(label, command.number)})"
    return checked_endpoint(ports.phone(command.endpoint)), str(max(1, math.ceil(command.ring_s))), options
