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

Statistics = dict[str, Any]


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    if value is None:
        return "–"
    return "100%" if value == 1 else f"{value * 100:.1f}%"


def simulation_table(figures: Statistics) -> Group:
    """The simulation's result, theory beside it where there is one; narrow enough for 80 columns."""
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

    def row(label: str, of: Callable[[Statistics], str], expected: Callable[[Statistics], str] = lambda _: "") -> None:
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
        row(label, lambda one, key=key: _seconds(one[key]))  # type: ignore[misc]  # mypy cannot infer a default of a lambda
    for within in ("6", "15", "20"):

        def level(one: Statistics, within: str = within) -> str:
            return _share(one["within"][within])

        row(f"within {within} s", level, level)
    if quits := figures.get("quits"):
        rung = f"{quits['rung']:,}, {quits['rung_s']:,.0f} s"
        faults += f" Of {quits['calls']:,} who hung up in the menu a phone rang for {rung}."
    target = figures["target"]
    met = ", ".join(f"{name} {_share(share)}" for name, share in target["within"].items() if share is not None)
    told = f"Target of {target['wait_s']:g} s, held against answered and abandoned: {met}."
    return _around(table, title, f"{faults} Shares are of the calls offered.", told, model)


def _abandoned(one: Statistics) -> str:
    return _share(one["abandoned_share"])


def plan_table(plan: Statistics) -> Group:
    """The plan, an hour a line; narrow enough for 80 columns, but for a roster or cost and patience at once."""
    simulated, cost, roster = plan["simulated"] is not None, plan["cost"] is not None, plan["shrinkage"] > 0
    source = "simulated" if simulated else "formula"
    met = "met" if plan["met"] else "MISSED"
    best, key = plan[source], main_figure(plan)
    table = Table(
        box=SIMPLE,
        padding=(0, 0, 0, 1),
        show_edge=False,
        show_footer=True,
    )
    level, urgent = level_names(plan)
    name = _NAMES[key]

    def agents(planned: int, of_formula: int) -> str:
        return f"{planned}/{of_formula}" if simulated else str(planned)

    columns: list[tuple[str, str, Callable[[Statistics], str]]] = [
        ("h", "day", lambda hour: f"{hour['hour']:02d}"),
        ("calls", f"{best['calls']:.0f}", lambda hour: _calls(hour["calls"])),
        (
            "agents\n/form." if simulated else "agents",
            agents(plan["staff_hours"], sum(plan["formula"]["staff"])),
            lambda hour: agents(hour["agents"], hour["agents_by_formula"]),
        ),
    ]
    if roster:
        columns.append(("on\nroster", f"{plan['rostered_hours']:.1f}", lambda hour: f"{hour['rostered']:.1f}"))
    if not (cost or plan["impatient"]):
        columns.append(("min/\ncall", _per_call(plan, best), lambda hour: _tenths(hour["staff_minutes_per_call"])))
    columns += [
        ("busy", f"{best['occupancy']:.0%}", lambda hour: f"{hour[source]['occupancy']:.0%}"),
        ("ASA\ns", _tenths(best["asa_s"]), lambda hour: _tenths(_of(hour[source], "asa_s"))),
        (level, _percent(best["level"]), lambda hour: _percent(_of(hour[source], "level"))),
        (urgent, _percent(best["urgent_level"]), lambda hour: _percent(_of(hour[source], "urgent_level"))),
    ]
    if plan["impatient"]:
        lost = "gave\nup %"
        columns.append((lost, _percent(best["abandoned"]), lambda hour: _percent(_of(hour[source], "abandoned"))))
    for step, sign in (("one_fewer", "−1"), ("one_more", "+1")):
        columns.append((f"{name}\n{sign}", "", lambda hour, step=step: _figure(hour[step], key, hour)))  # type: ignore[misc]  # as above
    for step, sign in (("one_fewer", "−1"), ("one_more", "+1")):
        columns.append((f"day\n{sign}", "", lambda hour, step=step: _figure(hour[step], f"day_{key}")))  # type: ignore[misc]  # as above
    if cost:
        columns.append(("cost", f"{plan['cost']:,.0f}", lambda hour: f"{hour['cost']:,.0f}"))
    for heading, footer, _ in columns:
        table.add_column(heading, footer, justify="right", no_wrap=True)
    for hour in plan["hours"]:
        table.add_row(*(cell(hour) for _, _, cell in columns))
    paid = f", {plan['rostered_hours']:g} on the roster" if roster else ""
    title = f"{plan['staff_hours']} staff-hours{paid}: target {target_text(plan)} {met} ({source})\n"
    return _around(table, title, "", *_notes(plan, source, key))


def _around(table: Table, title: str, *notes: str) -> Group:
    """A table with its title and notes as lines: rich's own captions are broken at the table's width."""
    return Group(Text(title, style="bold"), table, *(Text(note, style="dim") for note in notes))


_NAMES = {"asa_s": "ASA", "level": "all %", "urgent_level": "urg %", "abandoned": "up %"}


def main_figure(plan: Statistics) -> str:
    """The figure that the target is first of all about."""
    target = plan["target"]
    asked = (("asa", "asa_s"), ("level", "level"), ("urgent", "urgent_level"), ("abandoned", "abandoned"))
    return next((figure for name, figure in asked if target["asa_s" if name == "asa" else name] is not None), "asa_s")


