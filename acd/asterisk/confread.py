"""Reads Asterisk's configuration files as Asterisk does: pyst2's parser, extended.

pyst2 (`asterisk.config`) parses sections and items. Asterisk's own reader does more, and without it we would check
another configuration than the one that runs: `#include`, templates (`[phone](!)`, `[1001](phone)`), additions
(`[x](+)`), block comments, and `\\;` for a semicolon that begins no comment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from asterisk.config import Config, Item, ParseError

_SEMICOLON = "\x00"
_HEADER = re.compile(r"\[([^\]]*)\]\s*(?:\(([^)]*)\))?")
_INCLUDE = re.compile(r'#(try)?include\s+(?:"([^"]+)"|<([^>]+)>|(\S+))')
_DEEPEST = 10


class ConfUnreadable(Exception):
    """A file is missing, not text, or not what Asterisk calls a configuration. One line: file, line, what is wrong."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Option:
    """`name = value`, or `name => value`."""

    name: str
    value: str
    at: Place


@dataclass(slots=True)
class Section:
    """`[name]` with the options of its templates and then its own, in this order. In most files the last option of a
    name counts; in a dialplan, in ACLs and for a few other names all of them count."""

    name: str
    at: Place
    options: list[Option] = field(default_factory=list)
    is_template: bool = False

    def get(self, name: str, default: str = "") -> str:
        """The value that counts if a name may stand once."""
        return next((option.value for option in reversed(self.options) if option.name.lower() == name), default)

    def all(self, *names: str) -> list[Option]:
        """Every option of these names, in order."""
        return [option for option in self.options if option.name.lower() in names]

    def at_option(self, name: str) -> Place:
        """The place of an option; the section's place if there is no such option."""
        return next((option.at for option in reversed(self.options) if option.name.lower() == name), self.at)


def read_conf(file: Path) -> list[Section]:
    """The sections of a file and all it includes, in order, templates among them. Raises `ConfUnreadable`."""
    reader = _Reader(file)
    sections: list[Section] = []
    templates: dict[str, Section] = {}
    for category in reader.categories:
        found = _HEADER.fullmatch(reader.headers[category.number])
        assert found is not None
        name, marks = found[1].strip(), [mark.strip() for mark in (found[2] or "").split(",") if mark.strip()]
        options = [_option(item, reader.places) for item in category.items]
        if "+" in marks:
            _added_to(sections, name, reader.places[category.number]).options += options
            continue
        section = Section(name, reader.places[category.number], is_template="!" in marks)
        for mark in marks:
            if mark == "!":
                continue
            if mark not in templates:
                raise ConfUnreadable(f"{section.at}: [{name}]({mark}): there is no section {mark} above it")
            section.options += templates[mark].options
        section.options += options
        sections.append(section)
        templates[name] = section
    return sections


def _added_to(sections: list[Section], name: str, at: Place) -> Section:
    for section in reversed(sections):
        if section.name == name:
            return section
    raise ConfUnreadable(f"{at}: [{name}](+): there is no section {name} above it")


def _option(item: Item, places: dict[int, Place]) -> Option:
    return Option(item.name.strip(), item.value.strip().replace(_SEMICOLON, ";"), places[item.number])


class _Reader(Config):  # type: ignore[misc]  # pyst2 has no types
    """pyst2's parser over prepared lines. It numbers the lines through all files; `places` has the place of each."""

    def __init__(self, file: Path) -> None:
        self.places: dict[int, Place] = {}
        self.headers: dict[int, str] = {}
        try:
            super().__init__(str(file))
        except ParseError as error:
            number, text = error.args
            raise ConfUnreadable(f"{self.places[number]}: {text}") from None

    def load(self) -> None:
        """Gather the lines; pyst2 then parses them."""
        self.raw_lines: list[str] = []
        for place, line in _lines(Path(self.filename), ()):
            number = len(self.raw_lines) + 1
            self.places[number] = place
            if line.startswith("["):
                self.headers[number] = line
                header = _HEADER.fullmatch(line)
                if header is None:
                    raise ConfUnreadable(f"{place}: {line}: a section is [name] or [name](template)")
                line = f"[{header[1].strip()}]"
            self.raw_lines.append(line)


def _lines(file: Path, within: tuple[Path, ...]) -> Iterator[tuple[Place, str]]:
    """The lines of a file without comments; an `#include` is replaced by the lines of its file."""
    if len(within) >= _DEEPEST or file in within:
        raise ConfUnreadable(f"{file.name}: includes itself, or files more than {_DEEPEST} deep")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfUnreadable(f"{file}: is not UTF-8 text") from None
    except OSError as error:
        raise ConfUnreadable(f"{file}: {error.strerror or error}") from None
    in_comment = False
    for number, raw in enumerate(text.splitlines(), 1):
        place, line = Place(file.name, number), raw.strip()
        if in_comment or line.startswith(";--"):
            in_comment = "--;" not in line
            continue
        line = line.replace("\\;", _SEMICOLON).partition(";")[0].strip()
        if line.startswith("#exec"):
            raise ConfUnreadable(f"{place}: #exec runs a program while Asterisk reads its files; remove it")
        if line.startswith("#"):
            yield from _included(line, place, file, within)
        elif line:
            yield place, line


def _included(line: str, place: Place, file: Path, within: tuple[Path, ...]) -> Iterator[tuple[Place, str]]:
    found = _INCLUDE.fullmatch(line)
    if found is None:
        raise ConfUnreadable(f'{place}: {line}: #include "FILE" and #tryinclude "FILE" are allowed')
    name = found[2] or found[3] or found[4]
    names = sorted(file.parent.glob(name)) if "*" in name and not name.startswith("/") else [file.parent / name]
    for one in names:
        if found[1] and not one.exists():
            continue
        yield from _lines(one, (*within, file))
