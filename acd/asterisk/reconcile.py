"""What a node says is up, asked after each connect, and the order in which it and the events are believed.

We ask for two lists, one behind the other: CoreShowChannels, then DeviceStateList. `NodeReconciled` is made of both.

**Why nothing is lost.** Asterisk changes a channel's state first and publishes the event afterwards. One thread for
each connection writes events and answers actions, so an event comes wholly before a list or wholly after it. Events
flow from the login on. So a change reported *before* the list is in the list, and a change missing from the list is
reported *after* it. No event during or after the lists is dropped: events from the first list to the end of the second
wait in a buffer and are posted after `NodeReconciled`, in their order.

**Why nothing counts twice.** An event after the list may repeat what the list shows: it was on its way while the list
was read. It reports nothing older than that. Channel names are never used again, so opening, answering and ending a
channel has the same effect once or twice. The states of a phone come in order, so the last one is true. On a connection
that has not been reconciled yet, only endings from before the list are kept: they stay true, and nothing else says
which party hung up. An older ringing or device state could only undo what the list says. On a connection that *is*
reconciled (we ask again when the agents change) events before the list are posted as they come, because they are in
order with all earlier events. A leg counts as talking when it is Up, not when it shares a bridge with its caller.
DialEnd ANSWER is reported when the leg is Up, so a leg seen between the two is Up in the list, or its DialEnd comes
after the list.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from acd.asterisk.channel_names import CALLBACK_MARK, OUTSIDE, AmiEvent, channel_of, endpoint_of
from acd.asterisk.translate import Agents
from acd.asterisk.wire import AmiProtocolError
from acd.engine.model.agent_events import AgentChannelClosed
from acd.engine.model.config import PAGE
from acd.engine.model.events import AnyEvent, CallerGone, HangupRequested, LegGone, NodeReconciled, SeenCall, Told
from acd.engine.model.ids import AgentId, NodeId

CHANNELS_ACTION = "CoreShowChannels"
DEVICES_ACTION = "DeviceStateList"

ANSWERED_VARIABLE = "ANSWERED"
"""Where the dialplan puts down, in epoch milliseconds, when an agent answered a caller of the standby's queue."""

ENDINGS = (HangupRequested, CallerGone, LegGone, AgentChannelClosed)
"""Events that stay true whenever they are told."""


def reconciled(
    node: NodeId,
    channels: Iterable[AmiEvent],
    devices: Iterable[AmiEvent],
    agents: Agents,
    at: float,
    answered: Mapping[str, str] | None = None,
    told: tuple[Told, ...] = (),
) -> NodeReconciled:
    """One event out of both lists, of what `ANSWERED_VARIABLE` is on callers' channels, and of what the channel log
    told. Raises `AmiProtocolError` where an entry lacks a header.

    Every channel that began a call is listed, agents' own calls too: whether it is the line's is not ours to know.
    A device in any state but UNAVAILABLE and INVALID counts as reachable. UNKNOWN does not: nothing has told yet.
    """
    try:
        there = reachable_phones(devices, agents)
        return NodeReconciled(
            at=at,
            node=node,
            told=told,
            calls=_calls(list(channels), agents, answered or {}),
            available=_agents(there, agents),
            agent_channels=_agent_channels(channels, agents),
            pages=_agents((endpoint for endpoint in there if endpoint.endswith(PAGE)), agents),
        )
    except KeyError as missing:
        raise AmiProtocolError(f"a list's entry without its header {missing.args[0]}") from None


def in_the_queue(channels: Iterable[AmiEvent]) -> list[str]:
    """The callers' channels that Asterisk's own queue has and whose agent may have answered: these know since when."""
    up = {entry.get("Linkedid") for entry in channels if entry.get("ChannelStateDesc") == "Up" and _is_leg(entry)}
    return [
        entry["Channel"]
        for entry in channels
        if entry.get("Application") == "Queue" and entry.get("Uniqueid") in up and entry.get("Channel")
    ]


def _is_leg(entry: AmiEvent) -> bool:
    return entry.get("Uniqueid") != entry.get("Linkedid")


def _seconds(text: str) -> float | None:
    return int(text) / 1000 if text.isascii() and text.isdecimal() and len(text) == 13 else None


