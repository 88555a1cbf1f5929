"""How long to wait before a dead process is started again."""

from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """How long to wait before a restart: not at all, unless deaths follow each other quickly."""

    quick_s: float = 5.0
    """A life shorter than this counts as a quick death."""
    free: int = 3
    """So many quick deaths in a row are restarted at once."""
    base_s: float = 0.25
    """Half of the first wait; each further one is twice as long."""
    most_s: float = 10.0
    _quick: int = 0

    def after(self, lived_s: float) -> float:
        """Seconds to wait after a life of `lived_s`."""
        self._quick = self._quick + 1 if lived_s < self.quick_s else 0
        return 0.0 if self._quick <= self.free else min(self.most_s, self.base_s * 2.0 ** (self._quick - self.free))
