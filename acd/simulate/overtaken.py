"""The way to the front of a line in which those who come later may go first: how many callers of the lower class are
answered in time. Rates are per second, times seconds, shares lie in [0, 1].
"""

import math
from collections.abc import Sequence

_NEGLIGIBLE = 1e-18
_MOST_WORK = 20_000_000
"""Additions at most (a second or two); beyond, there is no figure rather than a long wait for one."""


def answered_within(
    ahead: Sequence[float], arriving: float, service_rate: float, giving_up: float, wait_s: float
) -> float | None:
    """Share of calls that find all agents busy and are answered within `wait_s`.

    `ahead[n]` is the chance to find all agents busy and n callers waiting, all of whom go first. So do those who come
    at the rate `arriving` meanwhile. Agents become free at `service_rate`, and each who waits gives up at `giving_up`.

    The number of callers ahead is a birth-death chain that is left at the first departure with nobody ahead, by
    uniformization (A. Jensen, 1953). This is the delayed busy period of the higher class that O. Kella and U. Yechiali
    (Naval Research Logistics 32, 1985) give as a transform. None if it would take too long.
    """
    if wait_s <= 0:
        return 0.0
    served = service_rate * wait_s
    # Further back than this nobody comes to the front in time.
    deep = int(served + 10 * math.sqrt(served) + 40) if not giving_up else len(ahead) + 60
    place = list(ahead[:deep])
    room = deep if giving_up or arriving else len(place)
    room = min(room, len(place) + int(arriving * wait_s + 10 * math.sqrt(arriving * wait_s) + 40))
    place += [0.0] * (room - len(place))
    total_rate = arriving + service_rate + room * giving_up
    expected = total_rate * wait_s
    steps = int(expected + 10 * math.sqrt(expected) + 40)
    if steps * room > _MOST_WORK:
        return None
    up = arriving / total_rate
    down = [(service_rate + n * giving_up) / total_rate for n in range(room)]
    stay = [1 - up - step - giving_up / total_rate for step in down]
    in_time, tail, log_chance = 0.0, 1.0, -expected
    for step in range(steps):
        tail -= math.exp(log_chance)  # chance of more than `step` steps in the time
        log_chance += math.log(expected) - math.log(step + 1)
        if tail < _NEGLIGIBLE and step > expected:
            break
        in_time += place[0] * down[0] * max(tail, 0.0)
        closer = [chance * rate for chance, rate in zip(place[1:], down[1:], strict=True)]
        place = [
            here * rest + from_behind + from_before * up
            for here, rest, from_behind, from_before in zip(
                place, stay, [*closer, 0.0], [0.0, *place[:-1]], strict=True
            )
        ]
    return in_time
