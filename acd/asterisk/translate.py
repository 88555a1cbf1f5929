"""Translates AMI events into the engine's events: one function for each AMI event, without memory.

The engine may rely on the following, which was observed on Asterisk 22 (captures in tests/acd/asterisk/captures.json):

**Parties.** A channel whose Uniqueid is its Linkedid began a call: it is the caller's. A channel whose Linkedid is
another channel's Uniqueid was dialled for that channel: it is the agent's leg. Legs of a `Local` channel and zombies of
a masquerade belong to no party.

**Order on the AMI stream.** Events of one channel keep their order; each channel and the phones' states have threads of
their own in Asterisk, so across them only this order is certain:

    Newchannel (leg), DialBegin                              0-2 ms after the Dial was asked for
    DialEnd ANSWER                                           the leg is Up; then any number of Hold, Unhold
    HangupRequest (leg, Up), Hangup (leg)                    the agent hung up; the caller's channel stays
    HangupRequest (caller), SoftHangupRequest (caller), Hangup (caller)
                                                             the caller hung up in talk; Hangup (leg) comes behind the
                                                             first of these, before or after the others
    HangupRequest (leg, Ringing), DialEnd, Hangup (leg)      the phone refused: the cause comes before DialEnd's word
    DialEnd NOANSWER, Hangup (leg, cause 0)                  ring time over, or the phone vanished
    HangupRequest (caller), DialEnd CANCEL, then Hangup of both in either order
                                                             the caller hung up while it rang
    DialEnd NOANSWER, Hangup (leg, the cause we gave)        AMI Hangup of a ringing leg; no HangupRequest of anyone
    Hangup (leg)                                             AMI Hangup of a talking leg; no HangupRequest either

In a callback we originate a Local channel under a Uniqueid of our own, `<call>~<n>`, which is the Linkedid of all that
follows. Its second half dials the agent (an Originate of the phone itself would follow its forwards) and is gone when
they pick up; the agent's channel then dials the caller:

    Newchannel (agent), DialBegin (Channel: Local/…;2)       the agent rings
    DialEnd ANSWER (Channel: Local/…;2), OriginateResponse   the agent has picked up
    DialBegin, DialEnd ANSWER (Channel: the agent's)         the caller has picked up
    DialEnd of another status, Hangup (agent)                the caller was not reached; CANCEL: the agent hung up
    HangupRequest (caller), Hangup of both                   the caller hung up in talk

In an automatic call the second half dials the citizen, whose own channel then runs our AGI:

    Newchannel (citizen), DialBegin (Channel: Local/citizen…;2)      the citizen's phone rings
    DialEnd (Channel: Local/citizen…;2), OriginateResponse           picked up, or not; in either order

If the agent transfers the caller, that id stays the Linkedid of the caller's channel and of every agent's leg that is
dialled for it. The trunk's endpoint identifies the caller's channel; every other channel is a leg.

If the phone is asked to answer by itself, the dialplan listens on the leg, and says so before DialBegin:

    UserEvent CozumListens (leg), …, DialEnd ANSWER (after the beep), ChannelTalkingStart (leg)

An agent who speaks during the beep is heard before DialEnd. While Asterisk listens, keys of the agent come as DTMFEnd
of the leg; on other legs they come only if the caller may still give the kind of an urgent call.

An agent who is not registered gets no channel: no Newchannel, DialBegin or DialEnd, only AGI's DIALSTATUS CHANUNAVAIL
with HANGUPCAUSE 3.
If Asterisk cannot create a leg, since no RTP port is left, there are Newchannel, HangupRequest and Hangup (cause 0,
state Down), without DialBegin or DialEnd; DIALSTATUS is CHANUNAVAIL, HANGUPCAUSE 0. When both hang up at once, each has
a HangupRequest; the first one shows who was first. A SoftHangupRequest without a HangupRequest before it means that the
dialplan or the line released the caller.

**Refusals.** DialEnd and DIALSTATUS say little: 486 is BUSY (cause 17) in both; 603 is NOANSWER in DialEnd,
CHANUNAVAIL in DIALSTATUS (cause 21); 480 is NOANSWER (19); 503 is CONGESTION (34). So a HangupRequest of a leg that is
not yet Up becomes `LegGone` at once: the engine then knows the cause when `OfferFailed` comes.

**Forwards.** A phone that answers 3xx with a Contact is not followed (option `i` of Dial). The HangupRequest (cause 23
of a 301 or 302, 16 of any other) comes before or behind the two DialEnds:

    DialEnd CANCEL with a header Forward, DialEnd BUSY, Hangup (leg); DIALSTATUS BUSY, HANGUPCAUSE 0

A 486 leaves HANGUPCAUSE 17. A 3xx without a Contact is DialEnd NOANSWER and DIALSTATUS CHANUNAVAIL with cause 23.

**Transfers.** An agent's REFER without Replaces (blind) ends the leg by itself: Asterisk sends the phone no BYE and
there is no HangupRequest of the leg (the phone's own BYE comes when the channel is gone). The caller's EXEC Dial
returns 200 result=0, then HANGUP comes on the AGI connection and its end; 2-4 ms later the caller's channel, under its
own name and uniqueid, runs our AGI anew from the dialplan, with BLINDTRANSFER = the leg's name. An extension that is
not in the agent's TRANSFER_CONTEXT is refused by a NOTIFY, with no event at all, and the talk goes on.

    Unhold (leg; on hold or not), BlindTransfer, Hangup (leg)
                                                             no order is promised between the last two

The line hands a caller over by the same transfer of the agent's leg, into the context `handover`. The dialplan dials by
an endpoint of its own (`PJSIP/outside`), whose channel is no agent's and no caller's:

    BlindTransfer, DialBegin, DialEnd (Channel: the caller's, DestChannel: PJSIP/outside-…)

The agent's consultation is a call of their own, with another Linkedid, and is not translated. REFER with Replaces
(attended) after the other picked up moves the caller's channel into the bridge of the two; the caller's Dial and AGI
session know nothing of it and end with the new talk, DIALSTATUS ANSWER. From then on the other's channel has the
caller's Linkedid, and its end comes like any leg's.

    Hold (leg) … Unhold (leg), SoftHangupRequest (agent's second channel), AttendedTransfer, Hangup of both

While the other still rings (TransferTargetChannel is missing, DestType is App) the caller's channel takes the place of
the agent's second one by masquerade: it keeps name and uniqueid, its AGI connection ends (Dial's result is -1), and it
goes on in the dialplan of the *private* call, where ATTENDEDTRANSFER is the leg's name. DialEnd of the other's leg then
names the caller's channel as the one that dialled; if it does not answer, that dialplan brings the caller back to us.

**Against AGI.** The answer to `EXEC Dial` comes on another socket, within 1 ms before or after all of these: there is
no order between the two. On a busy machine AMI is seconds behind. Dial's variables do not say when the agent answered
(ANSWEREDTIME counts from the answer of the caller's own channel), and after the caller's hangup none can be read.

**Phones.** The Dial does not notice a phone that vanishes while it rings: it rings on to its end, and the device state
stays RINGING. Only PeerStatus Unreachable shows it, at the next qualify. Device states other than UNAVAILABLE and
NOT_INUSE say that a channel exists, not that the phone can be reached, so they are not translated. A registration is
reported twice, by PeerStatus and by DeviceStateChange, in either order; `AsteriskNode` drops the repetition.
"""

