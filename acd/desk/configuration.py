"""The configuration files for the administrator's page: read, change, check, keep every version, go back, reload."""

import asyncio
import os
import secrets
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec
import structlog

from acd.config.reload import LIVE
from acd.config.settings import PREFIX, SECRETS, Settings
from acd.config.toml_edit import Edit, EditError, difference, edited, values_of
from acd.config.versions import FOUND, ChangedMeanwhile, Versions, digest_of, replace_file
from acd.desk.config_files import (
    TOWN,
    WITH_SECRETS,
    ConfigFile,
    Fault,
    begin_town,
    config_files,
    faults_with,
    settings_now,
    waiting_with,
)
from acd.engine.model.errors import BadConfig
from acd.lib.clock import clock
from acd.link.messages import Reloaded
from agents.directory import parse_agents
from agents.pins import SALT_BYTES, BadPin, check_pin, hash_pin
from console.admin_ports import Author, Change, FaultyChange, FileName, Record, StaleFile, UnknownItem
from console.ports import OnlyAtTheLine, Unavailable

log = structlog.get_logger(__name__)

RELOAD_S: Final = 8.0
"""Seconds to wait for the line to say what came of a reload: new phones take Asterisk some seconds."""
LOOK_S: Final = 0.05
LONGEST: Final = 1_000_000
PIN_DIGITS: Final = 6
PASSWORD_LENGTH: Final = 20
EASY: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that look like no other, and need no shift key."""


class Configuration:
    """As `console.admin_ports.Configuration`. Call all methods on the desk's loop.

    `reload` asks the line to read its files again; `reloaded` is what it said last, None while it is away. `read_town`
    has the desk itself read the town's files anew, and returns their faults."""

    def __init__(
        self,
        settings: Settings,
        *,
        reload: Callable[[], Awaitable[None]],
        reloaded: Callable[[], Reloaded | None],
        read_town: Callable[[], Sequence[str]],
    ) -> None:
        self._settings = settings
        self._reload, self._reloaded, self._read_town = reload, reloaded, read_town
        self._versions = Versions(settings.versions_dir)

    # --- reading

    async def overview(self) -> Record:
        """Every file, and how the last reload went."""
        files = await asyncio.to_thread(self._overview)
        return {"files": files, "reload": self._told()}

    def _overview(self) -> list[Record]:
        return [self._about(file) for file in config_files(settings_now(self._settings)).values()]

    def _about(self, file: ConfigFile) -> dict[str, Any]:
        newest = self._versions.newest(file.name)
        return {
            "name": file.name,
            "path": str(file.path),
            "own": file.exists,
            "changed_at": file.path.stat().st_mtime if file.exists else None,
            "has_text": file.name not in WITH_SECRETS,
            "versions": 0 if newest is None else newest.number,
        }

    async def file(self, name: FileName) -> Record:
        """One file as it is now."""
        return await asyncio.to_thread(self._read, name)

    def _read(self, name: FileName) -> Record:
        file = self._file(name)
        text = _read(file)
        return {
            **self._about(file),
            "text": None if name in WITH_SECRETS else text,
            "values": values_of(text),
            "etag": digest_of(text),
        }

    def _file(self, name: str) -> ConfigFile:
        file = config_files(settings_now(self._settings)).get(name)
        if file is None:
            raise UnknownItem("file", name)
        return file

    async def versions(self, name: FileName) -> Sequence[Record]:
        """The kept versions, newest first, each with the difference from the one before."""
        return await asyncio.to_thread(self._list_versions, name)

    def _list_versions(self, name: str) -> list[Record]:
        file = self._file(name)
        found: list[Record] = []
        before = ""
        now = digest_of(_read(file))
        for number in self._versions.numbers(name):
            version = self._versions.get(name, number)
            if version is None:
                continue
            changes = difference(before, version.text, file.path.name) if found else ""
            told = {one: getattr(version, one) for one in ("number", "at", "who", "why")}
            found.append({**told, "difference": changes, "holds": digest_of(version.text) == now})
            before = version.text
        return found[::-1]

    async def settings(self) -> Sequence[Record]:
        """Every setting with its value, where that comes from, and whether a change needs a restart."""
        return await asyncio.to_thread(self._list_settings)

    def _list_settings(self) -> list[Record]:
        now = settings_now(self._settings)
        in_file = values_of(_read(self._file("settings"))) if self._settings.source is not None else {}
        schemas = Settings.model_json_schema()["properties"]
        return [_setting(name, schemas[name], now, in_file) for name in Settings.model_fields]

    # --- changing

    async def check(self, name: FileName, change: Change, etag: str) -> Record:
        """What a change would come to."""
        return await asyncio.to_thread(self._check, name, change, etag)

    def _check(self, name: FileName, change: Change, etag: str) -> Record:
        file = self._file(name)
        before = _read(file)
        _fresh(before, etag)
        after = self._changed(file, before, change)
        now = settings_now(self._settings)
        faults = faults_with(now, file, after)
        return {
            "difference": difference(before, after, file.path.name),
            "faults": [msgspec.structs.asdict(one) for one in faults],
            "waiting": waiting_with(now, after) if name == "settings" and not faults else [],
        }

    async def save(self, name: FileName, change: Change, author: Author) -> Record:
        """Make a change, and have the line and the desk read it."""
        saved = await asyncio.to_thread(self._save, name, lambda file, text: self._changed(file, text, change), author)
        return await self._applied(name, saved)

    def _save(self, name: FileName, make: Callable[[ConfigFile, str], str], author: Author) -> dict[str, Any]:
        try:
            with self._versions.alone():
                return self._write(name, make, author)
        except ChangedMeanwhile:
            raise StaleFile(digest_of(_read(self._file(name)))) from None
        except OSError as error:
            raise Unavailable(f"{error.filename or name}: {error.strerror or error}; nothing was written") from None

    def _write(self, name: FileName, make: Callable[[ConfigFile, str], str], author: Author) -> dict[str, Any]:
        file, now = self._file(name), settings_now(self._settings)
        before = _read(file)
        _fresh(before, author.etag)
        after = make(file, before)
        if faults := faults_with(now, file, after):
            raise FaultyChange([msgspec.structs.asdict(one) for one in faults])
        saved = {"difference": difference(before, after, file.path.name), "etag": digest_of(after)}
        waiting = waiting_with(now, after) if name == "settings" else []
        newest = self._versions.newest(name)
        if after == before:
            return {**saved, "version": 0 if newest is None else newest.number, "waiting": waiting}
        at = clock()
        if newest is None or newest.text != before:
            self._versions.keep(name, before, at=at, who=FOUND, why="")
        kept = self._versions.keep(name, after, at=at, who=author.who, why=author.why)
        if name in TOWN:
            begin_town(now)
            file = self._file(name)
        replace_file(file.path, after, digest=digest_of(before) if file.exists else None)
        log.info("configuration_changed", file=name, version=kept.number, who=author.who)
        return {**saved, "version": kept.number, "waiting": waiting}

    def _changed(self, file: ConfigFile, before: str, change: Change) -> str:
        """The text after the change. Raises `FaultyChange` or `UnknownItem`."""
        if change.version is not None:
            version = self._versions.get(file.name, change.version)
            if version is None:
                raise UnknownItem("version", change.version)
            return version.text
        if change.text is not None:
            if file.name in WITH_SECRETS:
                raise _faulty("text", f"{file.path.name} has secrets: it is changed key by key")
            text = change.text.replace("\r\n", "\n")
            return text if text.endswith("\n") or not text else text + "\n"
        edits = [Edit(path=tuple(path), value=value) for path, value in change.edits or ()]
        try:
            return edited(before, edits)
        except EditError as error:
            raise _faulty(error.key, str(error)) from None

    # --- having it read

    async def _applied(self, name: FileName, saved: dict[str, Any]) -> Record:
        """Wait until the line has read the change and say what it said."""
        refused = list(self._read_town()) if name in TOWN or name == "services" else []
        if name in TOWN:
            return {**saved, "reload": {"state": "refused" if refused else "taken", "refused": refused, "waiting": []}}
        return {**saved, "reload": await self.have_line_read(name, refused)}

    async def have_line_read(self, name: str, refused: Sequence[str] = ()) -> Record:
        """Have the line read its files after `name` has changed, and tell how it took them; `refused` are faults that
        are known already. A line that is away reads them when it starts."""
        began = time.monotonic()
        try:
            await self._reload()
        except (Unavailable, OSError) as error:
            log.warning("reload_not_asked_for", file=name, error=str(error))
            return {"state": "pending", "refused": list(refused), "waiting": []}
        for _ in range(round(RELOAD_S / LOOK_S)):
            told = self._reloaded()
            if told is not None and told.began >= began:
                return self._told(refused)
            await asyncio.sleep(LOOK_S)
        return {"state": "pending", "refused": list(refused), "waiting": []}

    def _told(self, more: Sequence[str] = ()) -> Record:
        told = self._reloaded()
        if told is None:
            return {"state": "pending", "refused": list(more), "waiting": []}
        refused = [*told.refused, *more]
        state = "refused" if refused else "taken" if told.began else "none"
        return {"state": state, "refused": refused, "waiting": list(told.waiting)}

    # --- telephones

    async def telephone(self, extension: str, name: str, author: Author) -> Record:
        """Give an agent's telephone new secrets, which are told this once."""
        password, pin = _new_password(), _new_pin(extension)
        pin_hash = await asyncio.to_thread(hash_pin, pin, secrets.token_bytes(SALT_BYTES))

        def make(_: ConfigFile, text: str) -> str:
            known = [str(one.get("extension")) for one in values_of(text).get("agent", [])]
            if extension not in known:
                if not name:
                    raise UnknownItem("extension", extension)
                entry = {"name": name, "pin_hash": pin_hash, "sip_password": password}
                return edited(text, [Edit(path=("agent", extension), value=entry)])
            edits = [
                Edit(path=("agent", extension, "pin_hash"), value=pin_hash),
                Edit(path=("agent", extension, "sip_password"), value=password),
            ]
            if name:
                edits.append(Edit(path=("agent", extension, "name"), value=name))
            return edited(text, edits)

        saved = await asyncio.to_thread(self._save, "agents", make, author)
        told = await self._applied("agents", saved)
        return {**told, **await asyncio.to_thread(self._sheet, extension), "password": password, "pin": pin}

    def _sheet(self, extension: str) -> Record:
        """What stands on a telephone's sheet beside the secrets."""
        settings = settings_now(self._settings)
        text = _read(self._file("agents"))
        services = values_of(_read(self._file("services"))).get("service", {})
        agents = parse_agents(text, file="agents.toml", services=list(services))
        (agent,) = [one for one in agents if one.extension == extension]
        return {
            "extension": extension,
            "name": agent.name,
            "server": settings.bind_host,
            "port": settings.sip_port,
            "account": agent.endpoint.removeprefix("PJSIP/"),
        }


