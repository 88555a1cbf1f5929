"""From AMI events to the engine's events."""

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
    "DTMFEnd",
    "DeviceStateChange",
    "PeerStatus",
)
"""What our manager user has to be told: its `eventfilter(action(include),name(...))` lines. Answers to list actions
pass no filter, so their events need not stand here."""

READ_CLASSES = ("system", "call", "dtmf")
"""The manager user's `read=`: `system` for FullyBooted and Shutdown, `call` for channels, dials and device states,
`dtmf` for keys."""

WRITE_CLASSES = ("call", "reporting")
"""The manager user's `write=`: `call` for Hangup, `reporting` for CoreShowChannels and DeviceStateList."""

NEEDED_MODULES = ("res_manager_devicestate.so",)
"""Asterisk modules that reconciliation relies on: without it there is no DeviceStateList."""