def _calls(channels: list[AmiEvent], agents: Agents, answered: Mapping[str, str]) -> tuple[SeenCall, ...]:
    legs: dict[str, AmiEvent] = {}
    callees: dict[str, AmiEvent] = {}
    outside = {entry["Linkedid"] for entry in channels if endpoint_of(entry["Channel"]) == OUTSIDE and _is_up(entry)}
    for entry in channels:
        channel, linked = channel_of(entry), entry["Linkedid"]
        if channel.is_leg and endpoint_of(channel.name) in agents:
            known = legs.get(linked)
            if known is None or (_is_up(entry) and not _is_up(known)):  # the one that talks counts
                legs[linked] = entry
        elif channel.is_caller and channel.calls_back:
            callees[linked] = entry
    seen = [
        _called_back(legs.get(linked), callees.get(linked), linked in outside)
        for linked in _of_call_backs(legs, callees)
    ]
    for entry in channels:
        channel = channel_of(entry)
        if channel.is_caller and not channel.calls_back:
            leg = legs.get(channel.call)
            seen.append(
                SeenCall(
                    call=channel.call,
                    channel=channel.name,
                    leg="" if leg is None else leg["Channel"],
                    talking=leg is not None and _is_up(leg),
                    answered_at=_seconds(answered.get(channel.name, "")),
                    outside=channel.call in outside,
                    dialled=_asked_for(leg),
                )
            )
    return tuple(seen)


def _of_call_backs(legs: Iterable[str], callees: Iterable[str]) -> list[str]:
    return sorted({*callees, *(linked for linked in legs if CALLBACK_MARK in linked)})


def _called_back(leg: AmiEvent | None, callee: AmiEvent | None, outside: bool) -> SeenCall:
    """A call back: the agent's channel and the caller's, as far as they are there."""
    some = leg or callee
    assert some is not None
    return SeenCall(
        call=channel_of(some).call,
        channel="" if callee is None else callee["Channel"],
        leg="" if leg is None else leg["Channel"],
        talking=leg is not None and callee is not None and _is_up(leg) and _is_up(callee),
        callback=True,
        outside=outside,
        dialled=_asked_for(leg),
    )


def _asked_for(leg: AmiEvent | None) -> str:
    """The code of the service for which the agent of this leg was asked by a colleague. The dialplan notes it as the
    account code of the colleague's own call; Dial gives it to the leg, which outlives that call."""
    return "" if leg is None else leg.get("AccountCode", "")


def _is_up(entry: AmiEvent) -> bool:
    return entry["ChannelStateDesc"] == "Up"


def reachable_phones(devices: Iterable[AmiEvent], agents: Agents) -> set[str]:
    """The endpoints of agents that can be reached. Raises `KeyError`."""
    return {
        entry["Device"]
        for entry in devices
        if entry["Device"] in agents and entry["State"] not in ("UNAVAILABLE", "INVALID", "UNKNOWN")
    }


def _agents(endpoints: Iterable[str], agents: Agents) -> tuple[AgentId, ...]:
    return tuple(sorted({agents[endpoint] for endpoint in endpoints}))


def _agent_channels(channels: Iterable[AmiEvent], agents: Agents) -> dict[AgentId, tuple[str, ...]]:
    found: defaultdict[AgentId, list[str]] = defaultdict(list)
    for entry in channels:
        agent = agents.get(endpoint_of(entry["Channel"]))
        if agent is not None:
            found[agent].append(entry["Channel"])
    return {agent: tuple(sorted(found[agent])) for agent in sorted(found)}


class Gate:
    """Lets events through to `post` in the order told above. Pure; the connection drives it.

    lost -> (connected) -> first list -> `listed` -> second list -> `open` -> events pass -> `shut` when lost
    """

    def __init__(self, post: Callable[[AnyEvent], None]) -> None:
        self._post = post
        self._trusted = False
        self._held: list[AnyEvent] | None = None
        self._endings: list[AnyEvent] = []

    @property
    def is_open(self) -> bool:
        """Whether the node has been reconciled on this connection."""
        return self._trusted

    @property
    def passes(self) -> bool:
        """Whether events are posted as they come: none is held back or dropped."""
        return self._trusted and self._held is None

    def pass_on(self, events: Iterable[AnyEvent]) -> None:
        """Post, hold back or drop what was just told."""
        for event in events:
            if self._held is not None:
                self._held.append(event)
            elif self._trusted:
                self._post(event)
            elif isinstance(event, ENDINGS):
                self._endings.append(event)

    def listed(self) -> None:
        """The first list is here: what comes from now on may be newer than it."""
        self._held = [*(self._held or ())]

    def open(self, truth: NodeReconciled) -> None:
        """Both lists are here."""
        self._trusted = True
        waiting = [*self._endings, *(self._held or ())]
        self._held, self._endings = None, []
        self._post(truth)
        for event in waiting:
            self._post(event)

    def shut(self) -> None:
        """The connection is gone, and with it what had been held back: the next lists will tell."""
        self._trusted, self._held, self._endings = False, None, []
