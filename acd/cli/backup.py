"""`cozum backup`: a copy of all that a line cannot be made again from, while it runs.

The databases come first: a file that is written meanwhile has no row in the copy, which harms nobody; a row without
its file would."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
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
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CliError(f"{folder} is not empty: choose a new folder", WRONG_USE)
        if not settings.journal_file.exists():
            raise CliError(f"{settings.journal_file}: there is no journal; correct data_dir", WRONG_USE)
        folder.chmod(0o700)
        _copy_database(settings.journal_file, folder / "journal.db")
        _copy_records(settings, folder)
        for source, name in _sources(settings):
            _copy(source, folder / name)
    except OSError as error:
        raise CliError(f"{error.filename or folder}: {error.strerror or error}; the copy is not whole") from None
    note(f"cozum: copied to {folder}; keep it as safe as the line itself: it has the key of the recordings")
    if left := [f"{key} = {str(file)!r}" for key in LEFT_OUT if (file := getattr(settings, key)) is not None]:
        note(f"cozum: not copied: {', '.join(left)}; keep copies of these yourself, or have new ones made")


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


def _copy_records(settings: "Settings", folder: Path) -> None:
    """Copy the database."""
    from sqlalchemy.engine import URL

    from storage.database import parse_url

    url = parse_url(settings.effective_database_url)
    if url.get_backend_name() == "sqlite":
        if (source := Path(url.database or "")).exists():
            _copy_database(source, folder / "cozum.db")
        return
    tool = shutil.which("pg_dump")
    if tool is None:
        raise CliError(f"pg_dump is not installed: run it on the database's machine, then copy {settings.data_dir}")
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
