"""Other people's accounts: registering and calling as somebody else."""

from acd.attack.attack import Attack, Outcome
from acd.attack.line import AGENTS, STRANGER_HOST
from acd.attack.scene import DIALLED, Scene

MINE, THEIRS = AGENTS[0], AGENTS[1]


async def play(scene: Scene, outcome: Outcome) -> None:
    """With a password of one's own, a wrong one, and none; from a phone, the trunk's address and nobody's."""
    mine, theirs = await scene.agent(MINE), await scene.agent(THEIRS)
    trunk, stranger = await scene.caller(), await scene.open(STRANGER_HOST)
    wrong = await scene.open("127.0.0.1", THEIRS, "wrong")
    borrowed = await scene.open("127.0.0.1", THEIRS, scene.line.passwords[MINE])
    for who, phone, account in (
        (f"{MINE} with their own password", mine, THEIRS),
        ("the trunk", trunk, THEIRS),
        ("a stranger", stranger, THEIRS),
        ("a wrong password", wrong, THEIRS),
        ("another's password", borrowed, THEIRS),
        ("the trunk", trunk, "trunk"),
        ("the trunk", trunk, DIALLED),
        (f"{MINE}", mine, "trunk"),
        (f"{MINE}", mine, "outgoing"),
        ("a stranger", stranger, "outgoing"),
    ):
        outcome.tried += 1
        if await phone.register(account=account) == 200:
            outcome.moved.append(f"{who} registered as {account}")
    for who, phone, user, dialled in (
        ("a wrong password", wrong, THEIRS, MINE),
        ("another's password", borrowed, THEIRS, MINE),
        ("a stranger", stranger, THEIRS, MINE),
        ("a stranger", stranger, "trunk", DIALLED),
        ("a stranger", stranger, "outgoing", DIALLED),
        ("a stranger", stranger, "anonymous", DIALLED),
        (f"{MINE} as the trunk", mine, "trunk", DIALLED),
        ("the trunk as an agent", trunk, THEIRS, MINE),
        ("the trunk as an agent", trunk, THEIRS, "*48"),
    ):
        outcome.tried += 1
        call = phone.dial(dialled, headers=[("From", f"<sip:{user}@127.0.0.1>")])
        if await call.begin(within_s=1.0) == 200:
            outcome.moved.append(f"{who} called {dialled} as {user}")
            await call.bye()
    # An agent who registers an address that is not the phone's own: calls for them must not go there.
    outcome.tried += 1
    number = scene.elsewhere.target("REGISTER with a Contact elsewhere")
    theirs.password = scene.line.passwords[THEIRS]
    await theirs.register(headers=[("Contact", f"<{scene.elsewhere.uri(number)}>")])

    async def reachable() -> bool:
        contacts = await scene.watch.ask("PJSIPShowContacts")
        return any(one["Endpoint"] == THEIRS and one.get("Status") == "Reachable" for one in contacts)

    await scene.until(reachable)  # until it is known to be, it is not called
    rung, arrived = len(scene.rung(THEIRS)), len(scene.elsewhere.arrived)
    call = mine.dial(THEIRS)
    await call.begin(within_s=1.0)
    await scene.until(lambda: len(scene.rung(THEIRS)) > rung or len(scene.elsewhere.arrived) > arrived)
    await call.cancel()


ATTACK = Attack("accounts", "registering and calling as somebody else, and registering an address elsewhere", play)
