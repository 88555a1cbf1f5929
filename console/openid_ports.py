"""Signing in by an OpenID Connect provider, as the console needs it.

What the provider does wrong, what we do wrong, and who may not come in are exceptions of their own."""

from dataclasses import dataclass
from typing import Protocol

from console.people_ports import SignedIn


class ProviderAway(Exception):
    """The provider does not answer, or not as one does. The other side's fault, which may pass."""


class ProviderRefused(Exception):
    """The provider did not confirm who it is, or not in a way that can be believed. `why` has no personal data."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Cancelled(Exception):
    """The person turned back at the provider."""


class NotBegunHere(Exception):
    """This browser did not begin this sign-in, or too long ago, or ended it already."""


class NotLetIn(Exception):
    """The provider knows the person, and nobody here let them in, or they are locked. The page does not say which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in that has begun: where the browser goes, and the cookie that it comes back with."""

    url: str
    flow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a browser came back with: the provider's parameters, and the cookie."""

    flow: str
    state: str = ""
    code: str = ""
    error: str = ""
    issuer: str = ""


class OpenId(Protocol):
    """One provider."""

    @property
    def desk_url(self) -> str:
        """The address of the pages in people's browsers."""

    async def begin(self, session: str) -> Begun:
        """Begin; a new session will take the place of `session`, the browser's. Raises `ProviderAway`,
        `ProviderRefused` or `console.ports.Unavailable`."""

    async def finish(self, returned: Returned) -> SignedIn:
        """Begin a session for whom the provider confirms. Raises any of this module, or `console.ports.Unavailable`
        for what is missing on our side."""
