"""Has the audit say whose numbers `cozum journal` shows, before it shows them.

The journal is read without a database too, since it must explain calls while the database is away. Numbers are shown
then all the same, and a line says that the audit does not know of it: whoever may read the file could read it without
us."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from acd.cli.parts import note
from acd.lib.cli_error import CliError

if TYPE_CHECKING:
    from acd.config.settings import Settings


class Unmasking:
    """The calls whose personal data one command shows."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings
        self._known: set[str] = set()
        self._is_away = False

    def record(self, calls: Iterable[str]) -> None:
        """Record these, each once."""
        new = list(dict.fromkeys(call for call in calls if call not in self._known))
        self._known.update(new)
        if not new or self._is_away:
            return
        from storage.database import DatabaseError

        try:
            self._add(new)
        except (CliError, DatabaseError) as error:
            self._is_away = True
            note(f"cozum: the audit does not have that numbers were shown: {error}")

    def _add(self, calls: list[str]) -> None:
        from acd.cli.asking import ask
        from acd.lib.clock import clock
        from storage.people.audit import Audit, AuditEntry

        entries = [
            AuditEntry(at=clock(), who="cozum", role="admin", action="unmasked", about=call, detail={"in": "journal"})
            for call in calls
        ]
        ask(self._settings, lambda _, database: Audit(database, clock).add(entries))
