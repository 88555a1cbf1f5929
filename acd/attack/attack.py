"""An attack, and its outcome."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd.attack.scene import Scene


@dataclass(slots=True)
class Outcome:
    """The outcome of one attack. It is clean if it was played, nothing left the line and nothing moved inside."""

    name: str
    what: str
    """The attempts in a few words, for the operator."""
    tried: int = 0
    """Attempts: requests, calls or texts, as `what` says."""
    left: list[str] = field(default_factory=list)
    """Everything that reached a place outside the line, one line each."""
    moved: list[str] = field(default_factory=list)
    """Every change inside the line that nobody outside may make, one line each."""
    unplayed: list[str] = field(default_factory=list)
    """Attempts that could not be made, and why: their result is not known."""

    @property
    def is_clean(self) -> bool:
        return not (self.left or self.moved or self.unplayed)


class Unplayable(Exception):
    """The scene is not what the attack needs, such as a phone that does not register. One line."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack. `play` does it and writes into the outcome; what moved in general is looked at for it."""

    name: str
    """At most 12 letters: it stands in a column of doctor's."""
    what: str
    play: "Callable[[Scene, Outcome], Awaitable[None]]"
    within_s: float = 12.0
    """Seconds after which the attack is broken off and reported as not tried."""
    ends_engine: bool = False
    """It ends the daemon, so it comes after all attacks that need one."""
