"""Çözüm and app_queue: the same Asterisk, the same sipp callers and agents, one after the other, again and again."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bench.capture import Capture, idle_gaps_ms, read_sip, rings_ms
from bench.hostile import Attackers
from bench.side import COZUM, Side
from bench.statistics import quantile, spread
from phones import Agent, Agents, Caller, Phones, Talk

System = Literal["cozum", "app_queue"]
SYSTEMS: tuple[System, ...] = ("cozum", "app_queue")
CREW_NUMBER = {5: "4440412", 10: "4440413", 400: "4440414"}
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what. Times are seconds, rates calls a second."""

    rounds: int
    gap_calls: int
    gap_talk_s: float
    """Mean: the talks differ, since app_queue's waiting callers look at the queue once a second. With talks that all
    take a second, that look comes at the same moment after each of them."""
    ring_calls: int
    ring_rate: float
    load_rates: tuple[int, ...]
    """Tried in this order, for each system until the first at which a call fails."""
    load_s: float
    cpu_rate: int
    """The one of `load_rates` whose CPU figures are reported."""
    load_talk_s: float = 1.5


FULL = Plan(rounds=3, gap_calls=60, gap_talk_s=1.0, ring_calls=60, ring_rate=5, load_rates=(80, 120, 160, 200, 240),
            load_s=5.0, cpu_rate=120)  # fmt: skip
