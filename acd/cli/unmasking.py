"""Has the audit say whose numbers `cozum journal` shows, before it shows them.

The journal is read without a database too, since it must explain calls while the database is away. Numbers are shown
then all the same, and a line says that the audit does not know of it: whoever may read the file could read it without
us. A command that goes on (`--follow`) tries again, and the audit has then what it lacked."""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from acd.cli.keyboard import login
from acd.cli.parts import note
from acd.lib.cli_error import CliError

if TYPE_CHECKING:
    from acd.config.settings import Settings

AGAIN_S: Final = 10.0
"""A try may wait for a database that does not answer, and the entries with it; so there is one in so many seconds."""


class Unmasking:
    """The calls whose personal data one command shows."""

    def __init__(self, settings: "Settings", monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._known: set[str] = set()
        self._owed: dict[str, float] = {}
        """Those that the audit does not have, with when they were shown."""
        self._again_at: float | None = None
        """While the database is away: when it is tried again."""

    def record(self, calls: Iterable[str]) -> None:
        """Record these, each once."""
        from acd.lib.clock import clock

        now = clock()
        for call in calls:
            if call not in self._known:
                self._owed.setdefault(call, now)
        if not self._owed or (self._again_at is not None and self._monotonic() < self._again_at):
            return
        from storage.database import DatabaseError

        try:
            self._add(self._owed)
        except (CliError, DatabaseError) as error:
            if self._again_at is None:
                note(f"cozum: the audit does not have that numbers were shown: {error}")
            self._again_at = self._monotonic() + AGAIN_S
            return
        if self._again_at is not None:
            note("cozum: the audit has now that numbers were shown")
            self._again_at = None
        self._known.update(self._owed)
        self._owed.clear()

    def _add(self, shown: dict[str, float]) -> None:
        from acd.cli.asking import ask
        from acd.lib.clock import clock
        from storage.people.audit import Audit, AuditEntry

        detail = {"in": "journal", "user": login()}
        entries = [
            AuditEntry(at=at, who="cozum", role="admin", action="unmasked", about=call, detail=detail)
            for call, at in shown.items()
        ]
        ask(self._settings, lambda _, database: Audit(database, clock).add(entries))
