"""Checks that an Asterisk has the menus that urgent callers hear while a phone rings: a class of music for each, with
the one file made of the present prompts, and the code by which it tells of keys in a talk. `acd.asterisk.confcheck`
calls it.

Asterisk plays its usual music for a class that it does not have, and says nothing of it: the caller would hear no
menu and press no key."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from acd.asterisk.confread import ConfUnreadable, Section, read_conf
from acd.engine.model.errors import BadConfig
from ivr.menu_file import SpokenMenu, compose

KEYS = "kind-keys"
"""The feature code of asterisk-conf/features.conf."""
MUSIC, FEATURES = "musiconhold.conf", "features.conf"
OFF = "or set early_ring = false"
WAY_OUT = f"`cozum flow menus FOLDER` makes the files and names the sections of {MUSIC}, {OFF}"


def menu_faults(
    etc: Path, menus: Sequence[SpokenMenu], sounds: Path, asterisk: Sequence[Section]
) -> Iterator[tuple[str, str]]:
    """Where and what is wrong in the configuration below `etc`; nothing for a line without such menus. `sounds` is the
    folder of the prompts, `asterisk` are the sections of asterisk.conf."""
    if not menus:
        return
    try:
        classes = {section.name: section for section in read_conf(etc / MUSIC)}
    except ConfUnreadable as error:
        where, _, text = str(error).partition(": ")
        yield where, text
    else:
        data = next((section.get("astdatadir") for section in asterisk if section.name == "directories"), "")
        for menu in menus:
            yield from _class_faults(classes, menu, sounds, Path(data or "/var/lib/asterisk"))
    yield from _key_faults(etc)


def _class_faults(
    classes: Mapping[str, Section], menu: SpokenMenu, sounds: Path, data: Path
) -> Iterator[tuple[str, str]]:
    section = classes.get(menu.name)
    if section is None:
        yield (
            MUSIC,
            f"there is no class [{menu.name}], the menu that urgent callers hear while a phone rings; {WAY_OUT}",
        )
        return
    where = f"{section.at} [{menu.name}]"
    if section.get("mode").lower() != "files":
        yield where, f"mode = {section.get('mode') or '(not set)'}: files is allowed, which begins at the first word"
    directory = section.get("directory")
    folder = data / directory  # itself, where it is absolute
    if not directory or not folder.is_dir():
        yield where, f"directory = {directory or '(not set)'}: no such folder; {WAY_OUT}"
        return
    files = sorted(one.name for one in folder.iterdir() if one.is_file() and not one.name.startswith("."))
    if len(files) != 1:
        told = ", ".join(files) or "none"
        yield where, f"directory = {directory}: one file is allowed, the menu's: here {told}; {WAY_OUT}"
    elif files[0].endswith(".wav") and _is_stale(folder / files[0], menu, sounds):
        yield where, f"{folder / files[0]} is not made of the present prompts; {WAY_OUT}"


def _is_stale(file: Path, menu: SpokenMenu, sounds: Path) -> bool:
    """Whether a menu's file says something else than the prompts do. Unknown prompts are told elsewhere."""
    try:
        return file.read_bytes() != compose(sounds / menu.language, menu.prompts, menu.pause_s)
    except (OSError, BadConfig):
        return False


def _key_faults(etc: Path) -> Iterator[tuple[str, str]]:
    try:
        sections = read_conf(etc / FEATURES)
    except ConfUnreadable as error:
        where, _, text = str(error).partition(": ")
        yield where, text
        return
    codes = [one for section in sections if section.name == "applicationmap" for one in section.all(KEYS)]
    if not codes:
        yield (
            FEATURES,
            f"[applicationmap] has no {KEYS}, without which no key is known that a caller presses in the talk; take "
            f"our asterisk-conf/{FEATURES}, {OFF}",
        )
