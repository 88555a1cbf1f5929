"""The requests for a caller's channel: `/ask` before they go into Asterisk's queue, `/ended` when the call is over."""

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from acd.standby import members, spool
from acd.standby.agi import PeerFault, Session

QUEUE: Final = "standby"
QUESTION, CONNECTING = "standby_question", "standby_connecting"
URGENT_KEY: Final = "1"
ANSWER_MS: Final = 2500
"""Seconds for the caller to press the key after the question."""
SYNC_S: Final = 0.5

PRIO_SPAN: Final = 1_000_000_000
"""The range of arrivals in a priority, in hundredths of a second: after 115 days they begin again."""

AT_ONCE: Final = 24
"""Phones asked for in one AGI command, which Asterisk reads up to 2,048 bytes."""
AWAY: Final = frozenset({"UNAVAILABLE", "INVALID"})
"""Asterisk's words for a phone that is not registered."""

_NUMBER: Final = re.compile(r"[0-9A-Za-z+*#._-]{1,64}")
_LONGEST_NAME: Final = 256
_MEMBER: Final = re.compile(r"[A-Za-z0-9]{1,16}/[A-Za-z0-9_.-]{1,64}")


def queue_prio(arrived_at: float, *, urgent: bool) -> int:
    """The caller's `QUEUE_PRIO`: urgent before routine, then by arrival on the line (Unix seconds).

    Asterisk's queue compares them as 32-bit integers and puts a caller behind all others of the same priority. So a
    caller keeps the place of their arrival, however long the question took and however often they leave the queue to
    look for the engine. The dialplan has the same rule for a caller whom no standby asked."""
    arrival = round(arrived_at * 1000) // 10 % PRIO_SPAN
    return PRIO_SPAN - arrival if urgent else -arrival


