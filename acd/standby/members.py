"""Agents who may answer while no engine runs: a small file that the line keeps up to date and the standby reads."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

REGULAR, BACKUP = 1, 2
"""Penalties in Asterisk's queue. An agent of the backup tier is rung for urgent callers only, and only when no other
agent is free."""

PAGE = "-web"
"""Suffix of an extension for the endpoint of that agent's page in the browser."""
HINTS = "either-phone"
"""The dialplan's context that says, by extension, whether an agent is free at both of their phones."""

Members = Mapping[str, int | None]
"""By endpoint: the penalty, or None for an agent who is not signed in as ready. The page of an agent in the browser,
`PJSIP/1001-web`, stands behind their telephone."""

_ENDPOINT: Final = re.compile(r"[A-Za-z0-9]{1,16}/[A-Za-z0-9_-]{1,64}")


def states(members: Members) -> dict[str, str]:
    """The state interface of each endpoint with a second phone: an agent who talks at one of two phones is not free at
    the other. A single endpoint is left out, because its own state is enough."""
    found: dict[str, str] = {}
    before = ""
    for name in members:
        if name.endswith(PAGE):
            hint = f"hint:{name.rpartition('/')[2].removesuffix(PAGE)}@{HINTS}"
            found |= {name: hint, before: hint} if before else {name: hint}
        before = name
    return found


def path_in(data_dir: Path) -> Path:
    """Where the list is kept."""
    return data_dir / "standby_members.json"


def write(path: Path, members: Members) -> None:
    """Replace the list. It need not survive a power cut: the line writes it anew at each start. Raises `OSError`."""
    fresh = path.with_name(f".{path.name}.new")
    with open(fresh, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        json.dump(members, file)
    fresh.replace(path)


def read(path: Path) -> dict[str, int | None]:
    """The list; empty if it cannot be read, because then no agent is known to be signed in."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: penalty if penalty in (REGULAR, BACKUP) else None
        for name, penalty in found.items()
        if _ENDPOINT.fullmatch(name)
    }
