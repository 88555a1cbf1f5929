"""What a phone does, as data, and the sipp scenario that makes it do so.

Every wait of a phone is a `recv` rather than a `pause`, so that the other side may hang up at any moment and is
answered properly, and so that a request of ours in the call's dialogue may tell the phone what to do (sipp has no other
way to be told anything about one call): a MESSAGE to hang up, others to go on or to press a key. A wait for so many
seconds is a time-out of its `recv`. Times are seconds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from phones import media
from phones.script import HERE, Ends, Login, Script, ok
from phones.transfer import VARIABLES, Blind, Consult, Transfer, blind, consult

# --- a caller


@dataclass(frozen=True, slots=True)
class Wait:
    """Listen for so long."""

    s: float


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys (RFC 4733 events), one after the other; the next step begins 0.2 s a key later."""

    keys: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang up. Nothing may follow."""


@dataclass(frozen=True, slots=True)
class OnWord:
    """At each word of ours (`Process.press`) press the next keys, or speak for so many seconds; until the call ends.
    Nothing may follow."""

    does: tuple[str | float, ...]


Step = Wait | Press | HangUp | OnWord


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """What a caller does once the line has answered; without a `HangUp` they stay until the other side hangs up.

    `cancel_after_s`: give up that long after dialling, before the line has answered (a CANCEL).
    `limit_s`: a caller who is still there so long after their last step counts as failed.
    `patience_s`: mean of an exponential time after the last step, then they hang up.
    `from_header`: the whole value of From, without its tag, in place of the number and name given to `Phones.call`.
    `headers`: further header lines, sent as they are.
    `login`: dial as this account instead of as the trunk.
    `speaks`: send RTP as soon as the line has answered; otherwise not before the first key.
    """

    steps: Sequence[Step] = ()
    limit_s: float = 120.0
    cancel_after_s: float | None = None
    patience_s: float | None = None
    from_header: str = ""
    headers: Sequence[str] = ()
    login: Login | None = None
    speaks: bool = True


# --- an agent


@dataclass(frozen=True, slots=True)
class Talk:
    """Talk for `mean_s`, exponentially distributed."""

    mean_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Agent:
    """What an agent's phone does with each call.

    `answer_after_s`: pick up after so long; None lets it ring for ever.
    `reject`: a final status instead, such as 486 (busy) or 603 (declined), sent after `answer_after_s`.
    `forward_to`: the address that a `reject` of 3xx names in its Contact; empty: it names none.
    `talk_s`: hang up after so long (or a random time, `Talk`); None waits for the caller.
    `rings`: say 180 at once; False is a phone that says nothing before its final answer.
    `hold`: (after, for): put the caller on hold once, so long after picking up, for so long; before `talk_s` begins.
    `transfer`: hand the caller on, before `talk_s` begins; what is left of the call ends as `talk_s` says.
    `keys`: keys that are pressed, or captures that are sent, when `Process.press` says so; the phone then talks until
    it is told to hang up.
    `sound`: a capture that is sent from the answer on.
    """

    answer_after_s: float | None = 0.3
    reject: int | None = None
    forward_to: str = ""
    talk_s: float | Talk | None = 1.0
    rings: bool = True
    hold: tuple[float, float] | None = None
    transfer: Transfer | None = None
    keys: Sequence[str | bytes] = ()
    sound: bytes = b""


PRESSES = ("INFO", "NOTIFY", "UPDATE")
"""The request of ours that has a phone press its first key, its second, and so on."""
REASONS = {
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Moved Temporarily",
    305: "Use Proxy",
    380: "Alternative Service",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    500: "Server Internal Error",
    603: "Decline",
}


VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-"
# A call that sipp did not begin has no number of its own; Asterisk's Call-IDs are UUIDs, which a branch may hold.
CALLED_VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[call_id]-"
FOR_ASTERISK = "sip:[remote_ip]:[remote_port]"
KEEP_TO = '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>'
CRYPT = "[authentication username={user} password={password}]"


def _sdp(direction: str = "sendrecv", version: int = 1) -> list[str]:
    return [
        "v=0",
        f"o=phone 1 {version} IN IP4 [local_ip]",
        "s=-",
        "c=IN IP4 [media_ip]",
        "t=0 0",
        "m=audio [media_port] RTP/AVP 0 96",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:96 telephone-event/8000",
        "a=fmtp:96 0-15",
        f"a={direction}",
    ]


SDP = "Content-Type: application/sdp"


def caller(script: Caller, capture: Callable[[bytes], str]) -> str:
    """The scenario of a caller. Field 0 of the CSV is their number, field 1 their display name; `[service]` is
    whom they dial. `capture` keeps what they send and gives the file's name."""
    s = Script("caller")
    end = s.ends()
    from_ = f"From: {_who(script)};tag=[pid]C[call_number]"
    target = "sip:[service]@[remote_ip]:[remote_port]"

    def request(method: str, cseq: int, to: str, branch: str, *more: str) -> list[str]:
        return [
            f"{method} {target} SIP/2.0", f"{VIA}{branch}", from_, to, "Call-ID: [call_id]",
            f"CSeq: {cseq} {method}",
            "Max-Forwards: 70", f"Contact: {HERE}", *more,
        ]  # fmt: skip

    # The last message may be one of ours, so that what was answered has to be kept.
    fresh, challenged, known = f"To: <{target}>", "[last_To:]", "To:[$to]"
    cseq, branch = 1, "invite1"
    s.send(request("INVITE", 1, fresh, branch, *script.headers, SDP), again=True, body=_sdp())
    if script.login:
        s.recv(response="100", optional=True)
        s.recv(response="401", auth=True)
        s.send(request("ACK", 1, challenged, branch))
        cseq, branch = 2, "invite2"
        crypt = CRYPT.format(user=script.login.user, password=script.login.password)
        s.send(request("INVITE", 2, fresh, branch, crypt, *script.headers, SDP), again=True, body=_sdp())
    answered = s.label()
    if script.cancel_after_s is None:
        for status in ("100", "180", "183"):
            s.recv(response=status, optional=True)
        s.recv(response="200", rtd="true", action=KEEP_TO)
    else:
        cancel, ack = request("CANCEL", cseq, fresh, branch), request("ACK", cseq, challenged, branch)
        _cancel(s, cancel, ack, script.cancel_after_s, answered, end.over)
    s.mark(answered)
    s.send(request("ACK", cseq, known, "ack"))
    if script.speaks:
        s.do(f'<exec play_pcap_audio="{capture(media.speech())}"/>')
    bye = request("BYE", cseq + 1, known, "bye")
    pressed: list[tuple[int, str]] = []
    for nth, step in enumerate(script.steps, start=1):
        match step:
            case Wait(seconds):
                s.listen(seconds, end)
            case Press(keys):
                s.do(f'<exec play_pcap_audio="{capture(media.keys(keys, nth, before=pressed))}"/>')
                pressed.append((nth, keys))
                s.listen(media.keys_last_s(keys), end)
            case HangUp():
                s.hang_up(bye, end.over)
            case OnWord(does):
                _on_word(s, does, nth, end, capture, pressed)
    if not (script.steps and isinstance(script.steps[-1], HangUp | OnWord)):
        if script.patience_s is not None:
            s.listen_exponentially(script.patience_s, end)
            s.hang_up(bye, end.over)
        else:
            s.listen_on(script.limit_s, end)
    s.end(end, bye)
    return s.xml()


