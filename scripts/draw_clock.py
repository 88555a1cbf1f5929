"""Draws the clock of an urgent call: docs/clock.svg and docs/clock.tr.svg, the READMEs' first picture.

    python -m scripts.draw_clock

The waits are simulated with the engine that runs the line, three times with the same callers: who comes first is
answered first, urgent callers first (as a queue with priorities does), and the rules as shipped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from acd.simulate.inputs import duration
from acd.simulate.policy import policy
from acd.simulate.run import Simulation, statistics
from acd.simulate.workload import Workload

ROOT: Final = Path(__file__).resolve().parent.parent
CALLS: Final = 40_000
AGENTS: Final = 12
URGENT_KEY_S: Final = 1.9
"""From the line's answer to the key "urgent", as `cozum flow time` says."""
KIND_S: Final = 3.8
"""From that key to the one that says what for, the mean over the kinds, where no phone rings before it: as
`cozum flow time --menu-first` says."""
EARLY_KIND_S: Final = 5.5
"""The same where a phone rings meanwhile, and 112 is named first: as `cozum flow time` says."""
LOADS: Final = (158, 221)
"""Calls an hour: an easy hour, and one in which the agents talk nearly all the time."""
POLICIES: Final = ("fifo", "strict", "cozum")
SCALE_PX: Final = 9.0
"""Pixels a second."""

Means = Mapping[tuple[int, str], float]
"""By load and policy, the mean seconds from the key "urgent" to a person."""


@dataclass(frozen=True)
class Words:
    """The texts of the picture in one language."""

    title: str
    loads: tuple[str, str]
    policies: tuple[str, str, str]
    parts: tuple[str, str, str, str]
    seconds: str
    point: str
    note: str

    def told(self, seconds: float) -> str:
        """So many seconds, in words."""
        return self.seconds.format(seconds).replace(".", self.point)


ENGLISH: Final = Words(
    title="An urgent call: from the line's answer to a person",
    loads=("12 agents, 158 calls an hour", "12 agents, 221 calls an hour"),
    policies=("first come, first served", "urgent callers first", "Çözüm"),
    parts=(
        "hears the urgent key, presses 1",
        "says what for",
        "waits, a phone rings",
        "a phone rings while the caller says what for",
    ),
    seconds="{:.1f} s",
    point=".",
    note="Means of 40,000 simulated calls; 8 % urgent, talks 140 s, after-call work 25 s, phones picked up after 3 s.",
)
TURKISH: Final = Words(
    title="Acil bir çağrı: hattın açılmasından bir görevliye kadar",
    loads=("12 görevli, saatte 158 çağrı", "12 görevli, saatte 221 çağrı"),
    policies=("arayış sırasıyla", "acil arayanlar önce", "Çözüm"),
    parts=(
        "acil tuşunu duyar, 1'e basar",
        "ne için olduğunu söyler",
        "bekler, telefon çalar",
        "ne için olduğunu söylerken telefon çalar",
    ),
    seconds="{:.1f} sn",
    point=",",
    note="40.000 benzetim çağrısının ortalaması; %8 acil, görüşme 140 sn, işlem sonrası 25 sn, telefon açma 3 sn.",
)
_STYLE: Final = """\
  text { font: 13px system-ui, sans-serif; fill: #1e293b }
  .title { font-size: 16px; font-weight: 600 } .load, .total { font-weight: 600 }
  .note { font-size: 11px; fill: #64748b }
  .greeting { fill: #94a3b8 } .kind { fill: #cbd5e1 } .waits { fill: #d97706 } .rings { fill: #0f766e }
  @media (prefers-color-scheme: dark) {
    text { fill: #e2e8f0 } .note { fill: #94a3b8 }
    .greeting { fill: #64748b } .kind { fill: #475569 } .waits { fill: #f59e0b } .rings { fill: #2dd4bf }
  }
"""


def simulated(load: int, name: str) -> float:
    """The mean of one load and policy; the same one each time."""
    work = Workload(
        calls=CALLS,
        per_hour=(float(load),),
        urgent_share=0.08,
        talk=duration("--talk", 140),
        wrapup=duration("--wrapup", 25),
        pickup=duration("--pickup", 3),
        menu_s=EARLY_KIND_S if name == "cozum" else KIND_S,
    )
    simulation = Simulation(policy(name), work, (AGENTS,), seed=1)
    return float(statistics(simulation, simulation.play())["classes"]["urgent"]["mean_wait_s"])


def drawn(means: Means, words: Words) -> str:
    """The picture as SVG."""
    lines: list[str] = []
    y = 62.0
    left = 190.0
    for load, told in zip(LOADS, words.loads, strict=True):
        lines.append(f'<text class="load" x="16" y="{y:g}">{escape(told)}</text>')
        y += 14
        for name, label in zip(POLICIES, words.policies, strict=True):
            lines += _bar(means[load, name], name, label, words, left, y)
            y += 28
        y += 26
    lines += _legend(words, y)
    height = y + 70
    lines.append(f'<text class="note" x="16" y="{height - 14:g}">{escape(words.note)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {height:g}" role="img" '
        f'aria-label="{escape(words.title)}">\n<style>\n{_STYLE}</style>\n'
        f'<text class="title" x="16" y="30">{escape(words.title)}</text>\n' + "\n".join(lines) + "\n</svg>\n"
    )


def _bar(mean_s: float, name: str, label: str, words: Words, left: float, y: float) -> list[str]:
    """One caller's seconds: the greeting, and then either the second menu and the wait, or both at once."""
    if name == "cozum":
        parts = [("greeting", URGENT_KEY_S), ("rings", mean_s)]
    else:
        parts = [("greeting", URGENT_KEY_S), ("kind", KIND_S), ("waits", mean_s - KIND_S)]
    lines = [f'<text x="{left - 12:g}" y="{y + 15:g}" text-anchor="end">{escape(label)}</text>']
    x = left
    for kind, seconds in parts:
        width = seconds * SCALE_PX
        lines.append(f'<rect class="{kind}" x="{x:.1f}" y="{y:g}" width="{width:.1f}" height="20" rx="2"/>')
        x += width
    total = words.told(sum(seconds for _, seconds in parts))
    lines.append(f'<text class="total" x="{x + 8:.1f}" y="{y + 15:g}">{total}</text>')
    return lines


def _legend(words: Words, y: float) -> list[str]:
    lines: list[str] = []
    for n, (kind, text) in enumerate(zip(("greeting", "kind", "waits", "rings"), words.parts, strict=True)):
        x, row = 16 + n % 2 * 300, y + n // 2 * 22
        lines.append(f'<rect class="{kind}" x="{x}" y="{row - 11:g}" width="12" height="12" rx="2"/>')
        lines.append(f'<text x="{x + 18}" y="{row:g}">{escape(text)}</text>')
    return lines


def main() -> None:
    """Write both pictures."""
    means = {(load, name): simulated(load, name) for load in LOADS for name in POLICIES}
    for name, words in (("clock.svg", ENGLISH), ("clock.tr.svg", TURKISH)):
        (ROOT / "docs" / name).write_text(drawn(means, words), encoding="utf-8")
        print(f"drawn: docs/{name}")


if __name__ == "__main__":
    main()