def _read(file: ConfigFile) -> str:
    try:
        return file.read()
    except BadConfig as error:
        raise Unavailable(str(error)) from None


def _fresh(text: str, etag: str) -> None:
    if digest_of(text) != etag:
        raise StaleFile(digest_of(text))


def _faulty(key: str, text: str) -> FaultyChange:
    return FaultyChange([msgspec.structs.asdict(Fault(text=text, key=key))])


def _new_password() -> str:
    """A telephone's password, which somebody may have to type: 99 bits, without signs that look alike."""
    return "".join(secrets.choice(EASY) for _ in range(PASSWORD_LENGTH))


def _new_pin(extension: str) -> str:
    while True:
        pin = "".join(str(secrets.randbelow(10)) for _ in range(PIN_DIGITS))
        try:
            check_pin(pin, extension=extension)
        except BadPin:
            continue
        return pin


def _setting(name: str, schema: dict[str, Any], now: Settings, in_file: dict[str, Any]) -> Record:
    """A setting as the page shows it. A secret's value is not told."""
    shown = {} if name in SECRETS else {"value": _simple(getattr(now, name)), "default": _simple(schema.get("default"))}
    variable = f"{PREFIX}{name.upper()}"
    source = "environment" if variable in os.environ else "file" if name in in_file else "default"
    return {
        "name": name,
        "description": schema.get("description", ""),
        "kind": _kind(schema),
        "choices": schema.get("enum", []),
        "least": schema.get("minimum"),
        "most": schema.get("maximum"),
        "live": name in LIVE,
        "secret": name in SECRETS,
        "source": "file" if name in SECRETS and name in now.model_fields_set and source == "default" else source,
        **shown,
    }


