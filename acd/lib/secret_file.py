"""Random secrets, made at the first start and kept in files that only we can read."""

import contextlib
import os
import secrets
from pathlib import Path


def secret_in(path: Path) -> str:
    """The secret in a file; made and written (mode 600) if there is none yet. Two processes may call it at once.

    Raises `OSError` where the file cannot be written, and as `read_secret`."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
                file.flush()
                os.fsync(file.fileno())  # what is encrypted with it may reach the disk first
            with contextlib.suppress(FileExistsError):  # another process was first: its secret counts
                os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    return read_secret(path)


def read_secret(path: Path) -> str:
    """The secret in a file. Raises `OSError` where the file cannot be read, is empty, or holds something else."""
    kept = path.read_bytes().decode("ascii", "replace").strip()
    if not kept:
        raise OSError(f"{path} is empty: remove it, and a new secret is made")
    if not (kept.isascii() and kept.isprintable()):  # a power cut, or an editor that writes UTF-16
        raise OSError(f"{path} holds no secret: put the right file back, or remove it, and a new secret is made")
    return kept
