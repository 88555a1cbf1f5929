"""A disk of its own for a test: small, and full when the test wants it to be."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Disk:
    """A mounted folder. One file of ours takes what room there is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._fill = folder / "fill"

    def fill(self) -> None:
        """Leave not one block."""
        with self._fill.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def free(self) -> None:
        """Give all of it back."""
        self._fill.unlink()


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Disk]:
    """A tmpfs of this size at `folder`. No set-up can bring the right to mount, so without it the test is skipped."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing may be mounted here (that takes root, and a container that allows it)")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
