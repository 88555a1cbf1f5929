"""SIP messages and their bytes. Text is latin-1 both ways, so any byte can be written and read back."""

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Headers = Sequence[tuple[str, str]]
SHORT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type"}


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    @property
    def status(self) -> int:
        """The status of a response; 0 for a request."""
        found = re.match(r"SIP/2\.0 (\d{3})", self.first)
        return int(found[1]) if found else 0

    @property
    def method(self) -> str:
        """The method of a request; empty for a response."""
        return "" if self.status else self.first.partition(" ")[0]

    @property
    def uri(self) -> str:
        """The URI of a request."""
        return "".join(self.first.split(" ")[1:2])

    def get(self, name: str) -> str:
        """The first header of this name, empty if there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """Every header of this name, in order."""
        return [value for header, value in self.headers if header.lower() == name.lower()]

    @property
    def branch(self) -> str:
        """The branch of the topmost Via: it names the transaction."""
        return parameter(self.get("Via"), "branch")


def parse(data: bytes) -> Message | None:
    """A datagram's message; None for anything that is no SIP."""
    head, _, body = data.decode("latin-1").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    if "SIP/2.0" not in first:
        return None
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            name = name.strip()
            headers.append((SHORT.get(name.lower(), name), value.strip()))
    return Message(first, tuple(headers), body)


def compose(first: str, headers: Iterable[tuple[str, str]], body: str = "") -> bytes:
    """The bytes of a message, its Content-Length included."""
    lines = [first, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body)}", "", body]
    return "\r\n".join(lines).encode("latin-1")


def parameter(header: str, name: str) -> str:
    """A header's parameter, such as the tag of From; empty if there is none."""
    found = re.search(rf"[;?]\s*{re.escape(name)}=([^;>,\s?&]*)", header, re.IGNORECASE)
    return found[1] if found else ""


def address(header: str) -> str:
    """The URI of a From, To or Contact."""
    found = re.search(r"<([^>]*)>", header)
    return found[1] if found else header.partition(";")[0].strip()


def user_of(uri: str) -> str:
    """The user part of a URI, empty if it has none."""
    found = re.match(r"[a-z]+:([^@]*)@", uri, re.IGNORECASE)
    return found[1] if found else ""


def token(size: int = 6) -> str:
    """A tag, branch or Call-ID that nobody else uses."""
    return secrets.token_hex(size)


def sdp(host: str, port: int, *, session: str = "-", origin: str = "cozum") -> str:
    """SDP: an offer or answer of G.711 and keys (RFC 4733) at this address."""
    return (
        f"v=0\r\no={origin} 1 1 IN IP4 {host}\r\ns={session}\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 8 {KEYS_PAYLOAD}\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
        f"a=rtpmap:{KEYS_PAYLOAD} telephone-event/8000\r\na=sendrecv\r\n"
    )


KEYS_PAYLOAD = 101


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """Where the other side wants its RTP, and the payload type it takes keys by."""

    host: str
    port: int
    keys_payload: int


def media_address(body: str) -> MediaAddress | None:
    """What an SDP says of audio; None if it has none."""
    port = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    host = re.search(r"^c=IN IP4 ([\d.]+)", body, re.MULTILINE)
    keys = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", body, re.MULTILINE)
    if port is None or host is None:
        return None
    return MediaAddress(host[1], int(port[1]), int(keys[1]) if keys else KEYS_PAYLOAD)


def authorization(challenge: str, user: str, password: str, method: str, uri: str) -> str:
    """The Authorization that answers a digest challenge (RFC 2617, MD5, with or without qop)."""
    realm, nonce = _quoted(challenge, "realm"), _quoted(challenge, "nonce")
    opaque = _quoted(challenge, "opaque")
    ours, count = token(8), "00000001"
    secret, target = _md5(f"{user}:{realm}:{password}"), _md5(f"{method}:{uri}")
    qop = "auth" in _quoted(challenge, "qop")
    middle = f"{nonce}:{count}:{ours}:auth" if qop else nonce
    given = f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", algorithm=MD5'
    given += f', response="{_md5(f"{secret}:{middle}:{target}")}"'
    if qop:
        given += f', qop=auth, nc={count}, cnonce="{ours}"'
    return given + (f', opaque="{opaque}"' if opaque else "")


def _quoted(challenge: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', challenge)
    return found[1] if found else ""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("latin-1"), usedforsecurity=False).hexdigest()
