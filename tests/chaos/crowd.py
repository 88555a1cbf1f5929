"""The load: sipp callers of several kinds and agents' phones, with a number of its own for each caller."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from phones import Agent, Agents, Caller, Callers, HangUp, Leg, Login, Phones, Press, Step, Talk, Wait

RING_S = (0.1, 0.4)
"""Every second agent picks up after the one, the others after the other time."""


def _press(*keys: str) -> tuple[Step, ...]:
    return tuple(step for key in keys for step in (Wait(0.3), Press(key)))


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of caller, and its share of all callers."""

    name: str
    share: float
    script: Callable[[Random], Caller]
    urgent: bool = False


def _patient(*keys: str) -> Callable[[Random], Caller]:
    return lambda chance: Caller(steps=_press(*keys))


def _impatient(*keys: str, mean_s: float) -> Callable[[Random], Caller]:
    return lambda chance: Caller(steps=_press(*keys), patience_s=mean_s)


def _quitter(shortest_s: float, longest_s: float) -> Callable[[Random], Caller]:
    return lambda chance: Caller(steps=(Wait(chance.uniform(shortest_s, longest_s)), HangUp()))


KINDS = (
    Kind("request", 0.40, _patient("2")),
    Kind("request, impatient", 0.18, _impatient("2", mean_s=3.0)),
    Kind("funeral", 0.14, _patient("1", "1"), urgent=True),
    Kind("ambulance, impatient", 0.06, _impatient("1", "4", mean_s=3.0), urgent=True),
    Kind("hangs up in the menu", 0.10, _quitter(0.3, 1.5)),
    Kind("hangs up at once", 0.12, _quitter(0.01, 0.25)),
)


@dataclass(frozen=True, slots=True)
class Dialled:
    """What one caller's phone saw."""

    number: str
    leg: Leg
    urgent: bool


class Crowd:
    """Callers and agents of one run. The same seed gives the same callers."""

    def __init__(self, phones: Phones, chance: Random) -> None:
        self._phones = phones
        self._chance = chance
        self._processes: list[tuple[Callers, tuple[str, ...], bool]] = []
        self._staff: list[Agents] = []
        self._next = 0

    def staff(self, logins: Sequence[Login], *, talk_s: float, long_talk_s: float) -> None:
        """Register the agents' phones. One in six has long talks, so that some talks span every outage."""
        groups: dict[tuple[float, float], list[Login]] = {}
        for place, login in enumerate(logins):
            group = RING_S[place % 2], long_talk_s if place % 6 == 5 else talk_s
            groups.setdefault(group, []).append(login)
        for (answer_after_s, mean_s), members in groups.items():
            self._staff.append(
                self._phones.staff(members, Agent(answer_after_s=answer_after_s, talk_s=Talk(mean_s)), within_s=30)
            )

    def staff_as(self, logins: Sequence[Login], phone: Agent) -> None:
        """Register phones that all do the same."""
        self._staff.append(self._phones.staff(logins, phone, within_s=30))

    def dial(self, calls: int, over_s: float, kinds: Sequence[Kind] = KINDS) -> int:
        """Start so many callers, spread over `over_s`; how many there are."""
        count = 0
        for kind in kinds:
            count += self.dial_kind(kind, max(1, round(calls * kind.share)), over_s)
        return count

    def dial_kind(self, kind: Kind, calls: int, over_s: float, *, groups: int = 3) -> int:
        """Start callers of one kind, in a few groups whose random times differ."""
        for group in range(groups):
            size = (calls + group) // groups
            if size:
                script = kind.script(self._chance)
                self.add(script, size, size / over_s * self._chance.uniform(0.95, 1.1), urgent=kind.urgent)
        return calls

    def add(self, script: Caller, count: int, rate: float, *, urgent: bool = False) -> tuple[Callers, tuple[str, ...]]:
        """Start callers of one script, each with a number of its own."""
        numbers = tuple(f"0532{self._next + n:07d}" for n in range(count))
        self._next += count
        process = self._phones.call(script, count=count, rate=rate, numbers=numbers, at_most_s=300)
        self._processes.append((process, numbers, urgent))
        return process, numbers

    @property
    def dialling(self) -> bool:
        """Whether a caller is still to come or on the line."""
        return any(process.running for process, _, _ in self._processes)

    def callers(self) -> list[Dialled]:
        """All callers so far."""
        return [
            Dialled(numbers[leg.number - 1], leg, urgent)
            for process, numbers, urgent in self._processes
            for leg in process.legs()
        ]

    def agent_legs(self) -> list[Leg]:
        """All calls to agents' phones so far."""
        return [leg for process in self._staff for leg in process.legs() if leg.incoming]