from collections.abc import Callable, Mapping

from acd.asterisk.channel_names import CALLBACK_MARK, OUTGOING, OUTSIDE, AmiEvent, channel_of, endpoint_of
from acd.asterisk.manager_user import CALLBACK_CHANNEL, CITIZEN_CHANNEL, HANDOVER_CONTEXT
from acd.asterisk.wire import AmiProtocolError
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged
from acd.engine.model.event_base import DialStatus
from acd.engine.model.events import (
    AgentHeard,
    AnyEvent,
    CalleeAnswered,
    CalleeFailed,
    CallerGone,
    CallHeld,
    CallUnheld,
    HangupRequested,
    LegGone,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    Transferred,
)
from acd.engine.model.handover_events import OutsideAnswered, OutsideFailed
from acd.engine.model.handover_facts import HANDOVER
from acd.engine.model.ids import AgentId, CallId
from acd.lib.clock import at_once, to_ms

Agents = Mapping[str, AgentId]
"""The agent of each endpoint: `{"PJSIP/1001": "1001", "PJSIP/1001-web": "1001"}`."""

DIAL_STATUSES: dict[str, DialStatus] = {
    "ANSWER": "ANSWER",
    "BUSY": "BUSY",
    "NOANSWER": "NOANSWER",
    "CANCEL": "CANCEL",
    "CONGESTION": "CONGESTION",
    "CHANUNAVAIL": "CHANUNAVAIL",
}


