"""Exceptions for a change of a request that was not made. The store raises them and rolls back."""

from collections.abc import Mapping
from typing import Final

from tickets.refusals import Refusal


class NotGranted(Exception):
    """The core refuses the change; `refusal` names key, value and what is allowed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class NoSuch(LookupError):
    """There is no request, call or task like that. `key` is the field that named it, `value` what it said, and
    `allowed` the way out; the text never repeats the value: it may be something else, such as a telephone number."""

    def __init__(self, key: str, value: object = None, allowed: str = "") -> None:
        super().__init__(f"there is no such {key}")
        self.key = key
        self.value = value
        self.allowed = allowed or WAYS_OUT.get(key, "")


WAYS_OUT: Final[Mapping[str, str]] = {
    "number": "the number of a request that there is, such as 26-000123-3; a search (`q` of the list) finds it",
    "call": "the id of a call that there is, as `GET calls` gives it",
    "task": "the id of a task that there is, as `GET tasks` gives it",
    "article": "the id of an article that there is, as `GET articles` gives it",
}
"""How whoever named what there is not finds what there is, by key."""


class ChangedMeanwhile(Exception):
    """The request has another version than the one that the change was meant for. Nothing has changed."""

    def __init__(self, number: str, version: int) -> None:
        super().__init__(f"{number} has version {version} now: read it again and decide anew")
        self.version = version


class KeyReused(Exception):
    """A client has used an idempotency key for another write. `about` is what that write was about: a request's
    number, or the id of a call, a task or an article. Nothing has changed."""

    def __init__(self, about: str) -> None:
        super().__init__(f"the key was used for another write, about {about}")
        self.about = about
