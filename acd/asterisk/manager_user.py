"""What our manager user needs of Asterisk: events, rights, modules, contexts and channels to originate to."""

NEEDED_EVENTS = (
    "FullyBooted",
    "Shutdown",
    "Newchannel",
    "Hangup",
    "HangupRequest",
    "SoftHangupRequest",
    "DialBegin",
    "DialEnd",
    "Hold",
    "Unhold",
    "BlindTransfer",
    "AttendedTransfer",
    "DTMFEnd",
    "ChannelTalkingStart",
    "DeviceStateChange",
    "PeerStatus",
    "OriginateResponse",
    "UserEvent",
)
"""The events that our manager user must receive: its `eventfilter(action(include),name(...))` lines. Answers to list
actions pass no filter, so their events are not listed."""

READ_CLASSES = ("system", "call", "dtmf", "user")
"""The manager user's `read=`: `system` for FullyBooted, Shutdown and PeerStatus, `call` for channels, dials and device
states, `dtmf` for keys, `user` for calls that the dialplan refused."""

CALLBACK_CONTEXT = "callback"
"""A context that dials out. No trunk and no phone reaches it; only we send channels there."""

DUTY_CONTEXT = "duty"
"""The other context that dials out: it rings people on duty. Their channels belong to no call of the line's."""

HANDOVER_CONTEXT = "handover"
"""The third context that dials out: it rings an outside telephone for a caller whom an agent hands over."""

CALLBACK_CHANNEL = f"Local/agent@{CALLBACK_CONTEXT}/n"
"""The channel that we originate to ring an agent: its dialplan rings the phone and follows no forward."""

CITIZEN_CHANNEL = f"Local/citizen@{CALLBACK_CONTEXT}/n"
"""The channel that we originate to ring a citizen without an agent."""

ORIGINATE_CLASS = "originate"
"""A further class for the manager user's `write=`, only if there are callbacks."""

WRITE_CLASSES = ("call", "reporting")
"""The manager user's `write=`: `call` for Hangup, `reporting` for CoreShowChannels and DeviceStateList."""


def write_classes(callbacks: bool) -> tuple[str, ...]:
    """The manager user's `write=` classes, with and without callbacks."""
    return (*WRITE_CLASSES, ORIGINATE_CLASS) if callbacks else WRITE_CLASSES


NEEDED_MODULES = (
    "res_manager_devicestate.so",
    "func_devstate.so",
    "func_pjsip_aor.so",
    "func_pjsip_contact.so",
    "func_talkdetect.so",
)
"""Asterisk modules that our questions need: the first for DeviceStateList, the next to ask whether a phone is gone
(`reachable`), the last to hear whether an agent is there (`listening`)."""
