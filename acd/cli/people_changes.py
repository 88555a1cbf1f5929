"""Changes that `cozum users` makes to people, each recorded in the audit."""

from typing import TYPE_CHECKING, Any, TypeVar

from acd.cli.keyboard import login
from acd.lib.cli_error import CliError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from acd.config.settings import Settings
    from agents.audit_actions import AuditAction
    from storage.people.stores import PeopleStores

T = TypeVar("T")

SHELL = "cozum"
"""The author that the audit names."""


def with_stores(settings: "Settings", work: "Callable[[PeopleStores], Awaitable[T]]") -> T:
    """Run a function with the database's stores and return its answer."""
    from acd.cli.asking import ask
    from acd.lib.clock import clock
    from storage.people.stores import PeopleStores

    return ask(
        settings,
        lambda _, database: work(
            PeopleStores(database, clock, session_idle_s=settings.session_idle_s, session_s=settings.session_s)
        ),
    )


def change(
    settings: "Settings",
    work: "Callable[[PeopleStores], Awaitable[T]]",
    action: "AuditAction",
    about: str,
    detail: dict[str, Any] | None = None,
) -> T:
    """Make a change and record it in the audit. Raises `CliError` if the name or extension is taken."""
    from acd.lib.clock import clock
    from storage.people.audit import AuditEntry
    from storage.people.people import Taken

    async def changed(stores: "PeopleStores") -> T:
        done = await work(stores)
        said = {**(detail or {}), "user": login()}
        entry = AuditEntry(at=clock(), who=SHELL, role="admin", action=action, about=about, detail=said)
        await stores.audit.add([entry])
        return done

    try:
        return with_stores(settings, changed)
    except Taken as error:
        raise CliError(str(error)) from None


def unit_fault(settings: "Settings", unit: str) -> str:
    """The fault of a unit's id; empty if the town has it."""
    from acd.desk.town_files import town_of

    units = sorted(town_of(settings).units)
    return "" if unit in units else f"unit = {unit!r}: the town has no such unit; allowed: {', '.join(units)}"
