"""Finds a caller without a session in Asterisk's list of channels (CoreShowChannels)."""

from collections.abc import Collection, Iterable

from acd.asterisk.channel_names import AmiEvent, channel_of, endpoint_of
from acd.asterisk.translate import Agents
from acd.asterisk.wire import AmiProtocolError
from acd.engine.model.events import CallerFound
from acd.engine.model.ids import CallId, NodeId

OUR_CONTEXTS = frozenset({"hotline", "away", "over", "clean", "back", "transferred", "private", "handover"})
"""Contexts of the dialplan that lead a caller back to the engine, or hang up, by themselves."""
BUSY_APPLICATIONS = frozenset({"Queue", "Dial", "AppDial", "AppQueue"})
"""Applications that ring an agent, or put the caller into Asterisk's own queue."""
BACK_CONTEXT = "back"
"""Where a stranded caller is sent."""
CALLER_PATH = "/call"
"""The request of a caller's AGI to the engine; its arguments begin after a comma."""


def found(
    node: NodeId, channels: Iterable[AmiEvent], sought: Collection[CallId], agents: Agents, at: float
) -> list[CallerFound]:
    """Return where each of the callers in `sought` is. Raises `AmiProtocolError` for an entry that lacks a header."""
    callers: dict[CallId, AmiEvent] = {}
    legs: dict[tuple[CallId, str], AmiEvent] = {}
    try:
        for entry in channels:
            channel = channel_of(entry)
            if channel.is_caller:
                callers[channel.call] = entry
            elif channel.is_leg and entry["ChannelStateDesc"] == "Up" and endpoint_of(channel.name) in agents:
                legs[channel.call, entry.get("BridgeId", "")] = entry
        return [_of(node, call, callers.get(call), legs, at) for call in sought]
    except KeyError as missing:
        raise AmiProtocolError(f"a list's entry without its header {missing.args[0]}") from None


def _of(
    node: NodeId, call: CallId, entry: AmiEvent | None, legs: dict[tuple[CallId, str], AmiEvent], at: float
) -> CallerFound:
    if entry is None:
        return CallerFound(at=at, call=call, node=node, place="gone")
    channel, bridge = entry["Channel"], entry.get("BridgeId", "")
    leg = legs.get((call, bridge)) if bridge else None
    if leg is not None:
        return CallerFound(at=at, call=call, node=node, place="talking", channel=channel, leg=leg["Channel"])
    if bridge or _comes_back(entry):
        return CallerFound(at=at, call=call, node=node, place="dialplan", channel=channel)
    return CallerFound(at=at, call=call, node=node, place="nowhere", channel=channel)


def _comes_back(entry: AmiEvent) -> bool:
    """Whether the running application brings the caller back to us. The engine's own AGI does not: there is no session
    for it."""
    application, data = entry.get("Application", ""), entry.get("ApplicationData", "")
    if application == "AGI":
        return not data.partition(",")[0].endswith(CALLER_PATH)
    return application in BUSY_APPLICATIONS or entry.get("Context", "") in OUR_CONTEXTS
