"""People as the console needs them: sign-in, sessions, tokens, and the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from agents.audit_actions import AuditAction
from agents.people import Role, Scope
from tickets.ticket import Actor

Kind = Literal["machine", "token", "session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The person or program that asks. A person has the rights of their role, a token those of its scopes, and the
    machine's own token all."""

    who: str
    role: Role
    kind: Kind
    name: str = ""
    unit: str = ""
    extension: str = ""
    scopes: frozenset[Scope] = frozenset()
    csrf: str = ""
    """The token that a session's writes carry in `X-CSRF-Token`."""
    right: str = ""
    """The name of a session's right, as `People.key`; empty: that of its cookie."""
    by_password: bool = False
    """Whether they signed in with a password of their own."""
    password_due: bool = False
    """Whether they are asked for a new password."""

    @property
    def actor(self) -> Actor:
        """The author that a request's history names."""
        return Actor(role=self.role, who=self.who, unit=self.unit)  # type: ignore[arg-type]  # analysts write nothing

    @property
    def own_calls_of(self) -> str | None:
        """The extension whose calls alone this person may write about; None: anybody's. A program has no extension: it
        writes for all agents."""
        return self.extension if self.role == "agent" and self.kind == "session" else None

    def is_agent(self, extension: str) -> bool:
        """Whether this person is the agent, at a page. A program is none, nor is a lead who acts for an agent."""
        return self.kind == "session" and self.extension == extension

    @property
    def reads_requests(self) -> bool:
        """Whether a call may be told with its caller's requests; a token needs the scope for that."""
        return self.kind != "token" or "tickets" in self.scopes

    @property
    def sees_numbers(self) -> bool:
        """Whether callers' numbers are whole: only for the machine's own token. Everybody else must ask for each
        number, which is recorded."""
        return self.kind == "machine"


MACHINE: Final = Identity(who="token", role="admin", kind="machine")
"""The holder of the machine's own token."""
WALL: Final = Identity(who="wall", role="analyst", kind="token", scopes=frozenset({"live"}))
"""The holder of the wallboard's token."""


class WrongPassword(Exception):
    """An unknown user, a wrong password, or a user who may not sign in; the answer does not say which."""


class NoPassword(Exception):
    """Somebody who signed in by an account at a provider has no password to change."""


class SessionOver(Exception):
    """The session has ended meanwhile."""


class TooManyTries(Exception):
    """Too many wrong passwords, or too many simultaneous sign-ins. `wait_s` is the time to wait, in seconds."""

    def __init__(self, wait_s: float, why: str) -> None:
        super().__init__(why)
        self.wait_s = wait_s


class OnThisMachineOnly(Exception):
    """A person of the demo tried to sign in from another machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A wish to sign in, and where it came from."""

    user: str
    password: str
    address: str
    """The client's."""
    is_local: bool
    """Whether it comes from this machine, as far as that can be known."""
    device: str = ""
    """The browser's cookie from an earlier `SignedIn.device`."""
    session: str = ""
    """The session that this browser had; the new one takes its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session that has begun: `token` is its cookie, `device` a second one that identifies the browser later."""

    identity: Identity
    token: str
    device: str


class People(Protocol):
    """Sign-in, sessions and tokens. Everything raises `console.ports.Unavailable` where the database is needed and does
    not serve."""

    async def sign_in(self, wish: SignIn) -> SignedIn:
        """Begin a session. Raises `WrongPassword`, `TooManyTries` or `OnThisMachineOnly`."""

    async def change_password(self, proof: SignIn, password: str) -> SignedIn:
        """Give a person the password that they have chosen. `proof` has their present one and their session, which goes
        on with another token; their other sessions end. Raises `WrongPassword` or `TooManyTries` as `sign_in` does,
        `NoPassword`, `SessionOver`, or `acd.lib.passwords.BadPassword` for what is not allowed."""

    async def sign_out(self, token: str) -> None:
        """End a session. It is over at once, also where `Unavailable` is raised: the database learns of it later."""

    async def session(self, token: str) -> Identity | None:
        """The person of this session, if it is valid; it counts as used."""

    async def token(self, token: str) -> Identity | None:
        """The program of this token, if it is valid."""

    def key(self, kind: Literal["session", "token"], token: str) -> str:
        """A name of the right of this session or token. It gives nobody that right. A session that goes on with another
        token (`change_password`) keeps its first name: `Identity.right`."""

    async def holds(self, key: str) -> bool:
        """Whether the right of this name is valid; a session's counts as used."""

    def note(
        self, identity: Identity, action: AuditAction, about: str = "", detail: Mapping[str, Any] | None = None
    ) -> None:
        """Add an entry to the audit. It is written soon; this does not wait for it."""

    def sought(self, typed: str, *, number: bool = False) -> str:
        """The citizen for whom somebody looks, as the audit has them (`tickets.privacy.sought`): by a text, or by what
        is a telephone `number` for certain. Empty if that is none."""

    async def record(self, identity: Identity, action: AuditAction, about: str) -> None:
        """Add an entry to the audit and wait until it is written: for data that must not be seen without a record."""