class Standby:
    """The sessions' work. `secret` is the first argument of each request of our dialplan. `say` reports a fault to the
    operator; it never gets a caller's data."""

    def __init__(
        self, data_dir: Path, *, secret: str, say: Callable[[str], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._spool = data_dir / "spool"
        self._list = members.path_in(data_dir)
        self._secret = secret
        self._say = say
        self._clock = clock
        self._sync = threading.Lock()
        self._applied: _Version | None = None
        self._penalties: dict[str, int] = {}

    def serve(self, agi: Session) -> None:
        """Serve one connection. Raises `PeerFault` and pyst2's `AGIException`s; the channel goes on in the dialplan."""
        if not agi.knows(self._secret):
            raise PeerFault("a request whose first argument is not our agi_secret")
        if not spool.is_call_id(_call(agi)):
            raise PeerFault("an environment without a usable agi_uniqueid")
        match agi.path:
            case "/ask":
                self._ask(agi)
            case "/ended":
                self._ended(agi)
            case _:
                raise PeerFault("no such path")

    def _ask(self, agi: Session) -> None:
        """Ask whether the call is urgent, write the record, and set the dialplan's variables. Silence, or another key,
        means no."""
        self._bring_in_members(agi)
        key = agi.stream_file(QUESTION, URGENT_KEY) or agi.wait_for_digit(ANSWER_MS)
        urgent, queued_at = key == URGENT_KEY, round(self._clock(), 3)
        agi.set_variable("QUEUE_PRIO", queue_prio(_arrived_at(agi) or queued_at, urgent=urgent))
        if not urgent:
            agi.set_variable("QUEUE_MAX_PENALTY", members.REGULAR)
        agi.set_variable("URGENT", int(urgent))
        agi.set_variable("QUEUED", round(queued_at * 1000))
        agi.set_variable("ASKED", 1)
        self._put_down(agi, urgent=urgent, queued_at=queued_at)
        agi.stream_file(CONNECTING)

    def _ended(self, agi: Session) -> None:
        """Record the end of a call. The arguments have everything that is known: arrival, urgent, queued, answered,
        member, who hung up, end, and the call's id."""
        _, urgent, queued, answered, member, by, ended = (agi.argument(place) for place in range(1, 8))
        saved = self._put_down(
            agi,
            urgent={"1": True, "0": False}.get(urgent),
            queued_at=_seconds(queued),
            answered_at=_seconds(answered) if _MEMBER.fullmatch(member) else None,
            agent=member if _MEMBER.fullmatch(member) else "",
            ended_at=_seconds(ended) or self._clock(),
            hangup_by="agent" if by == "agent" else "caller",
        )
        if saved:
            agi.set_variable("SPOOLED", 1)

    def _put_down(self, agi: Session, **known: object) -> bool:
        record = spool.Record(
            call=_call(agi),
            channel=agi.text("channel")[:128],
            number=_number(agi.text("callerid")),
            name=_name(agi.text("calleridname")),
            dialled=_number(agi.text("dnid")) or _number(agi.text("extension")),
            arrived_at=_arrived_at(agi) or self._clock(),
            **known,  # type: ignore[arg-type]  # the fields that the dialplan told, by name
        )
        try:
            spool.write(self._spool, record)
        except OSError as error:  # a full disk costs the record, never the caller
            self._say(f"the spool cannot be written, a call goes on without: {error.strerror or error}")
            return False
        return True

    # --- who may answer

    def _bring_in_members(self, agi: Session) -> None:
        """Make the agents who were signed in when the engine last ran members of the queue. This uses the caller's own
        channel and needs no right to command Asterisk. While one caller's channel does it, others do not wait for
        long. If one of an agent's two phones is not registered, it is left out: the queue takes both for free while
        one is, and each try at the other would cost the caller a second."""
        if not self._sync.acquire(timeout=SYNC_S):
            return
        try:
            signed_in = members.read(self._list)
            states = members.states(signed_in)
            away = _away(agi, [name for name in states if signed_in[name] is not None])
            wanted = {name: None if name in away else penalty for name, penalty in signed_in.items()}
            ready = {name: penalty for name, penalty in wanted.items() if penalty is not None}
            version = *_version(self._list), away
            count = agi.get_full_variable(f"${{QUEUE_MEMBER({QUEUE},count)}}")
            if version == self._applied and count == str(len(ready)):  # Asterisk forgets the members at a restart
                return
            self._applied = None
            for name, penalty in wanted.items():
                if penalty is None or self._penalties.get(name, penalty) != penalty:
                    agi.appexec("RemoveQueueMember", f"{QUEUE},{name}")
                if penalty is not None:
                    state = f",,,{states[name]}" if name in states else ""
                    agi.appexec("AddQueueMember", f"{QUEUE},{name},{penalty}{state}")
            self._applied, self._penalties = version, ready
        finally:
            self._sync.release()


_Version = tuple[int, int, frozenset[str]]
"""The state of the list's file (`_version`), and the phones that were away."""


def _version(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino


def _away(agi: Session, names: list[str]) -> frozenset[str]:
    """Those of these phones that are not registered."""
    found: set[str] = set()
    for first in range(0, len(names), AT_ONCE):
        some = names[first : first + AT_ONCE]
        told = agi.get_full_variable(",".join(f"${{DEVICE_STATE({name})}}" for name in some)).split(",")
        found |= {name for name, state in zip(some, told, strict=False) if state in AWAY}
    return frozenset(found)


# --- Asterisk's values, checked


def _call(agi: Session) -> str:
    """The call of the channel; for a caller who was called back, the last argument has it."""
    return agi.argument(2 if agi.path == "/ask" else 8) or agi.text("uniqueid")


def _arrived_at(agi: Session) -> float | None:
    return _seconds(agi.argument(1))


def _seconds(text: str) -> float | None:
    """Epoch milliseconds to seconds."""
    return int(text) / 1000 if text.isascii() and text.isdecimal() and 10 < len(text) < 15 else None


def _number(text: str) -> str:
    return text if _NUMBER.fullmatch(text) else ""


def _name(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME and text.isprintable() and "\ufffd" not in text else ""
