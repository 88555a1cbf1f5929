"""How callers hear of the open requests that were made with their own telephone number.

Pure. A caller's number is text that the caller chose, so the desk gives no more than a group of topics, a unit, a state
and a date (`tickets.spoken_status`), and the flow decides which groups and units are said by name: the others are said
in words that fit all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

import msgspec

from ivr.spoken import date_prompts

OWN: Final = "{own}"
"""In a menu: the caller's only open request, in one sentence. Nothing if there is none, or more than one."""
OWN_ALL: Final = "{own_all}"
"""After a look-up of the kind `own`: each open request, with what is done about it."""
KIND: Final = "own"
"""The kind of such a look-up."""
MOST: Final = 3
"""Requests that are read out; a caller who has more asks an agent."""

_Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*\Z", max_length=64)]
Known = Mapping[str, str]
"""One request: `group`, `unit`, `state` and `due` (`2026-06-15`), each only if there is something to say; and `number`,
which is not said: by it the call is linked with the request."""
_KEYS: Final = ("group", "unit", "state", "due", "number")


class OwnWords(msgspec.Struct, frozen=True, kw_only=True):
    """The prompts of the sentence: what it is about, where it is, until when."""

    about: dict[_Name, _Name] = {}
    """By group of topics."""
    about_other: _Name
    units: dict[_Name, _Name] = {}
    """By unit."""
    unit_other: _Name
    states: dict[_Name, _Name] = {}
    """Said instead of the unit."""
    details: dict[_Name, _Name] = {}
    """By state: what is done about it, where each request is read out."""
    due: _Name
    """Said before the date."""

    def prompts(self) -> set[str]:
        """All of them, without the dates."""
        named = (self.about, self.units, self.states, self.details)
        return {prompt for table in named for prompt in table.values()} | {self.about_other, self.unit_other, self.due}


def requests_in(found: Mapping[str, str] | None) -> tuple[Known, ...]:
    """The requests in a desk's answer, the newest first: of the first `group1`, `unit1`, and so on."""
    return tuple(_requests(found or {}))


def answer_of(requests: Sequence[Known]) -> dict[str, str] | None:
    """Return these requests as the desk's answer, as `requests_in` reads it; None if there are none."""
    told = {f"{key}{place}": value for place, one in enumerate(requests, 1) for key, value in one.items()}
    return {"count": str(len(requests)), **told} if requests else None


def only_one(words: OwnWords, requests: Sequence[Known]) -> tuple[str, ...]:
    """The sentence about the only open request; nothing for none or several."""
    return sentence(words, requests[0]) if len(requests) == 1 else ()


def each(words: OwnWords, requests: Sequence[Known]) -> tuple[str, ...]:
    """A sentence about each of the first requests."""
    return tuple(prompt for one in requests[:MOST] for prompt in sentence(words, one, detailed=True))


def sentence(words: OwnWords, one: Known, *, detailed: bool = False) -> tuple[str, ...]:
    """The sentence about one request; `detailed`: with what is done about it."""
    state, due = one.get("state", ""), date_prompts(one.get("due", ""))
    where = words.states.get(state) or words.units.get(one.get("unit", ""), words.unit_other)
    detail = words.details.get(state, "") if detailed else ""
    said = (words.about.get(one.get("group", ""), words.about_other), where, detail)
    return (*(prompt for prompt in said if prompt), *((words.due, *due) if due else ()))


def _requests(found: Mapping[str, str]) -> Iterator[Known]:
    count = found.get("count", "")
    for place in range(1, 1 + (int(count) if count.isascii() and count.isdecimal() and len(count) <= 3 else 0)):
        yield {key: found[f"{key}{place}"] for key in _KEYS if f"{key}{place}" in found}
