"""Reads from a channel's name and ids which party it belongs to, and which call."""

from collections.abc import Mapping

import msgspec

from acd.engine.model.ids import CallId

CALLBACK_MARK = "~"
"""Between the call and the number of the offer, in the Uniqueid of the channel that we originate for a callback."""


OUTGOING = "PJSIP/outgoing"
"""The endpoint that dials callers for callbacks; it identifies their channels."""


OUTSIDE = "PJSIP/outside"
"""The endpoint that dials outside telephones for callers who are handed over. It has the same trunk as `OUTGOING`, and
a name of its own: its channels are no callers'."""


AmiEvent = Mapping[str, str]


class Channel(msgspec.Struct, frozen=True, gc=False):
    """What one event says about its channel."""

    name: str
    call: CallId
    is_caller: bool
    is_leg: bool
    calls_back: bool = False
    """The channel belongs to a callback: the agent's leg came first, and dialled the caller."""


def channel_of(event: AmiEvent) -> Channel:
    """The channel an event is about. Raises `KeyError`."""
    name, own, linked = event["Channel"], event["Uniqueid"], event["Linkedid"]
    real = not name.startswith("Local/")
    call, mark, _ = linked.rpartition(CALLBACK_MARK)
    if mark:
        callee = endpoint_of(name) == OUTGOING
        return Channel(name, CallId(call), is_caller=real and callee, is_leg=real and not callee, calls_back=True)
    return Channel(name, CallId(linked), is_caller=real and own == linked, is_leg=real and own != linked)


def endpoint_of(channel: str) -> str:
    """`PJSIP/1001` of `PJSIP/1001-0000002a`. A zombie has none: the phone's channel lives on under its own name."""
    return "" if channel.endswith("<ZOMBIE>") else channel.rpartition("-")[0]
