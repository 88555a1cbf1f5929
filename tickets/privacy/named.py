"""The other requests of its citizen that a request names: the one that it follows up, those that follow it up, and the
one in whose call they were told. Whoever may know the citizen of only one of the two must not read that they are the
same."""

from collections.abc import Collection
from typing import Any, Final

Record = dict[str, Any]
TOLD_IN: Final = "in the call about "
"""How the note begins that names the other request."""


def named_in(record: Record) -> set[str]:
    """The numbers of the requests that a request, as JSON, names."""
    found = {record["follows"], *(step["detail"].get("follows") for step in record["history"])}
    found |= {step["note"].removeprefix(TOLD_IN) for step in record["history"] if step["note"].startswith(TOLD_IN)}
    found |= {one["number"] for one in record["followed_by"]}
    return found - {None, ""}


def without_named(record: Record, hidden: Collection[str]) -> Record:
    """The request, as JSON, without the names of these."""
    follows = None if record["follows"] in hidden else record["follows"]
    followed_by = [one for one in record["followed_by"] if one["number"] not in hidden]
    history = [_bare(step, hidden) for step in record["history"]]
    return {**record, "follows": follows, "followed_by": followed_by, "history": history}


def _bare(step: Record, hidden: Collection[str]) -> Record:
    detail = {name: value for name, value in step["detail"].items() if name != "follows" or value not in hidden}
    names = step["note"].startswith(TOLD_IN) and step["note"].removeprefix(TOLD_IN) in hidden
    return {**step, "detail": detail, "note": "" if names else step["note"]}
