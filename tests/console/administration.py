"""Files and accounts in memory, behind the ports of the administrator's page."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from console.admin_ports import (
    AuditQuery,
    Author,
    Change,
    DestructionQuery,
    FaultyChange,
    FileName,
    Record,
    StaleFile,
    UnknownItem,
)
from console.ports import Refused
from console.request_ports import BadCursor, TicketPage

PERSON = {"name": "", "role": "lead", "unit": "", "extension": "", "enabled": True, "demo": False}
CURSOR = "1764000000000-2"
RELOAD = {"state": "taken", "refused": [], "waiting": []}


class FewFiles:
    """As `console.admin_ports.Configuration`: services, and nothing else. A text with `fault` in it has one."""

    def __init__(self, ready: Callable[[], Awaitable[None]]) -> None:
        self._ready = ready
        self.text = "x = 1\n"
        self.etag = "e1"
        self.saved: list[tuple[FileName, Change, Author]] = []

    def _about(self) -> dict[str, Any]:
        return {"name": "services", "path": "/s.toml", "own": True, "changed_at": 1.0, "has_text": True, "versions": 1}

    async def overview(self) -> Record:
        """As the port's."""
        await self._ready()
        return {"files": [self._about()], "reload": RELOAD}

    async def file(self, name: FileName) -> Record:
        """As the port's."""
        await self._ready()
        if name != "services":
            raise UnknownItem("file", name)
        return {**self._about(), "text": self.text, "values": {"x": 1}, "etag": self.etag}

    async def check(self, name: FileName, change: Change, etag: str) -> Record:
        """As the port's."""
        self._look(etag)
        return {"difference": "+x = 2", "faults": self._faults(change), "waiting": []}

    async def save(self, name: FileName, change: Change, author: Author) -> Record:
        """As the port's."""
        await self._ready()
        self._look(author.etag)
        if faults := self._faults(change):
            raise FaultyChange(faults)
        self.saved.append((name, change, author))
        return {"version": 2, "difference": "+x = 2", "waiting": [], "reload": RELOAD, "etag": "e2"}

    def _look(self, etag: str) -> None:
        if etag != self.etag:
            raise StaleFile(self.etag)

    def _faults(self, change: Change) -> list[Record]:
        wrong = {"text": "/s.toml: x = 2: 1 is allowed", "key": "x", "value": "2", "allowed": "1 is allowed"}
        return [wrong] if "fault" in (change.text or "") else []

    async def versions(self, name: FileName) -> Sequence[Record]:
        """As the port's."""
        return [{"number": 1, "at": 1.0, "who": "", "why": "", "difference": "", "holds": True}]

    async def settings(self) -> Sequence[Record]:
        """As the port's."""
        return []

    async def telephone(self, extension: str, name: str, author: Author) -> Record:
        """As the port's."""
        saved = await self.save("agents", Change(version=1), author)
        sheet = {"server": "192.0.2.1", "port": 5060, "account": extension, "password": "secret", "pin": "739104"}
        return {**saved, "extension": extension, "name": name, **sheet}


class FewPrompts:
    """As `console.admin_ports.Heard`: one step and one prompt."""

    async def flow(self) -> Record:
        """As the port's."""
        box = {"step": "welcome", "kind": "play", "column": 0, "row": 0, "says": {"tr": "Merhaba"}}
        return {"name": "hotline", "boxes": [box], "arrows": []}

    async def prompts(self) -> Sequence[Record]:
        """As the port's."""
        return [{"name": "welcome", "spoken": [{"language": "tr", "text": "Merhaba", "seconds": 1.5}]}]

    async def sound(self, language: str, name: str) -> bytes:
        """As the port's."""
        if (language, name) != ("tr", "welcome"):
            raise UnknownItem("prompt", name)
        return b"RIFF"


