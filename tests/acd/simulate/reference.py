"""A second opinion for tests: a line of callers in forty lines, which shares nothing with the engine."""

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush

from acd.simulate.workload import Caller

ARRIVES, FREED, GIVES_UP = 0, 1, 2


def reference(
    callers: Iterable[Caller], agents: int, *, points: tuple[float, float] | None = None, held_back: int = 0
) -> tuple[list[float], list[bool]]:
    """Each caller's wait and whether they were answered. `points` a second for urgent and routine callers;
    None: urgent first."""
    everyone = list(callers)
    events = [(caller.arrival_s, n, ARRIVES) for n, caller in enumerate(everyone)]  # sorted, so a heap
    lines: tuple[deque[int], deque[int]] = (deque(), deque())
    waits, answered = [0.0] * len(everyone), [False] * len(everyone)
    gone = [False] * len(everyone)
    free = agents
    while events:
        now, n, kind = heappop(events)
        if kind == ARRIVES:
            lines[0 if everyone[n].urgent else 1].append(n)
            if (patience := everyone[n].patience_s) is not None:
                heappush(events, (now + patience, n, GIVES_UP))
        elif kind == FREED:
            free += 1
        elif not answered[n]:
            gone[n], waits[n] = True, now - everyone[n].arrival_s
        while free:
            for line in lines:
                while line and gone[line[0]]:
                    line.popleft()
            urgent, routine = lines
            if not urgent and (not routine or free <= held_back):
                break
            first = urgent or routine
            if points is not None and urgent and routine:
                scores = [rate * (now - everyone[line[0]].arrival_s) for rate, line in zip(points, lines, strict=True)]
                first = urgent if (scores[0], -urgent[0]) > (scores[1], -routine[0]) else routine
            one = first.popleft()
            free -= 1
            answered[one], waits[one] = True, now - everyone[one].arrival_s
            heappush(events, (now + everyone[one].talk_s + everyone[one].wrapup_s, one, FREED))
    return waits, answered
