"""Phones that answer with a redirection, each to somewhere else.

Without option `i` of Dial, and always where AMI's Originate calls, Asterisk follows a 3xx: by a `Local` channel into
the caller's context, or by whatever channel the Contact's user names. So one agent's phone could have the line call
anybody at the town's cost.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator

from acd.attack.attack import Outcome
from acd.attack.outside import Elsewhere
from acd.attack.phone import Answer
from acd.attack.scene import Scene
from acd.attack.sip import Message

STATUSES = (302, 300, 301, 305, 380)
_Form = Callable[[Elsewhere, str, str], str]
FORMS: dict[str, _Form] = {
    "PJSIP/trunk/sip:…": lambda there, number, _: f"sip:PJSIP%2Ftrunk%2Fsip%3A{number}%40{there.host}%3A{there.port}@x",
    "PJSIP/…@outgoing": lambda _, number, __: f"sip:PJSIP%2F{number}%40outgoing@x",
    "PJSIP/outgoing/sip:…": (
        lambda there, number, _: f"sip:PJSIP%2Foutgoing%2Fsip%3A{number}%40{there.host}%3A{there.port}@x"
    ),
    "Local/…@callback": lambda _, number, __: f"sip:Local%2F{number}%40callback@x",
    "Local/…@hotline": lambda *_: "sip:Local%2F4440411%40hotline@x",
    "sip": lambda there, number, _: there.uri(number),
    "sip over TCP": lambda there, number, _: f"{there.uri(number)};transport=tcp",
    "tel": lambda _, number, __: f"tel:{number}",
    "a colleague off duty": lambda _, __, line: f"sip:1009@{line}",
    "PJSIP/a colleague off duty": lambda *_: "sip:PJSIP%2F1009@x",
}
"""The target of each kind of Contact."""


class Forwarding:
    """The redirections that phones give, one after the other, each with a number of its own."""

    def __init__(self, scene: Scene) -> None:
        self.given: list[str] = []
        """Redirections given so far: form and status."""
        self._scene = scene
        self._line = f"{scene.line.sip[0]}:{scene.line.sip[1]}"
        self._pairs = self._all()

    def _all(self) -> Iterator[tuple[str, int]]:
        """Form by form with 302, which Asterisk knows best; then the other statuses with what leads outside."""
        yield from ((form, STATUSES[0]) for form in FORMS)
        for status in itertools.cycle(STATUSES[1:]):
            yield next(iter(FORMS)), status

    def answer(self, _: Message) -> Answer:
        """The next redirection, for the phone that is rung."""
        form, status = next(self._pairs)
        self.given.append(f"{status} {form}")
        number = self._scene.elsewhere.target(self.given[-1])
        contact = FORMS[form](self._scene.elsewhere, number, self._line)
        return Answer(status, (("Contact", f"<{contact}>"),), after_s=0.02)


async def settle(scene: Scene, forwarding: Forwarding, outcome: Outcome, least: int, within_s: float = 4.0) -> None:
    """Wait until so many redirections were given and what follows from the last had its time."""
    await scene.until(lambda: len(forwarding.given) >= least, within_s)
    await asyncio.sleep(0.4)
    outcome.tried = len(forwarding.given)
    if outcome.tried < least:
        outcome.unplayed.append(f"of {least} redirections {outcome.tried} were asked for")
