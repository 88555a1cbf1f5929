"""Replaces the unpacked Asterisk by another one: fetched to a folder beside it, tried, and only then swapped.

Beside the root folder, `root.next` exists while one is fetched and tried, and `root.previous` has the one before. A
running Asterisk is not touched: its files stay open, and the swap takes effect at its next start.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from acd.asterisk.mirror import Progress, ProvisionError
from acd.asterisk.provision import Installation, locked, make_root, open_root

Trial = Callable[[Installation], None]
"""Raises `ProvisionError` if an Asterisk does not pass."""


def previous_of(root: Path) -> Path:
    """Where the one before is kept."""
    return root.with_name(f"{root.name}.previous")


def update(root: Path, trial: Trial, progress: Progress) -> Installation | None:
    """Put the newest release that may be fetched into `root`, if the trial goes well; None if it is there already.

    Raises `ProvisionError`; the one that was there then stays."""
    root = root.absolute()
    current = open_root(root)
    if current is None:
        raise ProvisionError(f"{root}: no Asterisk was unpacked there; `make setup` fetches one")
    with locked(root, progress):
        fresh = root.with_name(f"{root.name}.next")
        shutil.rmtree(fresh, ignore_errors=True)  # of an update that was killed
        try:
            if not make_root(fresh, progress=progress, newer_than=current.release):
                return None
            found = open_root(fresh)
            if found is None:
                raise ProvisionError(f"{fresh}: the Asterisk unpacked there does not start; {root} stays as it is")
            trial(found)
            _swap(root, fresh)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return open_root(root)


def go_back(root: Path) -> Installation:
    """Swap the Asterisk in `root` and the one before. Raises `ProvisionError` if there is none."""
    root = root.absolute()
    previous = previous_of(root)
    if open_root(previous) is None:
        raise ProvisionError(f"{previous}: there is no Asterisk to go back to; `cozum asterisk update` keeps one")
    with locked(root):
        aside = root.with_name(f"{root.name}.next")
        shutil.rmtree(aside, ignore_errors=True)
        previous.rename(aside)
        _swap(root, aside)
    found = open_root(root)
    assert found is not None
    return found


def _swap(root: Path, fresh: Path) -> None:
    """`fresh` becomes `root`, and what was there the one before."""
    previous = previous_of(root)
    shutil.rmtree(previous, ignore_errors=True)
    root.rename(previous)
    fresh.rename(root)
