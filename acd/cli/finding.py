"""What `cozum doctor` finds: one line each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "bad", "warning", "unknown"]
"""`bad` alone makes the machine unfit. `unknown`: not there yet, or not asked for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `text` says how it is and, where it is not well, the way out."""

    name: str
    verdict: Verdict
    text: str


Findings = Iterator[Finding]


def ok(name: str, text: str) -> Finding:
    """All is well."""
    return Finding(name, "ok", text)


def bad(name: str, text: str) -> Finding:
    """The line cannot be served like this."""
    return Finding(name, "bad", " ".join(text.split()))


def warning(name: str, text: str) -> Finding:
    """It can be served, but somebody should know."""
    return Finding(name, "warning", " ".join(text.split()))


def unknown(name: str, text: str) -> Finding:
    """Nothing to look at (yet)."""
    return Finding(name, "unknown", text)
