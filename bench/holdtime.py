"""What app_queue tells its callers: `recalc_holdtime` and its use in `try_calling`, as in apps/app_queue.c.

It lives here, beside what it is compared with: the product has no use for it.
"""


class Holdtime:
    """A queue's `holdtime`, whole seconds: `QUEUEHOLDTIME`, and what `announce-holdtime` rounds to minutes. The newest
    wait weighs a quarter, in whole numbers; the very first ones replace each other, until a first call is over."""

    __slots__ = ("_over", "value")

    def __init__(self) -> None:
        self.value = 0
        self._over = 0

    def connected(self, joined_at: float, at: float) -> None:
        """An agent picked up. Both times are cut to whole seconds, as `time(2)` is, before they are subtracted."""
        wait_s = int(at) - int(joined_at)
        self.value = ((self.value << 2) - self.value + wait_s) >> 2 if self._over else wait_s

    def over(self) -> None:
        """A call was completed or abandoned."""
        self._over += 1
