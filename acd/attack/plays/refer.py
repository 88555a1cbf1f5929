"""REFER: sending a call on to somewhere outside, from the trunk and from a phone."""

import asyncio
from urllib.parse import quote

from acd.attack.attack import Attack, Outcome
from acd.attack.line import AGENTS, STRANGER_HOST
from acd.attack.phone import Call, Phone
from acd.attack.scene import DIALLED, Scene


def targets(scene: Scene, line: str, who: str) -> list[str]:
    """Where a call might be sent on to."""
    there = scene.elsewhere

    def number(form: str) -> str:
        return there.target(f"REFER by {who} to {form}")

    return [
        there.uri(number("sip")),
        f"{there.uri(number('sip over TCP'))};transport=tcp",
        there.uri(number("sip with Replaces")) + "?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc",
        f"tel:{number('tel')}",
        f"sip:{number('a number')}@{line}",
        f"sip:{number('a number@callback')}%40callback@{line}",
        f"sip:PJSIP%2Ftrunk%2Fsip%3A{number('PJSIP/trunk')}%40{there.host}%3A{there.port}@{line}",
        f"sip:Local%2F{number('Local/…@callback')}%40callback@{line}",
        f"sip:*8{number('*8 and a number')}@{line}",
        f"sip:{DIALLED}%40hotline@{line}",
        f"sip:s@{line}",
        f"sip:back@{line}",
    ]


async def play(scene: Scene, outcome: Outcome) -> None:
    """By a caller in a talk, by that caller's agent, by a phone in a private call, and outside of any call."""
    for extension in AGENTS[:3]:
        await scene.agent(extension)
    await scene.sign_in(AGENTS[0])
    caller, leg = await scene.talking(AGENTS[0])
    first, second = scene.agents[AGENTS[1]], scene.agents[AGENTS[2]]
    second.on_invite = scene.agents[AGENTS[0]].on_invite
    private = first.dial(AGENTS[2])
    if await private.begin() != 200:
        outcome.unplayed.append(f"{AGENTS[1]} could not call {AGENTS[2]}")
    await asyncio.gather(
        _refer(scene, outcome, caller, "the caller"),
        _refer(scene, outcome, leg, "the caller's agent"),
        _refer(scene, outcome, private, "a colleague"),
        _out_of_nothing(scene, outcome, await scene.caller(), "the trunk"),
        _out_of_nothing(scene, outcome, scene.agents[AGENTS[1]], "a phone"),
        _out_of_nothing(scene, outcome, await scene.open(STRANGER_HOST), "a stranger"),
    )
    await asyncio.sleep(0.5)
    if not await scene.held(caller):
        outcome.moved.append("the caller whose talk was to be sent on is cut off")


async def _refer(scene: Scene, outcome: Outcome, call: Call, who: str) -> None:
    for target in targets(scene, call.phone.line, who):
        outcome.tried += 1
        await call.refer(target)
        if not call.up:
            outcome.moved.append(f"REFER by {who} to {target} ended the call")
            return
        await asyncio.sleep(0.05)


async def _out_of_nothing(scene: Scene, outcome: Outcome, phone: Phone, who: str) -> None:
    for target in targets(scene, phone.line, who):
        outcome.tried += 1
        reply = await phone.request(
            "REFER",
            f"sip:{DIALLED}@{phone.line}",
            headers=[("Refer-To", f"<{quote(target, safe=':@;=?%')}>")],
            within_s=1.0,
        )
        if reply is not None and reply.status < 300:
            outcome.moved.append(f"REFER by {who} out of no call to {target} was taken ({reply.status})")


ATTACK = Attack("REFER", "REFER to somewhere outside, by caller, agent, colleague and stranger", play)
