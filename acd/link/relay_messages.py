"""What desk and relay tell each other, one message a packet.

The desk connects and is told of the pages whose WebSockets the relay holds (`Holds` each, then `AllTold`). From then on
it hands over connections (`Take`, with the connection's open file; `Taken` answers) and has pages closed (`Close`); the
relay tells of each page that is gone (`Gone`). What one desk hands over, the others are told (`Holds`).

With a certificate the desk also hands over each connection to its port (`Speak`; `Speaks` answers, in the same order),
for the relay to speak TLS on it, and tells of a renewed certificate (`Renew`).
"""

from typing import Final

import msgspec

from acd.lib.telephone_socket import Page

VERSION: Final = 2


class Take(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The connection that comes with this is the relay's from now on. It asked for a WebSocket and has no answer
    yet."""

    page: Page
    key: str
    """The request's `Sec-WebSocket-Key`."""
    early: bytes
    """What came behind the request."""


class Close(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Close these pages' WebSockets."""

    ids: tuple[str, ...]
    code: int
    reason: str


class Speak(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Two open files come with this: a client's connection, on which nothing has been read or written, and the relay's
    side of a pair of sockets. The relay speaks TLS with the client and passes the plain bytes on."""


class Renew(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The certificate's files are new; read them."""


class Holds(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The relay holds this page's WebSocket."""

    page: Page


class AllTold(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The desk knows of all pages now."""

    version: int
    ends: dict[str, int] = {}
    """How often relays before this one ended without being told to, by why, since the supervisor began."""
    tls: bool = False
    """Whether it has a certificate and speaks TLS for the desk."""


class Taken(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The answer to `Take`; not `taken`: the connection is the desk's still."""

    id: str
    taken: bool


class Gone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A page's WebSocket has ended."""

    id: str


class Speaks(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The answer to `Speak`, once the files are the relay's; whether TLS succeeds is not told."""


FromDesk = Take | Close | Speak | Renew
FromRelay = Holds | AllTold | Taken | Gone | Speaks

encode = msgspec.json.Encoder().encode
decode_from_desk = msgspec.json.Decoder(FromDesk).decode
decode_from_relay = msgspec.json.Decoder(FromRelay).decode