def _who(script: Caller) -> str:
    if script.login:
        return f"<sip:{script.login.user}@[remote_ip]:[remote_port]>"
    return script.from_header or "[field1]<sip:[field0]@[local_ip]:[local_port]>"


def _cancel(s: Script, cancel: list[str], ack: list[str], after_s: float, answered: str, over: str) -> None:
    """Give up before the answer. An answer that was quicker is an answer: go on there. (Nothing may be cancelled before
    the line has said 100.)"""
    give_up = s.label()
    s.recv(response="100")
    if after_s > 0:
        for status in ("180", "183"):  # sipp minds the time-out of the first of several, and of no other
            s.recv(response=status, optional=True, within_s=after_s, late=give_up)
        s.recv(response="200", within_s=after_s, late=give_up, to=answered, action=KEEP_TO)
        s.mark(give_up)
    s.send(cancel, again=True)
    for status in ("180", "183"):
        s.recv(response=status, optional=True)
    s.recv(response="200", action=KEEP_TO)  # to the CANCEL, or to the INVITE that crossed it
    s.recv(response="200", optional=True, to=answered, action=KEEP_TO)
    s.recv(response="487")
    s.send(ack, to=over)


def register(expires_s: int = 120, *, keep: bool = True) -> str:
    """The scenario of a phone's registration, renewed for as long as sipp runs; with `keep` False once only.

    Field 0 of the CSV is the user, field 1 sipp's `[authentication …]`. An `expires_s` of 0 unregisters."""
    s = Script("register")
    again = s.label()
    lines = [
        f"REGISTER {FOR_ASTERISK} SIP/2.0", f"{VIA}r[cseq]", "From: <sip:[field0]@[remote_ip]>;tag=[pid]R[call_number]",
        "To: <sip:[field0]@[remote_ip]>", "Call-ID: [call_id]", "CSeq: [cseq] REGISTER", "Max-Forwards: 70",
        "Contact: <sip:[field0]@[local_ip]:[local_port]>" if expires_s else "Contact: *", f"Expires: {expires_s}",
    ]  # fmt: skip
    s.mark(again)
    s.send(lines, again=True)
    s.recv(response="401", auth=True)
    s.send([*lines, "[field1]"], again=True)
    s.recv(response="200")
    if keep:
        s.parts.append(f'<pause milliseconds="{expires_s * 400}" next="{again}"/>')
    return s.xml()


