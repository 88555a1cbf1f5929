"""The content of requests' files, in a folder beside the database. A file is written before its row, so no row is
without its file. `sweep` removes files that a killed process left without a row.

What was said is encrypted, under a key that lies outside the folder (`storage.sealed_files`)."""

import contextlib
import errno
import hashlib
import os
import secrets
from collections.abc import Collection, Iterator
from pathlib import Path

from storage.sealed_files import MAGIC, SealedFile, SealError, SealKey, seal


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    """A sealed file or its key that cannot be used is a file that cannot be read or written."""
    try:
        yield
    except SealError as error:
        raise OSError(errno.EIO, str(error)) from error


class Attachments:
    """A folder of files by id."""

    def __init__(self, folder: Path, key_file: Path) -> None:
        """`key_file` has the key of encrypted files; it is made when the first one is kept."""
        self._folder, self._key_file = folder, key_file

    def put(self, content: bytes, *, spoken: bool = False) -> tuple[str, str]:
        """Keep a file that only we can read, encrypted if somebody speaks in it; its new id and the SHA-256 of its
        content. Raises `OSError`."""
        name = secrets.token_hex(16)
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(".part")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if spoken:
                with _as_os_error():
                    seal(SealKey.kept_in(self._key_file), draft, path)
            else:
                draft.rename(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return name, hashlib.sha256(content).hexdigest()

    def get(self, name: str) -> bytes:
        """A file's content. Raises `OSError`."""
        path = self._path(name)
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return path.read_bytes()
        with _as_os_error(), SealedFile(SealKey.kept_in(self._key_file), path) as sealed:
            return b"".join(sealed.read())

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
