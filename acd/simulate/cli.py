"""`cozum simulate` and `cozum plan`. The command line itself is put together in `acd.cli`; `mount` adds these two."""

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from acd.engine.model.target import TARGET_S
from acd.simulate import draw, render
from acd.simulate.attack import Attack
from acd.simulate.inputs import BadInput, duration, hourly, trace
from acd.simulate.plan import DAY_SHAPE, as_statistics, make_plan
from acd.simulate.policy import allowed, policy
from acd.simulate.run import Simulation, statistics
from acd.simulate.staffing import Demand, Share, Target
from acd.simulate.trial import Trial
from acd.simulate.workload import Workload
from acd.simulate.world import SAYS_URGENT_AFTER_S, URGENT_KEY

DEFAULT_CALLS, DEFAULT_RATE = 60_000, 114.0

JsonOption = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
ShareOption = Annotated[float, typer.Option(metavar="SHARE", min=0, max=1, help="Share of calls that are urgent.")]
TalkOption = Annotated[float, typer.Option(metavar="SECONDS", min=0.001, help="Mean talk in seconds.")]
WrapupOption = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="Mean wrap-up (after-call work) in seconds, exponential.")
]
PatienceOption = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", min=0.001, help="Mean seconds callers wait before they give up; none: for ever."),
]
PickupOption = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="Mean seconds an agent takes to pick up, exponential.")
]
MistakenOption = Annotated[
    float,
    typer.Option(
        metavar="SHARE",
        min=0,
        max=1,
        help=f"Of the urgent callers, who choose a routine service and press {URGENT_KEY} after "
        f"{SAYS_URGENT_AFTER_S:g} s.",
    ),
]
AttackersOption = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        max=10_000,
        help="Lines, each with a number of its own, that say all day that it is urgent; counted apart.",
    ),
]
AttackTalkOption = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", min=0.001, help="How long they keep an agent, on average; none: as --talk."),
]
RedialOption = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", min=0.001, help="Who gives up calls again, once, after this mean (exponential); none: never."
    ),
]
SeedOption = Annotated[
    int, typer.Option(metavar="N", help="The same seed gives the same callers, whatever the policy.")
]
SurgeOption = Annotated[float, typer.Option(metavar="FACTOR", min=0.001, help="Multiply the calls.")]

FileOption = Annotated[Path | None, typer.Option(metavar="FILE", help="Calls by hour: 24 numbers.")]


@contextmanager
def _told(command: str) -> Iterator[None]:
    """Input that cannot be used ends the command with one plain line on standard error."""
    try:
        yield
    except BadInput as error:
        typer.echo(f"cozum {command}: {error}", err=True)
        raise typer.Exit(2) from None


