"""What sipp recorded: every SIP message with its time, put together to legs.

The record is sipp's `-trace_shortmsg`: one line a message, tab-separated: date, time with epoch, S or R, Call-ID,
CSeq, first line. It can be read while sipp runs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

USER = re.compile(r"^[A-Z]+ sip:([^@;> ]*)")


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message as a phone saw it. `at` is Unix seconds."""

    at: float
    sent: bool
    call_id: str
    cseq: int
    method: str
    """The method of the request that this is, or that this answers."""
    line: str

    @property
    def status(self) -> int | None:
        """The status of a response, None for a request."""
        return int(self.line.split(" ", 2)[1]) if self.line.startswith("SIP/2.0 ") else None


@dataclass(slots=True)
class Leg:
    """One phone's part of a call. Times are Unix seconds, None if it did not happen."""

    call_id: str
    user: str
    """The user part that the first INVITE was sent to."""
    incoming: bool
    """This phone was called (an agent); otherwise it called."""
    invited_at: float
    ringing_at: float | None = None
    answered_at: float | None = None
    cancelled_at: float | None = None
    final: int | None = None
    """The final status of the first INVITE."""
    ended_at: float | None = None
    """The first BYE."""
    ended_by: Literal["phone", "line"] | None = None
    messages: list[Message] = field(default_factory=list)

    @property
    def number(self) -> int:
        """For a leg that sipp began: which of its calls, from 1; the row of the numbers given."""
        return int(self.call_id.split("-", 1)[0])

    @property
    def is_acknowledged(self) -> bool:
        """Whether this phone was called, and knows that its answer has arrived."""
        return self.incoming and any(message.method == "ACK" for message in self.messages)

    @property
    def takes_words(self) -> bool:
        """Whether this phone minds our words once it has answered: before the ACK sipp gives the call up at one."""
        return self.is_acknowledged or not self.incoming

    @property
    def may_go_on(self) -> bool:
        """Whether this phone was called, and waits for no answer to an INVITE or a REFER of its own: until then it
        misses our word to go on."""
        invites, acks, refers = (self._sent(method) for method in ("INVITE", "ACK", "REFER"))
        answered = {one.cseq for one in self.messages if one.method == "REFER" and one.status is not None}
        return self.is_acknowledged and not invites - acks and all(cseq in answered for _, cseq in refers)

    def _sent(self, method: str) -> set[tuple[str, int]]:
        """The requests of a method that it has sent: to whom, and their numbers."""
        sent = (one for one in self.messages if one.sent and one.status is None and one.method == method)
        return {(one.line.split()[1], one.cseq) for one in sent}


def read_messages(path: Path) -> list[Message]:
    """All whole lines that sipp has written so far; none if there is no file yet."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    messages = []
    for raw in text.split(b"\n")[:-1]:
        parts = raw.decode("utf-8", "replace").split("\t", 6)
        if len(parts) < 7 or parts[3] not in ("S", "R") or not parts[5].startswith("CSeq:"):
            continue
        number, _, method = parts[5].removeprefix("CSeq:").strip().partition(" ")
        messages.append(Message(float(parts[2]), parts[3] == "S", parts[4], int(number), method, parts[6].strip()))
    return messages


def legs_of(messages: Iterable[Message]) -> list[Leg]:
    """The legs in the order of their first INVITE. Registrations and OPTIONS are left out."""
    legs: dict[str, Leg] = {}
    for message in messages:
        leg = legs.get(message.call_id)
        if leg is None:
            if message.status is not None or message.method != "INVITE":
                continue
            found = USER.match(message.line)
            leg = Leg(message.call_id, found[1] if found else "", not message.sent, message.at)
            legs[message.call_id] = leg
        leg.messages.append(message)
        _apply(leg, message)
    return list(legs.values())


def _apply(leg: Leg, message: Message) -> None:
    status = message.status
    if status is None:
        if message.method == "CANCEL" and leg.cancelled_at is None:
            leg.cancelled_at = message.at
        elif message.method == "BYE" and leg.ended_at is None:
            leg.ended_at, leg.ended_by = message.at, "phone" if message.sent else "line"
    elif message.method == "INVITE":
        if status in (180, 183) and leg.ringing_at is None:
            leg.ringing_at = message.at
        elif status == 200 and leg.answered_at is None:
            leg.answered_at, leg.final = message.at, 200
        elif status >= 300 and status != 401 and leg.final is None:
            leg.final = status
