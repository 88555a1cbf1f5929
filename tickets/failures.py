"""Exceptions for a change of a request that was not made. The store raises them and rolls back."""

from tickets.refusals import Refusal


class NotGranted(Exception):
    """The core refuses the change; `refusal` names key, value and what is allowed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class NoSuch(LookupError):
    """There is no request, call or task like that. `key` is the field that named it; the text never repeats it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no such {key}")
        self.key = key


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
