"""The tables of `docs/requests.md` that are drawn from `tickets/` and the first town's files."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files

from tickets.kinds import KIND_NAMES
from tickets.outcome.plan import RESULTS
from tickets.privacy.masking import SIGHT
from tickets.privacy.retention import WHAT
from tickets.town.load import NEEDED, OPTIONAL, load_town
from tickets.town.model import Town

Drawn = tuple[Sequence[str], Iterable[Sequence[str]]]
"""Headings and rows of a table."""

_MARK = re.compile(r"(<!-- drawn: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_UNITS = {"minutes": "minute", "working_days": "working day", "calendar_days": "calendar day"}


def with_drawn(text: str, tables: Mapping[str, str]) -> str:
    """A document with what stands between its marks drawn anew."""
    return _MARK.sub(lambda mark: f"{mark[1]}{tables[mark[2]]}\n{mark[3]}", text)


def drawn_tables() -> dict[str, Drawn]:
    """The tables by the name of their mark."""
    town = first_town()
    return {
        "clocks": (("clock", "limit", "may be extended by", "warned before", "ends when", "basis"), clocks(town)),
        "results": (("a call ended with", "what follows"), ((f"`{name}`", text) for name, text in RESULTS.items())),
        "sight": (("role", "number", "may unmask"), sight()),
        "retention": (("what", "it is", "kept for"), retention(town)),
    }


def first_town() -> Town:
    """The town that is shipped."""
    folder = files("tickets") / "data"
    texts = {
        name: (folder / name).read_text(encoding="utf-8") for name in (*NEEDED, *OPTIONAL) if (folder / name).is_file()
    }
    services = tomllib.loads((files("acd.config") / "services.toml").read_text(encoding="utf-8"))["service"]
    return load_town(texts, services=services)


def clocks(town: Town) -> Iterable[Sequence[str]]:
    """A row a clock; those of kinds first."""
    for rule in town.clocks.values():
        unit = _UNITS[rule.counts] + ("s" if rule.limit > 1 else "")
        name = f"`{rule.id}`" + (f", {KIND_NAMES[rule.id][1]}" if rule.id in KIND_NAMES else "")  # type: ignore[index]  # the key was looked for before
        ends = "the citizen is told" if rule.ends == "told" else "the unit has finished"
        yield name, f"{rule.limit} {unit}", str(rule.max_extension or "–"), str(rule.warn or "–"), ends, rule.basis


def sight() -> Iterable[Sequence[str]]:
    """A row a role."""
    for role, (seen, may) in SIGHT.items():
        yield f"`{role}`", seen, "yes, recorded" if may else "no"


def retention(town: Town) -> Iterable[Sequence[str]]:
    """A row a sort of data."""
    for what, text in WHAT.items():
        rows = [one for one in town.retention.values() if one.what == what]
        since = next(one.since for one in rows if not one.kind)
        days = [f"{one.days} days" + (f" ({one.kind})" if one.kind else "") for one in rows]
        yield f"`{what}`", text, f"{', '.join(days)}, since it was {since}"