def _kind(schema: dict[str, Any]) -> str:
    kinds = {"boolean": "switch", "integer": "whole", "number": "number", "array": "list"}
    return kinds.get(str(schema.get("type")), "text")


def _simple(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


class ConfigurationElsewhere:
    """As `Configuration`, at a desk that follows the line of another machine: the files are there."""

    async def overview(self) -> NoReturn:
        """Refuse."""
        _refuse()

    async def file(self, name: FileName) -> NoReturn:
        """Refuse."""
        _refuse()

    async def check(self, name: FileName, change: Change, etag: str) -> NoReturn:
        """Refuse."""
        _refuse()

    async def save(self, name: FileName, change: Change, author: Author) -> NoReturn:
        """Refuse."""
        _refuse()

    async def versions(self, name: FileName) -> NoReturn:
        """Refuse."""
        _refuse()

    async def settings(self) -> NoReturn:
        """Refuse."""
        _refuse()

    async def telephone(self, extension: str, name: str, author: Author) -> NoReturn:
        """Refuse."""
        _refuse()


def _refuse() -> NoReturn:
    raise OnlyAtTheLine(
        "this desk follows the line of another machine (follow = redis), and the configuration files are there: use "
        "the line's own desk"
    )


def reload_by(supervisor: int, ask_line: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """How the line is made to reload: by its supervisor, which gives new agents their phones first, or without one by
    the line itself."""

    async def reload() -> None:
        if supervisor:
            os.kill(supervisor, signal.SIGHUP)
        else:
            await ask_line()

    return reload
