"""A town: its mahalle (quarters) and the units that do the work. Data files, read and checked; another town changes a
file, not this. Pure: reading the files is the caller's work."""

from collections.abc import Collection, Iterable
from typing import Annotated, TypeVar

import msgspec

from acd.checks import Checker
from acd.text import tr_fold, tr_sort_key

Id = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,39}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]

_HINTS = {
    "id": "1 to 40 of a-z, 0-9 and _, the first a letter",
    "name": "1 to 60 characters",
}
_SUFFIXES = ("mahallesi", "mahalle", "mah", "mh")


class Mahalle(msgspec.Struct, frozen=True, kw_only=True):
    """A quarter of the town."""

    id: Id
    name: Name
    aliases: tuple[Name, ...] = ()
    """Other names people use for it."""


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """Who does the work: a unit of the municipality, or an outside body a request can be handed to."""

    id: Id
    name: Name
    services: tuple[str, ...] = ()
    """Services whose tickets go to it first."""
    outside: bool = False
    phone: str = ""
    """Where a citizen is sent to, for an outside body."""


class Places:
    """The mahalle of a town, found as people write and say them."""

    def __init__(self, mahalle: Iterable[Mahalle]) -> None:
        self.all = tuple(sorted(mahalle, key=lambda one: tr_sort_key(one.name)))
        """In the order of a Turkish dictionary."""
        self._by_id = {one.id: one for one in self.all}
        self._keys = [(key, one) for one in self.all for key in _keys(one)]
        self._exact = dict(self._keys)

    def get(self, mahalle_id: str) -> Mahalle | None:
        """By id."""
        return self._by_id.get(mahalle_id)

    def find(self, text: str) -> Mahalle | None:
        """The one mahalle that is meant: by name or alias, whatever the case, dots and suffix (`İNÖNÜ MAH.`,
        `inonu`); or by a beginning that only one has. None if none or several could be meant."""
        found = self.search(text)
        return found[0] if len(found) == 1 else None

    def search(self, text: str) -> list[Mahalle]:
        """All that could be meant: the one whose name it is, else those a word of which begins so, in dictionary
        order."""
        key = place_key(text)
        if not key:
            return []
        exact = self._exact.get(key)
        if exact is not None:
            return [exact]
        padded = f" {key}"
        found = {one.id: one for name, one in self._keys if padded in f" {name}"}
        return list(found.values())


def place_key(text: str) -> str:
    """What two ways of writing a mahalle's name have in common."""
    words = tr_fold(text.replace(".", " ")).split()
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return " ".join(words)


def _keys(mahalle: Mahalle) -> list[str]:
    return [place_key(name) for name in (mahalle.name, *mahalle.aliases)]


def parse_mahalle(text: str, *, file: str) -> Places:
    """The mahalle of a file of `[[mahalle]]` tables. Raises `acd.checks.BadFile` with every problem found."""
    check = Checker(file)
    found = _tables(check, text, "mahalle", Mahalle)
    ids: dict[str, str] = {}
    names: dict[str, str] = {}
    for key, one in found:
        _once(check, ids, f"{key}.id", one.id)
        for name in (one.name, *one.aliases):
            _once(check, names, f"{key}.name", name, place_key(name))
    check.finish()
    return Places(one for _, one in found)


def parse_units(text: str, *, file: str, services: Collection[str]) -> tuple[Unit, ...]:
    """The units of a file of `[[unit]]` tables, in its order. A service may go to one unit only.

    Raises `acd.checks.BadFile` with every problem found."""
    check = Checker(file)
    found = _tables(check, text, "unit", Unit)
    ids: dict[str, str] = {}
    taken: dict[str, str] = {}
    for key, one in found:
        _once(check, ids, f"{key}.id", one.id)
        for service in one.services:
            if service not in services:
                check.unknown(f"{key}.services", service, "service", services)
            _once(check, taken, f"{key}.services", service)
    check.finish()
    return tuple(one for _, one in found)


T = TypeVar("T", bound=msgspec.Struct)


def _tables(check: Checker, text: str, name: str, cls: type[T]) -> list[tuple[str, T]]:
    table = check.toml(text)
    check.finish()
    entries = table.pop(name, [])
    for key, value in table.items():
        check.unknown(key, value, "key", [name])
    if not isinstance(entries, list) or not entries:
        check.add(name, entries or None, f"must be at least one table under [[{name}]]")
        entries = []
    found: list[tuple[str, T]] = []
    for place, entry in enumerate(entries):
        one = check.struct(cls, entry, f"{name}.{place}", hints=_HINTS)
        if one is not None:
            found.append((f"{name}.{place}", one))
    return found


def _once(check: Checker, seen: dict[str, str], key: str, value: str, same: str | None = None) -> None:
    other = seen.setdefault(value if same is None else same, key)
    if other != key:
        check.add(key, value, f"must be unique, but {other} has it too")
