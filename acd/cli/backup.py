"""`cozum backup`: a copy of all that a line cannot be made again from, while it runs.

The databases come first: a file that is written meanwhile has no row in the copy, which harms nobody; a row without
its file would."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from acd.cli.parts import Config, new_app, note, settings_of
from acd.lib import shipped
from acd.lib.cli_error import WRONG_USE, CliError

if TYPE_CHECKING:
    from acd.config.settings import Settings

app = new_app("Copy all that must not be lost to a folder.")

SECRETS: Final = (
    "token",
    "wall_token",
    "ami_secret",
    "agi_secret",
    "browsers_secret",
    "webhook_secret",
    "recordings_key",
)
FOLDERS: Final = ("files", "messages", "remarks", "outgoing", "spool", "surge", "versions", "notices")
"""Folders of data_dir that no setting moves."""
LEFT_OUT: Final = ("https_cert", "https_key", "openid_client_secret_file", "smtp_password_file", "text_token_file")
"""Settings whose files are not copied: they are for other people's servers, whose owners give new ones."""
DUMP: Final = "cozum.dump"
NOT_WHOLE: Final = "NOT-WHOLE"
"""A file of a copy until all is in it."""
_NOT_WHOLE_TEXT: Final = "This copy is not whole: `cozum backup` did not finish it. Remove it, and make another one.\n"
NO_PG_DUMP: Final = "pg_dump is not installed"
GET_PG_DUMP: Final = "install the client of PostgreSQL (postgresql-client), of the server's version or a newer one"
PLACES: Final = (
    *("agents_file", "services_file", "numbers_file", "flow_file", "prompts_dir", "town_dir", "plan_dir"),
    "recordings_dir",
)
"""Settings whose files and folders are copied."""


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder, on another disk. It gets all personal data.")],
    config: Config = None,
) -> None:
    """Copy all that must not be lost: journal, database, files, recordings with their key, and what was configured.

    To restore, stop everything, put the copy in place as data_dir, and files for which a setting names another place
    there. A PostgreSQL database is copied with pg_dump, and restored with pg_restore.
    """
    settings = settings_of(config)
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise CliError(f"{folder} is not empty: choose a new folder", WRONG_USE)
        if not settings.journal_file.exists():
            raise CliError(f"{settings.journal_file}: there is no journal; correct data_dir", WRONG_USE)
        copy_database = _way_to_copy(settings)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        (folder / NOT_WHOLE).write_text(_NOT_WHOLE_TEXT, encoding="utf-8")
        try:
            _copy_database(settings.journal_file, folder / "journal.db")
            copy_database(folder)
        except CliError as error:
            raise CliError(f"{error}; {_left_in(folder)}") from None
        for source, name in _sources(settings):
            _copy(source, folder / name)
        (folder / NOT_WHOLE).unlink()
    except OSError as error:
        raise CliError(f"{error.filename or folder}: {error.strerror or error}; {_left_in(folder)}") from None
    note(f"cozum: copied to {folder}; keep it as safe as the line itself: it has the key of the recordings")
    if missing := _missing(settings):
        note(f"cozum: not there, so not copied: {', '.join(missing)}")
    if left := [f"{key} = {str(file)!r}" for key in LEFT_OUT if (file := getattr(settings, key)) is not None]:
        note(f"cozum: not copied: {', '.join(left)}; keep copies of these yourself, or have new ones made")


def _left_in(folder: Path) -> str:
    """What a copy that failed has left, with the way out."""
    if not (folder / NOT_WHOLE).exists():
        return "nothing was copied"
    return f"the copy in {folder} is not whole: remove it, and begin again in a new folder"


def _missing(settings: "Settings") -> list[str]:
    """What is copied and is not there. It may not have been made yet; or its disk is missing, or a setting is wrong."""
    file = _database_file(settings)
    found = [] if file is None or file.exists() else [f"{file} (the database)"]
    named = ((key, getattr(settings, key)) for key in PLACES)
    return [*found, *(f"{key} = {str(place)!r}" for key, place in named if place is not None and not place.exists())]


def _sources(settings: "Settings") -> list[tuple[Path, str]]:
    """What is copied, and its name in the copy."""
    data = settings.data_dir
    named = [
        (settings.agents_path, "agents.toml"),
        (settings.services_path, "services.toml"),
        (settings.numbers_path, "numbers.toml"),
        (settings.flow_path, "hotline.toml"),
        (settings.prompts_path, "prompts"),
        (settings.town_path, "town"),
        (settings.plan_dir, "plans"),
        (settings.recordings_path, "recordings"),
        ((settings.source.file if settings.source else None) or Path("cozum.toml"), "cozum.toml"),
    ]
    own = [(data / name, name) for name in (*SECRETS, *FOLDERS)]
    return [(source, name) for source, name in (*named, *own) if source is not None and source.exists()]


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a folder. What goes meanwhile, such as a message that is taken, is left out."""
    if not source.is_dir():
        shutil.copy2(source, target)
        return
    target.mkdir()
    for one in sorted(source.iterdir()):
        if one.is_symlink() and one.resolve().is_relative_to(shipped.prompts().resolve()):
            with contextlib.suppress(OSError):  # on a disk without links; the next start makes it
                (target / one.name).symlink_to(one.readlink())
            continue
        with contextlib.suppress(FileNotFoundError):
            _copy(one, target / one.name)


def _copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database as of one moment, while others write to it."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as there,
            contextlib.closing(sqlite3.connect(target)) as here,
        ):
            there.backup(here)
        target.chmod(0o600)
    except sqlite3.Error as error:
        raise CliError(f"{source}: cannot be copied: {error}") from None


def _database_file(settings: "Settings") -> Path | None:
    """The database of SQLite; None for PostgreSQL."""
    from storage.database import parse_url

    url = parse_url(settings.effective_database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _way_to_copy(settings: "Settings") -> Callable[[Path], None]:
    """What copies the database to a folder. Raises `CliError` if nothing can."""
    file = _database_file(settings)
    if file is not None:
        return lambda folder: _copy_database(file, folder / "cozum.db") if file.exists() else None
    tool = shutil.which("pg_dump")
    if tool is None:
        raise CliError(f"{NO_PG_DUMP}, so nothing was copied: {GET_PG_DUMP}")
    return lambda folder: _dump(tool, settings, folder)


def _dump(tool: str, settings: "Settings", folder: Path) -> None:
    """Copy a PostgreSQL database."""
    from sqlalchemy.engine import URL

    from storage.database import parse_url

    url = parse_url(settings.effective_database_url)
    # The password goes by the environment: others see the words of a command.
    options = {"sslmode" if name == "ssl" else name: value for name, value in url.query.items()}  # asyncpg's name
    told = URL.create("postgresql", url.username, None, url.host, url.port, url.database, options).render_as_string()
    password = {"PGPASSWORD": url.password} if isinstance(url.password, str) else {}
    done = subprocess.run(
        (tool, "--format=custom", "--no-password", f"--file={folder / DUMP}", f"--dbname={told}"),
        env={**os.environ, **password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CliError(f"pg_dump: {' '.join(done.stderr.split())}")
