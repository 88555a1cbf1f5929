"""`cozum simulate` and `cozum plan`. The command line itself is put together in `acd.cli`; `mount` adds these two."""

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from acd.config.load_settings import load_settings
from acd.simulate import draw, options, render
from acd.simulate.attack import Attack
from acd.simulate.inputs import BadInput, duration, hourly, trace
from acd.simulate.options import DEFAULT_CALLS, DEFAULT_RATE
from acd.simulate.plan import DAY_SHAPE, as_statistics, make_plan
from acd.simulate.policy import policy
from acd.simulate.run import Simulation, statistics
from acd.simulate.staffing import Demand, Share, Target
from acd.simulate.trial import Trial
from acd.simulate.workload import Workload


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


def _played(simulation: Simulation) -> dict[str, Any]:
    target_s = load_settings(None).target_wait_s
    with _progress(simulation.work.expected()) as bar:
        told = (lambda done: bar(done, f"{done:,} calls")) if bar else None
        return statistics(simulation, simulation.play(told), target_s)


def _share(percent: float | None, within_s: float) -> Share | None:
    return None if percent is None else Share(percent / 100, within_s)


def _finite(*named: str | float | None) -> None:
    """Options by name and value: each value must be a finite number, if it is given."""
    for name, value in zip(named[::2], named[1::2], strict=True):
        _needs(not isinstance(value, float) or math.isfinite(value), f"{name}: {value}: must be a finite number")


def _attack(lines: int, talk_s: float | None, talk_dist: str, work: Workload, seed: int) -> Attack | None:
    _needs(lines > 0 or talk_s is None, "--attack-talk: needs --attackers")
    theirs = work.talk if talk_s is None else duration("--attack-talk", talk_s, talk_dist)
    return Attack(lines, theirs, work.wrapup, seed) if lines else None


def _one_of(name: str, value: object, other: str, other_value: object) -> None:
    _needs(value is None or other_value is None, f"{name} and {other}: give one of the two")


def _needs_no_calls(*given: object) -> None:
    """A trace has its own calls: none may be described beside it."""
    *others, surge = given
    for name, value in zip(("--calls-per-hour", "--profile", "--days", "--calls"), others, strict=True):
        _needs(value is None, f"--trace and {name}: give one of the two; a trace has its own calls")
    _needs(surge == 1.0, "--surge: works on calls that are made up, not on --trace")


def simulate(
    *,
    agents: options.AgentsOption = None,
    calls_per_hour: options.CallsPerHourOption = None,
    urgent_share: options.ShareOption = 0.08,
    talk: options.TalkOption = 140.0,
    wrapup: options.WrapupOption = 25.0,
    talk_dist: options.TalkDistOption = "exp",
    patience: options.PatienceOption = None,
    calls: options.CallsOption = None,
    days: options.DaysOption = None,
    profile: options.FileOption = None,
    staff: options.StaffOption = None,
    surge: options.SurgeOption = 1.0,
    trace_file: options.TraceFileOption = None,
    attackers: options.AttackersOption = 0,
    attack_talk: options.AttackTalkOption = None,
    pickup: options.PickupOption = 0.0,
    pickup_cv: options.PickupCvOption = 0.0,
    menu: options.MenuOption = 0.0,
    quits: options.QuitsOption = 0.0,
    mistaken: options.MistakenOption = 0.0,
    redial: options.RedialOption = None,
    policy_name: options.PolicyNameOption = "cozum",
    seed: options.SeedOption = 1,
    as_json: options.JsonOption = False,
) -> None:
    """Let the real engine answer calls under a virtual clock, and say what callers wait, theory beside it."""
    with _told("simulate"):
        _one_of("--agents", agents, "--staff", staff)
        _one_of("--calls-per-hour", calls_per_hour, "--profile", profile)
        if trace_file is not None:
            _needs_no_calls(calls_per_hour, profile, days, calls, surge)
        hours = hourly("--profile", profile) if profile else (calls_per_hour or DEFAULT_RATE,)
        _finite("--calls-per-hour", calls_per_hour, "--surge", surge, "--days", days)
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
            pickup_cv=pickup_cv,
            menu_s=menu,
            quits=quits,
        )
        on_duty = tuple(int(n) for n in hourly("--staff", staff, whole=True)) if staff else (agents or 7,)
        _needs(not pickup_cv or pickup > 0, "--pickup-cv: needs --pickup")
        _needs(not quits or menu > 0, "--quits: needs --menu")
        attack = _attack(attackers, attack_talk, talk_dist, work, seed)
        result = _played(Simulation(policy(policy_name), work, on_duty, seed, attack))
    _say(result, render.simulation_table, as_json=as_json)


def plan(
    *,
    profile: options.FileOption = None,
    calls_per_day: options.CallsPerDayOption = None,
    surge: options.SurgeOption = 1.0,
    urgent_share: options.ShareOption = 0.08,
    talk: options.TalkOption = 140.0,
    wrapup: options.WrapupOption = 25.0,
    patience: options.PatienceOption = None,
    asa: options.AsaOption = None,
    service_level: options.ServiceLevelOption = None,
    within: options.WithinOption = 20.0,
    urgent_level: options.UrgentLevelOption = None,
    urgent_within: options.UrgentWithinOption = 15.0,
    max_abandoned: options.MaxAbandonedOption = None,
    each_hour: options.EachHourOption = False,
    min_agents: options.MinAgentsOption = 1,
    simulated: options.SimulatedOption = True,
    policy_name: options.PolicyNameOption = "cozum",
    days: options.TrialDaysOption = 30,
    seed: options.SeedOption = 1,
    hour_cost: options.HourCostOption = None,
    shrinkage: options.ShrinkageOption = 0.0,
    csv_file: options.CsvFileOption = None,
    plot: options.PlotOption = None,
    save_staff: options.SaveStaffOption = None,
    as_json: options.JsonOption = False,
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
            asa = load_settings(None).target_wait_s
        _finite("--calls-per-day", total, "--surge", surge, "--asa", asa, "--within", within)
        _finite("--urgent-within", urgent_within, "--hour-cost", hour_cost)
        duration("--talk", talk), duration("--wrapup", wrapup), duration("--patience", patience or 0.0)
        demand = Demand(
            tuple(calls / sum(shape) * total * surge for calls in shape), urgent_share, talk, wrapup, patience
        )
        level, urgent = _share(service_level, within), _share(urgent_level, urgent_within)
        target = Target(asa, level, urgent, None if max_abandoned is None else max_abandoned / 100, each_hour)
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
    _say(result, render.plan_table, as_json=as_json)


def _say(result: Any, table: Callable[[Any], Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result, indent=2))
    else:
        _print(table(result))


def mount(app: typer.Typer) -> None:
    """Add both commands to a command line."""
    app.command()(simulate)
    app.command()(plan)
