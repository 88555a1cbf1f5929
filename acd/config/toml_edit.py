"""Changes a configuration file's text: sets and removes keys, and keeps comments, order and blank lines. Pure.

A key is named by its path from the top of the file. In a list of tables, such as `[[agent]]`, an entry is named by the
value of its identity (`IDENTITIES`): `("agent", "1001", "name")` is the name of the agent with extension 1001.
"""

import difflib
import hmac
import re
import secrets
import tomllib
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Final

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

IDENTITIES: Final = {"agent": "extension", "topic": "id", "unit": "id"}
"""For each list of tables that can be changed by paths: the key that tells its entries apart."""
HIDDEN: Final = frozenset({"pin_hash", "sip_password", "ami_secret", "agi_secret", "database_url", "redis_url"})
"""Keys whose values are never shown."""

_VALUE = r'("""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[^\s#,}\]]+)'
_SECRET = re.compile(rf"(['\"]?\b(?:{'|'.join(sorted(HIDDEN))})\b['\"]?\s*=\s*){_VALUE}")
_MARK = re.compile(r'"\*\*\*[0-9a-f]{16}"')


class EditError(ValueError):
    """An edit that cannot be made. `key` is the path to it, joined by dots."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}")
        self.key = key


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """One change: the key at `path` gets this value; None removes the key."""

    path: tuple[str, ...]
    value: Any = None


def edited(text: str, edits: Sequence[Edit]) -> str:
    """The text with these changes, in their order. Raises `EditError`: the text is no TOML, or a path leads nowhere."""
    try:
        document = tomlkit.parse(text)
        for edit in edits:
            _apply(document, edit)
        return tomlkit.dumps(document)
    except TOMLKitError as error:
        raise EditError("", f"not valid TOML: {error}") from None


def _apply(document: MutableMapping[str, Any], edit: Edit) -> None:
    if not edit.path or not all(edit.path):
        raise EditError(".".join(edit.path), "a path of keys is needed")
    *way, last = edit.path
    here: Any = document
    for place, name in enumerate(way):
        here = _step(here, name, way[:place], make=edit.value is not None)
        if here is None:
            return  # nothing there to remove
    key = ".".join(edit.path)
    if isinstance(here, _Entries):
        here.put(last, edit.value)
    elif not isinstance(here, MutableMapping):
        raise EditError(key, "leads through a value that is no table")
    elif edit.value is None:
        here.pop(last, None)
    elif last in here and _plain(here[last]) == edit.value:
        return  # its spelling stays as well
    else:
        here[last] = _item(edit.value, here.get(last))


class _Entries:
    """A list of tables whose entries are named by their identity."""

    def __init__(self, parent: MutableMapping[str, Any], name: str) -> None:
        self._parent, self._name, self._identity = parent, name, IDENTITIES[name]
        if not isinstance(parent.get(name, []), list):
            raise EditError(name, f"must be tables under [[{name}]]")

    def find(self, which: str) -> MutableMapping[str, Any] | None:
        return next((one for one in self._parent.get(self._name, []) if one.get(self._identity) == which), None)

    def put(self, which: str, value: Any) -> None:
        """Add an entry at the end, replace one where it stands, or remove one."""
        there = self.find(which)
        if value is None:
            if there is not None:
                # By place: entries that are equal in every key are still different entries.
                place = next(place for place, one in enumerate(self._parent[self._name]) if one is there)
                del self._parent[self._name][place]
                if not self._parent[self._name]:
                    del self._parent[self._name]
            return
        if not isinstance(value, Mapping):
            raise EditError(f"{self._name}.{which}", "must be a table")
        wanted = {self._identity: which, **value}
        if there is not None:
            for name in [name for name in there if name not in wanted]:
                del there[name]
            for name, one in wanted.items():
                if name not in there or _plain(there[name]) != one:
                    there[name] = _item(one, there.get(name))
            return
        entry = tomlkit.table()
        for name, one in wanted.items():
            entry[name] = _item(one, None)
        if self._name not in self._parent:
            self._parent[self._name] = tomlkit.aot()
        self._parent[self._name].append(entry)


def _step(here: Any, name: str, way: Sequence[str], *, make: bool) -> Any:
    """The table below `here`; None if there is none and none is to be made."""
    if isinstance(here, _Entries):
        found = here.find(name)
        if found is None and make:
            raise EditError(".".join([*way, name]), "there is no such entry")
        return found
    if not isinstance(here, MutableMapping):
        raise EditError(".".join([*way, name]), "leads through a value that is no table")
    if not way and name in IDENTITIES:
        return _Entries(here, name)
    if name not in here:
        if not make:
            return None
        # A table that only holds tables is written as [hours.office], without a line [hours] above it.
        here[name] = tomlkit.table(is_super_table=not way)
    return here[name]


def _item(value: Any, before: Any) -> Any:
    """A value as TOML. A list keeps its way of being written: over several lines, or in one."""
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        for name, one in value.items():
            table[name] = _item(one, None)
        return table
    if isinstance(value, list | tuple):
        found = tomlkit.array()
        for one in value:
            found.append(_item(one, None))
        if isinstance(before, Array) and "\n" in before.as_string():
            found.multiline(True)
        return found
    return tomlkit.item(value)


def _plain(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value


# --- what a person may see


def visible(value: Any) -> Any:
    """A value of a parsed file without secrets; dates and times become text."""
    if isinstance(value, Mapping):
        return {name: visible(one) for name, one in value.items() if name not in HIDDEN}
    if isinstance(value, list):
        return [visible(one) for one in value]
    return value if isinstance(value, str | int | float | bool) else str(value)


def values_of(text: str) -> dict[str, Any]:
    """A file's tables without secrets; empty if the text is no TOML."""
    try:
        found = visible(tomllib.loads(text))
    except (ValueError, RecursionError):  # also for a number with thousands of digits
        return {}
    assert isinstance(found, dict)
    return found


def difference(before: str, after: str, name: str) -> str:
    """The unified difference of two texts; empty if they are the same. A secret is shown as `***`, and a change of it
    as a changed line."""
    key = secrets.token_bytes(16)
    old, new = _marked(before, key).splitlines(), _marked(after, key).splitlines()
    found = difflib.unified_diff(old, new, fromfile=name, tofile=name, lineterm="")
    return "\n".join(_MARK.sub('"***"', line) for line in found)


def _marked(text: str, key: bytes) -> str:
    """The text with each secret as a mark that is equal for equal secrets, and tells nothing else."""

    def mark(found: re.Match[str]) -> str:
        return f'{found[1]}"***{hmac.digest(key, found[2].encode(), "sha256").hex()[:16]}"'

    return _SECRET.sub(mark, text)