@contextmanager
def _progress(total: float | None) -> Iterator[Callable[[int, str], None] | None]:
    """A progress line on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda done, text: bar.update(task, completed=done, description=text)


def _print(shown: Any) -> None:
    width = None if sys.stdout.isatty() else 100
    Console(width=width, highlight=False).print(shown)


def _needs(condition: bool, text: str) -> None:
    if not condition:
        raise BadInput(text)


def simulate(
    *,
    agents: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=5000, help="Agents on duty; 7 if none are given.")
    ] = None,
    calls_per_hour: Annotated[
        float | None, typer.Option(metavar="N", min=0.001, help=f"Calls an hour; {DEFAULT_RATE:g} if none are given.")
    ] = None,
    urgent_share: ShareOption = 0.08,
    talk: TalkOption = 140.0,
    wrapup: WrapupOption = 25.0,
    talk_dist: Annotated[str, typer.Option(metavar="KIND", help="exp, lognormal:CV or fixed.")] = "exp",
    patience: PatienceOption = None,
    calls: Annotated[
        int | None, typer.Option(metavar="N", min=1, help=f"How many calls; {DEFAULT_CALLS:,}, or as --days has.")
    ] = None,
    days: Annotated[float | None, typer.Option(metavar="N", min=0.001, help="How many days.")] = None,
    profile: FileOption = None,
    staff: Annotated[Path | None, typer.Option(metavar="FILE", help="Agents by hour: 24 numbers.")] = None,
    surge: SurgeOption = 1.0,
    trace_file: Annotated[
        Path | None,
        typer.Option(
            "--trace",
            metavar="FILE",
            help="Replay calls: CSV with arrival_s,talk_s,class and maybe wrapup_s,patience_s,number.",
        ),
    ] = None,
    attackers: AttackersOption = 0,
    attack_talk: AttackTalkOption = None,
    pickup: PickupOption = 0.0,
    mistaken: MistakenOption = 0.0,
    redial: RedialOption = None,
    policy_name: Annotated[
        str, typer.Option("--policy", metavar="NAME", help=f"The engine's rules: {allowed()}.")
    ] = "cozum",
    seed: SeedOption = 1,
    as_json: JsonOption = False,
) -> None:
    """Let the real engine answer calls under a virtual clock, and say what callers wait, theory beside it."""
    with _told("simulate"):
        _needs(agents is None or staff is None, "--agents and --staff: give one of the two")
        _needs(calls_per_hour is None or profile is None, "--calls-per-hour and --profile: give one of the two")
        if trace_file is not None:
            given = {"--calls-per-hour": calls_per_hour, "--profile": profile, "--days": days, "--calls": calls}
            for name, value in given.items():
                _needs(value is None, f"--trace and {name}: give one of the two; a trace has its own calls")
            _needs(surge == 1.0, "--surge: works on calls that are made up, not on --trace")
        hours = hourly("--profile", profile) if profile else (calls_per_hour or DEFAULT_RATE,)
        for name, value in {"--calls-per-hour": calls_per_hour, "--surge": surge, "--days": days}.items():
            _needs(value is None or math.isfinite(value), f"{name}: {value}: must be a finite number")
        if days is None and calls is None:
            days, calls = (1.0, None) if profile or staff else (None, DEFAULT_CALLS)
        work = Workload(
            per_hour=tuple(rate * surge for rate in hours),
            urgent_share=urgent_share,
            talk=duration("--talk", talk, talk_dist),
            wrapup=duration("--wrapup", wrapup),
            patience=None if patience is None else duration("--patience", patience),
            calls=calls,
            days=days,
            trace=trace(trace_file) if trace_file else None,
            mistaken=mistaken,
            redial=None if redial is None else duration("--redial", redial),
            pickup=duration("--pickup", pickup),
        )
        on_duty = tuple(int(n) for n in hourly("--staff", staff, whole=True)) if staff else (agents or 7,)
        attack = None
        if attackers:
            talk_of_theirs = work.talk if attack_talk is None else duration("--attack-talk", attack_talk, talk_dist)
            attack = Attack(attackers, talk_of_theirs, work.wrapup, seed)
        _needs(attack is not None or attack_talk is None, "--attack-talk: needs --attackers")
        simulation = Simulation(policy(policy_name), work, on_duty, seed, attack)
        with _progress(work.expected()) as bar:
            told = (lambda done: bar(done, f"{done:,} calls")) if bar else None
            result = statistics(simulation, simulation.play(told))
    if as_json:
        typer.echo(json.dumps(result, indent=2))
    else:
        _print(render.simulation_table(result))


def plan(
    *,
    profile: FileOption = None,
    calls_per_day: Annotated[
        float | None, typer.Option(metavar="N", min=0.001, help="Calls a day; scales the profile. 2,000 without one.")
    ] = None,
    surge: SurgeOption = 1.0,
    urgent_share: ShareOption = 0.08,
    talk: TalkOption = 140.0,
    wrapup: WrapupOption = 25.0,
    patience: PatienceOption = None,
    asa: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.001, help="Target: mean wait; 6 s if no target is given.")
    ] = None,
    service_level: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", min=0.1, max=99.99, help="Target: calls answered within --within."),
    ] = None,
    within: Annotated[float, typer.Option(metavar="SECONDS", min=0, help="For --service-level.")] = 20.0,
    urgent_level: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", min=0.1, max=99.99, help="Target: urgent calls within --urgent-within."),
    ] = None,
    urgent_within: Annotated[float, typer.Option(metavar="SECONDS", min=0, help="For --urgent-level.")] = 15.0,
    max_abandoned: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", min=0.01, max=100, help="Target: calls that may give up (--patience)."),
    ] = None,
    each_hour: Annotated[
        bool, typer.Option("--each-hour", help="The target holds in each hour, not over the day.")
    ] = False,
    min_agents: Annotated[
        int, typer.Option(metavar="N", min=0, max=1000, help="Never fewer than this. 0: nobody in hours without calls.")
    ] = 1,
    simulated: Annotated[
        bool, typer.Option("--simulate/--no-simulate", help="Put the formula's plan to the test.")
    ] = True,
    policy_name: Annotated[
        str, typer.Option("--policy", metavar="NAME", help=f"The engine's rules: {allowed()}.")
    ] = "cozum",
    days: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="Days to simulate for each try.")] = 30,
    seed: SeedOption = 1,
    hour_cost: Annotated[
        float | None, typer.Option(metavar="COST", min=0, help="What one agent costs an hour.")
    ] = None,
    shrinkage: Annotated[
        float,
        typer.Option(
            metavar="PERCENT", min=0, max=95, help="Paid time away from the phone: breaks, training, illness."
        ),
    ] = 0.0,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the plan as CSV.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the plan: a .svg or .png file.")] = None,
    save_staff: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write agents by hour, for `simulate --staff`.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Agents by hour for a day's calls and a target: by formula, then put to the test on the real engine."""
    with _told("plan"):
        shape = hourly("--profile", profile) if profile else DAY_SHAPE
        total = calls_per_day or (sum(shape) if profile else 2000.0)
        _needs(
            max_abandoned is None or patience is not None, "--max-abandoned: needs --patience; nobody gives up without"
        )
        _needs(urgent_level is None or urgent_share > 0, "--urgent-level: needs --urgent-share above 0")
        if asa is service_level is urgent_level is max_abandoned is None:
            asa = TARGET_S
        finite = {"--calls-per-day": total, "--surge": surge, "--asa": asa, "--within": within}
        finite |= {"--urgent-within": urgent_within, "--hour-cost": hour_cost}
        for name, value in finite.items():
            _needs(value is None or math.isfinite(value), f"{name}: {value}: must be a finite number")
        duration("--talk", talk), duration("--wrapup", wrapup), duration("--patience", patience or 0.0)
        demand = Demand(
            tuple(calls / sum(shape) * total * surge for calls in shape), urgent_share, talk, wrapup, patience
        )
        target = Target(
            asa,
            None if service_level is None else Share(service_level / 100, within),
            None if urgent_level is None else Share(urgent_level / 100, urgent_within),
            None if max_abandoned is None else max_abandoned / 100,
            each_hour,
        )
        trial = Trial(policy(policy_name), days, seed) if simulated else None
        with _progress(None) as bar:
            made = make_plan(demand, target, min_agents, trial, (lambda text: bar(0, text)) if bar else lambda _: None)
        result = as_statistics(made, hour_cost, shrinkage / 100)
        if csv_file is not None:
            render.write_csv(result, csv_file)
        if save_staff is not None:
            render.write_staff(result, save_staff)
        if plot is not None:
            draw.write_plot(result, plot)
    if as_json:
        typer.echo(json.dumps(result, indent=2))
    else:
        _print(render.plan_table(result))


def mount(app: typer.Typer) -> None:
    """Add both commands to a command line."""
    app.command()(simulate)
    app.command()(plan)