def translate(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    """The engine's events for an AMI event; none for most. `at` is Unix seconds.

    Calls that are not the line's (agents among themselves, `*45`) are translated too: only the sessions know which
    calls are the line's. Raises `AmiProtocolError` if a header is missing that the event always has.
    """
    handler = _HANDLERS.get(event["Event"])
    if handler is None:
        return ()
    try:
        return handler(event, agents, at)
    except KeyError as missing:
        raise AmiProtocolError(f"{event['Event']} without its header {missing.args[0]}") from None


MOST_LAG_S = 120.0
"""The longest time that an event can have waited to be read: Asterisk drops a reader that does not read."""


def lag_s(event: AmiEvent, now: float) -> float:
    """Seconds between Asterisk's event and `now`, by the machine's clock. Large if this process was stopped meanwhile;
    0 if the event has no time."""
    try:
        lag = now - float(event.get("Timestamp", ""))
    except ValueError:
        return 0.0
    return to_ms(lag) if 0.0 < lag < MOST_LAG_S else 0.0


def told_at(event: AmiEvent, clock: Callable[[], float]) -> tuple[float, float]:
    """When Asterisk told of an event, by our clock, and how many seconds ago that was."""
    now, wall = at_once(clock)
    late_s = lag_s(event, wall)
    return now - late_s, late_s


def citizen_rings(event: AmiEvent) -> CallId | None:
    """The automatic call whose citizen's phone begins to ring. Raises `AmiProtocolError`."""
    return _ringing(event) if event.get("Event") == "DialBegin" else None


def key_of(event: AmiEvent) -> tuple[CallId, str] | None:
    """The caller's channel and the key that was pressed on it, if the event is about a key. Never log it: keys may be a
    PIN."""
    if event.get("Event") != "DTMFEnd" or event.get("Direction") != "Received":
        return None
    channel = channel_of(event)
    digit = event.get("Digit", "")
    return (channel.call, digit) if channel.is_caller and len(digit) == 1 else None


def _newchannel(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    agent = agents.get(endpoint_of(event["Channel"]))
    return () if agent is None else (AgentChannelOpened(at=at, agent=agent, channel=event["Channel"]),)


def _hangup(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    channel, cause = channel_of(event), _number(event.get("Cause", ""))
    events: list[AnyEvent] = []
    # First that the phone is free, so that the engine knows it when it decides what follows the call's end.
    agent = agents.get(endpoint_of(channel.name))
    if agent is not None:
        events.append(AgentChannelClosed(at=at, agent=agent, channel=channel.name))
    if channel.is_caller and channel.calls_back:
        events.append(CallerGone(at=at, call=channel.call, cause_code=cause, called_back=True))
    elif channel.is_caller:
        answered = agent is None and event.get("ChannelStateDesc") == "Up"
        events.append(
            CallerGone(
                at=at,
                call=channel.call,
                cause_code=cause,
                channel=channel.name if answered else "",
                number=_telephone(event.get("CallerIDNum", "")) if answered else "",
            )
        )
    elif channel.is_leg:
        events.append(LegGone(at=at, call=channel.call, channel=channel.name, cause_code=cause))
    return tuple(events)


def _hangup_request(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    channel = channel_of(event)
    if channel.is_caller and channel.calls_back and event["ChannelStateDesc"] != "Up":
        return ()  # a callee who was not reached was never in the call
    if channel.is_caller:
        return (HangupRequested(at=at, call=channel.call, by="caller"),)
    if not channel.is_leg:
        return ()
    if event["ChannelStateDesc"] != "Up":  # the phone refuses: that ends an offer, not the call
        cause = _number(event.get("Cause", ""))
        return (LegGone(at=at, call=channel.call, channel=channel.name, cause_code=cause),)
    by_agent = endpoint_of(channel.name) in agents
    return (HangupRequested(at=at, call=channel.call, by="agent" if by_agent else "unknown", channel=channel.name),)


def _soft_hangup_request(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    """It also follows the caller's own HangupRequest; the engine keeps the first party."""
    channel = channel_of(event)
    return (HangupRequested(at=at, call=channel.call, by="system"),) if channel.is_caller else ()


def _dial_begin(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    call = _offered(event, agents)
    return () if call is None else (OfferRinging(at=at, call=call, channel=event["DestChannel"]),)


def _dial_end(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    rung = _ringing(event)
    if rung is not None:
        return _citizen_end(event, rung, at)
    handed = _handed_over(event)
    if handed is not None:
        return _outside_end(event, handed, at)
    called_back = _calling_back(event, agents)
    call = _offered(event, agents)
    if called_back is None and call is None:
        return ()
    forwarded = bool(event.get("Forward"))
    # DONTCALL, TORTURE, INVALIDARGS, GOTO:… and later additions: not answered, and no more is known.
    status = DIAL_STATUSES.get(event["DialStatus"], "")
    if called_back is not None:
        channel = event["Channel"]
        if forwarded:  # the DialEnd that follows has the result
            return ()
        if status == "ANSWER":
            return (CalleeAnswered(at=at, call=called_back, channel=channel, callee=event.get("DestChannel", "")),)
        return (CalleeFailed(at=at, call=called_back, channel=channel, status=status or "CONGESTION"),)
    assert call is not None
    if status == "ANSWER":
        return (OfferAnswered(at=at, call=call, channel=event["DestChannel"]),)
    return (OfferFailed(at=at, call=call, channel=event["DestChannel"], status=status, forwarded=forwarded),)


def _citizen_end(event: AmiEvent, call: CallId, at: float) -> tuple[AnyEvent, ...]:
    """The end of a citizen's ring."""
    if event.get("Forward"):  # the DialEnd that follows has the result
        return ()
    status, channel = DIAL_STATUSES.get(event["DialStatus"], ""), event["DestChannel"]
    if status == "ANSWER":
        return (CalleeAnswered(at=at, call=call, channel=channel),)
    return (CalleeFailed(at=at, call=call, channel=channel, status=status or "CONGESTION"),)


def _outside_end(event: AmiEvent, call: CallId, at: float) -> tuple[AnyEvent, ...]:
    """The end of an outside telephone's ring."""
    if event.get("Forward"):  # the DialEnd that follows has the result
        return ()
    status = DIAL_STATUSES.get(event["DialStatus"], "")
    if status == "ANSWER":
        return (OutsideAnswered(at=at, call=call),)
    return (OutsideFailed(at=at, call=call, status=status),)


def _handed_over(event: AmiEvent) -> CallId | None:
    """The call for which an outside telephone is dialled."""
    if "Channel" not in event or endpoint_of(event["DestChannel"]) != OUTSIDE:
        return None
    channel = channel_of(event)
    return channel.call if channel.is_caller else None


def _ringing(event: AmiEvent) -> CallId | None:
    """The call for which a citizen is dialled without an agent."""
    if "Channel" not in event or endpoint_of(event["DestChannel"]) != OUTGOING:
        return None
    channel = channel_of(event)
    ours = channel.calls_back and endpoint_of(channel.name) == CITIZEN_CHANNEL.removesuffix("/n")
    return channel.call if ours else None


def _offered(event: AmiEvent, agents: Agents) -> CallId | None:
    """The call for which an agent is dialled: by the caller's channel or, for a callback, by the channel that we
    originated."""
    dialled = endpoint_of(event["DestChannel"])
    if dialled not in agents or "Channel" not in event:
        return None
    channel = channel_of(event)
    if channel.calls_back and endpoint_of(channel.name) == CALLBACK_CHANNEL.removesuffix("/n"):
        return channel.call
    return channel.call if channel.is_caller else None


def _calling_back(event: AmiEvent, agents: Agents) -> CallId | None:
    """The call for which an agent's channel dials the caller."""
    if "Channel" not in event:
        return None
    channel = channel_of(event)
    return channel.call if channel.calls_back and channel.is_leg and endpoint_of(channel.name) in agents else None


def _talking_start(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    call = _held(event, agents)
    return () if call is None else (AgentHeard(at=at, call=call, channel=event["Channel"]),)


def _dtmf_end(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    """An agent's key. Which one it is, is of no interest."""
    return _talking_start(event, agents, at) if event["Direction"] == "Received" else ()


def _hold(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    call = _held(event, agents)
    return () if call is None else (CallHeld(at=at, call=call, channel=event["Channel"]),)


def _unhold(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    call = _held(event, agents)
    return () if call is None else (CallUnheld(at=at, call=call, channel=event["Channel"]),)


def _held(event: AmiEvent, agents: Agents) -> CallId | None:
    """The call whose agent did this. A caller who does the same is ignored."""
    channel = channel_of(event)
    return channel.call if channel.is_leg and endpoint_of(channel.name) in agents else None


def _blind_transfer(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    leg, call = event["TransfererChannel"], _caller_at(event, "Transferee")
    if event["Result"] != "Success" or endpoint_of(leg) not in agents or call is None:
        return ()
    dialled = HANDOVER if event.get("Context") == HANDOVER_CONTEXT else event["Extension"]
    return (Transferred(at=at, call=call, leg=leg, kind="blind", dialled=dialled),)


def _attended_transfer(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    """An agent may refer either of their two calls to the other; the caller's leg is the one that counts. The dialplan
    notes on the other one, as its account code, for which service its agent is asked."""
    if event["Result"] != "Success":
        return ()
    ways = (
        ("OrigTransferer", "Transferee", "TransferTarget", "SecondTransferer"),
        ("SecondTransferer", "TransferTarget", "Transferee", "OrigTransferer"),
    )
    for transferer, near, far, other in ways:
        leg, call = event[f"{transferer}Channel"], _caller_at(event, near)
        # The Linkedid of a dialled channel is the channel that it was dialled for; the agent's own call has its own id.
        if call is not None and _call_of(event[f"{transferer}Linkedid"]) == call and endpoint_of(leg) in agents:
            to_leg, dialled = event.get(f"{far}Channel", ""), event.get(f"{other}AccountCode", "")
            return (Transferred(at=at, call=call, leg=leg, kind="attended", dialled=dialled, to_leg=to_leg),)
    return ()


def _call_of(linked: str) -> CallId:
    """The call that a channel with this Linkedid belongs to."""
    call, mark, _ = linked.rpartition(CALLBACK_MARK)
    return CallId(call if mark else linked)


def _caller_at(event: AmiEvent, place: str) -> CallId | None:
    """The call whose caller's channel is in this place of a transfer, if one is."""
    own, linked = event.get(f"{place}Uniqueid", ""), event.get(f"{place}Linkedid", "")
    if CALLBACK_MARK in linked:
        return _call_of(linked) if endpoint_of(event[f"{place}Channel"]) == OUTGOING else None
    return CallId(own) if own else None


def _device_state_change(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    agent, state = agents.get(event["Device"]), event["State"]
    if agent is None:
        return ()
    if state in ("UNAVAILABLE", "INVALID"):
        return (DeviceStateChanged(at=at, agent=agent, state="unavailable", endpoint=event["Device"]),)
    if state == "NOT_INUSE":
        return (DeviceStateChanged(at=at, agent=agent, state="available", endpoint=event["Device"]),)
    return ()


def _peer_status(event: AmiEvent, agents: Agents, at: float) -> tuple[AnyEvent, ...]:
    agent, status = agents.get(event["Peer"]), event["PeerStatus"]
    if agent is None:
        return ()
    if status in ("Unreachable", "Unregistered"):
        return (DeviceStateChanged(at=at, agent=agent, state="unavailable", endpoint=event["Peer"]),)
    if status == "Reachable":
        return (DeviceStateChanged(at=at, agent=agent, state="available", endpoint=event["Peer"]),)
    return ()


def _telephone(text: str) -> str:
    """A caller's number; empty if it has characters that no number has: it may not have been cleaned yet."""
    return text if len(text) <= 40 and text.isascii() and text.strip("+*#._-").isalnum() and text != "unknown" else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


_HANDLERS: dict[str, Callable[[AmiEvent, Agents, float], tuple[AnyEvent, ...]]] = {
    "Newchannel": _newchannel,
    "Hangup": _hangup,
    "HangupRequest": _hangup_request,
    "SoftHangupRequest": _soft_hangup_request,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "ChannelTalkingStart": _talking_start,
    "DTMFEnd": _dtmf_end,
    "Hold": _hold,
    "Unhold": _unhold,
    "BlindTransfer": _blind_transfer,
    "AttendedTransfer": _attended_transfer,
    "DeviceStateChange": _device_state_change,
    "PeerStatus": _peer_status,
}
