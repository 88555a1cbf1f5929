"""Requests of another system: rows of a table, judged and opened by the rules of any other opening.

A row's `source` and `reference` identify it, so that a table may be imported again. The deadline's clock begins at the
time that the row gives; the history says when and by whom it was imported, and from where."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, Literal

import msgspec

from acd.lib.turkish import tr_fold
from tickets.changes import Changed, Rules, refuse
from tickets.effects import RingDuty
from tickets.find.folding import mahalle_key
from tickets.kinds import KIND_NAMES
from tickets.opening import NewTicket, open_ticket
from tickets.outbreaks import CHANNEL as OUTBREAK
from tickets.refusals import Refusal
from tickets.routing import placed
from tickets.ticket import Actor
from tickets.town.model import Town

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "reference": ("reference", "referans", "başvuru no"),
    "opened_at": ("opened_at", "opened", "açılış", "tarih"),
    "topic": ("topic", "konu"),
    "text": ("text", "metin", "açıklama"),
    "district": ("district", "mahalle"),
    "address": ("address", "street", "adres", "sokak"),
    "caller": ("caller", "telephone", "telefon"),
    "name": ("name", "ad", "ad soyad"),
    "source": ("source", "kaynak"),
    "service": ("service", "hizmet"),
    "kind": ("kind", "tür"),
    "information": ("information", "bilgi edinme"),
}
"""The columns of a table by their names here, with the headings that are understood."""
NEEDED: Final = ("reference", "opened_at")
"""Columns that a table must have."""

OWN_CHANNELS: Final = frozenset({"phone", "surge", OUTBREAK})
"""Channels of our own requests, which no other system may be called."""
OLDEST_YEAR: Final = 2000
LONGEST_REFERENCE: Final = 100

SOURCE_ALLOWED: Final = "the other system's id of a to z, 0 to 9 and _, and none of " + ", ".join(sorted(OWN_CHANNELS))
TIME_ALLOWED: Final = (
    "2026-05-20 14:30, 20.05.2026 14:30, 2026-05-20T14:30:00Z or a date alone is allowed, "
    f"from {OLDEST_YEAR} on and not in the future"
)

YES_ALLOWED: Final = "yes, no, evet or hayır is allowed"

_SOURCE: Final = re.compile(r"[a-z0-9_]{1,64}")
_TIME: Final = re.compile(
    r"(?:([0-9]{4})-([0-9]{2})-([0-9]{2})|([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}))"
    r"(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request of another system. `line` is its place in the table, `opened_at` Unix seconds."""

    line: int
    new: NewTicket
    opened_at: float
    source: str
    reference: str

    @property
    def external(self) -> tuple[str, str]:
        """What identifies it."""
        return self.source, self.reference


ImportResult = Literal["opened", "already", "refused", "not_written"]
"""What became of a row: it was opened now; it had been imported before; it is faulty; or it is sound, and nothing was
to be written."""


class ImportedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a row."""

    line: int
    result: ImportResult
    number: str | None = None
    refused: tuple[Refusal, ...] = ()


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where rows come from, for the history: the file's name, and the user of the machine who imported it."""

    file: str = ""
    user: str = ""
    rings_duty: bool = False
    """Whether rows may be imported about which somebody on duty is rung."""


def column_of(heading: str) -> str | None:
    """The column that a heading means; None for an unknown one."""
    return _HEADINGS.get(_folded(heading))


