"""The plan as a plot, SVG or PNG: agents and calls by hour, what callers meet, what one agent more or fewer does."""

import math
from pathlib import Path
from typing import Any

from acd.simulate.inputs import BadInput
from acd.simulate.render import main_figure, target_text

Statistics = dict[str, Any]
_TEAL, _AMBER, _GREY, _RED, _INK = "#0f766e", "#d97706", "#64748b", "#b91c1c", "#1e293b"
_MEANING = {
    "asa_s": ("mean wait, s", "urgent_asa_s"),
    "level": ("answered in time, %", "urgent_level"),
    "urgent_level": ("answered in time, %", "urgent_level"),
    "abandoned": ("gave up, %", None),
}


def write_plot(plan: Statistics, path: Path) -> None:
    """Draw the plan. The file's ending says SVG or PNG. Raises `BadInput` where that, matplotlib or the file fails."""
    if path.suffix.lower() not in (".svg", ".png"):
        raise BadInput(f"--plot: {path}: must end in .svg or .png")
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise BadInput("--plot: needs matplotlib, which is not installed; `pip install matplotlib` adds it") from None
    figure = Figure(figsize=(11, 9), layout="constrained")
    FigureCanvasAgg(figure)
    agents, waits, steps = figure.subplots(3, 1, sharex=True, height_ratios=(5, 4, 4))
    _draw_agents(agents, plan)
    _draw_waits(waits, plan)
    _draw_steps(steps, plan)
    steps.set_xlabel("hour of the day")
    steps.set_xticks(range(len(plan["hours"])), [f"{hour['hour']:02d}" for hour in plan["hours"]])
    steps.set_xlim(-0.6, len(plan["hours"]) - 0.4)
    for axes in figure.axes:
        axes.spines["top"].set_visible(False)
        axes.tick_params(colors=_INK)
    try:
        with rc_context({"svg.hashsalt": "cozum"}):  # the same plan, the same bytes
            figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise BadInput(f"--plot: {path}: cannot be written: {error.strerror}") from None


def _draw_agents(axes: Any, plan: Statistics) -> None:
    hours, best, source = plan["hours"], *_chosen(plan)
    at, staff = [hour["hour"] for hour in hours], [hour["agents"] for hour in hours]
    bars = axes.bar(at, staff, color=_TEAL, alpha=0.85, width=0.8, label="agents")
    for bar, count in zip(bars, staff, strict=True):
        if count:
            foot = (bar.get_x() + bar.get_width() / 2, 0)
            axes.annotate(
                str(count), foot, (0, 3), textcoords="offset points", ha="center", color="white", weight="bold"
            )
    if source == "simulated":
        by_formula = [hour["agents_by_formula"] for hour in hours]
        axes.scatter(at, by_formula, marker="_", s=330, linewidths=1.5, color=_INK, label="agents by formula", zorder=3)
    axes.step(at, [hour["load_erlangs"] for hour in hours], where="mid", color=_AMBER, linewidth=2, label="erlangs")
    axes.set_ylabel("agents")
    axes.set_ylim(0, max(1, *staff) * 1.2)
    calls = axes.twinx()
    calls.plot(at, [hour["calls"] for hour in hours], color=_GREY, marker=".", linestyle=":", label="calls an hour")
    calls.set_ylabel("calls an hour")
    calls.set_ylim(0, max(hour["calls"] for hour in hours) * 1.2)
    handles = [*axes.get_legend_handles_labels()[0], *calls.get_legend_handles_labels()[0]]
    axes.legend(handles=handles, loc="upper right", frameon=False, ncols=4)
    cost = "" if plan["cost"] is None else f", cost {plan['cost']:,.0f}"
    met = "met" if plan["met"] else "MISSED"
    axes.set_title(
        f"{plan['staff_hours']} staff-hours for {best['calls']:,.0f} calls{cost}: ASA {best['asa_s']:.1f} s, "
        f"{best['level'] * 100:.1f}% within {plan['level_within_s']:g} s\n"
        f"target {target_text(plan)} {met} ({source})",
        color=_INK,
    )


def _chosen(plan: Statistics) -> tuple[Statistics, str]:
    source = "simulated" if plan["simulated"] is not None else "formula"
    return plan[source], source


def _shown(one: Statistics | None, key: str, calls: float) -> float:
    """A figure as it is drawn; not a number where there is none."""
    if one is None or not calls or one[key] is None:
        return float("nan")
    value: float = one[key]
    return value if key.endswith("asa_s") else value * 100


def _draw_waits(axes: Any, plan: Statistics) -> None:
    hours, source, target = plan["hours"], _chosen(plan)[1], plan["target"]
    at, key = [hour["hour"] for hour in hours], main_figure(plan)
    meaning, of_urgent = _MEANING[key]
    first = "level" if key == "urgent_level" else key
    lines = [(first, _TEAL, "all")] + ([(of_urgent, _RED, "urgent")] if of_urgent else [])
    for figure, colour, name in lines:
        values = [_shown(hour[source], figure, hour["calls"]) for hour in hours]
        axes.plot(at, values, color=colour, marker=".", label=name)
    targets = {
        "asa_s": [(target["asa_s"], _TEAL)],
        "abandoned": [(target["abandoned"] and target["abandoned"] * 100, _TEAL)],
    }.get(key, [(t and t["share"] * 100, c) for t, c in ((target["level"], _TEAL), (target["urgent"], _RED))])
    for value, colour in targets:
        if value is not None:
            axes.axhline(value, color=colour, linestyle="--", linewidth=1, label="target" + _scope(plan))
    axes.set_ylabel(meaning)
    if key in ("asa_s", "abandoned"):
        axes.set_ylim(bottom=0)
    axes.grid(axis="y", alpha=0.25)
    _head(axes, "what callers meet with this staff")


def _head(axes: Any, title: str) -> None:
    """A title and a legend that keep out of the way of what is drawn."""
    axes.set_title(title, loc="left", fontsize=10, color=_INK)
    axes.legend(frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1, 0.97), borderaxespad=0, fontsize=9)


def _scope(plan: Statistics) -> str:
    return " (each hour)" if plan["target"]["each_hour"] else " (over the day)"


def _draw_steps(axes: Any, plan: Statistics) -> None:
    hours, source, key = plan["hours"], _chosen(plan)[1], main_figure(plan)
    at = [hour["hour"] for hour in hours]
    now, fewer, more = (
        [_shown(hour[which], key, hour["calls"]) for hour in hours] for which in (source, "one_fewer", "one_more")
    )
    most = [last if math.isnan(one) else one for one, last in zip(fewer, now, strict=True)]
    axes.vlines(at, more, most, color=_GREY, linewidth=2, alpha=0.6)
    axes.scatter(at, fewer, marker="^", color=_AMBER, label="one agent fewer", zorder=3)
    axes.scatter(at, now, marker="o", color=_INK, s=22, label="as planned", zorder=3)
    axes.scatter(at, more, marker="v", color=_TEAL, label="one agent more", zorder=3)
    axes.set_ylabel(_MEANING[key][0])
    if key == "asa_s":
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        for hour in hours:
            if hour["one_fewer"] is not None and hour["one_fewer"][key] is None:
                axes.annotate("∞", (hour["hour"], axes.get_ylim()[1]), ha="center", va="top", color=_AMBER)
    axes.grid(axis="y", alpha=0.25)
    _head(axes, "with one agent fewer or more in that hour")
