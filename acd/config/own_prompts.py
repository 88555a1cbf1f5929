"""The folder of the prompts' audio in `data_dir`: recordings of one's own, and links to the shipped audio of the rest.

It is there from the first recording that the administrator's page keeps. Links follow an upgrade, copies would not."""

import contextlib
from pathlib import Path

from acd.config.data_files import OWN_PROMPTS
from acd.config.drafts import draft
from acd.config.settings import Settings
from acd.lib import shipped


def begin_own_prompts(settings: Settings) -> Path:
    """The folder, made whole if there is none. Raises `OSError`."""
    folder = settings.data_dir / OWN_PROMPTS
    if not folder.exists():
        with draft(settings) as whole:
            _link_shipped(whole)
            whole.rename(folder)
    return folder


def complete_own_prompts(settings: Settings) -> None:
    """Link what is shipped and not recorded: an upgrade may have brought further prompts, or have moved them all.
    Without such a folder there is nothing to do. Raises `OSError`."""
    folder = settings.data_dir / OWN_PROMPTS
    if settings.prompts_dir is None and folder.is_dir():
        _link_shipped(folder)


def link_to_shipped(folder: Path, key: str) -> None:
    """Have a prompt, by `<language>/<name>`, be the shipped one again. Raises `OSError`."""
    path = folder / f"{key}.wav"
    fresh = folder / f".{path.stem}.link"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(shipped.prompts().absolute() / f"{key}.wav")
    fresh.replace(path)


def _link_shipped(folder: Path) -> None:
    source = shipped.prompts().absolute()
    for language in sorted(one for one in source.iterdir() if one.is_dir()):
        own = folder / language.name
        own.mkdir(parents=True, exist_ok=True)
        names = {one.name for one in language.glob("*.wav")}
        for name in names:
            path = own / name
            if not path.is_symlink() and path.exists():
                continue  # a recording
            if not path.is_symlink() or path.readlink() != language / name:
                link_to_shipped(folder, f"{language.name}/{path.stem}")
        for path in own.glob("*.wav"):
            if path.is_symlink() and path.name not in names:
                with contextlib.suppress(FileNotFoundError):  # another process does the same
                    path.unlink()
