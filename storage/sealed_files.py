"""Files that are encrypted at rest: what was said on the telephone, under a key that lies in a file of its own.

A plain file (Asterisk writes it) is sealed into another and destroyed. The sealed file is read as a stream, whole or a
part of it, and is never decrypted to disk.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance, 2015) over AES-256-GCM: chunks of `CHUNK` bytes, whose nonce is their number and whether they are the
last. So a chunk that is changed, moved or missing, and an end that is cut off, are noticed, and a part can be read
without what is before it. Each file has a key of its own, derived (HKDF) from the secret and a random salt, so no nonce
is used twice. The file's own name is authenticated too: one recording does not pass for another.

A file: `MAGIC`, the key's id (8 bytes), the salt (16 bytes), then the chunks, each with its tag of 16 bytes."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from acd.lib.secret_file import secret_in

MAGIC: Final = b"COZSEAL1"
CHUNK: Final = 64 * 1024
"""Bytes of plain text in each chunk but the last, which may have fewer."""
TAG: Final = 16
_ID, _SALT = 8, 16
HEADER: Final = len(MAGIC) + _ID + _SALT
SECRET_LETTERS: Final = 32
"""A key file with fewer letters is refused: somebody has written a password into it."""


class SealError(Exception):
    """A sealed file or its key cannot be used; the text says which, why and what to do."""


class SealKey:
    """The key of sealed files. `id` tells keys apart and says nothing of them."""

    def __init__(self, secret: str, where: str) -> None:
        if len(secret) < SECRET_LETTERS:
            raise SealError(
                f"{where} has {len(secret)} letters, and a key has at least {SECRET_LETTERS}: put the right key back, "
                "or remove the file and a new key is made (what is sealed with another key is then unreadable)"
            )
        self.where = where
        self._secret = secret.encode()
        self.id = hashlib.sha256(b"cozum key id\0" + self._secret).digest()[:_ID]

    @classmethod
    def kept_in(cls, path: Path) -> "SealKey":
        """The key in a file; made (mode 600) if there is none yet. Raises `SealError`."""
        try:
            return cls(secret_in(path), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise SealError(f"the key file {path} cannot be used: {error}") from error

    def cipher(self, salt: bytes) -> AESGCM:
        """What one file's chunks are encrypted with."""
        derive = HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"cozum sealed file 1")
        return AESGCM(derive.derive(self._secret))


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What a sealed file holds: bytes of the plain content, and their SHA-256 in hexadecimal."""

    size: int
    sha256: str


def seal(key: SealKey, plain: Path, sealed: Path) -> Sealed:
    """Write the content of `plain` encrypted to `sealed`, as `seal_copy`, then destroy `plain`: it is unlinked, not
    overwritten, since most disks write elsewhere."""
    done = seal_copy(key, plain, sealed)
    plain.unlink()
    return done


def seal_copy(key: SealKey, plain: Path, sealed: Path, head: bytes = b"") -> Sealed:
    """Write `head` and the content of `plain` encrypted to `sealed` (mode 600; its folder must be there).

    `sealed` is there whole or not at all, and on the disk when this returns. Doing it again replaces it. Nobody may
    write to `plain` meanwhile. Raises `OSError`."""
    draft = sealed.with_name(f".{sealed.name}.{os.getpid()}.new")
    try:
        with plain.open("rb") as source:
            done = _write_draft(key, source, draft, sealed.name, head)
        draft.replace(sealed)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(sealed.parent)
    return done


def _write_draft(key: SealKey, source: BinaryIO, draft: Path, name: str, head: bytes) -> Sealed:
    salt = os.urandom(_SALT)
    header = MAGIC + key.id + salt
    cipher, about = key.cipher(salt), _about(header, name)
    digest, size, number = hashlib.sha256(), 0, 0
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        target.write(header)
        chunk = head + source.read(CHUNK - len(head))
        while True:
            following = source.read(CHUNK)
            digest.update(chunk)
            size += len(chunk)
            target.write(cipher.encrypt(_nonce(number, last=not following), chunk, about))
            if not following:
                break
            chunk, number = following, number + 1
        target.flush()
        os.fsync(target.fileno())
    return Sealed(size=size, sha256=digest.hexdigest())


class SealedFile:
    """A sealed file, open for reading; use it as a context manager. `size` is that of the plain content.

    Opening checks the key, the header and the last chunk, so `size` is what was sealed. All raises `SealError`."""

    def __init__(self, key: SealKey, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise SealError(f"{path} cannot be read: {error.strerror}") from error
        try:
            self._open(key)
        except BaseException:
            self._file.close()
            raise

    def _open(self, key: SealKey) -> None:
        header = self._read(0, HEADER)
        if len(header) < HEADER or not header.startswith(MAGIC):
            raise SealError(f"{self._path} is no sealed file of ours: put the right file back from a copy")
        if (sealed_with := header[len(MAGIC) : len(MAGIC) + _ID]) != key.id:
            raise SealError(
                f"{self._path} is sealed with the key {sealed_with.hex()}, and {key.where} holds {key.id.hex()}: "
                "put the key back with which it was sealed"
            )
        self._cipher = key.cipher(header[-_SALT:])
        self._about = _about(header, self._path.name)
        body = os.fstat(self._file.fileno()).st_size - HEADER
        self._last = max(0, -(-body // (CHUNK + TAG)) - 1)
        self.size = self._last * CHUNK + len(self._chunk(self._last))

    def __enter__(self) -> "SealedFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The plain content from byte `start` to before `stop` (None: to the end), in pieces of up to `CHUNK` bytes."""
        stop = self.size if stop is None else min(stop, self.size)
        at = max(0, start)
        while at < stop:
            number, skip = divmod(at, CHUNK)
            piece = self._chunk(number)[skip : skip + stop - at]
            at += len(piece)
            yield piece

    def sha256(self) -> str:
        """The SHA-256 of the plain content in hexadecimal; reads it all."""
        digest = hashlib.sha256()
        for piece in self.read():
            digest.update(piece)
        return digest.hexdigest()

    def _chunk(self, number: int) -> bytes:
        last = number == self._last
        written = self._read(HEADER + number * (CHUNK + TAG), CHUNK + TAG)
        with contextlib.suppress(InvalidTag):
            return self._cipher.decrypt(_nonce(number, last=last), written, self._about)
        raise SealError(
            f"{self._path} is not what was sealed (from byte {number * CHUNK}): it is damaged, changed, cut off or has "
            "another file's name; put it back from a copy"
        )

    def _read(self, at: int, count: int) -> bytes:
        try:
            self._file.seek(at)
            return self._file.read(count)
        except OSError as error:
            raise SealError(f"{self._path} cannot be read: {error.strerror}") from error


def _about(header: bytes, name: str) -> bytes:
    return header + name.encode()


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
