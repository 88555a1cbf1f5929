"""How often the line and the desk had to be followed by another one. The supervisor counts; a fork of it knows what it
knew."""

from collections import Counter
from typing import Final

DIED: Final = "died"
HUNG: Final = "hung"

ended: Final[Counter[str]] = Counter({DIED: 0, HUNG: 0})
"""Lines, since the supervisor started; a line without one knows of none."""
desks_ended: Final[Counter[str]] = Counter({DIED: 0, HUNG: 0})
"""The same of desks."""