REMEMBER = "".join(
    f'<ereg regexp="{regexp}" search_in="hdr" header="{header}" assign_to="{name}"/>'
    for header, regexp, name in (
        ("From:", ".*", "from"),
        ("To:", ".*", "to"),
        ("Contact:", "sip:[^>]*", "contact"),
        ("CSeq:", "[0-9]+", "cseq"),
        ("Via:", ".*", "via"),
    )
)


def agent(script: Agent, capture: Callable[[bytes], str] = lambda _: "") -> str:
    """The scenario of an agent's phone for what arrives outside of the registration: a call, or an OPTIONS. `capture`
    is as in `caller`, for a phone that sends sound or keys."""
    s = Script("agent")
    end, answered_options, cancelled = s.ends(), s.label(), s.label()
    tag = ";tag=[pid]A[call_number]"
    s.recv(request="OPTIONS", optional=True, to=answered_options)
    s.recv(request="INVITE", action=REMEMBER)

    invite = ["Via:[$via]", "From:[$from]", f"To:[$to]{tag}", "Call-ID: [call_id]", "CSeq:[$cseq] INVITE"]
    if script.rings:
        s.send(["SIP/2.0 180 Ringing", *invite, f"Contact: {HERE}"])
    if script.answer_after_s is None:
        s.recv(request="CANCEL", to=cancelled, within_s=3600)
    elif script.answer_after_s > 0:
        pick_up = s.label()
        s.recv(request="CANCEL", to=cancelled, within_s=script.answer_after_s, late=pick_up)
        s.mark(pick_up)
    if script.reject:
        contact = [f"Contact: <{script.forward_to}>"] if script.forward_to else []
        s.send([f"SIP/2.0 {script.reject} {REASONS.get(script.reject, 'Rejected')}", *invite, *contact], again=True)
        s.recv(request="ACK", to=end.over)
    elif script.answer_after_s is not None:
        _talk(s, script, invite, end, capture)

    s.mark(cancelled)
    s.send(ok(tag))
    s.send(["SIP/2.0 487 Request Terminated", *invite], again=True)
    s.recv(request="ACK", to=end.over)
    s.mark(answered_options)
    s.send(ok(tag), to=end.over)
    s.end(end, _from_agent("BYE", 9))
    asks = f",{VARIABLES}" if isinstance(script.transfer, Consult) else ""
    s.parts.append(f'<Reference variables="from,to,contact,cseq,via{asks}"/>')  # sipp refuses one that is not used
    return s.xml()


