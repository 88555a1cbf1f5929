"""Headers by which a caller says that they are somebody else, or that the call was sent on: Diversion and its like."""

from functools import partial

from acd.attack import sip
from acd.attack.attack import Attack, Outcome
from acd.attack.line import AGENTS
from acd.attack.phone import RING, Phone
from acd.attack.scene import Scene, from_number

CLAIMED = "05309999999"


def claims(there: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The headers of one call each."""
    claimed = f"<sip:{CLAIMED}@127.0.0.2>"
    return (
        (
            ("Diversion", f'"x" {claimed};reason=unconditional;privacy=off'),
            ("Diversion", f"<{there}>;reason=no-answer"),
        ),
        (("History-Info", f"{claimed};index=1"), ("History-Info", f"<{there}>;index=1.1;rc=1")),
        (("P-Asserted-Identity", f'"Belediye" {claimed}'),),
        (("P-Preferred-Identity", claimed),),
        (("Remote-Party-ID", f'"Belediye" {claimed};party=calling;screen=yes;privacy=off'),),
        (("Referred-By", claimed),),
        (("P-Called-Party-ID", f"<{there}>"), ("P-Charge-Info", claimed)),
        (("Route", f"<{there};lr>"),),
        (("Record-Route", f"<{there};lr>"),),
        (("Contact", f"<{there}>"),),
    )


async def play(scene: Scene, outcome: Outcome) -> None:
    """Each claim in a call of its own; an agent's phone rings, and shows the claimed caller."""
    await scene.desk(lambda _: RING, count=1)
    phone = scene.agents[AGENTS[0]]
    there = scene.elsewhere.uri(scene.elsewhere.target("identity"))
    for claim in claims(there):
        outcome.tried += 1
        name, seen = claim[0][0], len(phone.invited)
        call = await scene.call_in("0", headers=claim)
        if await scene.until(partial(_rung_since, phone, seen), 1.5):
            shown = phone.invited[seen]
            if CLAIMED in sip.compose(shown.first, shown.headers).decode("latin-1"):
                outcome.moved.append(f"{name}: the agent's phone shows {CLAIMED}")
            if any(row["caller"] == CLAIMED for row in await scene.queue()):
                outcome.moved.append(f"{name}: the line takes the caller for {CLAIMED}")
        await call.bye()
        await scene.needs(lambda: scene.is_ready(AGENTS[0]), f"{AGENTS[0]} is ready again")
    if not phone.invited or from_number(phone.invited[-1]) != call.phone.user:
        outcome.unplayed.append("the agent's phone did not show who called, so nothing is known of who else it might")


def _rung_since(phone: Phone, seen: int) -> bool:
    return len(phone.invited) > seen


ATTACK = Attack("Diversion", "Diversion, asserted identities, Route and Contact of an INVITE", play)
