"""The sound, photos and other files of one person, written into a folder beside what is known of them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from acd.lib.cli_error import WRONG_USE, CliError

if TYPE_CHECKING:
    from acd.config.settings import Settings

NAME: Final = "person.json"


def make_folder(folder: Path) -> None:
    """Make the folder, for this user alone. It must be new or empty: nobody's files may lie among another's."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(folder.iterdir()):
            raise CliError(f"--to = {str(folder)!r}: has files already; name a folder that is new or empty", WRONG_USE)
        folder.chmod(0o700)
    except OSError as error:
        raise CliError(f"--to = {str(folder)!r}: {error.strerror}; name a folder that can be made", WRONG_USE) from None


def write_private(path: Path, pieces: Iterator[bytes]) -> None:
    """A file that its user alone can read. Raises `OSError` and what `pieces` raises; then there is no file."""
    path.parent.mkdir(exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            for piece in pieces:
                file.write(piece)
        except BaseException:
            path.unlink()
            raise


class PersonFiles:
    """Writes the files that an export names into a folder. `faults` are those that could not be read."""

    def __init__(self, settings: "Settings", folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self.count = 0
        self.faults: list[str] = []

    def save(self, found: dict[str, Any]) -> dict[str, Any]:
        """The export, in which each recording and file says where it is (`saved_as`; None: it could not be read)."""
        recordings = [one | {"saved_as": self._recording(one)} for one in found["recordings"]]
        requests = [
            one | {"files": [self._file(one["number"], file) for file in one["files"]]} for one in found["requests"]
        ]
        return found | {"recordings": recordings, "requests": requests}

    def _recording(self, one: dict[str, Any]) -> str | None:
        from storage.recordings import sealed_path
        from storage.sealed_files import SealedFile, SealKey

        if one["state"] != "kept":
            return None

        def pieces() -> Iterator[bytes]:
            key = SealKey.kept_in(self._settings.recordings_key_file)
            with SealedFile(key, sealed_path(self._settings.recordings_path, one["call"])) as sealed:
                yield from sealed.read()

        return self._written(f"recordings/{one['call']}.wav", pieces())

    def _file(self, number: str, file: dict[str, Any]) -> dict[str, Any]:
        from storage.requests.attachments import Attachments
        from tickets.files import ENDINGS

        def pieces() -> Iterator[bytes]:
            yield Attachments(self._settings.files_dir, self._settings.recordings_key_file).get(file["id"])

        ending = ENDINGS[file["media_type"]][0]
        return file | {"saved_as": self._written(f"files/{number}.{file['id']}.{ending}", pieces())}

    def _written(self, name: str, pieces: Iterator[bytes]) -> str | None:
        from storage.sealed_files import SealError

        try:
            write_private(self._folder / name, pieces)
        except (OSError, SealError) as error:
            self.faults.append(f"{name}: {error}")
            return None
        self.count += 1
        return name
