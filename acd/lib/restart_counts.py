"""How often line, desk and relay were restarted. The supervisor counts; a fork has the counts of its start."""

from collections import Counter
from typing import Final

DIED: Final = "died"
HUNG: Final = "hung"

ended: Final[Counter[str]] = Counter({DIED: 0, HUNG: 0})
"""Lines, since the supervisor started; a line without one knows of none."""
desks_ended: Final[Counter[str]] = Counter({DIED: 0, HUNG: 0})
"""The same of desks."""
relays_ended: Final[Counter[str]] = Counter({DIED: 0, HUNG: 0})
"""The same of relays."""
