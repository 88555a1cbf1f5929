"""A phone that registers as it likes: with any Contact, from any address of loopback."""

import hashlib
import re
import secrets
import socket
from types import TracebackType
from typing import Self


class RawPhone:
    """An agent's account on a UDP socket of its own."""

    def __init__(self, port: int, user: str, password: str, source: str = "127.0.0.1") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((source, 0))
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(60.0)
        self.user, self._password = user, password
        self._call_id = secrets.token_hex(8)
        self._cseq = 0

    @property
    def address(self) -> str:
        """Where this phone is."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def register(self, contact: str = "") -> int:
        """Register this Contact (its own if none is given); the final status."""
        contact = contact or f"<sip:{self.user}@{self.address}>"
        answer = self._ask("REGISTER", contact)
        if answer.startswith("SIP/2.0 401"):
            answer = self._ask("REGISTER", contact, self._proof(answer, "REGISTER", "sip:127.0.0.1"))
        return int(answer.split()[1])

    def next_request(self, method: str, within_s: float = 60.0) -> str:
        """The next request of this method. What asks whether the phone is there is answered, others are not."""
        self._socket.settimeout(within_s)
        while True:
            message = self._socket.recv(65535).decode("utf-8", "replace")
            if message.startswith(f"{method} "):
                return message
            if message.startswith("OPTIONS "):
                self.answer(message, "200 OK")

    def answer(self, request: str, status: str, *headers: str, body: str = "") -> None:
        """Answer a request."""
        echoed = re.findall(r"(?im)^(?:Via|From|To|Call-ID|CSeq): .*\r$", request)
        self.send([f"SIP/2.0 {status}", *(line.rstrip("\r") for line in echoed), *headers], body)

    def send(self, lines: list[str], body: str = "") -> None:
        """Send a message."""
        self._socket.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode())

    def receive(self, within_s: float = 60.0) -> str:
        """The next message. Raises `TimeoutError`."""
        self._socket.settimeout(within_s)
        return self._socket.recv(65535).decode("utf-8", "replace")

    def _ask(self, method: str, contact: str, proof: str = "") -> str:
        self._cseq += 1
        lines = [
            f"{method} sip:127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP {self.address};rport;branch=z9hG4bK{secrets.token_hex(6)}",
            f"From: <sip:{self.user}@127.0.0.1>;tag={self._call_id}", f"To: <sip:{self.user}@127.0.0.1>",
            f"Call-ID: {self._call_id}", f"CSeq: {self._cseq} {method}", "Max-Forwards: 70", f"Contact: {contact}",
            "Expires: 120", *([f"Authorization: {proof}"] if proof else []), "Content-Length: 0", "", "",
        ]  # fmt: skip
        self._socket.send("\r\n".join(lines).encode())
        while True:
            answer = self._socket.recv(65535).decode("utf-8", "replace")
            if answer.startswith("SIP/2.0 ") and not answer.startswith("SIP/2.0 1"):
                return answer

    def _proof(self, challenge: str, method: str, uri: str) -> str:
        given = dict(re.findall(r'(\w+)="?([^",\r]*)"?', challenge.partition("WWW-Authenticate:")[2]))
        realm, nonce, opaque = given["realm"], given["nonce"], given.get("opaque", "")
        first = _md5(f"{self.user}:{realm}:{self._password}")
        answer = _md5(f"{first}:{nonce}:00000001:c0ffee:auth:{_md5(f'{method}:{uri}')}")
        return (
            f'Digest username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{answer}", '
            f'algorithm=MD5, qop=auth, nc=00000001, cnonce="c0ffee", opaque="{opaque}"'
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()


class RawTalk:
    """A call that this phone has answered, and may change as quickly as Asterisk takes it."""

    def __init__(self, phone: RawPhone, invite: str) -> None:
        self._phone, self._tag, self._cseq = phone, secrets.token_hex(4), 0
        self._line = _header(invite, "Contact").strip("<>")
        self._remote, self._call_id = _header(invite, "From"), _header(invite, "Call-ID")
        self._local = f"{_header(invite, 'To')};tag={self._tag}"
        self._media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._media.bind(("127.0.0.1", 0))
        answer = invite.replace(_header(invite, "To"), self._local)
        contact = f"Contact: <sip:{phone.user}@{phone.address}>"
        phone.answer(answer, "200 OK", contact, _SDP, body=self._offer("sendrecv"))
        phone.next_request("ACK")

    def changes(self, direction: str) -> None:
        """Have the media go another way: `sendonly` holds the caller, `sendrecv` takes them back."""
        self._request("INVITE", _SDP, body=self._offer(direction))
        while True:
            message = self._phone.receive()
            if re.match(r"SIP/2\.0 [2-6]", message) and f"{self._cseq} INVITE" in _header(message, "CSeq"):
                break
            if message.startswith("OPTIONS "):
                self._phone.answer(message, "200 OK")
        assert message.startswith("SIP/2.0 200"), message
        self._request("ACK", cseq=self._cseq)

    def hangs_up(self) -> None:
        """End it."""
        self._request("BYE")

    def _request(self, method: str, *headers: str, cseq: int = 0, body: str = "") -> None:
        self._cseq = cseq or self._cseq + 1
        self._phone.send(
            [
                f"{method} {self._line} SIP/2.0",
                f"Via: SIP/2.0/UDP {self._phone.address};rport;branch=z9hG4bK{secrets.token_hex(6)}",
                f"From: {self._local}", f"To: {self._remote}", f"Call-ID: {self._call_id}",
                f"CSeq: {self._cseq} {method}", "Max-Forwards: 70",
                f"Contact: <sip:{self._phone.user}@{self._phone.address}>", *headers,
            ],
            body,
        )  # fmt: skip

    def _offer(self, direction: str) -> str:
        port = self._media.getsockname()[1]
        lines = ["v=0", f"o=- 1 {self._cseq + 1} IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
                 f"m=audio {port} RTP/AVP 8 0", f"a={direction}", ""]  # fmt: skip
        return "\r\n".join(lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._media.close()


_SDP = "Content-Type: application/sdp"


def _header(message: str, name: str) -> str:
    found = re.search(rf"(?im)^{name}: (.*?)\r$", message)
    assert found is not None, message
    return found[1]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
