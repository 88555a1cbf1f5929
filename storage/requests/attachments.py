"""The content of requests' files, in a folder beside the database. A file is written before its row, so no row is
without its file. Files that a killed process left without a row are put away (`acd.desk.lost_files`), and come back if
the database knows them again.

What was said is encrypted, under a key that lies outside the folder (`storage.sealed_files`)."""

import contextlib
import errno
import hashlib
import os
import re
import secrets
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from storage.sealed_files import MAGIC, SealedFile, SealError, SealKey, seal

AWAY = "lost"
"""The folder of files that are put away."""
_WHOLE = re.compile(r"[0-9a-f]{32}")


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

    def there(self) -> dict[str, float]:
        """The whole files, and when each was written (Unix seconds)."""
        return {path.name: at for path, at in self._all() if _WHOLE.fullmatch(path.name)}

    def away(self) -> dict[str, float]:
        """The files that are put away, and since when (Unix seconds)."""
        return {path.name: at for path, at in _times((self._folder / AWAY).glob("*"))}

    def put_away(self, names: Collection[str], at: float) -> None:
        """Put files aside from now on (Unix seconds). Raises `OSError`."""
        folder = self._folder / AWAY
        folder.mkdir(exist_ok=True, mode=0o700)
        for name in names:
            os.utime(self._path(name), (at, at))
            self._path(name).replace(folder / name)

    def take_back(self, names: Collection[str]) -> None:
        """Put files that were put away where they were. Raises `OSError`."""
        for name in names:
            self._path(name).parent.mkdir(exist_ok=True, mode=0o700)
            (self._folder / AWAY / name).replace(self._path(name))

    def destroy(self, names: Collection[str]) -> None:
        """Destroy files, put away or not. Raises `OSError`."""
        for name in names:
            self._path(name).unlink(missing_ok=True)
            (self._folder / AWAY / name).unlink(missing_ok=True)

    def destroy_drafts(self, older_than: float) -> None:
        """Destroy what was never whole and was written before `older_than` (Unix seconds). Raises `OSError`."""
        for path, at in self._all():
            if at < older_than and not _WHOLE.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def _all(self) -> Iterator[tuple[Path, float]]:
        return _times(self._folder.glob("??/*"))

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name


def _times(paths: Iterable[Path]) -> Iterator[tuple[Path, float]]:
    """Those of them that are files, and when each was written."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # it was destroyed meanwhile
            if path.is_file():
                yield path, path.stat().st_mtime
