"""The configuration files that the administrator's page edits, and the checks of the start for a new text of one."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from acd.config.drafts import draft
from acd.config.exposure import refuse_root
from acd.config.load_settings import load_settings
from acd.config.reload import LIVE, reload_settings
from acd.config.rules import load_rules
from acd.config.run_as import wanted_user
from acd.config.settings import Settings, SettingsError
from acd.desk.start_check import start_faults
from acd.desk.town_files import outcome_rules, read_town, town_of
from acd.engine.model.errors import BadConfig
from acd.lib.file_checks import BadFile
from ivr.catalogue import FLOW_FILE
from tickets.article_file import NAME as ARTICLES
from tickets.town.load import NEEDED, OPTIONAL

SETTINGS_FILE: Final = Path("cozum.toml")
TOWN: Final = tuple(name.removesuffix(".toml") for name in (*NEEDED, *OPTIONAL) if name.endswith(".toml"))
"""The town's files; its map is drawn with other tools."""
WITH_SECRETS: Final = frozenset({"settings", "agents"})
"""Files whose text nobody is shown: they are changed key by key."""
NAMES: Final = ("settings", "agents", "services", "numbers", "flow", *TOWN)


class ConfigFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    name: str
    path: Path
    """Where it is, or where it is written first: then there is none yet, and `shipped` holds."""
    shipped: Callable[[], str] = lambda: ""

    @property
    def exists(self) -> bool:
        """Whether there is a file of one's own."""
        return self.path.is_file()

    def read(self) -> str:
        """The text that holds now. Raises `BadConfig` if it cannot be read."""
        if not self.exists:
            return self.shipped()
        try:
            return self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadConfig(f"{self.path}: cannot be read: {error}") from None


def settings_now(settings: Settings) -> Settings:
    """The settings as the line has them after its last reload; those of the start if their file has a fault."""
    try:
        return reload_settings(settings).settings
    except SettingsError:
        return settings


def config_files(settings: Settings) -> dict[str, ConfigFile]:
    """The files by name. Settings that a program made have no file."""
    data, town = settings.data_dir, settings.town_path or settings.data_dir / "town"
    found = [
        ConfigFile(name="agents", path=settings.agents_path),
        ConfigFile(
            name="services",
            path=settings.services_path or data / "services.toml",
            shipped=lambda: (files("acd.config") / "services.toml").read_text(encoding="utf-8"),
        ),
        ConfigFile(name="numbers", path=settings.numbers_path or data / "numbers.toml"),
        ConfigFile(
            name="flow",
            path=settings.flow_path or data / FLOW_FILE.name,
            shipped=lambda: FLOW_FILE.read_text(encoding="utf-8"),
        ),
        *(ConfigFile(name=name, path=town / f"{name}.toml", shipped=_shipped_of_town(name)) for name in TOWN),
    ]
    if settings.source is not None:
        found.insert(0, ConfigFile(name="settings", path=settings.source.file or SETTINGS_FILE))
    return {one.name: one for one in found}


def _shipped_of_town(name: str) -> Callable[[], str]:
    file = files("tickets") / "data" / f"{name}.toml"
    return lambda: file.read_text(encoding="utf-8") if file.is_file() else ""


def begin_town(settings: Settings) -> None:
    """Before the first change of a shipped file of the town: write all of them into the folder that is read from then
    on, since the town's files hold together, and its articles are looked for there too. Raises `OSError` or
    `BadConfig`."""
    if settings.town_path is not None:
        return
    texts = read_town(settings)
    texts[ARTICLES] = (files("tickets") / "data" / ARTICLES).read_text(encoding="utf-8")
    with draft(settings) as folder:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        folder.rename(settings.data_dir / "town")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What the start would refuse, in one line that names file, key, value and way out."""

    text: str
    key: str = ""
    value: str = ""
    allowed: str = ""


def faults_with(settings: Settings, file: ConfigFile, text: str) -> list[Fault]:
    """What the start would refuse if the file had this text. It runs the checks of the start on a copy, so that it
    writes nothing and forgets none of them."""
    with draft(settings) as folder:
        copy, real = str(folder / file.path.name), str(file.path)
        try:
            _check(_with_copy(settings, file, text, folder), file.name)
        except BadFile as error:
            return [
                Fault(text=str(one).replace(copy, real), key=one.key, value=one.value, allowed=one.allowed)
                for one in error.problems
            ]
        except (SettingsError, BadConfig) as error:
            return [Fault(text=line.replace(copy, real)) for line in str(error).splitlines()]
    return []


def _with_copy(settings: Settings, file: ConfigFile, text: str, folder: Path) -> Settings:
    """Settings that name the copy in place of the file. Raises `SettingsError`."""
    copy = folder / file.path.name
    if file.name in TOWN:
        for name, one in read_town(settings).items():
            (folder / name).write_text(one, encoding="utf-8")
    copy.touch(mode=0o600)
    copy.write_text(text, encoding="utf-8")
    if file.name == "settings":
        return load_settings(copy)
    key = {"agents": "agents_file", "services": "services_file", "numbers": "numbers_file", "flow": "flow_file"}
    return settings.model_copy(update={key[file.name]: copy} if file.name in key else {"town_dir": folder})


def _check(settings: Settings, name: str) -> None:
    """Run the checks of the start that depend on this file."""
    if name not in TOWN:
        load_rules(settings)
    if name in (*TOWN, "services", "settings"):
        outcome_rules(settings, town_of(settings))  # the place of the times of prayer may be of the town's files
    if name == "settings":
        refuse_root(settings)
        wanted_user(settings)
        if faults := [*filter(None, (settings.line_elsewhere,)), *start_faults(settings)]:
            raise BadConfig("\n".join(faults))


def waiting_with(settings: Settings, text: str) -> list[str]:
    """The settings of a text of `cozum.toml` that differ from those in force and need a restart."""
    with draft(settings) as folder:
        copy = folder / "cozum.toml"
        copy.touch(mode=0o600)
        copy.write_text(text, encoding="utf-8")
        try:
            wanted = load_settings(copy)
        except SettingsError:
            return []
    return [
        name for name in Settings.model_fields if name not in LIVE and getattr(wanted, name) != getattr(settings, name)
    ]