def _talk(s: Script, script: Agent, invite: list[str], end: Ends, capture: Callable[[bytes], str]) -> None:
    """Pick up, hold if asked, talk, hang up. A CANCEL that crosses the answer is told that it came too late."""
    acked, late_cancel = s.label(), s.label()

    s.send(["SIP/2.0 200 OK", *invite, f"Contact: {HERE}", SDP], again=True, body=_sdp())
    wait_ack = s.label()
    s.mark(wait_ack)
    s.recv(request="CANCEL", optional=True, to=late_cancel)
    s.recv(request="INVITE", optional=True, to=wait_ack)  # sent again: Asterisk has not read our answer yet
    s.recv(request="ACK", to=acked)
    s.mark(late_cancel)
    s.send(ok(), to=wait_ack)
    s.mark(acked)
    if script.sound:
        s.do(f'<exec play_pcap_audio="{capture(script.sound)}"/>')
    if script.keys:
        _press(s, script.keys, end, capture)
    cseq = 1
    if script.hold:
        after_s, for_s = script.hold
        for wait_s, direction in ((after_s, "sendonly"), (for_s, "sendrecv")):
            s.listen(wait_s, end)
            cseq += 1
            _reinvite(s, direction, cseq)
    if isinstance(script.transfer, Blind):
        cseq += 1
        blind(s, script.transfer, cseq, end, _from_agent("BYE", cseq + 1))
    elif script.transfer is not None:
        s.listen(script.transfer.after_s, end)
        _reinvite(s, "sendonly", cseq + 1)
        cseq += 2
        consult(s, script.transfer, cseq, end, _sdp(), _from_agent("BYE", cseq + 1))
        if script.transfer.then == "return":
            cseq += 1
            _reinvite(s, "sendrecv", cseq)
    match script.talk_s:
        case None:
            s.listen_on(3600, end)
        case Talk(mean_s):
            s.listen_exponentially(mean_s, end)
            s.hang_up(_from_agent("BYE", cseq + 1), end.over)
        case seconds:
            s.listen(seconds, end)
            s.hang_up(_from_agent("BYE", cseq + 1), end.over)


def _on_word(
    s: Script,
    does: Sequence[str | float],
    first: int,
    end: Ends,
    capture: Callable[[bytes], str],
    before: Sequence[tuple[int, str]],
) -> None:
    sounds = [media.noise(one, nth) if isinstance(one, float) else one for nth, one in enumerate(does, start=first)]
    _press(s, sounds, end, capture, media.EVENT_PAYLOAD, first, before)


def _press(
    s: Script,
    keys: Sequence[str | bytes],
    end: Ends,
    capture: Callable[[bytes], str],
    payload: int = media.CALLED_PAYLOAD,
    first: int = 1,
    before: Sequence[tuple[int, str]] = (),
) -> None:
    """Press a key at each word of ours, until the call ends. The presses have the numbers from `first` on, and follow
    those `before`; one waits for its word, so none is known to have been pressed before another of them."""
    loop, presses = s.label(), [(s.label(), key, method) for key, method in zip(keys, PRESSES, strict=False)]
    s.mark(loop)
    for label, _, method in presses:
        s.recv(request=method, optional=True, to=label)
    s.recv(request="MESSAGE", optional=True, to=end.told)
    s.recv(request="BYE", to=end.theirs)
    for nth, (label, key, _) in enumerate(presses, start=first):
        sound = key if isinstance(key, bytes) else media.keys(key, nth, payload=payload, before=before)
        s.mark(label)
        s.do(f'<exec play_pcap_audio="{capture(sound)}"/>', to=loop)


def _reinvite(s: Script, direction: str, cseq: int) -> None:
    """Hold the caller (`sendonly`) or take them back (`sendrecv`)."""
    s.send(_from_agent("INVITE", cseq, SDP), again=True, body=_sdp(direction, cseq))
    s.heed_no_word()
    s.recv(response="100", optional=True)
    s.recv(response="200")
    s.send(_from_agent("ACK", cseq))


def _from_agent(method: str, cseq: int, *more: str) -> list[str]:
    """A request in the dialogue that the caller's side began."""
    return [
        f"{method} [$contact] SIP/2.0", f"{CALLED_VIA}{method.lower()}{cseq}", "From:[$to];tag=[pid]A[call_number]",
        "To:[$from]", "Call-ID: [call_id]", f"CSeq: {cseq} {method}", "Max-Forwards: 70", f"Contact: {HERE}", *more,
    ]  # fmt: skip
