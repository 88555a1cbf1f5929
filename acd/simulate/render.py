"""Figures for people: tables, a CSV, a plot. Nothing is calculated here."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Group
from rich.table import Table
from rich.text import Text

from acd.simulate.inputs import BadInput

Figures = dict[str, Any]
_TEAL, _AMBER, _GREY, _RED = "#0f766e", "#d97706", "#94a3b8", "#b91c1c"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    if value is None:
        return "–"
    return "100%" if value == 1 else f"{value * 100:.1f}%"


def simulation_table(figures: Figures) -> Group:
    """What was simulated, theory beside it where there is one; narrow enough for 80 columns."""
    theory = figures["theory"]
    model = f"Theory: {theory['model']}." if theory else "Theory: no closed form for this."
    faults = f"Inversions {figures['inversions']:,}, lost {figures['lost']:,}."
    title = f"{figures['policy']}: {figures['calls']:,} calls, simulated in {figures['wall_s']:.1f} s"
    table = Table(box=SIMPLE)
    table.add_column("", no_wrap=True)
    for name in figures["classes"]:
        table.add_column(name, justify="right", no_wrap=True)
        if theory:
            table.add_column("theory", justify="right", no_wrap=True, style="dim")

    def row(label: str, of: Callable[[Figures], str], expected: Callable[[Figures], str] = lambda _: "") -> None:
        cells = []
        for name, one in figures["classes"].items():
            cells.append(of(one))
            if theory:
                cells.append(expected(theory[name]) if theory[name] else "")
        table.add_row(label, *cells)

    row("offered", lambda one: f"{one['offered']:,}")
    row("answered", lambda one: f"{one['answered']:,}")
    row("abandoned", lambda one: f"{one['abandoned']:,}")
    row("", lambda one: _share(one["abandoned"] / one["offered"] if one["offered"] else None), _abandoned)
    row("mean wait s", lambda one: _seconds(one["mean_wait_s"]), lambda one: _seconds(one["mean_wait_s"]))
    for label, key in (("median s", "p50_wait_s"), ("95% s", "p95_wait_s"), ("longest s", "max_wait_s")):
        row(label, lambda one, key=key: _seconds(one[key]))  # type: ignore[misc]
    for within in ("6", "15", "20"):

        def level(one: Figures, within: str = within) -> str:
            return _share(one["within"][within])

        row(f"within {within} s", level, level)
    return _around(table, title, f"{faults} Shares are of the calls offered.", model)


def _abandoned(one: Figures) -> str:
    return _share(one["abandoned_share"])


def plan_table(plan: Figures) -> Group:
    """The plan, an hour a line; narrow enough for 80 columns."""
    simulated = plan["simulated"] is not None
    cost = plan["cost"] is not None
    source = "simulated" if simulated else "formula"
    met = "met" if plan["met"] else "MISSED"
    whole, best = plan["formula"], plan["simulated"] or plan["formula"]
    table = Table(
        box=SIMPLE,
        padding=(0, 0, 0, 1),
        show_edge=False,
        show_footer=True,
    )
    level, urgent = level_names(plan)
    columns: list[tuple[str, str]] = [
        ("hour", "day"),
        ("calls", f"{best['calls']:.0f}"),
        ("agents", str(plan["staff_hours"])),
        ("min/\ncall", ""),
        ("busy", f"{best['occupancy']:.0%}"),
        ("ASA", _seconds(best["asa_s"])),
        (level, _share(best["level"])),
        (urgent, _share(best["urgent_level"])),
        ("±0", ""),
        ("−1", ""),
        ("+1", ""),
    ]
    if cost:
        columns.append(("cost", f"{plan['cost']:,.0f}"))
    for heading, footer in columns:
        table.add_column(heading, footer, justify="right", no_wrap=True)
    for hour in plan["hours"]:
        one = hour[source]
        cells = [
            f"{hour['hour']:02d}",
            f"{hour['calls']:.0f}",
            str(hour["agents"]),
            "–" if hour["staff_minutes_per_call"] is None else f"{hour['staff_minutes_per_call']:.1f}",
            *(f"{one['occupancy']:.0%}", f"{one['asa_s']:.1f}", _share(one["level"]), _share(one["urgent_level"])),
            *(_step(hour[name]) for name in ("formula", "one_fewer", "one_more")),
        ]
        if cost:
            cells.append(f"{hour['cost']:,.0f}")
        table.add_row(*cells)
    return _around(
        table,
        f"{plan['staff_hours']} staff-hours, target {met} ({source})\n",
        f"\nBy formula alone: {sum(whole['staff'])} staff-hours with an ASA (mean wait) of {whole['asa_s']:.2f} s.",
        "−1, ±0, +1: ASA by formula with one agent fewer, as planned, one more; ∞ grows without end.",
    )


def _around(table: Table, title: str, *notes: str) -> Group:
    """A table with its title and notes as lines: rich's own captions are broken at the table's width."""
    return Group(Text(title, style="bold"), table, *(Text(note, style="dim") for note in notes))


def level_names(plan: Figures) -> tuple[str, str]:
    """Headings of the two service levels, with their times."""
    return f"all\n≤{plan['level_within_s']:g} s", f"urgent\n≤{plan['urgent_within_s']:g} s"


def _step(step: Figures | None) -> str:
    if step is None:
        return "–"
    return "∞" if step["asa_s"] is None else f"{step['asa_s']:.1f}"


_HOUR_COLUMNS = ("hour", "calls", "load_erlangs", "agents", "agents_by_formula", "staff_minutes_per_call", "cost")
_FIGURES = ("asa_s", "level", "urgent_asa_s", "urgent_level", "routine_asa_s", "abandoned", "occupancy")


def write_csv(plan: Figures, path: Path) -> None:
    """The plan as CSV, an hour a line; empty where there is no figure."""
    heading = [
        *_HOUR_COLUMNS,
        *(f"{source}_{name}" for source in ("formula", "simulated") for name in _FIGURES),
        *(f"{step}_{name}" for step in ("one_fewer", "one_more") for name in ("asa_s", "level", "day_asa_s")),
    ]
    with _opened(path) as file:
        writer = csv.writer(file)
        writer.writerow(heading)
        for hour in plan["hours"]:
            row = [hour[name] for name in _HOUR_COLUMNS]
            for source in ("formula", "simulated"):
                row += [(hour[source] or {}).get(name) for name in _FIGURES]
            for step in ("one_fewer", "one_more"):
                row += [(hour[step] or {}).get(name) for name in ("asa_s", "level", "day_asa_s")]
            writer.writerow(row)


def write_staff(plan: Figures, path: Path) -> None:
    """The agents by hour, as `cozum simulate --staff` reads them."""
    with _opened(path) as file:
        file.write("hour,agents\n")
        file.writelines(f"{hour},{agents}\n" for hour, agents in enumerate(plan["staff"]))


def _opened(path: Path) -> Any:
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from None


def write_plot(plan: Figures, path: Path) -> None:
    """Agents and calls by hour, and below them what callers wait. The file's ending says SVG or PNG."""
    if path.suffix.lower() not in (".svg", ".png"):
        raise BadInput(f"--plot: {path}: must end in .svg or .png")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise BadInput("--plot: needs matplotlib, which is not installed; `pip install matplotlib` adds it") from None
    hours = [hour["hour"] for hour in plan["hours"]]
    source = "simulated" if plan["simulated"] is not None else "formula"
    figure = Figure(figsize=(11, 7), layout="constrained")
    FigureCanvasAgg(figure)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))

    agents = [hour["agents"] for hour in plan["hours"]]
    bars = top.bar(hours, agents, color=_TEAL, width=0.8, label="agents")
    top.bar_label(bars, label_type="center", fontsize=9, color="white")
    top.step(
        hours, [hour["load_erlangs"] for hour in plan["hours"]], where="mid", color=_AMBER, label="load in erlangs"
    )
    top.set_ylabel("agents")
    calls = top.twinx()
    calls.plot(hours, [hour["calls"] for hour in plan["hours"]], color=_GREY, marker=".", label="calls an hour")
    calls.set_ylabel("calls an hour")
    calls.set_ylim(bottom=0)
    handles = [*top.get_legend_handles_labels()[0], *calls.get_legend_handles_labels()[0]]
    top.legend(handles=handles, loc="upper right", frameon=False, ncols=3)
    top.set_ylim(top=max(agents) * 1.25)
    whole = plan[source]
    top.set_title(
        f"{plan['staff_hours']} staff-hours for {whole['calls']:.0f} calls: ASA {whole['asa_s']:.1f} s, "
        f"{whole['level'] * 100:.1f}% within {plan['level_within_s']:g} s ({source})"
    )

    for name, key, colour in (("all", "asa_s", _TEAL), ("urgent", "urgent_asa_s", _RED)):
        bottom.plot(
            hours, [hour[source][key] for hour in plan["hours"]], color=colour, marker=".", label=f"ASA, {name}"
        )
    if plan["target"]["asa_s"] is not None:
        bottom.axhline(plan["target"]["asa_s"], color=_GREY, linestyle="--", label="target")
    bottom.set_ylabel("mean wait, s")
    bottom.set_xlabel("hour of the day")
    bottom.set_xticks(hours)
    bottom.set_ylim(bottom=0)
    bottom.legend(frameon=False, ncols=3)
    for axes in (top, bottom, calls):
        axes.spines["top"].set_visible(False)
    try:
        figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise BadInput(f"--plot: {path}: cannot be written: {error.strerror}") from None
