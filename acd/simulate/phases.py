"""What theory says when a handle time is talk plus wrap-up, each exponential: their sum is not, so Erlang C overstates
the wait (by 15% at 140 s + 25 s). This is the chain M/PH/c, solved exactly, for first come first served and for strict
priority, with or without patience. Units as in `theory.py`.

State: n agents busy, k of them talking and n - k in wrap-up, and callers waiting once all c are busy. Level by level
the stationary chances obey p_n = p_{n-1} R_n, with R_n found from the top down (M. F. Neuts, Matrix-Geometric
Solutions in Stochastic Models, 1981; the repeating part by the logarithmic reduction of G. Latouche and V. Ramaswami,
1993). The order of service decides who waits, not how many, so classes 1..k together follow from the same chain: while
all agents are busy and one of them waits, nobody below them matters.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

Matrix = list[list[float]]

MAX_AGENTS = 60
"""Cost grows with the fourth power of the agents; at 60 it takes about a second."""
_NEGLIGIBLE = 1e-13


def _times(a: Matrix, b: Matrix) -> Matrix:
    columns = list(zip(*b, strict=True))
    return [[sum(map(mul, row, column)) for column in columns] for row in a]


def _row_times(row: Sequence[float], b: Matrix) -> list[float]:
    return [sum(map(mul, row, column)) for column in zip(*b, strict=True)]


def _plus(a: Matrix, b: Matrix) -> Matrix:
    return [[x + y for x, y in zip(left, right, strict=True)] for left, right in zip(a, b, strict=True)]


def _solve(a: Matrix, b: Matrix) -> Matrix:
    """X of a X = b, by elimination with the largest pivot."""
    size = len(a)
    rows = [[*left, *right] for left, right in zip(a, b, strict=True)]
    for i in range(size):
        best = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[best] = rows[best], rows[i]
        pivot = rows[i]
        scale = 1 / pivot[i]
        tail = [x * scale for x in pivot[i:]]
        rows[i][i:] = tail
        for r, row in enumerate(rows):
            if r != i and (factor := row[i]) != 0.0:
                row[i:] = [x - factor * y for x, y in zip(row[i:], tail, strict=True)]
    return [row[size:] for row in rows]


def _unit(size: int, value: float = 1.0) -> Matrix:
    return [[value if i == j else 0.0 for j in range(size)] for i in range(size)]


@dataclass(frozen=True)
class Line:
    """Calls of one class, or of classes 1..k together. Shares are of the calls offered."""

    waiting_share: float
    """Calls that find no agent free."""
    mean_wait_s: float
    """Mean over all calls, abandoned ones included."""
    abandoned_share: float
    _ahead: Matrix
    """Chance to find n of their own kind waiting and k agents talking, for n = 0, 1, ... and k = 0..c."""
    _chain: "_Chain"

    def within(self, wait_s: float) -> float:
        """Share answered within `wait_s`, by uniformization of the way to the front of the line."""
        return self._chain.within(self.waiting_share, self._ahead, 0.0, wait_s)

    def overtaken_within(self, arriving: float, wait_s: float) -> float:
        """The same for a caller who is let behind all of these and behind those who come at the rate `arriving`."""
        return self._chain.within(self.waiting_share, self._ahead, arriving, wait_s)


class _Chain:
    """The chain of one line. `mu` and `nu` are the rates at which talks and wrap-ups end, `theta` of giving up."""

    def __init__(self, talk_s: float, wrapup_s: float, agents: int, patience_s: float | None) -> None:
        self.mu, self.nu, self.agents = 1 / talk_s, 1 / wrapup_s, agents
        self.theta = 1 / patience_s if patience_s is not None else 0.0
        size = agents + 1
        self.freed: Matrix = [[0.0] * size for _ in range(size)]
        """With callers waiting: a wrap-up ends and the agent talks again."""
        for k in range(agents):
            self.freed[k][k + 1] = (agents - k) * self.nu

    def _stay(self, busy: int, leaving: float) -> Matrix:
        """Minus the generator of a level, without what comes from other levels."""
        rows = [[0.0] * (busy + 1) for _ in range(busy + 1)]
        for k in range(busy + 1):
            rows[k][k] = k * self.mu + (busy - k) * self.nu + leaving
            if k:
                rows[k][k - 1] = -k * self.mu
        return rows

    def _down(self, waiting: int) -> Matrix:
        """From `waiting` callers to one fewer."""
        return _plus(self.freed, _unit(self.agents + 1, waiting * self.theta)) if self.theta else self.freed

    def rates(self, rate: float) -> list[Matrix]:
        """R_1, R_2, ... of the waiting line; without patience they are all the same and one is given."""
        size = self.agents + 1
        if not self.theta:
            return [self._repeating(rate)]
        # Cut off where the line is so long that it shrinks at least twice as fast as it grows, with room to spare.
        service = self.agents / (1 / self.mu + 1 / self.nu)
        top = int(max(0.0, 2 * rate - service) / self.theta + 60 + 8 * math.sqrt(rate / self.theta))
        found: list[Matrix] = []
        above: Matrix | None = None
        for waiting in range(top, 0, -1):
            stay = self._stay(self.agents, rate + waiting * self.theta)
            if above is not None:
                back = _times(above, self._down(waiting + 1))
                stay = [[x - y for x, y in zip(a, b, strict=True)] for a, b in zip(stay, back, strict=True)]
            above = _solve(stay, _unit(size, rate))
            found.append(above)
        return found[::-1]

    def _repeating(self, rate: float) -> Matrix:
        size = self.agents + 1
        stay = self._stay(self.agents, rate)
        both = _solve(stay, [[*up, *down] for up, down in zip(_unit(size, rate), self.freed, strict=True)])
        high, low = [row[:size] for row in both], [row[size:] for row in both]
        passage, weight = low, high
        for _ in range(60):
            left, right = _times(high, low), _times(low, high)
            rest = [
                [(i == j) - x - y for j, (x, y) in enumerate(zip(a, b, strict=True))]
                for i, (a, b) in enumerate(zip(left, right, strict=True))
            ]
            both = _solve(rest, [[*a, *b] for a, b in zip(_times(high, high), _times(low, low), strict=True)])
            high, low = [row[:size] for row in both], [row[size:] for row in both]
            passage = _plus(passage, _times(weight, low))
            weight = _times(weight, high)
            if max(abs(1 - sum(row)) for row in passage) < _NEGLIGIBLE or max(map(max, weight)) < _NEGLIGIBLE:
                break
        back = [[x - rate * y for x, y in zip(a, b, strict=True)] for a, b in zip(stay, passage, strict=True)]
        return _solve(back, _unit(size, rate))

    def spread(self, first: list[float], rates: list[Matrix]) -> Matrix:
        """Chances of 0, 1, ... waiting from those of 0 waiting, as far as they matter."""
        levels, total = [first], sum(first)
        n = 0
        while True:
            n += 1
            if len(rates) > 1 and n > len(rates):
                return levels
            step = _row_times(levels[-1], rates[min(n, len(rates)) - 1])
            levels.append(step)
            total += sum(step)
            if sum(step) < _NEGLIGIBLE * total and (len(rates) == 1 or n > len(rates) // 3):
                return levels

    def below(self, rate: float, rates: list[Matrix]) -> Matrix:
        """Chances of 0, 1, ..., c agents busy (k talking) with nobody waiting, not yet normalised."""
        up: list[Matrix] = [[] for _ in range(self.agents + 1)]
        back = _times(rates[0], self._down(1))
        for busy in range(self.agents, 0, -1):
            stay = self._stay(busy, rate)
            stay = [[x - y for x, y in zip(a, b, strict=True)] for a, b in zip(stay, back, strict=True)]
            start = [[rate if j == k + 1 else 0.0 for j in range(busy + 1)] for k in range(busy)]
            # R = start stay^-1, that is R stay = start: solve the transpose.
            solved = _solve(
                [list(row) for row in zip(*stay, strict=True)], [list(row) for row in zip(*start, strict=True)]
            )
            up[busy] = [list(row) for row in zip(*solved, strict=True)]
            # An agent freed with nobody waiting: (busy, k) -> (busy - 1, k).
            back = [[x * (busy - k) * self.nu for k, x in enumerate(row[:busy])] for row in up[busy]]
        levels: Matrix = [[1.0]]
        for busy in range(1, self.agents + 1):
            levels.append(_row_times(levels[-1], up[busy]))
        return levels

    def within(self, waiting_share: float, ahead: Matrix, arriving: float, wait_s: float) -> float:
        """See `Line.within`. Served is the one state this counts; giving up leaves, served or not. Those who arrive
        go ahead."""
        c, mu, nu, theta = self.agents, self.mu, self.nu, self.theta
        total = 1 - waiting_share
        if wait_s <= 0:
            return total
        # Further back than this nobody is served in time.
        deep = min(len(ahead), int(c + 4 * wait_s * c / (1 / mu + 1 / nu)) + 20)
        place = [list(row) for row in ahead[:deep]]
        if arriving:
            came = arriving * wait_s
            more = int(came + 8 * math.sqrt(came)) + 20
            place += [[0.0] * (c + 1) for _ in range(more)]
            deep += more
        pace = c * max(mu, nu) + deep * theta + arriving
        expected = pace * wait_s
        steps = int(expected + 8 * math.sqrt(expected) + 20)
        served, tail = 0.0, 1.0
        log_chance = -expected
        for step in range(steps):
            tail -= math.exp(log_chance)  # chance of more than `step` steps in the time
            log_chance += math.log(expected) - math.log(step + 1)
            moved = [[0.0] * (c + 1) for _ in range(deep)]
            gain = 0.0
            for d, row in enumerate(place):
                target = moved[d]
                closer = moved[d - 1] if d else None
                further = moved[d + 1] if arriving and d + 1 < deep else None
                leave = theta * (d + 1)
                for k, chance in enumerate(row):
                    if chance < 1e-18:
                        continue
                    talk_ends, freed = k * mu, (c - k) * nu
                    target[k] += chance * (1 - (talk_ends + freed + leave + arriving) / pace)
                    if further is not None:
                        further[k] += chance * arriving / pace
                    if k:
                        target[k - 1] += chance * talk_ends / pace
                    if closer is None:
                        gain += chance * freed / pace
                    else:
                        if k < c:
                            closer[k + 1] += chance * freed / pace
                        closer[k] += chance * d * theta / pace
            served += gain * max(tail, 0.0)
            place = moved
        return total + served


def talk_and_wrapup(
    rates: Sequence[float], talk_s: float, wrapup_s: float, agents: int, patience_s: float | None = None
) -> list[Line]:
    """A `Line` for classes 1..k together, for each k, under strict priority; the last is all calls in any order.

    Raises `ValueError` when the line is overloaded without patience, or there are more than `MAX_AGENTS` agents.
    """
    rate = sum(rates)
    if not 1 <= agents <= MAX_AGENTS:
        raise ValueError(f"agents: {agents}: must be from 1 to {MAX_AGENTS}")
    if not (talk_s > 0 and wrapup_s > 0 and rate > 0):
        raise ValueError("rates, talk_s and wrapup_s must be above 0")
    if patience_s is None and rate * (talk_s + wrapup_s) >= agents:
        raise ValueError(f"agents: {agents}: fewer than the load of {rate * (talk_s + wrapup_s):.2f} erlangs")
    chain = _Chain(talk_s, wrapup_s, agents, patience_s)
    all_rates = chain.rates(rate)
    below = chain.below(rate, all_rates)
    everyone = chain.spread(below[agents], all_rates)
    total = sum(map(sum, below[:agents])) + sum(map(sum, everyone))
    idle_before = [chance / total for chance in below[agents - 1]]
    nobody_waits = [chance / total for chance in below[agents]]
    everyone = [[chance / total for chance in row] for row in everyone]

    lines, upto = [], 0.0
    for one in rates[:-1]:
        upto += one
        lines.append(_top(chain, upto, rate, idle_before, nobody_waits, sum(map(sum, everyone))))
    return [*lines, _line(chain, rate, everyone)]


def _top(
    chain: _Chain, upto: float, rate: float, idle_before: list[float], nobody_waits: list[float], busy: float
) -> Line:
    """Classes of rate `upto` on top of others. With none of them waiting, an agent who becomes free takes one from
    below (and the chain stays here) unless nobody waits at all."""
    size = chain.agents + 1
    rates = chain.rates(upto)
    back = _times(rates[0], chain._down(1))
    stay = chain._stay(chain.agents, upto)
    matrix = [[stay[i][j] - chain.freed[i][j] - back[i][j] for j in range(size)] for i in range(size)]
    gone = _row_times(nobody_waits, chain.freed)
    right = [(rate * idle_before[k - 1] if k else 0.0) - gone[k] for k in range(size)]
    # The balance equations hold up to a factor, so the sum over all levels replaces one of them.
    sums = _level_sums(rates, size)
    transposed = [[matrix[i][j] for i in range(size)] for j in range(size)]
    transposed[-1], right[-1] = sums, busy
    first = [row[0] for row in _solve(transposed, [[value] for value in right])]
    return _line(chain, upto, chain.spread(first, rates))


def _level_sums(rates: list[Matrix], size: int) -> list[float]:
    """Row sums of I + R_1 + R_1 R_2 + ..., what a chance at level 0 amounts to over all levels."""
    if len(rates) == 1:
        rest = [[(i == j) - x for j, x in enumerate(row)] for i, row in enumerate(rates[0])]
        return [row[0] for row in _solve(rest, [[1.0]] * size)]
    sums = [1.0] * size
    for matrix in reversed(rates):
        sums = [1 + sum(map(mul, row, sums)) for row in matrix]
    return sums


def _line(chain: _Chain, rate: float, ahead: Matrix) -> Line:
    wait = sum(n * sum(row) for n, row in enumerate(ahead)) / rate
    return Line(sum(map(sum, ahead)), wait, wait * chain.theta, ahead, chain)
