"""`cozum asterisk`: show, update and restore the unpacked Asterisk."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acd.cli.parts import Config, Json, new_app, note, print_json, quiet_logs, settings_of
from acd.lib.cli_error import CliError

if TYPE_CHECKING:
    from acd.asterisk.provision import Installation

app = new_app("The Asterisk that serves: its release and age, a newer one, the way back.")
Root = Annotated[
    Path | None, typer.Option("--root", help="The folder where it is unpacked; by default .cache/asterisk/root.")
]


@app.command()
def show(root: Root = None, as_json: Json = False) -> None:
    """Show which Asterisk would serve, its age, whether the release was tested, and the one before."""
    from acd.asterisk.provision import open_root
    from acd.asterisk.release import TRIED, remarks, told
    from acd.asterisk.update import previous_of

    folder = _folder(root)
    found = _serving(folder)
    if found is None:
        raise CliError("there is no Asterisk here yet: `make setup` fetches one")
    previous = open_root(previous_of(folder)) if found.root is not None else None
    notes = remarks(found.release, time.time())
    if as_json:
        print_json(
            {
                "version": found.release.told,
                "package": found.release.package,
                "built_at": found.release.built_at,
                "unpacked_at": found.release.unpacked_at,
                "own": found.root is None,
                "tried": told(TRIED),
                "remarks": notes,
                "previous": previous.release.told if previous else None,
            }
        )
        return
    print(describe(found, time.time()))
    for one in notes:
        print(f"! {one}")
    if previous is not None:
        print(f"before it: {previous.release.told}; `cozum asterisk back` goes back to it")


@app.command()
def update(config: Config = None, root: Root = None) -> None:
    """Fetch the newest release of the series, try it on a private line, and replace the present one if that succeeds.

    The present one is kept (`cozum asterisk back`). A running line keeps it; the new one serves from the next start.
    """
    from acd.asterisk import update as updating
    from acd.asterisk.mirror import ProvisionError
    from acd.attack.trial import try_call

    quiet_logs()
    folder = _folder(root)
    serving = _serving(folder)
    if serving is not None and serving.root is None:
        raise CliError(f"{serving.command[0]} is this machine's own Asterisk: update it by the system's packages")
    settings = settings_of(config)

    def trial(installed: "Installation") -> None:
        note(f"asterisk: trying {installed.release.told} on a private line")
        try_call(settings, installed)

    try:
        found = updating.update(folder, trial, lambda line: note(f"asterisk: {line}"))
    except ProvisionError as error:
        raise CliError(str(error)) from None
    if found is None:
        print(f"{describe(serving, time.time()) if serving else 'none'} is here, and the mirror has no newer one")
        return
    print(f"{describe(found, time.time())} serves from the next start; `cozum asterisk back` takes it back")
    print("`cozum doctor --attack` says whether it keeps its walls")


@app.command()
def back(root: Root = None) -> None:
    """Go back to the Asterisk from before the last update. It serves from the next start."""
    from acd.asterisk import update as updating
    from acd.asterisk.mirror import ProvisionError

    try:
        found = updating.go_back(_folder(root))
    except ProvisionError as error:
        raise CliError(str(error)) from None
    print(f"{describe(found, time.time())} serves from the next start")


def describe(installed: "Installation", now: float) -> str:
    """`Asterisk 22.10.1 (1:22.10.1+dfsg-1, built 2026-07-20, 129 days ago; unpacked 2026-11-01)`."""
    from acd.asterisk.release import age_days, date_of

    release = installed.release
    parts = [release.package] if release.package else []
    if release.built_at is not None:
        parts.append(f"built {date_of(release.built_at)}, {age_days(release, now)} days ago")
    if release.unpacked_at is not None:
        parts.append(f"unpacked {date_of(release.unpacked_at)}")
    return f"Asterisk {release.told} ({'; '.join(parts)})" if parts else f"Asterisk {release.told}"


def _folder(root: Path | None) -> Path:
    from acd.asterisk.provision import DEFAULT_ROOT

    return (root or DEFAULT_ROOT).absolute()


def _serving(folder: Path) -> "Installation | None":
    """The Asterisk that a start would take."""
    from acd.asterisk.provision import find_host_asterisk, open_root

    return find_host_asterisk() or open_root(folder)
