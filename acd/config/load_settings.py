"""Reads the settings, and says what is wrong with them. The environment wins over the file, the file over the defaults
(`settings`)."""

import difflib
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings.exceptions import SettingsError as UnreadableSetting

from acd.config.settings import PREFIX, SECRETS, Settings, SettingsError, Source
from acd.lib.file_checks import toml_tables

_A_LIST = 'a list in brackets is allowed, such as ["192.0.2.1"]'
_ALLOWED = {
    "tuple_type": _A_LIST,
    "path_type": "a path in quotes is allowed",
    "string_type": "a text in quotes is allowed",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
}
"""What is allowed, by the type of pydantic's problem, where its own words do not say it."""
_OF_PATTERN = {
    r"^[0-9*#]?$": "one of the keys 0 to 9, * and # is allowed, or nothing",
    r"^\+?[0-9][0-9 ]{1,18}[0-9]$": "a telephone number is allowed, such as 444 04 11",
    r"^(-?[0-9]{1,2}(\.[0-9]{1,6})? -?[0-9]{1,3}(\.[0-9]{1,6})?)?$": (
        "latitude and longitude are allowed, such as 41.035 28.675, or nothing"
    ),
    r"^[!-~]{0,200}$": "200 letters, digits and signs of ASCII at most are allowed, without spaces",
    r"^[A-Za-z0-9_.:/-]{1,100}$": "1 to 100 of A-Z, a-z, 0-9 and _.:/- are allowed",
    r"^([a-z0-9-]+(\.[a-z0-9-]+)+)?$": "a domain in small letters is allowed, such as example.org, or nothing",
    r"^[a-z][a-z0-9]{0,15}$": "one of a-z and up to 15 of a-z and 0-9 are allowed, such as ast1",
    r"^([a-z_][a-z0-9_-]{0,31})?$": "the name of a user of this machine is allowed, in small letters, or nothing",
    r"^[A-Za-z0-9_-]{1,32}$": "1 to 32 of A-Z, a-z, 0-9, _ and - are allowed",
    r"^([A-Za-z0-9_-]{16,128})?$": "16 to 128 of A-Z, a-z, 0-9, _ and - are allowed, or nothing",
}
"""What is allowed, by the pattern of a setting: an operator at night reads no patterns."""


def _unknown(name: str) -> str:
    """The message for an unknown setting, with a similar known one if there is any."""
    like = difflib.get_close_matches(name, Settings.model_fields, 1)
    return "there is no such setting; " + (f"{like[0]!r} is meant?" if like else "docs/settings.md has them all")


def _told(problem: dict[str, Any], source: str) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":  # perhaps a secret with a misspelt name, so its value is not shown
        return f"{source}: {where}: {_unknown(where)}"
    if not where:
        return f"{source}: {message}"
    pattern = problem.get("ctx", {}).get("pattern")
    message = _OF_PATTERN.get(pattern) or _ALLOWED.get(problem["type"], message)
    name = f"{PREFIX}{where.upper()}"
    came_from = f"environment {name}" if name in os.environ else source
    return f"{came_from}: {where} = {_shown(where, problem.get('input'))}: {message}"


def _shown(name: str, given: object) -> str:
    """A value for terminal and logs: without its password."""
    if name not in SECRETS:
        return repr(given)
    if isinstance(given, str) and "://" in given:
        scheme, _, rest = given.partition("://")
        host = rest.rpartition("@")[2].partition("?")[0]
        return repr(f"{scheme}://***@{host}" if "@" in rest else f"{scheme}://{host}")
    return "***"


def load_settings(file: Path | None = None, **overrides: Any) -> Settings:
    """Settings from `file` (default: `cozum.toml` here, if there is one), the environment, and `overrides` for tests.

    Raises `SettingsError` naming source, key, value and what is allowed.
    """
    path = file or Path("cozum.toml")
    values: dict[str, Any] = {}
    if file is not None or os.path.lexists(path):
        try:
            values = toml_tables(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SettingsError(f"{path}: no such file") from None
        except OSError as error:
            raise SettingsError(f"{path}: {error.strerror}; a TOML file that your user can read is allowed") from None
        except UnicodeDecodeError as error:
            raise SettingsError(f"{path}: is not UTF-8: {error}; save it as UTF-8") from None
        except ValueError as error:
            raise SettingsError(f"{path}: {error}") from None
    known = set(Settings.model_fields)
    unread = [name for name in os.environ if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in known]
    if unread:
        told = (f"environment {name}: {_unknown(name.removeprefix(PREFIX).lower())}" for name in sorted(unread))
        raise SettingsError("\n".join(told))
    try:
        settings = Settings(**{**values, **overrides})
    except UnreadableSetting as error:  # from the environment, of a type that is written as JSON there
        field = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), "")
        raise SettingsError(f"environment {PREFIX}{field.upper()}: {_A_LIST}") from None
    except ValidationError as error:
        source = str(path) if values else "settings"
        raise SettingsError("\n".join(_told(dict(problem), source) for problem in error.errors())) from None
    settings = _without_recall(settings)
    if not overrides:
        settings = settings.read_from(Source(file))
    return settings


def _without_recall(settings: Settings) -> Settings:
    """A town without `wrapup_recall` requires no disposition unless it says so, which is refused: no urgent caller
    waits for paper."""
    if settings.wrapup_recall or "disposition_required" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"disposition_required": False})
