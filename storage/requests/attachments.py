"""The content of requests' files, in a folder beside the database. A file is written before its row, so no row is
without its file. `sweep` removes files that a killed process left without a row."""

import hashlib
import os
import secrets
from collections.abc import Collection, Iterator
from pathlib import Path


class Attachments:
    """A folder of files by id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> tuple[str, str]:
        """Keep a file that only we can read; its new id and the SHA-256 of its content. Raises `OSError`."""
        name = secrets.token_hex(16)
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(".part")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return name, hashlib.sha256(content).hexdigest()

    def get(self, name: str) -> bytes:
        """A file's content. Raises `OSError`."""
        return self._path(name).read_bytes()

    def drop(self, name: str) -> None:
        """Destroy a file."""
        self._path(name).unlink(missing_ok=True)

    def sweep(self, known: Collection[str], older_than: float) -> int:
        """Destroy files that no row knows and that were written before `older_than` (Unix seconds); how many."""
        lost = [path for path in self._all() if path.name not in known and path.stat().st_mtime < older_than]
        for path in lost:
            path.unlink(missing_ok=True)
        return len(lost)

    def _all(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from (path for path in self._folder.glob("??/*") if path.is_file())

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name
