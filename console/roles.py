"""Groups of roles that several rules name."""

from typing import Final

from agents.people import ROLES, Role

EVERYBODY: Final[frozenset[Role]] = frozenset(ROLES)
DESK: Final[frozenset[Role]] = EVERYBODY - {"unit"}
"""Those who see the line; a unit does not."""
ON_REQUESTS: Final[frozenset[Role]] = EVERYBODY - {"analyst"}
"""Those who work on requests."""
