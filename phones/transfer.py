"""How an agent's phone hands its caller on: by REFER alone (blind), or after asking the other first (attended).

The second call of an attended transfer belongs to the same sipp call: sipp takes what stands before `///` in a Call-ID
for no part of its number.
"""

from dataclasses import dataclass
from typing import Literal

from phones.script import Ends, Login, Script


@dataclass(frozen=True, slots=True)
class Blind:
    """Send the caller to `to`, so long after picking up, or with None when `Process.go_on` says so. If Asterisk
    refuses, the talk goes on."""

    to: str
    after_s: float | None = 0.5


@dataclass(frozen=True, slots=True)
class Consult:
    """Put the caller on hold, call `to` as `login`, and so long after `to` picked up hand the caller over, or go back.

    `after_s` and `talk_s` are as `after_s` of `Blind`. `early`: hand over while `to` still rings, so long after the
    ringing began. `service`: `to` is asked as one of this service, by the code to which a blind transfer would go; the
    header is the page's.
    """

    to: str
    login: Login
    after_s: float | None = 0.5
    talk_s: float | None = 0.5
    then: Literal["transfer", "return"] = "transfer"
    early: bool = False
    service: str = ""


Transfer = Blind | Consult

LINE = "[remote_ip]:[remote_port]"
HERE = "<sip:[local_ip]:[local_port]>"
TAG = "[pid]A[call_number]"
CONSULT_TAG = "[pid]K[call_number]"
CONSULT_ID = "consult///[call_id]"
_TO_TAG = '<ereg regexp="tag=([^;]*)" search_in="hdr" header="To:" assign_to="whole,theirs"/>'
VARIABLES = "whole,theirs"


def refer(cseq: int, to: str, replaces: str = "") -> list[str]:
    """REFER in the dialogue with the caller's side."""
    target = f"sip:{to}@{LINE}" + (f"?Replaces={replaces}" if replaces else "")
    return [
        "REFER [$contact] SIP/2.0",
        f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[call_id]-refer{cseq}",
        f"From:[$to];tag={TAG}", "To:[$from]", "Call-ID: [call_id]", f"CSeq: {cseq} REFER", "Max-Forwards: 70",
        f"Contact: {HERE}", f"Refer-To: <{target}>", f"Referred-By: {HERE}",
    ]  # fmt: skip


def blind(s: Script, plan: Blind, cseq: int, end: Ends, bye: list[str]) -> None:
    """Refer the caller away, then hang up as phones do: Asterisk sends no BYE for a blind transfer. A refusal leaves
    all as it was."""
    refused = s.label()
    s.listen(plan.after_s, end)
    s.send(refer(cseq, plan.to), again=True)
    s.heed_no_word()
    for status in ("400", "403", "404", "603"):
        s.recv(response=status, optional=True, to=refused)
    s.recv(response="202")
    s.listen(0.2, end)
    s.hang_up(bye, end.over)
    s.mark(refused)


def consult(s: Script, plan: Consult, cseq: int, end: Ends, sdp: list[str], bye: list[str]) -> None:
    """Call the other; then REFER with Replaces, or BYE to the other. The caller is on hold meanwhile. Asterisk ends the
    second call of those it has joined (an unanswered one by 603); the first is for the phone to end."""

    def request(method: str, number: int, to: str, *more: str) -> list[str]:
        return [
            f"{method} sip:{plan.to}@{LINE} SIP/2.0",
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[call_id]-k{method.lower()}{number}",
            f"From: <sip:{plan.login.user}@{LINE}>;tag={CONSULT_TAG}", to, f"Call-ID: {CONSULT_ID}",
            f"CSeq: {number} {method}", "Max-Forwards: 70", f"Contact: {HERE}", *more,
        ]  # fmt: skip

    fresh = f"To: <sip:{plan.to}@{LINE}>"
    known = f"{fresh};tag=[$theirs]"
    crypt = f"[authentication username={plan.login.user} password={plan.login.password}]"
    kind = "Content-Type: application/sdp"
    asked = [f"X-Service: {plan.service}"] if plan.service else []
    s.send(request("INVITE", 1, fresh, *asked, kind), again=True, body=sdp)
    s.heed_no_word()
    s.recv(response="100", optional=True)
    s.recv(response="401", auth=True)
    s.send(request("ACK", 1, "[last_To:]"))
    s.send(request("INVITE", 2, fresh, crypt, *asked, kind), again=True, body=sdp)
    s.heed_no_word()
    s.recv(response="100", optional=True)
    if plan.early:
        s.recv(response="180", action=_TO_TAG)
    else:
        for status in ("180", "183"):
            s.recv(response=status, optional=True)
        s.recv(response="200", action=_TO_TAG)
        s.send(request("ACK", 2, known))
    s.listen(plan.talk_s, end)
    if plan.then == "transfer":
        replaces = f"{CONSULT_ID}%3Bto-tag%3D[$theirs]%3Bfrom-tag%3D{CONSULT_TAG}"
        s.send(refer(cseq, plan.to, replaces), again=True)
        s.heed_no_word()
        s.recv(response="202")
        if plan.early:
            s.heed_no_word()
            s.recv(response="603")
            s.send(request("ACK", 2, "[last_To:]"))
        else:
            s.recv(request="BYE", within_s=30)
            s.send(["SIP/2.0 200 OK", "[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]"])
        s.hang_up(bye, end.over)
    else:
        s.send(request("BYE", 3, known), again=True)
        s.heed_no_word()
        s.recv(response="200")
