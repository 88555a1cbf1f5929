"""What queueing theory says a line must do: closed forms and chains solved exactly, with no simulation in them.

Units: rates are calls per second, times seconds, `load` is erlangs (rate x handle time), shares lie in [0, 1].
Assumed throughout: Poisson arrivals, exponential handle times of one mean for all classes, no preemption, first come
first served inside a class, class 1 (index 0) first. A queue that grows without end has an infinite mean wait.

`phases.py` drops the one assumption that hurts in practice: a handle time of talk plus wrap-up is not exponential.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from acd.simulate.overtaken import answered_within

_NEGLIGIBLE = 1e-16


def _check(rate: float, handle_s: float, agents: int) -> None:
    if not rate >= 0 or math.isinf(rate):
        raise ValueError(f"rate: {rate}: must be a number of calls per second, 0 or more")
    if not handle_s > 0 or math.isinf(handle_s):
        raise ValueError(f"handle_s: {handle_s}: must be a number of seconds above 0")
    if agents < 1:
        raise ValueError(f"agents: {agents}: must be 1 or more")


def erlang_b(load: float, agents: int) -> float:
    """Share of calls that find all agents busy when nobody can wait.

    B_0 = 1, B_k = a B_{k-1} / (k + a B_{k-1}). A. K. Erlang, 1917; the recursion is standard and stable.
    """
    blocked = 1.0
    for k in range(1, agents + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """Share of calls that must wait: C = B / (1 - rho (1 - B)), rho = a/c; 1 when the load is not below the agents.

    A. K. Erlang, 1917.
    """
    if load >= agents:
        return 1.0
    blocked = erlang_b(load, agents)
    return blocked / (1 - load / agents * (1 - blocked))


def mean_wait(rate: float, handle_s: float, agents: int) -> float:
    """Mean wait of all calls in seconds: W = W0 / (1 - rho), W0 = C/(c mu)."""
    _check(rate, handle_s, agents)
    load = rate * handle_s
    if load >= agents:
        return math.inf
    return erlang_c(load, agents) * handle_s / (agents - load)


def service_level(rate: float, handle_s: float, agents: int, within_s: float) -> float:
    """Share of calls answered within `within_s`: SL(t) = 1 - C exp(-(c mu - lambda) t); 0 when overloaded."""
    _check(rate, handle_s, agents)
    load = rate * handle_s
    if load >= agents:
        return 0.0
    return 1 - erlang_c(load, agents) * math.exp(-(agents - load) / handle_s * within_s)


def priority_waits(rates: Sequence[float], handle_s: float, agents: int) -> list[float]:
    """Mean wait of each class in seconds under strict priority: W_k = W0 / [(1 - sigma_{k-1})(1 - sigma_k)].

    sigma_k is the load of classes 1..k for each agent. A class with sigma_k >= 1 waits for ever; those above it do
    not. A. Cobham, Operations Research 2 (1954).
    """
    _check(sum(rates), handle_s, agents)
    first = erlang_c(sum(rates) * handle_s, agents) * handle_s / agents
    return _cobham(first, [rate * handle_s / agents for rate in rates])


def _cobham(first: float, rho: Sequence[float]) -> list[float]:
    """`first`: mean time from an arrival that finds all agents busy, or not, to the next departure."""
    waits = []
    above = 0.0
    for one in rho:
        upto = above + one
        waits.append(first / ((1 - above) * (1 - upto)) if upto < 1 else math.inf)
        above = upto
    return waits


def top_class_tail(rates: Sequence[float], handle_s: float, agents: int, wait_s: float) -> float:
    """Share of class 1 that waits longer than `wait_s` under strict priority: C exp(-(c mu - lambda_1) t).

    While all agents are busy, class 1 sees a single server of rate c mu all its own. O. Kella and U. Yechiali, 1985.
    """
    _check(sum(rates), handle_s, agents)
    spare = agents / handle_s - rates[0]
    if spare <= 0:
        return 1.0
    return erlang_c(sum(rates) * handle_s, agents) * math.exp(-spare * wait_s)


def accumulating_waits(rates: Sequence[float], weights: Sequence[float], handle_s: float, agents: int) -> list[float]:
    """Mean wait of each class in seconds when callers of class k gain `weights[k]` points a second of waiting.

    W_k = [W0/(1-rho) - sum_{i>k} rho_i W_i (1 - b_i/b_k)] / [1 - sum_{i<k} rho_i (1 - b_k/b_i)], weights not rising.
    L. Kleinrock, Naval Research Logistics Quarterly 11 (1964), and for c servers Stanford, Taylor and Ziedins (2014).
    """
    _check(sum(rates), handle_s, agents)
    if len(weights) != len(rates) or any(weight <= 0 for weight in weights) or list(weights) != sorted(weights)[::-1]:
        raise ValueError(f"weights: {list(weights)}: must be one per class, above 0, the highest first")
    load = sum(rates) * handle_s
    if load >= agents:
        return [math.inf] * len(rates)
    fifo = erlang_c(load, agents) * handle_s / (agents - load)
    return _kleinrock(fifo, [rate * handle_s / agents for rate in rates], weights)


def _kleinrock(fifo: float, rho: Sequence[float], weights: Sequence[float]) -> list[float]:
    waits = [0.0] * len(rho)
    for k in reversed(range(len(rho))):
        gained = sum(rho[i] * waits[i] * (1 - weights[i] / weights[k]) for i in range(k + 1, len(rho)))
        overtaken = sum(rho[i] * (1 - weights[k] / weights[i]) for i in range(k))
        waits[k] = (fifo - gained) / (1 - overtaken)
    return waits


def one_agent_waits(
    rates: Sequence[float], handle_s: float, square_s2: float, weights: Sequence[float] | None = None
) -> list[float]:
    """Mean wait of each class with one agent and handle times of any one distribution, given their mean and the mean
    of their square: W0 = lambda E[S^2]/2 (F. Pollaczek, 1930; A. Khinchine, 1932). Strict priority as Cobham has it
    for one server; with `weights`, highest first, accumulating priority as Kleinrock has it. One class: first come
    first served."""
    _check(sum(rates), handle_s, 1)
    first, rho = sum(rates) * square_s2 / 2, [rate * handle_s for rate in rates]
    if weights is None:
        return _cobham(first, rho)
    return _kleinrock(first / (1 - sum(rho)), rho, weights) if sum(rho) < 1 else [math.inf] * len(rates)


def routine_level(urgent: float, routine: float, handle_s: float, agents: int, within_s: float) -> float | None:
    """Share of the lower class answered within `within_s` under strict priority; None if it takes too long to tell.

    A caller who must wait finds n callers ahead with chance (1 - rho) rho^n. Callers of the upper class who come later
    go first too.
    """
    _check(urgent + routine, handle_s, agents)
    rho = (urgent + routine) * handle_s / agents
    if rho >= 1:
        return None
    waiting = erlang_c(rho * agents, agents)
    ahead = [waiting * (1 - rho)]
    while ahead[-1] > _NEGLIGIBLE:
        ahead.append(ahead[-1] * rho)
    found = answered_within(ahead, urgent, agents / handle_s, 0.0, within_s)
    return None if found is None else 1 - waiting + found


@dataclass(frozen=True)
class Impatient:
    """A class of callers of whom each hangs up after an exponential patience. All shares are of the calls offered."""

    waiting_share: float
    """Calls that find no agent free."""
    abandoned_share: float
    mean_wait_s: float
    """Mean over all calls, abandoned ones included (by Little's law: mean queue over arrival rate)."""
    _ahead: tuple[float, ...]
    """Chance that a caller finds all agents busy and n of their own kind waiting."""
    _service_rate: float
    _patience_s: float

    def within(self, wait_s: float) -> float:
        """Share answered within `wait_s`.

        With n ahead an endlessly patient caller would wait V = sum of exponentials of rates c mu + i theta, i = 0..n,
        and exp(-theta V) is Beta(c mu/theta, n + 1) distributed; the caller is still there with chance exp(-theta V).
        """
        served = self._service_rate * self._patience_s
        log_left, log_gone = -wait_s / self._patience_s, -math.inf
        if wait_s > 0:
            log_gone = math.log(-math.expm1(log_left))
        total = 1 - self.waiting_share
        # I_x(a, b) for a = served + 1 and b = 1, 2, ...: I_x(a, b+1) = I_x(a, b) + x^a (1-x)^b / (b B(a, b)). In
        # logarithms, since x^a leaves the range of a float where agents are many or quick.
        a = served + 1
        below = math.exp(a * log_left)
        log_step = a * log_left + log_gone + math.log(a)
        for n, chance in enumerate(self._ahead):
            total += chance * served / (served + n + 1) * max(0.0, 1 - below)
            below += math.exp(log_step)
            log_step += log_gone + math.log(a + n + 1) - math.log(n + 2)
        return total

    def overtaken_within(self, arriving: float, wait_s: float) -> float | None:
        """The same for a caller who is let behind all of these and behind those who come at the rate `arriving`."""
        found = answered_within(self._ahead, arriving, self._service_rate, 1 / self._patience_s, wait_s)
        return None if found is None else 1 - self.waiting_share + found


def _line(rate: float, service_rate: float, patience_s: float) -> list[float]:
    """While all agents are busy: chances that n = 0, 1, ... wait, for birth `rate` and death c mu + n theta."""
    weights, total = [1.0], 1.0
    rising = (rate - service_rate) * patience_s
    while weights[-1] > _NEGLIGIBLE * total or len(weights) <= rising:
        weights.append(weights[-1] * rate / (service_rate + len(weights) / patience_s))
        total += weights[-1]
        if total > 1e200:  # deep overload: keep the numbers inside a float
            weights = [weight / total for weight in weights]
            total = 1.0
    return [weight / total for weight in weights]


def _impatient(rate: float, busy: float, service_rate: float, patience_s: float) -> Impatient:
    ahead = tuple(busy * chance for chance in _line(rate, service_rate, patience_s))
    queue = sum(n * chance for n, chance in enumerate(ahead))
    wait = queue / rate if rate > 0 else busy / (service_rate + 1 / patience_s)
    return Impatient(busy, wait / patience_s, wait, ahead, service_rate, patience_s)


def erlang_a(rate: float, handle_s: float, agents: int, patience_s: float) -> Impatient:
    """First come first served with impatient callers: the birth-death chain of death rate min(n,c) mu + (n-c)+ theta.

    P(abandon) = theta L_q / lambda. C. Palm, 1957; O. Garnett, A. Mandelbaum and M. Reiman, M&SOM 4 (2002).
    """
    return erlang_a_strict([rate], handle_s, agents, patience_s)[0]


def erlang_a_strict(rates: Sequence[float], handle_s: float, agents: int, patience_s: float) -> list[Impatient]:
    """Strict priority with impatient callers, all of one mean patience: an `Impatient` for classes 1..k together, for
    each k; the last is all calls. The order of service does not change how many wait, only who; and classes 1..k
    together see, while all agents are busy, no one below them. `mean_of_class` takes one class out.
    """
    _check(sum(rates), handle_s, agents)
    if not patience_s > 0:
        raise ValueError(f"patience_s: {patience_s}: must be a number of seconds above 0")
    rate, service_rate = sum(rates), agents / handle_s
    blocked = erlang_b(rate * handle_s, agents)
    nobody_waits = _line(rate, service_rate, patience_s)[0]
    # Relative to the state "all busy, nobody waits", all-busy states weigh 1/nobody_waits, those below 1/B - 1.
    busy = blocked / (blocked + nobody_waits * (1 - blocked))
    upto, together = 0.0, []
    for one in rates:
        upto += one
        together.append(_impatient(upto, busy, service_rate, patience_s))
    return together


def mean_of_class(rates: Sequence[float], together: Sequence[float], k: int) -> float:
    """Mean of class k (from 0), given the means over classes 1..k together that `erlang_a_strict` gives."""
    if k == 0:
        return together[0]
    upto = sum(rates[: k + 1])
    return (together[k] * upto - together[k - 1] * (upto - rates[k])) / rates[k] if rates[k] else math.nan


@dataclass(frozen=True)
class Reserve:
    """Strict priority with some agents held back from routine calls."""

    urgent_wait_s: float
    routine_wait_s: float
    urgent_waiting_share: float
    _decay: float

    def urgent_tail(self, wait_s: float) -> float:
        """Share of urgent calls that wait longer than `wait_s`."""
        return self.urgent_waiting_share * math.exp(-self._decay * wait_s)


def reserve(urgent: float, routine: float, handle_s: float, agents: int, held_back: int) -> Reserve:
    """Urgent calls first; a routine call starts only while more than `held_back` agents are free.

    The chain is (i = busy agents + urgent callers waiting, j = routine callers waiting); j > 0 needs i >= m = c - K.
    Solved exactly, without cutting it off:

    - The marginal of i above m falls by lambda_1 / (min(i,c) mu), below m it rises by (lambda_1+lambda_2)/(i mu); the
      two parts are tied by sum p_i = 1 and sum p_i min(i,c) mu = lambda_1 + lambda_2 (what comes in goes out).
    - The routine line falls by one only by a departure in i = m, so it is an M/G/1 queue whose service is T_m, the
      time from i = m to the next departure out of it; whoever finds the line empty but i >= m waits T_i instead
      (P. D. Welch's exceptional first service, 1964). T_i is a sum of first-passage times of a birth-death chain.
    """
    _check(urgent + routine, handle_s, agents)
    if not 0 <= held_back < agents:
        raise ValueError(f"held_back: {held_back}: must be from 0 to {agents - 1}, one fewer than the agents")
    mu, m = 1 / handle_s, agents - held_back
    spare = agents * mu - urgent
    if spare <= 0:
        return Reserve(math.inf, math.inf, 1.0, 0.0)

    mean, square = _first_passages(urgent, mu, agents, m)
    backlog = routine * mean[m]  # share of its time that a never-ending routine line would be served too slowly

    # Weights of i >= m relative to p_m = 1; the last part (i >= c) is geometric.
    weight, above = 1.0, 0.0
    for i in range(m, agents):
        above += weight
        weight *= urgent / ((i + 1) * mu)
    waiting = weight * agents * mu / spare
    above += waiting
    if backlog >= 1:
        busy = waiting / above
        return Reserve(busy / spare, math.inf, busy, spare)

    # Below m, relative to p_{m-1} = 1, downwards. The two parts are tied by what goes out at m: with
    # sum_{i<m} p_i i mu = total (below - 1) p_{m-1} and sum_{i>=m} p_i min(i,c) mu = m mu p_m + urgent above p_m,
    # where above = m mu E[T_m], the two conditions give p_m free of differences:
    total = urgent + routine
    below, weight = 0.0, 1.0
    for i in range(m - 1, -1, -1):
        below += weight
        weight *= i * mu / total if total else 0.0
    p_m = total / (total * above + below * m * mu * (1 - backlog)) if total else 0.0
    busy = p_m * waiting

    first, first_square = _exceptional_service(urgent, routine, mu, agents, m, mean, square)
    followers = routine * first / (1 - backlog)
    follower_wait = first_square / (2 * first) + routine * square[m] / (2 * (1 - backlog)) + mean[m]
    joined = (first + followers * follower_wait) / (1 + followers)
    return Reserve(busy / spare, p_m * above * joined, busy, spare)


def _first_passages(urgent: float, mu: float, agents: int, m: int) -> tuple[dict[int, float], dict[int, float]]:
    """Mean and second moment of the time from i to i - 1, for i = c down to m. From c on it is an M/M/1 busy period."""
    spare = agents * mu - urgent
    mean, square = {agents: 1 / spare}, {agents: 2 * agents * mu / spare**3}
    for i in range(agents - 1, m - 1, -1):
        leave = urgent + i * mu
        up = urgent / leave
        mean[i] = (1 + urgent * mean[i + 1]) / (i * mu)
        square[i] = (
            2 / leave**2 + 2 / leave * up * (mean[i + 1] + mean[i]) + up * (square[i + 1] + 2 * mean[i + 1] * mean[i])
        ) / (1 - up)
    return mean, square


def _exceptional_service(
    urgent: float, routine: float, mu: float, agents: int, m: int, mean: dict[int, float], square: dict[int, float]
) -> tuple[float, float]:
    """First and second moment of T_i for a caller who finds the routine line empty with i >= m.

    Phases of the chain cut to j = 0, where an arrival of rate lambda_2 leads back to i = m in the end.
    p_i = h_i p_{i-1}; from c on all h equal the root of a quadratic.
    """
    total = urgent + routine
    b = total + agents * mu
    root = 2 * urgent / (b + math.sqrt(b * b - 4 * agents * mu * urgent))
    h = {agents: root}
    for i in range(agents - 1, m, -1):
        h[i] = urgent / (total + i * mu - (i + 1) * mu * h[i + 1])
    chance, passed_mean, passed_var = 1.0, mean[m], square[m] - mean[m] ** 2
    mass, first, first_square, i = 0.0, 0.0, 0.0, m
    while chance > _NEGLIGIBLE * max(mass, 1e-300):
        mass += chance
        first += chance * passed_mean
        first_square += chance * (passed_var + passed_mean**2)
        i += 1
        level = min(i, agents)
        chance *= h[level]
        passed_mean += mean[level]
        passed_var += square[level] - mean[level] ** 2
    return first / mass, first_square / mass
