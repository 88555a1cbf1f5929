"""Checks configuration files: collects all problems of a file, each with the key, the value and what is allowed.

Pure: it takes the text; the name of the file is only for messages."""

import difflib
import math
import tomllib
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import msgspec

from acd.engine.model.errors import BadConfig

T = TypeVar("T", bound=msgspec.Struct)

_SHOWN = 60
_LISTED = 40


class Problem(msgspec.Struct, frozen=True):
    """One problem of a file. `key` is the path to it (`steps.main.keys.7`), empty for the file itself."""

    file: str
    key: str
    value: str
    """The value as written in the file, cut if long; empty if the key is missing, `***` for a secret."""
    allowed: str
    """What is wrong, and what is allowed."""

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where} = {self.value}: {self.allowed}" if self.value else f"{where}: {self.allowed}"


class BadFile(BadConfig):
    """A configuration file that cannot be used. `problems` has all problems, in the file's order."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Checker:
    """Collects the problems of one file. Keys named in `secret` never show their value."""

    def __init__(self, file: str, *, secret: Collection[str] = ()) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._secret = frozenset(secret)

    def add(self, key: str, value: object, allowed: str, *, hidden: bool = False) -> None:
        """Add a problem; a `value` of None means that the key is missing, and a `hidden` one is not shown."""
        secret = hidden or key.rpartition(".")[2] in self._secret
        shown = "***" if value is not None and secret else show(value)
        self.problems.append(Problem(self.file, key, shown, allowed))

    def toml(self, text: str) -> dict[str, Any]:
        """The file as tables; empty, with a problem added, if it is not TOML (for example a key given twice)."""
        try:
            return toml_tables(text)
        except ValueError as error:
            self.add("", None, str(error))
            return {}

    def struct(
        self,
        cls: type[T],
        table: object,
        key: str,
        *,
        skip: Collection[str] = (),
        hints: Mapping[str, str] = {},
    ) -> T | None:
        """`table` as a `cls`, or None with a problem for every bad field. Keys in `skip` are allowed, though not its
        fields.

        `hints` says what is allowed for a key, where the type's own words ("matching regex …") say it badly."""
        if not isinstance(table, Mapping):
            self.add(key, table, "must be a table")
            return None
        before = len(self.problems)
        prefix = f"{key}." if key else ""
        fields = {field.encode_name: field for field in msgspec.structs.fields(cls)}
        for name, value in table.items():
            if name not in fields and name not in skip:
                self.unknown(f"{prefix}{name}", value, "key", [*fields, *skip])
        values: dict[str, Any] = {}
        for name, field in fields.items():
            if name not in table:
                if field.required:
                    self.add(f"{prefix}{name}", None, "is missing and has no default")
                continue
            try:
                values[field.name] = msgspec.convert(table[name], field.type)
            except msgspec.ValidationError as error:
                self.add(f"{prefix}{name}", table[name], f"must be {hints[name]}" if name in hints else _plain(error))
        if len(self.problems) > before:
            return None
        return cls(**values)

    def unknown(self, key: str, value: object, what: str, allowed: Collection[str]) -> None:
        """Add a problem: `value` (or the key itself) names no known `what`. It names what is allowed, and the most
        similar one."""
        given = key.rpartition(".")[2] if what == "key" else str(value)
        names = sorted(allowed)
        near = difflib.get_close_matches(given, names, n=1)
        hint = f' (did you mean "{near[0]}"?)' if near else ""
        listed = ", ".join(names[:_LISTED]) + (" …" if len(names) > _LISTED else "")
        # In a file with secrets, a text under an unknown name may be a secret with a misspelt name.
        hidden = what == "key" and bool(self._secret) and not isinstance(value, int | float | bool)
        self.add(key, value, f"no such {what}{hint}; allowed: {listed or 'none'}", hidden=hidden)

    def finish(self) -> None:
        """Raise `BadFile` if there was any problem."""
        if self.problems:
            raise BadFile(self.problems)


def toml_tables(text: str) -> dict[str, Any]:
    """A text as TOML. Raises `ValueError` that says what is wrong."""
    try:
        return tomllib.loads(text)
    except ValueError as error:  # also of a number with thousands of digits
        if text.startswith("\ufeff"):  # which no editor shows
            raise ValueError("not valid TOML: it begins with a byte order mark; save it as UTF-8 without one") from None
        raise ValueError(f"not valid TOML: {error}; a key may stand only once in a table") from None
    except RecursionError:
        raise ValueError("not valid TOML: its lists or tables are nested too deep") from None


def show(value: object) -> str:
    """A value as it would stand in a TOML file, in one line and cut to a readable length."""
    if value is None:
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # as TOML writes it
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _plain(error: msgspec.ValidationError) -> str:
    text = str(error)
    return f"must be {text[9:]}" if text.startswith("Expected ") else text
