"""Files of a request: which types are accepted, and their purpose."""

from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from tickets.changes import Changed, Rules, changed, refuse
from tickets.refusals import Refusal
from tickets.ticket import Actor, Ticket

FileKind = Literal["photo", "audio", "document"]
FileAbout = Literal["request", "work"]
ABOUTS: tuple[FileAbout, ...] = get_args(FileAbout)
"""`request`: from the citizen; `work`: of the work that was done."""

MEDIA: Mapping[str, tuple[FileKind, tuple[tuple[int, bytes], ...]]] = {
    "image/jpeg": ("photo", ((0, b"\xff\xd8\xff"),)),
    "image/png": ("photo", ((0, b"\x89PNG\r\n\x1a\n"),)),
    "image/webp": ("photo", ((0, b"RIFF"), (8, b"WEBP"))),
    "audio/wav": ("audio", ((0, b"RIFF"), (8, b"WAVE"))),
    "audio/ogg": ("audio", ((0, b"OggS"),)),
    "application/pdf": ("document", ((0, b"%PDF-"),)),
}
"""The accepted types, and the first bytes by which each is recognised."""
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "audio/wav": ("wav",),
    "audio/ogg": ("ogg", "oga", "opus"),
    "application/pdf": ("pdf",),
}
"""The endings that a file's name may have, by its type; the first for one that has another."""
LONGEST_NAME = 200
MOST = 50
"""The most files of a request."""


class NewFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to attach; its content is stored already."""

    id: str
    media_type: str
    about: FileAbout
    name: str
    size: int
    sha256: str


def wrong_file(media_type: str, about: str, name: str, content: bytes) -> Refusal | None:
    """Why a file is refused. Its first bytes must match its stated type, because other people open it."""
    if media_type not in MEDIA:
        return refuse("not_allowed", "content-type", media_type, f"{', '.join(MEDIA)} are allowed")
    if about not in ABOUTS:
        return refuse("unknown", "about", about, f"{', '.join(ABOUTS)} are allowed")
    if len(name) > LONGEST_NAME or any(ord(letter) < 32 or letter in '/\\"' for letter in name):
        return refuse("not_allowed", "name", name, f'at most {LONGEST_NAME} characters without /, \\ and "')
    if not content:
        return refuse("missing", "body", None, "must be the file's content")
    if any(content[place : place + len(mark)] != mark for place, mark in MEDIA[media_type][1]):
        return refuse("not_allowed", "body", None, f"is no {media_type}: it begins with other bytes")
    return None


def saved_as(name: str, media_type: str, otherwise: str) -> str:
    """The name under which whoever downloads a file saves it; `otherwise`, if it has none.

    A computer opens a file by its ending, whatever its content. So that is always its type's: what begins as a photo
    may go on as a program. Characters that are not seen, or turn others around, are left out: they hide an ending."""
    spaced = "".join(" " if letter.isspace() else letter for letter in name)
    seen = "".join(letter for letter in spaced if letter.isprintable()).strip(" .") or otherwise
    endings = ENDINGS[media_type]
    return seen if seen.lower().endswith(tuple(f".{one}" for one in endings)) else f"{seen}.{endings[0]}"


def attach(ticket: Ticket, file: NewFile, actor: Actor, at: float, rules: Rules, *, files: int) -> Changed | Refusal:
    """The ticket with a file; `files` is how many it has. Photos of the work are the unit's and the lead's."""
    if actor.role == "unit" and actor.unit != ticket.unit:
        return refuse("not_your_unit", "about", file.about, f"the ticket is with {ticket.unit or 'no unit'}")
    if file.about == "work" and actor.role not in ("unit", "lead", "inbox", "admin"):
        return refuse("not_your_role", "about", file.about, f"what was done is not shown by the role {actor.role}")
    if ticket.state == "closed" and actor.role != "system":  # a remark comes after the score that closes it
        return refuse("too_late", "state", ticket.state, "a closed ticket is not changed any more")
    if files >= MOST:
        return refuse("too_many", "body", None, f"the ticket has {files} files already; {MOST} are allowed")
    detail = {"file": file.id, "about": file.about, "kind": MEDIA[file.media_type][0]}
    return changed(ticket, actor, at, rules, "file", {}, detail=detail)
