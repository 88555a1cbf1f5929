"""The commands that a caller's session carries out."""

from typing import Final, TypeGuard, get_args

from acd.engine.model.commands import (
    Announce,
    AnyCommand,
    HoldCaller,
    OfferCall,
    PlaySurge,
    RecordCall,
    ReleaseCall,
    RunFlow,
    TakeMessage,
    TellOutcome,
)

Carried = RunFlow | HoldCaller | PlaySurge | Announce | OfferCall | RecordCall | TellOutcome | TakeMessage
"""Those that leave the session where it is."""
CallerCommand = Carried | ReleaseCall
_CLASSES: Final = frozenset(get_args(CallerCommand))


def is_callers(command: AnyCommand) -> TypeGuard[CallerCommand]:
    """Whether a session carries the command out."""
    return type(command) in _CLASSES  # one look instead of nine, each of which is slow for these classes