class FewRecordings:
    """As `console.admin_ports.PromptRecordings`: of one prompt. A recording with `silent` in it is refused."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes | int, Author]] = []

    def _known(self, language: str, name: str) -> None:
        if (language, name) != ("tr", "welcome"):
            raise UnknownItem("prompt", name)

    async def check(self, language: str, name: str, recording: bytes) -> bytes:
        """As the port's."""
        self._known(language, name)
        if b"silent" in recording:
            raise FaultyChange(
                [{"text": "silent: -80 dBFS", "key": "level_db", "value": -80, "allowed": "-45 or more"}]
            )
        return b"RIFF" + recording

    async def keep(self, language: str, name: str, recording: bytes, author: Author) -> Record:
        """As the port's."""
        await self.check(language, name, recording)
        return self._put(recording, author)

    def _put(self, what: bytes | int, author: Author) -> Record:
        if author.etag != "e1":
            raise StaleFile("e1")
        self.kept.append(("tr/welcome", what, author))
        return {"version": 2, "seconds": 1.5, "longer_s": 0.2, "etag": "e2", "reload": RELOAD}

    async def versions(self, language: str, name: str) -> Sequence[Record]:
        """As the port's."""
        self._known(language, name)
        return [{"number": 1, "at": 1.0, "who": "", "seconds": 1.3, "holds": True}]

    async def version(self, language: str, name: str, number: int) -> bytes:
        """As the port's."""
        self._known(language, name)
        if number != 1:
            raise UnknownItem("version", number)
        return b"RIFF1"

    async def go_back(self, language: str, name: str, number: int, author: Author) -> Record:
        """As the port's."""
        await self.version(language, name, number)
        return self._put(number, author)


class FewAccounts:
    """As `console.admin_ports.Accounts`."""

    def __init__(self, ready: Callable[[], Awaitable[None]]) -> None:
        self._ready = ready
        self.known: dict[str, dict[str, Any]] = {"lead": {"user": "lead", **PERSON}}

    def _get(self, user: str) -> dict[str, Any]:
        if user not in self.known:
            raise UnknownItem("user", user)
        return self.known[user]

    async def people(self) -> Sequence[Record]:
        """As the port's."""
        await self._ready()
        return list(self.known.values())

    async def add(self, wish: Record) -> Record:
        """As the port's."""
        if wish["user"] in self.known:
            raise Refused("taken", key="user", value=wish["user"])
        self.known[wish["user"]] = {**PERSON, **wish}
        return {**self.known[wish["user"]], "password": "secret"}

    async def change(self, user: str, wish: Record, *, by: str) -> Record:
        """As the port's."""
        self._get(user).update(wish)
        return self._get(user)

    async def new_password(self, user: str) -> Mapping[str, Any]:
        """As the port's."""
        return {**self._get(user), "password": "secret"}

    async def end_sessions(self, user: str) -> int:
        """As the port's."""
        self._get(user)
        return 2


class FewDestructions:
    """As `console.ports.ConsolePorts.destructions`: two records, of which `CURSOR` gives the older."""

    def __init__(self, ready: Callable[[], Awaitable[None]]) -> None:
        self._ready = ready
        self.queries: list[DestructionQuery] = []
        night = {"at": 1_764_000_000.0, "newer_than": None, "erasure": None, "count": 7}
        self.records: list[dict[str, Any]] = [
            {**night, "id": 2, "what": "ticket_person", "kind": "urgent", "older_than": 1_732_464_000.0, "days": 365,
             "basis": "Acil başvurular için bir yıl"},
            {**night, "id": 1, "what": "recording", "kind": None, "older_than": None, "days": None, "erasure": 3,
             "basis": "Kanun 6698 m. 7: ilgili kişinin talebi"},
        ]  # fmt: skip

    async def list(self, query: DestructionQuery) -> TicketPage:
        """As the port's."""
        await self._ready()
        self.queries.append(query)
        return _page(self.records, query)


class FewAudit:
    """As `console.ports.ConsolePorts.audit`: two records, of which `CURSOR` gives the older; about `nothing` none."""

    def __init__(self, ready: Callable[[], Awaitable[None]]) -> None:
        self._ready = ready
        self.queries: list[AuditQuery] = []
        self.records: list[dict[str, Any]] = [
            {"id": 2, "at": 1_764_000_000.0, "who": "lead", "role": "lead", "action": "unmasked",
             "about": "26-000123-3", "detail": {}},
            {"id": 1, "at": 1_763_999_999.5, "who": "cozum", "role": "admin", "action": "of_an_earlier_version",
             "about": "lead", "detail": {"role": "lead"}},
        ]  # fmt: skip

    async def list(self, query: AuditQuery) -> TicketPage:
        """As the port's."""
        await self._ready()
        self.queries.append(query)
        return _page([] if query.about == "nothing" else self.records, query)


def _page(records: Sequence[Record], query: AuditQuery | DestructionQuery) -> TicketPage:
    if query.cursor not in ("", CURSOR):
        raise BadCursor(query.cursor)
    left = records[1 if query.cursor else 0 :]
    return TicketPage(records=left[: query.limit], next=CURSOR if len(left) > query.limit else "")