def read_time(text: str, zone: tzinfo) -> float | None:
    """Unix seconds of a time as people and programs write it; without an offset it is local time, and a date alone is
    its beginning. None if it is no time."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    iso, local = found.group(1, 2, 3), found.group(6, 5, 4)
    year, month, day = (int(part) for part in (iso if iso[0] else local))
    hour, minute, second = (int(part or 0) for part in found.group(7, 8, 9))
    if year < OLDEST_YEAR:
        return None
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=_offset(found[10]) or zone)
        return at.timestamp()
    except (ValueError, OverflowError):
        return None


def wrong_source(source: str) -> Refusal | None:
    """The refusal of a source; None if it is well."""
    if not source:
        return refuse("missing", "source", None, f"is missing: {SOURCE_ALLOWED} is allowed")
    if _SOURCE.fullmatch(source) is None or source in OWN_CHANNELS:
        return refuse("not_allowed", "source", source, f"{SOURCE_ALLOWED} is allowed")
    return None


def wrong_reference(reference: str) -> Refusal | None:
    """The refusal of a reference; None if it is well."""
    allowed = f"the other system's number of the request is needed, 1 to {LONGEST_REFERENCE} characters"
    if not reference:
        return refuse("missing", "reference", None, allowed)
    if len(reference) > LONGEST_REFERENCE or not reference.isprintable():
        return refuse("not_allowed", "reference", reference, allowed)
    return None


def wrong_external(source: str | None, reference: str | None) -> Refusal | None:
    """The refusal of another system's number of a request that is opened by hand; None if it is well, or none."""
    if source is None and reference is None:
        return None
    wrong = wrong_source(source or "") or wrong_reference(reference or "")
    if wrong is None:
        return None
    return msgspec.structs.replace(wrong, key="external_source" if wrong.key == "source" else "external_number")


class Names:
    """Ids of a town's items, by id or by a name that people use. A text that means no single item stays as it is."""

    def __init__(self, town: Town) -> None:
        topics = ((one.id, (one.tr, one.en)) for one in town.topics.values())
        mahalle = ((one.id, (one.name, *one.aliases)) for one in town.mahalle.values())
        self._topics = _by_name(topics, tr_fold)
        self._mahalle = _by_name(mahalle, mahalle_key)
        self._kinds = _by_name(KIND_NAMES.items(), tr_fold)
        self._town = town

    def topic(self, text: str) -> str:
        """The id of a topic."""
        return text if text in self._town.topics else self._topics.get(tr_fold(text), text)

    def district(self, text: str) -> str:
        """The id of a mahalle."""
        return text if text in self._town.mahalle else self._mahalle.get(mahalle_key(text), text)

    def kind(self, text: str) -> str:
        """A kind of request."""
        return self._kinds.get(tr_fold(text), text)


def import_ticket(
    number: str, row: ImportRow, actor: Actor, at: float, rules: Rules, origin: Origin
) -> list[Changed] | Refusal:
    """The request of a row with this number, imported at `at` (Unix seconds): opened, and at its unit if a rule knows
    one."""
    if row.opened_at > at:
        return refuse("not_allowed", "opened_at", _written(row.opened_at, rules.zone), TIME_ALLOWED)
    made = open_ticket(number, row.new, actor, row.opened_at, rules)
    if isinstance(made, Refusal):
        return made
    detail = {"source": row.source, "reference": row.reference, "file": origin.file, "user": origin.user}
    told = {name: value for name, value in detail.items() if value}
    entry = msgspec.structs.replace(made.entry, what="import", at=at, detail=told)
    ticket = msgspec.structs.replace(
        made.ticket, updated_at=at, external_source=row.source, external_number=row.reference
    )
    changes = placed(Changed(ticket=ticket, entry=entry, follows=made.follows), rules)
    rings = any(isinstance(effect, RingDuty) for change in changes for effect in change.follows)
    if rings and not origin.rings_duty:
        allowed = "somebody on duty would be rung about this urgent request, which must be allowed for the whole import"
        return refuse("not_allowed", "topic" if row.new.topic else "service", row.new.topic or row.new.service, allowed)
    return changes


def _by_name(named: Iterable[tuple[str, tuple[str, ...]]], folded: Callable[[str], str]) -> dict[str, str]:
    """Ids by their folded names; a name that several have is left out."""
    found: dict[str, set[str]] = {}
    for one, names in named:
        for name in names:
            found.setdefault(folded(name), set()).add(one)
    return {name: ids.pop() for name, ids in found.items() if len(ids) == 1}


def _offset(text: str | None) -> tzinfo | None:
    """The offset of a time; None if it has none. Raises `ValueError` for one that no clock has."""
    if not text:
        return None
    if text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[4:6])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _written(at: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at, zone).isoformat(sep=" ", timespec="seconds")


def _folded(heading: str) -> str:
    return tr_fold(heading.replace("_", " "))


def _headings(columns: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {_folded(heading): name for name, headings in columns.items() for heading in headings}


_HEADINGS: Final = _headings(COLUMNS)
