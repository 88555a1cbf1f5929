"""People who use the desk, and programs that use its API: roles, scopes, and what a user's name may be. Pure."""

import re
from typing import Final, Literal, get_args

import msgspec

Role = Literal["agent", "lead", "unit", "inbox", "analyst", "admin"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

Scope = Literal[
    "live",
    "calls",
    "agents",
    "agents:write",
    "tickets",
    "tickets:write",
    "numbers",
    "surge:write",
    "callbacks:write",
]
SCOPES: Final[dict[Scope, str]] = {
    "live": "the live view, callers masked: what a wallboard shows",
    "calls": "calls, queue, callbacks, figures, the surge message",
    "agents": "the agents and their states",
    "agents:write": "change agents' states, open their browser phones",
    "tickets": "requests, their files and tasks",
    "tickets:write": "open and change requests, do tasks, say what became of a call",
    "numbers": "see a citizen's whole number; each time is recorded",
    "surge:write": "set and withdraw the surge message",
    "callbacks:write": "cancel a callback",
}
"""The scopes of tokens with their meaning. A scope that writes does not read."""

USER: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?")
USER_ALLOWED: Final = "1 to 32 of a to z, 0 to 9, dot, - and _, with a letter or digit first and last"
EXTENSION: Final = re.compile(r"[0-9]{3,6}")
EXTENSION_ALLOWED: Final = "3 to 6 digits"
LONGEST_NAME: Final = 100
PROGRAM: Final = "token:"
"""The prefix of programs in the audit. No user's name has a colon, so nobody can pass for a program."""

_DOTS: Final = str.maketrans({"İ": "i", "ı": "i"})


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who signs in."""

    user: str
    name: str = ""
    role: Role
    unit: str = ""
    """For the role `unit`: the unit whose requests they see and move."""
    extension: str = ""
    """Their extension, if they are an agent."""
    password_hash: str = ""
    """argon2id; empty for a person of the demo, whose password everybody knows."""
    enabled: bool = True
    demo: bool = False
    """Whether the demo made this person, who may sign in on this machine only."""
    password_due: bool = False
    """Whether they are asked for a new password when they sign in: somebody else has chosen the present one."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A program's access. `role` and `unit` say how it sees citizens and in which role it changes requests."""

    name: str
    scopes: tuple[Scope, ...]
    role: Role = "inbox"
    unit: str = ""
    ends_at: float | None = None
    """Unix seconds; None: it does not end by itself."""


def user_of(typed: str) -> str:
    """A user's name as it is kept, from one as it was typed. Keyboards write `İNBOX`, `ınbox` and `Inbox`."""
    return typed.strip().translate(_DOTS).lower()


def faults(person: Person) -> list[str]:
    """The faults of a person, each as a line `key = value: what is allowed`."""
    found = []
    if not USER.fullmatch(person.user):
        found.append(f"user = {person.user!r}: {USER_ALLOWED} are allowed")
    if len(person.name) > LONGEST_NAME or not person.name.isprintable():
        found.append(f"name: at most {LONGEST_NAME} printable characters are allowed")
    if person.role not in ROLES:
        found.append(f"role = {person.role!r}: {', '.join(ROLES)} are allowed")
    if (person.role == "unit") != bool(person.unit):
        found.append(
            "unit: needed, since the role is unit"
            if person.role == "unit"
            else f"unit = {person.unit!r}: goes with the role unit only, and the role is {person.role}"
        )
    if person.role == "agent" and not person.extension:
        found.append("extension: needed, since the role is agent")
    if person.extension and not EXTENSION.fullmatch(person.extension):
        found.append(f"extension = {person.extension!r}: {EXTENSION_ALLOWED} are allowed")
    return found