def target_text(plan: Statistics) -> str:
    """The target in few words."""
    target, said = plan["target"], []
    if target["asa_s"] is not None:
        said.append(f"ASA ≤ {target['asa_s']:g} s")
    for who, name in (("all", "level"), ("urgent", "urgent")):
        if (share := target[name]) is not None:
            said.append(f"{share['share'] * 100:g}% of {who} ≤ {share['within_s']:g} s")
    if target["abandoned"] is not None:
        said.append(f"{target['abandoned'] * 100:g}% give up at most")
    return ", ".join(said) + (" in each hour" if target["each_hour"] else "")


def _notes(plan: Statistics, source: str, key: str) -> list[str]:
    """Notes on the table."""
    what = {
        "asa_s": "mean wait of all",
        "level": "calls within the time",
        "urgent_level": "urgent calls within the time",
        "abandoned": "calls given up",
    }[key]
    notes = [f"−1, +1: {what} with one agent fewer or more in that hour, there and over the day ({source})."]
    better = min if key in ("asa_s", "abandoned") else max
    for step, text in (("one_more", "One more does the day most good"), ("one_fewer", "One fewer does the least harm")):
        known = [
            hour for hour in plan["hours"] if hour[step] and hour[step][f"day_{key}"] is not None and hour["calls"]
        ]
        if known:
            best = better(known, key=lambda hour: hour[step][f"day_{key}"])
            now, then = (_unit(value, key) for value in (plan[source][key], best[step][f"day_{key}"]))
            notes.append(f"{text} at {best['hour']:02d}: {now} becomes {then}.")
    if not plan["target"]["each_hour"] and (short := _short(plan, source)):
        notes.append(f"By themselves these hours miss it (--each-hour plans for each): {', '.join(short)}.")
    formula = plan["formula"]
    if plan["simulated"] is not None:
        came = plan["formula_simulated"]
        notes.append(
            f"Agents/form.: planned here and by formula, whose {sum(formula['staff'])} staff-hours come to "
            f"{_unit(formula[key], key)} by formula and {_unit(came[key], key)} simulated."
        )
    if plan["shrinkage"] > 0:
        notes.append(f"On the roster: agents ÷ (1 − {plan['shrinkage']:.0%} away from the phone).")
    return notes


def _short(plan: Statistics, source: str) -> list[str]:
    """The hours that miss a target which is met over the day."""
    target = plan["target"]

    def misses(one: Statistics) -> bool:
        return (
            (target["asa_s"] is not None and (one["asa_s"] is None or one["asa_s"] > target["asa_s"]))
            or (target["level"] is not None and one["level"] < target["level"]["share"])
            or (target["urgent"] is not None and one["urgent_level"] < target["urgent"]["share"])
            or (target["abandoned"] is not None and one["abandoned"] > target["abandoned"])
        )

    return [f"{hour['hour']:02d}" for hour in plan["hours"] if hour["calls"] and misses(hour[source])]


def _unit(value: float | None, key: str) -> str:
    if value is None:
        return "∞"
    return f"{value:.2f} s" if key == "asa_s" else f"{value * 100:.2f}%"


def _calls(calls: float) -> str:
    return f"{calls:.1f}" if 0 < calls < 9.95 else f"{calls:.0f}"


def _per_call(plan: Statistics, best: Statistics) -> str:
    return f"{plan['staff_hours'] * 60 / best['calls']:.1f}" if best["calls"] else "–"


def _tenths(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}" if value < 999.95 else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    if value is None:
        return "–"
    return "100" if value == 1 else f"{min(value * 100, 99.9):.1f}"


def _of(one: Statistics, key: str) -> float | None:
    """A figure of an hour; none where nobody called."""
    value: float | None = one[key] if one["calls"] else None
    return value


def level_names(plan: Statistics) -> tuple[str, str]:
    """Headings of the two service levels, with their times."""
    return f"all %\n≤{plan['level_within_s']:g} s", f"urg %\n≤{plan['urgent_within_s']:g} s"


def _figure(step: Statistics | None, key: str, hour: Statistics | None = None) -> str:
    if step is None or (hour is not None and not hour["calls"]):
        return "–"
    if step[key] is None:
        return "∞"
    return _tenths(step[key]) if key.endswith("asa_s") else _percent(step[key])


_HOUR_COLUMNS = (
    *("hour", "calls", "load_erlangs", "agents", "agents_by_formula", "rostered", "staff_minutes_per_call"),
    *("cost", "cost_per_call"),
)
_FIGURES = ("asa_s", "level", "urgent_asa_s", "urgent_level", "routine_asa_s", "abandoned", "occupancy")


def write_csv(plan: Statistics, path: Path) -> None:
    """The plan as CSV, an hour a line; empty where there is no figure."""
    steps = (*_FIGURES, *(f"day_{name}" for name in _FIGURES if name != "occupancy"))
    sources = {"formula": _FIGURES, "simulated": _FIGURES, "one_fewer": steps, "one_more": steps}
    with _opened(path) as file:
        writer = csv.writer(file)
        writer.writerow([*_HOUR_COLUMNS, *(f"{source}_{name}" for source, names in sources.items() for name in names)])
        for hour in plan["hours"]:
            figures = ((hour[source] or {}).get(name) for source, names in sources.items() for name in names)
            writer.writerow([*(hour[name] for name in _HOUR_COLUMNS), *figures])


def write_staff(plan: Statistics, path: Path) -> None:
    """The agents by hour, as `cozum simulate --staff` reads them."""
    with _opened(path) as file:
        file.write("hour,agents\n")
        file.writelines(f"{hour},{agents}\n" for hour, agents in enumerate(plan["staff"]))


def _opened(path: Path) -> Any:
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from None
