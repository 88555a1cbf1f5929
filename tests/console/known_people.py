"""People whom a test knows, signed in already: cookies and tokens that stand for an identity."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from agents.people import Role, Scope
from console.people_ports import Identity, SignedIn, SignIn, WrongPassword
from tickets.privacy.sought import Sought

SOUGHT = Sought(b"of tests only")
EXTENSION = "1001"
UNIT = "fen_isleri"


def cookie_of(role: str) -> str:
    """The session's cookie of the one person of a role."""
    return f"the-session-of-{role}".ljust(30, "-")


def identity(role: Role) -> Identity:
    """The one person of a role."""
    return Identity(
        who=role,
        role=role,
        kind="session",
        unit=UNIT if role == "unit" else "",
        extension=EXTENSION if role in ("agent", "lead") else "",
        csrf=f"csrf-of-{role}",
    )


class KnownPeople:
    """As `console.people_ports.People`: one person of each role, and a token for each scope."""

    def __init__(self) -> None:
        self.sessions = {cookie_of(role): identity(role) for role in get_args(Role)}
        self.tokens = {
            token_for(scope): Identity(who=f"token:{scope}", role="inbox", kind="token", scopes=frozenset({scope}))
            for scope in get_args(Scope)
        }
        self.notes: list[tuple[str, str, str]] = []
        """The person, the action, and what it was about, as it was noted."""
        self.records: list[tuple[str, str, str]] = []
        """The same, of what had to be written first."""
        self.broken: BaseException | None = None
        """Raised instead of saying who it is."""

    async def sign_in(self, wish: SignIn) -> SignedIn:
        """Nobody has a password."""
        raise WrongPassword

    async def change_password(self, proof: SignIn, password: str) -> SignedIn:
        """Nobody has a password."""
        raise WrongPassword

    async def sign_out(self, token: str) -> None:
        """End a session."""
        del self.sessions[token]

    async def session(self, token: str) -> Identity | None:
        """Whose it is."""
        if self.broken is not None:
            raise self.broken
        return self.sessions.get(token)

    async def token(self, token: str) -> Identity | None:
        """Whose it is."""
        return self.tokens.get(token)

    def key(self, kind: Literal["session", "token"], token: str) -> str:
        """It is its own name here."""
        return f"{kind}:{token}"

    async def holds(self, key: str) -> bool:
        """Whether somebody has it."""
        kind, _, token = key.partition(":")
        return await (self.session(token) if kind == "session" else self.token(token)) is not None

    def note(self, identity: Identity, action: str, about: str = "", detail: Mapping[str, Any] | None = None) -> None:
        """Keep it."""
        self.notes.append((identity.who, action, about))

    def sought(self, typed: str, *, number: bool = False) -> str:
        """As the desk does, by a key of tests."""
        return SOUGHT.by_number(typed) if number else SOUGHT.by_text(typed)

    async def record(self, identity: Identity, action: str, about: str) -> None:
        """Keep it."""
        if self.broken is not None:
            raise self.broken
        self.records.append((identity.who, action, about))


def token_for(scope: str) -> str:
    """The token that has this scope alone."""
    return f"the-token-for-{scope.replace(':', '-')}".ljust(30, "-")
