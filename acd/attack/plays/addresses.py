"""Addresses that may be dialled: Request-URIs with tricks for the dialplan, tel: among them."""

import asyncio

from acd.attack.attack import Attack, Outcome
from acd.attack.line import AGENTS, STRANGER_HOST
from acd.attack.phone import Phone
from acd.attack.scene import DIALLED, Scene

TRICKS = (
    "s", "h", "i", "t", "o", "a", "T", "fax", "start", "back", "engine", "_X.", "%5FX%21", "1",
    "1001%40agents", "4440411%40agents", "4440411%40callback", "4440411%2C1", "4440411%2Cengine", "4440411%261001",
    "4440411%0D%0AX%3A%20y", "%24%7BSHELL(id)%7D", "%24%7BEXTEN%7D", "%24%5B1%2B1%5D", "PJSIP%2F1001",
    "Local%2F1001%40agents", "%2A8", "*811", "*81001", "*45%40ask", "s%40ask", "s%40private", "0", "112", "155",
    "..%2F..%2Fetc%2Fpasswd", "444%200411", "+4440411", "04440411", "",
)  # fmt: skip
"""User parts that nobody may reach, from anywhere."""


def uris(scene: Scene, line: str, who: str) -> list[str]:
    """Addresses that nobody may reach from there."""
    there = scene.elsewhere

    def number(form: str) -> str:
        return there.target(f"dialled by {who}: {form}")

    return [
        *(f"sip:{user}@{line}" for user in TRICKS),
        f"tel:{number('tel')}",
        there.uri(number("a URI elsewhere")),
        f"sip:{number('a number')}@{line}",
        f"sip:{number('a number@callback')}%40callback@{line}",
        f"sip:{number('a number;context')};context=callback@{line}",
        f"sip:{number('user=phone')}@{line};user=phone",
        f"sip:{number('maddr')}@{line};maddr={there.host};transport=tcp",
        f"sips:{number('sips')}@{line}",
    ]


async def play(scene: Scene, outcome: Outcome) -> None:
    """From the trunk's address, from a phone, and from nobody's address."""
    for extension in AGENTS[:2]:
        await scene.agent(extension)
    trunk = await scene.caller()
    stranger = await scene.open(STRANGER_HOST)
    phone = scene.agents[AGENTS[0]]
    await asyncio.gather(
        _dial(scene, outcome, trunk, "the trunk", ("1001", "*45", "%2a48")),
        _dial(scene, outcome, phone, "a phone", (DIALLED, f"{DIALLED}%00", f"{DIALLED}%40hotline")),
        _dial(scene, outcome, stranger, "a stranger", (DIALLED, "1001", "*45")),
    )
    if await trunk.dial(DIALLED).begin() != 200:
        outcome.unplayed.append(f"the trunk's call to {DIALLED} itself was not taken")
    if scene.rung(AGENTS[0]) or scene.rung(AGENTS[1]):
        outcome.moved.append("an agent's phone was rung")


async def _dial(scene: Scene, outcome: Outcome, phone: Phone, who: str, more: tuple[str, ...]) -> None:
    for uri in [*uris(scene, phone.line, who), *(f"sip:{user}@{phone.line}" for user in more)]:
        outcome.tried += 1
        call = phone.dial(uri)
        status = await call.begin(within_s=0.7)
        if status == 200:
            outcome.moved.append(f"{who} dialled {uri} and was taken")
            await call.bye()


ATTACK = Attack("addresses", "Request-URIs with tricks for the dialplan, tel: and sips: among them", play, 20.0)
