"""How many of a set of numbers lie below one: a caller's position, without counting those before them.

Numbers are kept in order in short runs. Callers come at the end and mostly leave at the front, so each change touches
one run, however many callers wait.
"""

from bisect import bisect_left, insort

LONGEST = 512
"""Numbers in a run, at most."""


class Positions:
    """A sorted set of whole numbers."""

    __slots__ = ("_count", "_runs")

    def __init__(self) -> None:
        self._runs: list[list[int]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, number: int) -> None:
        """Add a number, which must not be in."""
        runs = self._runs
        place = min(self._run(number), len(runs) - 1)
        self._count += 1
        if place < 0:
            runs.append([number])
            return
        run = runs[place]
        insort(run, number)
        if len(run) > LONGEST:
            half = len(run) // 2 if place < len(runs) - 1 or run[-1] != number else LONGEST
            runs.insert(place + 1, run[half:])
            del run[half:]

    def remove(self, number: int) -> None:
        """Remove a number; nothing happens if it is not in."""
        runs = self._runs
        # Mostly the first leaves. A search would read numbers that have long left the processor's cache.
        if runs and runs[0][0] == number:
            place = index = 0
        else:
            place = 0 if runs and number <= runs[0][-1] else self._run(number)
            if place == len(runs):
                return
            index = bisect_left(runs[place], number)
            if runs[place][index] != number:
                return
        run = runs[place]
        del run[index]
        self._count -= 1
        if not run:
            del runs[place]

    def below(self, number: int) -> int:
        """How many are less than `number`."""
        place = self._run(number)
        if place == len(self._runs):
            return self._count
        return sum(map(len, self._runs[:place])) + bisect_left(self._runs[place], number)

    def _run(self, number: int) -> int:
        """The first run that reaches as far as `number`."""
        return bisect_left(self._runs, number, key=lambda run: run[-1])