QUICK = Plan(rounds=1, gap_calls=20, gap_talk_s=0.4, ring_calls=16, ring_rate=10, load_rates=(120,), load_s=2.0,
             cpu_rate=120)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What one system did, over all rounds."""

    idle_gap_ms: list[float] = field(default_factory=list)
    ring_ms: list[float] = field(default_factory=list)
    cpu_ms_per_call: list[float] = field(default_factory=list)
    cpu_ms_of_line: list[float] = field(default_factory=list)
    cpu_ms_of_desk: list[float] = field(default_factory=list)
    calls_per_s: list[int] = field(default_factory=list)
    failed: int = 0
    """Calls that sipp counts as failed, or that no agent answered, at the rates up to `calls_per_s` and elsewhere."""
    overloaded: list[dict[str, Any]] = field(default_factory=list)
    """What happened at the rates that were too high."""

    def figures(self) -> dict[str, Any]:
        return {
            "idle_gap_ms": spread(self.idle_gap_ms),
            "ring_ms": spread(self.ring_ms),
            "cpu_ms_per_call": round(quantile(self.cpu_ms_per_call, 0.5), 2) if self.cpu_ms_per_call else None,
            "cpu_ms_of_line": round(quantile(self.cpu_ms_of_line, 0.5), 2) if self.cpu_ms_of_line else None,
            "cpu_ms_of_desk": round(quantile(self.cpu_ms_of_desk, 0.5), 2) if self.cpu_ms_of_desk else None,
            "calls_per_s": round(quantile(self.calls_per_s, 0.5)) if self.calls_per_s else None,
            "calls_per_s_by_round": self.calls_per_s,
            "failed": self.failed,
            "overloaded": self.overloaded,
        }


class Comparison:
    """Runs the plan on one Asterisk."""

    def __init__(self, side: Side, folder: Path, plan: Plan, say: Progress) -> None:
        self.side, self.folder, self.plan, self.say = side, folder, plan, say
        self.tallies: dict[System, Tally] = {system: Tally() for system in SYSTEMS}
        self._sip = int(str(side.settings["sip_port"]))
        self._captures = 0
        self._crews = 0

    def run(self) -> dict[str, dict[str, Any]]:
        """All rounds, in which the systems alternate, each with the Asterisk to itself; the figures by system. The load
        comes last: Asterisk is busy with a call for half a minute after its end, and with hundreds a second there would
        be thousands of those beside the calls whose milliseconds count."""
        phases = (("ring", self._ring, 10), ("gap", self._gap, 5)), (("load", self._load, 400),)
        for part in phases:
            for n in range(self.plan.rounds):
                for system in SYSTEMS if n % 2 == 0 else SYSTEMS[::-1]:
                    self._take_the_line(system)
                    for name, phase, crew in part:
                        self.say(f"round {n + 1} of {self.plan.rounds}: {name}, {system}")
                        with self._crew(system, name, crew) as (phones, agents):
                            phase(system, phones, agents)
        self.side.retire()
        return {system: tally.figures() for system, tally in self.tallies.items()}

    def under_attack(self) -> dict[str, Any]:
        """What hostile clients on the FastAGI and HTTP ports cost the callers: the gap with them and without."""
        self._take_the_line("cozum")
        kinds = ("quiet", "attacked") * self.plan.rounds if self.plan.rounds > 1 else ("attacked",)
        figures: dict[str, list[float]] = {"quiet": [], "attacked": []}
        if "quiet" not in kinds:
            figures["quiet"] = self.tallies["cozum"].idle_gap_ms
        ports = [int(str(self.side.settings[key])) for key in ("fastagi_port", "http_port")]
        for kind in kinds:
            self.say(f"gap, {kind}")
            tally = self.tallies["cozum"] = Tally()
            with contextlib.ExitStack() as stack:
                if kind == "attacked":
                    for port in ports:
                        stack.enter_context(Attackers(port))
                phones, agents = stack.enter_context(self._crew("cozum", kind, 5))
                self._gap("cozum", phones, agents)
            figures[kind] += tally.idle_gap_ms
        self.side.retire()
        quiet, attacked = figures["quiet"], figures["attacked"]
        return {
            "idle_gap_ms_quiet": spread(quiet),
            "idle_gap_ms_attacked": spread(attacked),
            "cost_ms_p50": round(quantile(attacked, 0.5) - quantile(quiet, 0.5), 2),
            "cost_ms_p99": round(quantile(attacked, 0.99) - quantile(quiet, 0.99), 2),
        }

    @contextlib.contextmanager
    def _crew(self, system: System, name: str, size: int) -> Iterator[tuple[Phones, Agents]]:
        """So many agents, signed in where there is a sign-in; nobody else."""
        self._crews += 1
        talks = {"ring": 0.3, "load": self.plan.load_talk_s}
        with self.side.phones(self.folder / f"{self._crews}-{name}") as phones:
            script = Agent(answer_after_s=0.0, talk_s=talks.get(name, Talk(self.plan.gap_talk_s)))
            agents = phones.staff(self.side.logins[:size], script, echo=False, within_s=30)
            if system == "cozum":
                self.side.all_ready([login.user for login in self.side.logins[:size]])
            yield phones, agents

    def _take_the_line(self, system: System) -> None:
        self.side.retire()
        if system == "cozum":
            self.side.serve()

    def _number(self, system: System, crew: int) -> str:
        return COZUM if system == "cozum" else CREW_NUMBER[crew]

    def _capture(self) -> Capture:
        self._captures += 1
        return Capture(self.folder / f"{self._captures}.pcapng", f"udp port {self._sip}")

    def _gap(self, system: System, phones: Phones, agents: Agents) -> None:
        """Twelve times as many callers as agents come at 20 a second: nearly all of them wait."""
        with self._capture() as capture:
            callers = phones.call(Caller(), count=self.plan.gap_calls, rate=20, dialled=self._number(system, 5))
            counts = callers.wait(self.plan.gap_calls * (self.plan.gap_talk_s + 2) / 5 + 30)
        tally = self.tallies[system]
        tally.failed += counts.failed
        tally.idle_gap_ms += idle_gaps_ms(read_sip(capture.path, self._sip), [agents.sip_port])

    def _ring(self, system: System, phones: Phones, agents: Agents) -> None:
        """Callers one after the other, each to an idle agent."""
        with self._capture() as capture:
            callers = phones.call(
                Caller(), count=self.plan.ring_calls, rate=self.plan.ring_rate, dialled=self._number(system, 10)
            )
            counts = callers.wait(self.plan.ring_calls / self.plan.ring_rate + 30)
        tally = self.tallies[system]
        tally.failed += counts.failed
        tally.ring_ms += rings_ms(read_sip(capture.path, self._sip), [callers.sip_port], [agents.sip_port])

    def _load(self, system: System, phones: Phones, agents: Agents) -> None:
        """400 agents, and as many calls a second as it takes until one fails."""
        tally = self.tallies[system]
        best = 0
        for rate in self.plan.load_rates:
            count = round(rate * self.plan.load_s)
            answered = sum(leg.answered_at is not None for leg in agents.legs())
            before, began = self.side.cpu_s(), time.monotonic()
            callers = phones.call(Caller(limit_s=20), count=count, rate=rate, dialled=self._number(system, 400))
            counts = callers.wait(self.plan.load_s * 4 + 60)
            lasted = time.monotonic() - began
            self.side.settle()  # what the calls left to do is their cost too
            shares = [(now - then) * 1000 / count for now, then in zip(self.side.cpu_s(), before, strict=True)]
            cpu_ms = sum(shares)
            answered = sum(leg.answered_at is not None for leg in agents.legs()) - answered
            failed = max(counts.failed, count - answered)
            late = lasted > self.plan.load_s * 1.25 + self.plan.load_talk_s + 2
            if rate == self.plan.cpu_rate and not failed:
                tally.cpu_ms_per_call.append(cpu_ms)
                tally.cpu_ms_of_line.append(shares[1])
                tally.cpu_ms_of_desk.append(shares[2])
            if failed or late:
                tally.overloaded.append(
                    {"rate": rate, "failed": failed, "lasted_s": round(lasted, 1), "cpu_ms_per_call": round(cpu_ms, 2)}
                )
                break
            best = rate
        tally.calls_per_s.append(best)
