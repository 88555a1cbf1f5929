"""The WebSocket of a telephone in the browser: on what the desk, which admits pages, and the relay agree."""

from typing import Final

import msgspec

SUBPROTOCOL: Final = "sip"
MAX_MESSAGE: Final = 64 * 1024
"""Bytes of one SIP message, either way; an offer of a browser is some 3 KiB."""
MAX_SOCKETS: Final = 400
MAX_EARLY: Final = 16 * 1024
"""Most bytes that a page may have sent behind its request before it was answered. Browsers send none."""

REPLACED: Final = 4001
"""Close code: another page has taken the phone over."""
SIGNED_OUT: Final = 4002
"""Close code: the session for which the page got its phone is over."""
RESTART: Final = 1012
"""Close code: the relay ends, connect again."""
AWAY: Final = 1013
"""Close code: Asterisk or the relay does not answer, try again later."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page's WebSocket, with what the desk must know to go on watching it after a restart."""

    id: str
    user: str
    """The account of its telephone."""
    digest: str
    """The digest of the ticket that opened it, in hexadecimal."""
    until: float
    """When the ticket ends, in seconds of this machine's monotonic clock."""
    most: int
    """Tickets that the account may have at once."""
    right: str
    """The right for which the ticket was given out, by a name that gives it to nobody; empty: it does not end."""
