"""The figures as a table, beside what was aimed at."""

from pathlib import Path
from typing import Any, Final

from bench.requests import ASKED, LIMITS_MS

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"

ANSWERS = {
    "list": "newest requests",
    "filters": "requests by topic and mahalle",
    "board": "a unit's board",
    "overdue": "a unit's overdue",
    "search_rare": "search of a rare word",
    "search_common": "search of a common word",
    "search_in_unit": "search of two words in a unit",
    "caller": "requests of a caller",
}
"""What `bench.beside` asks, each with its own promise."""
ASKED_BESIDE: Final = ("beside", "answer_ms_by_question")
DATABASES: Final = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
LIVE: Final = {"late_ms": "journal to page, 200 desks", "page_late_ms": "journal to a page's document in Chromium"}
"""What `bench.live` measures: to the clients' sockets, and to a real page among them."""


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


def _told(value: Any) -> str:
    return "" if value is None else _number(value)


def _host(machine: dict[str, Any]) -> str:
    kind = machine.get("processor", "")
    return f"{machine['cpus']} CPUs{f' ({kind})' if kind else ''}"


def _at_most(value: Any, limit: Any, times: float = 1.0, more: float = 0.0) -> bool | None:
    """Whether a figure is at most `times` the limit and `more`; None if one of the two is not known."""
    return None if value is None or limit is None else value <= limit * times + more


