"""How often a daemon had to be followed by another one, counted by the supervisor and told by the daemon's metrics: a
fork of the supervisor knows what it knew."""

from collections import Counter
from typing import Final

DIED: Final = "died"
HUNG: Final = "hung"

ended: Final[Counter[str]] = Counter({DIED: 0, HUNG: 0})
"""Since the supervisor started; a daemon without one knows of none."""
