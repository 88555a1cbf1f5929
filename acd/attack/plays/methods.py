"""Every other method outside a call: what does a SIP port do for a stranger?"""

import asyncio

from acd.attack.attack import Attack, Outcome
from acd.attack.line import AGENTS, STRANGER_HOST
from acd.attack.phone import Phone
from acd.attack.scene import DIALLED, Scene

PIDF = (
    '<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:1001@x"><tuple id="a"/></presence>'
)
EVENTS = ("presence", "dialog", "message-summary", "reg", "refer", "as-feature-event", "line-seize", "call-completion")
TAKEN = 300


async def play(scene: Scene, outcome: Outcome) -> None:
    """From the trunk's address, from a phone in a colleague's name, and from nobody's address."""
    await scene.desk(count=2)
    phone, trunk, stranger = scene.agents[AGENTS[0]], await scene.caller(), await scene.open(STRANGER_HOST)
    await asyncio.gather(
        _ask(scene, outcome, trunk, "the trunk", trunk.user),
        _ask(scene, outcome, await scene.caller(), "the trunk in an agent's name", AGENTS[1]),
        _ask(scene, outcome, phone, "a phone in a colleague's name", AGENTS[1]),
        _ask(scene, outcome, stranger, "a stranger in an agent's name", AGENTS[1]),
    )


async def _ask(scene: Scene, outcome: Outcome, phone: Phone, who: str, name: str) -> None:
    there = scene.elsewhere.uri(scene.elsewhere.target(f"a request by {who}"))
    other = AGENTS[1]
    own = [("From", f"<sip:{name}@127.0.0.1>"), ("Contact", f"<{there}>")]
    requests: list[tuple[str, list[tuple[str, str]], str]] = [
        *(("SUBSCRIBE", [("Event", event), ("Expires", "60"), ("Accept", "*/*")], "") for event in EVENTS),
        *(("PUBLISH", [("Event", event), ("Expires", "60"), ("Content-Type", "application/pidf+xml")], PIDF)
          for event in EVENTS[:3]),
        *(("NOTIFY", [("Event", event), ("Subscription-State", "active"), ("Content-Type", "text/plain")], "x")
          for event in ("message-summary", "check-sync", "refer")),
        ("MESSAGE", [("Content-Type", "text/plain")], "x"),
        ("INFO", [("Content-Type", "application/dtmf-relay")], "Signal=1\r\nDuration=100\r\n"),
        ("UPDATE", [], ""),
        ("PRACK", [("RAck", "1 1 INVITE")], ""),
        ("BYE", [], ""),
        ("CANCEL", [], ""),
    ]  # fmt: skip
    for user in (DIALLED, other):
        for method, headers, body in requests:
            outcome.tried += 1
            reply = await phone.request(
                method, f"sip:{user}@{phone.line}", headers=[*own, *headers], body=body, within_s=0.7
            )
            if reply is not None and reply.status < TAKEN and method != "CANCEL":
                event = dict(headers).get("Event", "")
                outcome.moved.append(
                    f"{method} {event} by {who} to {user} was taken ({reply.status})".replace("  ", " ")
                )
    # OPTIONS may be answered: it says no more than that the line is there.
    reply = await phone.request("OPTIONS", f"sip:{other}@{phone.line}", headers=own, within_s=0.7)
    outcome.tried += 1
    if reply is not None and any(word in reply.get("Server").lower() for word in ("asterisk", "pjsip")):
        outcome.moved.append(f"OPTIONS tells {who} what serves: {reply.get('Server')}")


ATTACK = Attack("methods", "SUBSCRIBE, PUBLISH, NOTIFY, MESSAGE, INFO and others out of no call", play, 20.0)