def rows(results: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """Figure, Çözüm, app_queue, target, met."""

    def c(*path: str) -> Any:
        return _of(results, "cozum", *path)

    def q(*path: str) -> Any:
        return _of(results, "app_queue", *path)

    found = []

    def add(title: str, ours: Any, theirs: Any = None, target: str = "", met: bool | None = None) -> None:
        known = ours is not None and (theirs is not None or "app_queue" not in target)
        found.append((title, _number(ours), _told(theirs), target, _verdict(met if known else None)))

    for name in ("p50", "p95", "p99", "max"):
        ours, theirs = c("idle_gap_ms", name), q("idle_gap_ms", name)
        target, met = "", None
        if name == "p50":
            target, met = "100 times shorter than app_queue's", _at_most(ours, theirs, 1 / 100)
        elif name == "p99":
            target, met = "≤ 6 ms", _at_most(ours, 6)
        add(f"idle gap, {name} (ms)", ours, theirs, target, met)
    for name in ("p50", "p95", "p99", "max"):
        ours, theirs = c("ring_ms", name), q("ring_ms", name)
        target, met = ("≤ app_queue + 1.2 ms", _at_most(ours, theirs, 1, 1.2)) if name == "p50" else ("", None)
        add(f"ring, {name} (ms)", ours, theirs, target, met)
    cpu, cpu_theirs = c("cpu_ms_per_call"), q("cpu_ms_per_call")
    add("CPU a call, caught up (ms)", cpu, cpu_theirs, "≤ 0.9 of app_queue's", _at_most(cpu, cpu_theirs, 0.9))
    add("of that the line (ms)", c("cpu_ms_of_line"))
    add("of that the desk (ms)", c("cpu_ms_of_desk"))
    rate, rate_theirs = c("calls_per_s"), q("calls_per_s")
    add("calls a second without failure", rate, rate_theirs, "≥ app_queue's", _at_most(rate_theirs, rate))
    add("failed calls", c("failed"), q("failed"), "0", _at_most(c("failed"), 0))
    for title, path, target, limit in (
        *caller_targets(_of(results, "caller")),
        ("memory, 300 calls up (MiB)", ("memory", "rss_mib"), "≤ 150 MB", 143.0),
        *((f"{title}, p95 (ms)", ("live", name, "p95"), "≤ 200 ms", 200.0) for name, title in LIVE.items()),
        ("cost of hostile clients, p50 (ms)", ("hostile", "cost_ms_p50"), "≤ 10 ms", 10.0),
        *(
            (f"{title} among 200,000 requests, p95 (ms)", (*ASKED_BESIDE, name, "p95"), "≤ 100 ms", 100.0)
            for name, title in ANSWERS.items()
        ),
        ("cost of ten who ask there, p50 (ms)", ("beside", "cost_ms_p50"), "≤ 1 ms", 1.0),
        *_slowest(results),
        ("a busy desk costs the gap, p50 (ms)", ("busy", "gap_cost_ms_p50"), "≤ 1 ms", 1.0),
        ("a busy desk costs the ring, p50 (ms)", ("busy", "ring_cost_ms_p50"), "≤ 1 ms", 1.0),
    ):
        value = _of(results, *path)
        add(title, value, target=target, met=_at_most(value, limit))
    for title, cost in _tail_costs(results):
        add(title, cost)
    for waiting, speed in (_of(results, "engine", "decisions_per_s") or {}).items():
        target, met = ("≥ 90,000", speed >= 90_000) if waiting == "100000" else ("", None)
        add(f"engine's decisions a second, {int(waiting):,} waiting", speed, target=target, met=met)
    return found


def _slowest(results: dict[str, Any]) -> list[tuple[str, tuple[str, ...], str, float]]:
    """Of what `bench.requests` asks each database, the question that takes it longest: title, where the figure is,
    target and limit."""
    found: list[tuple[str, tuple[str, ...], str, float]] = []
    for kind, limit in LIMITS_MS.items():
        figures = _of(results, "stored", kind)
        if figures:
            name = max(ASKED, key=lambda one: figures[one]["p95_ms"])
            title = f"slowest of {len(ASKED)} questions to 200,000 requests in {DATABASES[kind]} (`{name}`), p95 (ms)"
            found.append((title, ("stored", kind, name, "p95_ms"), f"≤ {limit:g} ms", limit))
    return found


def _percent(results: dict[str, Any], name: str) -> float | None:
    share = _of(results, "busy", name)
    return None if share is None else round(share * 100, 2)


def _tail_costs(results: dict[str, Any]) -> list[tuple[str, float | None]]:
    """What a busy desk costs the worst twentieth and the worst hundredth, and how often the line's loop was late."""
    found: list[tuple[str, float | None]] = []
    for title, figure in (("gap", "idle_gap_ms"), ("ring", "ring_ms")):
        for name in ("p95", "p99"):
            busy, quiet = (_of(results, "busy", f"{figure}_{kind}", name) for kind in ("busy", "quiet"))
            known = busy is not None and quiet is not None
            found.append((f"a busy desk costs the {title}, {name} (ms)", round(busy - quiet, 2) if known else None))
    for kind in ("quiet", "busy"):
        late = _percent(results, f"stalled_share_{kind}")
        found.append((f"turns of the line's loop more than 10 ms late, desk {kind} (%)", late))
    return found


def caller_targets(caller: dict[str, Any] | None) -> list[tuple[str, tuple[str, ...], str, float]]:
    """Rows of the caller's clock: title, where the figure is, target and limit. The title says how soon agents picked
    up, which the figure hangs on."""
    pick_up = _of(caller or {}, "pick_up_s")
    rings = "" if pick_up is None else f", picked up after {pick_up:g} s"
    urgent = f"urgent caller to a person{rings}"
    return [
        ("first word after the line's answer, p50 (s)", ("caller", "first_word_s", "p50"), "≤ 1 s", 1.0),
        ("key pressed to its answer, max (ms)", ("caller", "key_answered_ms", "max"), "≤ 200 ms", 200.0),
        (f"{urgent}, p50 (s)", ("caller", "urgent_to_speech_s", "p50"), "≤ 5 s", 5.0),
        (f"{urgent}, p95 (s)", ("caller", "urgent_to_speech_s", "p95"), "≤ 7 s", 7.0),
        (
            "urgent caller to a person, auto answer with its beep, p50 (s)",
            ("caller", "urgent_to_speech_auto_s", "p50"), "≤ 4 s", 4.0,
        ),
        (f"silent caller to a person{rings}, max (s)", ("caller", "silent_to_speech_s", "max"), "≤ 20 s", 20.0),
    ]  # fmt: skip


def table(results: dict[str, Any]) -> str:
    """Markdown."""
    lines = [
        f"{results['measured_at']}, {_host(results['machine'])}, Python {results['machine']['python']}"
        f"{', quick' if results['quick'] else ''}:",
        "",
        "| figure | Çözüm | app_queue | target | met |",
        "|---|---:|---:|---|---|",
    ]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows(results))])


def caller_lines(caller: dict[str, Any]) -> list[str]:
    """The rows of the caller's clock alone, as text."""
    found = []
    for title, path, target, limit in caller_targets(caller):
        value = _of({"caller": caller}, *path)
        found.append(f"{title}: {_number(value)} (target {target}, met: {_verdict(_at_most(value, limit))})")
    return found


def write_table(results: dict[str, Any], readme: Path | None) -> str:
    """The table; put between the marks of `readme` if one is given."""
    text = table(results)
    if readme is not None and readme.exists():
        before, _, rest = readme.read_text("utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        readme.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")
    return text
