"""The figures as a table, beside what was aimed at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"

Check = Callable[[dict[str, Any]], bool | None]


def _of(results: dict[str, Any], *path: str) -> Any:
    value: Any = results
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _number(value: Any) -> str:
    if value is None:
        return "—"
    return f"{value:,.0f}" if isinstance(value, int) or value >= 1000 else f"{value:g}"


def _verdict(met: bool | None) -> str:
    return {True: "yes", False: "**no**", None: "—"}[met]


def _at_most(value: Any, limit: Any) -> bool | None:
    return None if value is None or limit is None else value <= limit


def rows(results: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """Figure, Çözüm, app_queue, target, met."""

    def c(*path: str) -> Any:
        return _of(results, "cozum", *path)

    def q(*path: str) -> Any:
        return _of(results, "app_queue", *path)

    found = []
    for name in ("p50", "p95", "p99", "max"):
        ours, theirs = c("idle_gap_ms", name), q("idle_gap_ms", name)
        target, met = "", None
        if name == "p50":
            target = "≤ 5 ms, and 80 times shorter"
            met = None if None in (ours, theirs) else ours <= 5 and theirs >= 80 * ours
        elif name == "p99":
            target, met = "≤ 10 ms", _at_most(ours, 10)
        found.append((f"idle gap, {name} (ms)", _number(ours), _number(theirs), target, _verdict(met)))
    for name in ("p50", "p95", "p99", "max"):
        ours, theirs = c("ring_ms", name), q("ring_ms", name)
        target, met = "", None
        if name == "p50":
            target = "≤ app_queue + 1.5 ms"
            met = None if None in (ours, theirs) else ours <= theirs + 1.5
        found.append((f"ring, {name} (ms)", _number(ours), _number(theirs), target, _verdict(met)))
    cpu, cpu_theirs = c("cpu_ms_per_call"), q("cpu_ms_per_call")
    found.append(
        ("CPU a call (ms)", _number(cpu), _number(cpu_theirs), "≤ app_queue", _verdict(_at_most(cpu, cpu_theirs)))
    )
    found.append(("of that the line (ms)", _number(c("cpu_ms_of_line")), "—", "", "—"))
    found.append(("of that the desk (ms)", _number(c("cpu_ms_of_desk")), "—", "", "—"))
    rate, rate_theirs = c("calls_per_s"), q("calls_per_s")
    found.append(
        ("calls a second without failure", _number(rate), _number(rate_theirs), "≥ app_queue",
         _verdict(_at_most(rate_theirs, rate)))
    )  # fmt: skip
    found.append(("failed calls", _number(c("failed")), _number(q("failed")), "0", _verdict(_at_most(c("failed"), 0))))
    for title, path, target, limit in (
        ("first word after pick-up, p50 (s)", ("caller", "first_word_s", "p50"), "≤ 1 s", 1.0),
        ("key pressed to its answer, max (ms)", ("caller", "key_answered_ms", "max"), "≤ 200 ms", 200.0),
        ("urgent caller to speech, p50 (s)", ("caller", "urgent_to_speech_s", "p50"), "≤ 5 s", 5.0),
        ("urgent caller to speech, p95 (s)", ("caller", "urgent_to_speech_s", "p95"), "≤ 7 s", 7.0),
        ("silent caller to speech, max (s)", ("caller", "silent_to_speech_s", "max"), "≤ 25 s", 25.0),
        ("memory, 300 calls up (MiB)", ("memory", "rss_mib"), "≤ 150 MB", 143.0),
        ("journal to page, 200 desks, p95 (ms)", ("live", "late_ms", "p95"), "≤ 200 ms", 200.0),
        ("cost of hostile clients, p50 (ms)", ("hostile", "cost_ms_p50"), "≤ 10 ms", 10.0),
    ):
        value = _of(results, *path)
        found.append((title, _number(value), "", target, _verdict(_at_most(value, limit))))
    speeds = _of(results, "engine", "decisions_per_s") or {}
    for waiting, speed in speeds.items():
        target, met = ("≥ 50,000", speed >= 50_000)
        if waiting == "100000":
            target, met = "≥ 50,000, and half of that at 100", speed >= 50_000 and 2 * speed >= speeds["100"]
        found.append(
            (f"engine's decisions a second, {int(waiting):,} waiting", _number(speed), "", target, _verdict(met))
        )
    return found


def table(results: dict[str, Any]) -> str:
    """Markdown."""
    lines = [
        f"{results['measured_at']}, {results['machine']['cpus']} CPUs, Python {results['machine']['python']}"
        f"{', quick' if results['quick'] else ''}:",
        "",
        "| figure | Çözüm | app_queue | target | met |",
        "|---|---:|---:|---|---|",
    ]
    lines += [f"| {' | '.join(row)} |" for row in rows(results)]
    return "\n".join(lines)


def write_table(results: dict[str, Any], readme: Path | None) -> str:
    """The table; put between the marks of `readme` if one is given."""
    text = table(results)
    if readme is not None and readme.exists():
        before, _, rest = readme.read_text("utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        readme.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")
    return text
