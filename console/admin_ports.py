"""What the administrator's page needs: the configuration files, and the accounts of people.

Everything raises `console.ports.Unavailable`, or `console.ports.OnlyAtTheLine` at a desk of another machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from agents.audit_actions import AuditAction

Record = Mapping[str, Any]

FileName = Literal[
    "settings",
    "agents",
    "services",
    "numbers",
    "flow",
    "mahalle",
    "units",
    "bodies",
    "topics",
    "clocks",
    "calendar",
    "words",
    "retention",
    "streets",
    "duty",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of a file, by exactly one of: edits of keys, a whole text, an earlier version."""

    edits: Sequence[tuple[Sequence[str], Any]] | None = None
    """Each a path and its value; None removes the key."""
    text: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionQuery:
    """Which records of destructions: made at or after `since` and before `until` (Unix seconds; None: no such end)."""

    limit: int = 100
    cursor: str = ""
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which entries of the audit, and of when, as `DestructionQuery`. Empty and None leave a filter out."""

    who: str = ""
    about: str = ""
    what: AuditAction | None = None
    limit: int = 100
    cursor: str = ""
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """The person who changes a file, why, and what they have read (its ETag)."""

    who: str
    why: str
    etag: str


class UnknownItem(LookupError):
    """There is no such thing. `key` and `value` say what was asked for. Becomes a 404."""

    def __init__(self, key: str, value: object) -> None:
        super().__init__(f"there is no {key} {value!r}")
        self.key, self.value = key, value


class StaleFile(Exception):
    """The file has changed since it was read; `etag` is the present one. Becomes a 412."""

    def __init__(self, etag: str) -> None:
        super().__init__("the file has changed since it was read: read it again, and decide anew; nothing was written")
        self.etag = etag


class FaultyChange(Exception):
    """What the change would make is refused, as the start would refuse it. Becomes a 422. Each fault has `text`, `key`,
    `value` and `allowed`."""

    def __init__(self, faults: Sequence[Record]) -> None:
        super().__init__("; ".join(str(one["text"]) for one in faults))
        self.faults = faults


class Configuration(Protocol):
    """The configuration files. A change raises `UnknownItem`, `StaleFile` or `FaultyChange`, and writes nothing
    then."""

    async def overview(self) -> Record:
        """Every file, and how the line's last reload went (`console.config.Overview`)."""

    async def file(self, name: FileName) -> Record:
        """One file as it is now (`console.config.File`)."""

    async def check(self, name: FileName, change: Change, etag: str) -> Record:
        """What a change would come to, without making it (`console.config.Proposal`)."""

    async def save(self, name: FileName, change: Change, author: Author) -> Record:
        """Make a change, and have the line read it (`console.config.Saved`)."""

    async def versions(self, name: FileName) -> Sequence[Record]:
        """The kept versions, newest first (`console.config.Version`)."""

    async def settings(self) -> Sequence[Record]:
        """Every setting with its value (`console.config.Setting`)."""

    async def telephone(self, extension: str, name: str, author: Author) -> Record:
        """Give an agent's telephone a new password and the agent a new PIN; an agent who is not in the list yet is
        added by this name. The secrets are told this once (`console.config.Telephone`)."""


class Heard(Protocol):
    """What callers hear."""

    async def flow(self) -> Record:
        """The flow as a picture (`console.heard.FlowPicture`)."""

    async def prompts(self) -> Sequence[Record]:
        """All prompts (`console.heard.PromptLine`)."""

    async def sound(self, language: str, name: str) -> bytes:
        """The recording of a prompt, a WAV. Raises `UnknownItem`."""


class PromptRecordings(Protocol):
    """Recordings in place of prompts. Each method raises `UnknownItem` for an unknown prompt or version; a change
    raises `StaleFile` or `FaultyChange`, and writes nothing then."""

    async def check(self, language: str, name: str, recording: bytes) -> bytes:
        """A recording (WAV) as callers would hear it, trimmed and levelled; nothing is kept."""

    async def keep(self, language: str, name: str, recording: bytes, author: Author) -> Record:
        """Put a recording in place of the prompt, and have the line play it (`console.heard.KeptRecording`)."""

    async def versions(self, language: str, name: str) -> Sequence[Record]:
        """The kept versions, newest first (`console.heard.PromptVersion`)."""

    async def version(self, language: str, name: str, number: int) -> bytes:
        """The audio of one of them, a WAV."""

    async def go_back(self, language: str, name: str, number: int, author: Author) -> Record:
        """Make an earlier version the present one."""


class Accounts(Protocol):
    """People who sign in. A change raises `UnknownItem` or `console.ports.Refused`."""

    async def people(self) -> Sequence[Record]:
        """All, by user name (`console.accounts.Account`)."""

    async def add(self, wish: Record) -> Record:
        """Add a person; the answer has the first `password`, told this once."""

    async def change(self, user: str, wish: Record, *, by: str) -> Record:
        """Change a person; what is not in the wish stays. `by` is the person who changes."""

    async def new_password(self, user: str) -> Record:
        """Give a new password, told this once, and sign the person out everywhere."""

    async def end_sessions(self, user: str) -> int:
        """Sign a person out everywhere; returns how many sessions ended."""
