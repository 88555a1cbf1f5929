"""Reads what Asterisk says about a caller's channel, safely: any of it may be text that the caller chose."""

import re
import unicodedata
from typing import Final, get_args

from acd.asterisk.agi_codec import Environment, PeerError, UnsafeArgument
from acd.engine.model.event_base import DialStatus
from acd.engine.model.ids import CallId, NodeId

_CALL_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_CHANNEL: Final = re.compile(r"PJSIP/[A-Za-z0-9_.-]{1,80}")
_ENDPOINT: Final = re.compile(r"[A-Za-z0-9]{1,16}/[A-Za-z0-9_.-]{1,64}(@[A-Za-z0-9_.-]{1,64}(/n)?)?")
_LONGEST_NAME: Final = 256


def call_id(environment: Environment) -> CallId:
    """The channel's uniqueid or, of a channel by which a caller was called back, their call's. Raises `PeerError` if it
    is none."""
    own = environment.argument(5) or environment.get("uniqueid")
    if not _CALL_ID.fullmatch(own):
        raise PeerError("an environment without a usable agi_uniqueid")
    return CallId(own)


def node_of(call: CallId, default: NodeId) -> NodeId:
    """The node of a call's id, which begins with the system name; `default` if there is none."""
    name, dash, _ = call.rpartition("-")
    return NodeId(name) if dash and name else default


def channel_name(text: str) -> str:
    """A channel's name; empty if it is not well-formed."""
    return text if _CHANNEL.fullmatch(text) else ""


def safe_name(text: str) -> str:
    """The whole name; empty if it is too long, was not UTF-8 or has control characters."""
    if text == "unknown" or len(text) > _LONGEST_NAME or "\ufffd" in text:
        return ""
    return "" if any(unicodedata.category(letter) == "Cc" for letter in text) else text


def arrived_at(text: str) -> float | None:
    """Epoch milliseconds to seconds; None if the text is no such number."""
    return int(text) / 1000 if text.isascii() and text.isdecimal() and len(text) < 16 else None


def checked_endpoint(endpoint: str) -> str:
    """An agent's endpoint. Raises `UnsafeArgument` where it could not be dialled safely."""
    if not _ENDPOINT.fullmatch(endpoint):
        raise UnsafeArgument("an agent's endpoint must be like PJSIP/1001; correct it in the agents file")
    return endpoint


_DIAL_STATUSES: Final[dict[str | None, DialStatus]] = {status: status for status in get_args(DialStatus)}


def cause_code(text: str | None) -> int:
    """Q.850 cause; 0 if none was given."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 4 else 0


def dial_status(text: str | None) -> DialStatus:
    """The status that Dial reports; CONGESTION for an unknown word."""
    return _DIAL_STATUSES.get(text, "CONGESTION" if text else "")
