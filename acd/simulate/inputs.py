"""Files and option values of the simulator, read into checked data. Each error names the key, the value and what is
allowed, and is a `BadInput`."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

HOURS = 24


class BadInput(ValueError):
    """An option or a file that cannot be used. The text is written for the person who gave it."""


@dataclass(frozen=True)
class Duration:
    """How long something takes: a kind of distribution and its mean in seconds."""

    kind: Literal["exp", "lognormal", "fixed"]
    mean_s: float
    cv: float = 1.0
    """Standard deviation over mean; of use for `lognormal` only."""

    @property
    def variance_s2(self) -> float:
        """Seconds squared."""
        spread = {"exp": 1.0, "lognormal": self.cv, "fixed": 0.0}[self.kind]
        return (spread * self.mean_s) ** 2

    def draw(self, rng: Random) -> float:
        """One value in seconds."""
        if self.mean_s == 0:
            return 0.0
        if self.kind == "fixed":
            return self.mean_s
        if self.kind == "exp":
            return rng.expovariate(1 / self.mean_s)
        variance = math.log(1 + self.cv * self.cv)
        return rng.lognormvariate(math.log(self.mean_s) - variance / 2, math.sqrt(variance))


def duration(key: str, mean_s: float, form: str = "exp") -> Duration:
    """A `Duration` from a mean and `exp`, `fixed` or `lognormal:CV`."""
    if not (mean_s >= 0 and math.isfinite(mean_s)):
        raise BadInput(f"{key}: {mean_s}: must be seconds, 0 or more")
    kind, _, rest = form.partition(":")
    if kind == "lognormal":
        cv = number(f"{key}-dist", rest, at_least=0.0)
        if cv == 0:
            raise BadInput(f"{key}-dist: {form}: CV must be above 0 (a CV of 0 is `fixed`)")
        return Duration("lognormal", mean_s, cv)
    if rest or kind not in ("exp", "fixed"):
        raise BadInput(f"{key}-dist: {form}: must be exp, fixed or lognormal:CV, such as lognormal:0.8")
    return Duration("exp" if kind == "exp" else "fixed", mean_s)


def number(key: str, text: str, at_least: float = -math.inf) -> float:
    """A finite number, not below `at_least`."""
    try:
        value = float(text)
    except ValueError:
        raise BadInput(f"{key}: {text!r}: must be a number") from None
    if not math.isfinite(value) or value < at_least:
        raise BadInput(f"{key}: {text}: must be a number, {at_least:g} or more")
    return value


def hourly(key: str, path: Path, *, whole: bool = False) -> tuple[float, ...]:
    """24 numbers for the hours 0-23: separated by space, comma or line, or as a CSV of `hour,number`.

    `#` begins a comment; a heading line is skipped. `whole` asks for whole numbers.
    """
    rows: list[list[str]] = []
    for line in _read(key, path).splitlines():
        cells = line.partition("#")[0].replace(",", " ").replace(";", " ").split()
        if cells:
            rows.append(cells)
    if rows and not _numeric(rows[0][0]):
        rows = rows[1:]
    if len(rows) == HOURS and all(len(row) == 2 for row in rows):
        hours = [row[0].partition(":")[0] for row in rows]
        if [number(f"{key} {path.name}", hour) for hour in hours] != list(range(HOURS)):
            raise BadInput(f"{key}: {path.name}: the first column must be the hours 0 to 23 in order")
        rows = [row[1:] for row in rows]
    cells = [cell for row in rows for cell in row]
    if len(cells) != HOURS:
        raise BadInput(f"{key}: {path.name}: has {len(cells)} numbers; must have 24, one for each hour from 0 to 23")
    values = tuple(number(f"{key} {path.name}, hour {hour}", cell, 0) for hour, cell in enumerate(cells))
    if whole and any(value != int(value) for value in values):
        raise BadInput(f"{key}: {path.name}: agents must be whole numbers")
    if not any(values):
        raise BadInput(f"{key}: {path.name}: all hours are 0; at least one must be above")
    return values


@dataclass(frozen=True)
class TracedCall:
    """A real call to replay. Times are seconds; None is drawn at random as for calls that are made up."""

    arrival_s: float
    talk_s: float
    urgent: bool
    wrapup_s: float | None
    patience_s: float | None
    number: str = ""
    """The caller's; empty: one that no other call has."""


def trace(path: Path) -> list[TracedCall]:
    """The calls of a CSV file by arrival. Columns: arrival_s,talk_s,class, and maybe wrapup_s,patience_s,number."""
    reader = csv.DictReader(_read("--trace", path).splitlines())
    names = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = names
    missing = [name for name in ("arrival_s", "talk_s", "class") if name not in names]
    if missing:
        raise BadInput(
            f"--trace: {path.name}: no column {', '.join(missing)}; "
            "the first line must name arrival_s,talk_s,class and may name wrapup_s,patience_s,number"
        )
    calls = []
    for row in reader:
        where = f"--trace {path.name}, line {reader.line_num}"
        if None in row or None in row.values():
            raise BadInput(f"{where}: must have {len(names)} cells, as the first line has")
        priority = row["class"].strip()
        if priority not in ("urgent", "routine"):
            raise BadInput(f"{where}: class: {priority!r}: must be urgent or routine")
        wrapup, patience = (row.get(name, "").strip() for name in ("wrapup_s", "patience_s"))
        calls.append(
            TracedCall(
                number(f"{where}: arrival_s", row["arrival_s"], 0),
                number(f"{where}: talk_s", row["talk_s"], 0),
                priority == "urgent",
                number(f"{where}: wrapup_s", wrapup, 0) if wrapup else None,
                number(f"{where}: patience_s", patience, 0) if patience else None,
                row.get("number", "").strip(),
            )
        )
    if not calls:
        raise BadInput(f"--trace: {path.name}: has no calls")
    return sorted(calls, key=lambda call: call.arrival_s)


def _read(key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"{key}: {path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{key}: {path}: is not UTF-8: {error}") from None


def _numeric(text: str) -> bool:
    try:
        float(text.partition(":")[0])
    except ValueError:
        return False
    return True
