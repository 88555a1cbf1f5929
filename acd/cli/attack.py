"""Doctor's `--attack`: each attack on a private line is one finding."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from acd.cli.finding import Finding

if TYPE_CHECKING:
    from acd.attack.attack import Outcome
    from acd.config.settings import Settings

SHOWN = 3
"""Most lines shown of what left or moved; the JSON has all of them."""


def attack(settings: "Settings", told: Callable[[Finding, "Outcome"], None]) -> None:
    """Play all attacks; `told` gets each finding as it is known. Raises `acd.attack.line.CannotAttack`."""
    from acd.attack.run import attack_line

    attack_line(settings, lambda outcome: told(finding(outcome), outcome))


def finding(outcome: "Outcome") -> Finding:
    """The result of an attack as a finding of doctor."""
    tried = f"{outcome.tried} tries: {outcome.what}"
    if outcome.is_clean:
        return Finding(outcome.name, "ok", f"{tried}: nothing left, nothing moved")
    parts = [
        f"{word} {_listed(lines)}"
        for word, lines in (("left:", outcome.left), ("moved:", outcome.moved), ("not tried:", outcome.unplayed))
        if lines
    ]
    return Finding(outcome.name, "bad", f"{tried}: {'; '.join(parts)}")


def as_check(found: Finding, outcome: "Outcome") -> dict[str, object]:
    """The finding as JSON has it."""
    return {
        "name": found.name,
        "verdict": found.verdict,
        "text": found.text,
        "tried": outcome.tried,
        "left": outcome.left,
        "moved": outcome.moved,
        "unplayed": outcome.unplayed,
    }


def verdict(wrong: int, count: int) -> str:
    """The last line."""
    if not wrong:
        return f"safe as far as {count} attacks can tell: nothing left, nothing moved"
    return f"not safe: {wrong} of {count} attacks came to something"


def _listed(lines: Sequence[str]) -> str:
    more = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    return ", ".join(lines[:SHOWN]) + more
