"""How long data is kept: the town's file, with the minimum and maximum of the law.

    [[keep]]
    what = "ticket_person"       # see WHAT
    kind = "petition"            # left out: every kind without a row of its own
    days = 1825
    since = "closed"             # or "opened", "made"
    basis = "…"                  # why so long

What has expired is destroyed every night, and a record of that is kept without any personal data."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

import msgspec

from acd.lib.file_checks import Checker
from tickets.kinds import KINDS

What = Literal[
    "ticket_person",
    "ticket_text",
    "ticket_file",
    "call_person",
    "recording",
    "audio_message",
    "journal",
    "cel",
    "public_code",
    "unmasking",
    "destruction_record",
    "outgoing_file",
    "sent_text",
]
Since = Literal["opened", "closed", "made"]

WHAT: Mapping[What, str] = {
    "ticket_person": "number, name, exact point and personal answers of a request",
    "ticket_text": "what the citizen said, notes and remarks of a request",
    "ticket_file": "photos and other files of a request",
    "call_person": "number and name of a call",
    "recording": "the recording of a talk",
    "audio_message": "a message that a caller left, a spoken remark",
    "journal": "entries of the journal",
    "cel": "Asterisk's channel events",
    "public_code": "the code by which a request is read on the public page",
    "unmasking": "the audit: the people who saw or did something, and when",
    "destruction_record": "what was destroyed, and when; who asked for an erasure that is done, and why",
    "outgoing_file": "mails and text messages that are files in `data_dir/outgoing`, since no server sends them",
    "sent_text": "that a text message was sent or could not be, and when; to whom and what it said goes after 30 days",
}
TICKET_PARTS: frozenset[What] = frozenset({"ticket_person", "ticket_text", "ticket_file", "public_code"})
"""Sorts of data of a request, whose period may depend on its kind."""
DAY_S = 86_400.0
LEAST_DAYS: Mapping[What, int] = {"destruction_record": 3 * 365, "unmasking": 365}
"""Destruction records are kept three years (the regulation on erasure of personal data, article 7)."""
MOST_DAYS = 10 * 365
LONGEST_INTERVAL_DAYS = 180
"""Destruction takes place at least every six months (the same regulation, article 11); here it is every night."""

_HINTS = {
    "what": ", ".join(get_args(What)),
    "kind": ", ".join(KINDS),
    "days": f"a whole number from 1 to {MOST_DAYS}",
    "since": "opened, closed or made",
    "basis": "1 to 200 characters",
}


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """How long one sort of data is kept. `kind` is empty for all kinds without a row of their own."""

    what: What
    kind: str = ""
    days: Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)]
    since: Since = "made"
    basis: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


LATER_ROWS: Mapping[What, Keep] = {
    "outgoing_file": Keep(what="outgoing_file", days=30, basis="Gönderim yerine yazılan dosyalar için bir ay"),
    "sent_text": Keep(what="sent_text", days=1825, basis="Bildirimin kanıtı için beş yıl"),
}
"""Rows of sorts that earlier versions did not know: a file without them stays good, and these count."""

Retention = Mapping[tuple[What, str], Keep]
"""By what and kind; each sort of data has a row without a kind."""


class Moments(msgspec.Struct, frozen=True, kw_only=True):
    """When something came about (Unix seconds). `closed_at` is None while a request is open."""

    made_at: float
    closed_at: float | None = None


class Destroyed(msgspec.Struct, frozen=True, kw_only=True):
    """The record of a destruction. It holds no personal data."""

    at: float
    what: What
    kind: str
    count: int
    older_than: float
    basis: str
    newer_than: float | None = None
    """None: not known."""


def rule_of(retention: Retention, what: What, kind: str = "") -> Keep:
    """The row that counts for this data."""
    return retention.get((what, kind)) or retention[what, ""]


def expires_at(retention: Retention, what: What, moments: Moments, kind: str = "") -> float | None:
    """When this data has to be destroyed (Unix seconds). None while the request is open whose end it counts from."""
    rule = rule_of(retention, what, kind)
    since = moments.closed_at if rule.since == "closed" else moments.made_at
    return None if since is None else since + rule.days * DAY_S


def cut_offs(retention: Retention, what: What, at: float) -> list[tuple[str, Since, float]]:
    """What is to be destroyed at `at`: by kind (empty: every other kind), all that is older than this, counted since
    this. For the shell's statement by kind."""
    return [(one.kind, one.since, at - one.days * DAY_S) for one in retention.values() if one.what == what]


def read_retention(check: Checker, text: str) -> dict[tuple[What, str], Keep]:
    """The rows of a file; what is wrong is noted in `check`."""
    table = check.toml(text)
    rows = table.pop("keep", [])
    for key, value in table.items():
        check.unknown(key, value, "key", ["keep"])
    if not isinstance(rows, list):
        check.add("keep", rows, "must be tables under [[keep]]")
        return {}
    found: dict[tuple[What, str], Keep] = {}
    for place, row in enumerate(rows):
        one = check.struct(Keep, row, f"keep.{place}", hints=_HINTS)
        if one is None:
            continue
        _check_row(check, f"keep.{place}", one)
        if (one.what, one.kind) in found:
            check.add(f"keep.{place}", one.kind or None, f"{one.what} stands already for this kind")
        found[one.what, one.kind] = one
    for what in WHAT if not check.problems else ():
        if (what, "") not in found and what in LATER_ROWS:
            found[what, ""] = LATER_ROWS[what]
        if (what, "") not in found:
            check.add("keep", None, f"a row for {what} without a kind is missing ({WHAT[what]})")
    return found


def _check_row(check: Checker, key: str, one: Keep) -> None:
    if one.kind and one.kind not in KINDS:
        check.unknown(f"{key}.kind", one.kind, "kind", KINDS)
    if one.kind and one.what not in TICKET_PARTS:
        check.add(f"{key}.kind", one.kind, f"{one.what} has no kind; leave it out")
    if one.since != "made" and one.what not in TICKET_PARTS:
        check.add(f"{key}.since", one.since, f'must be "made" for {one.what}')
    least = LEAST_DAYS.get(one.what, 1)
    if one.days < least:
        check.add(f"{key}.days", one.days, f"must be at least {least} for {one.what}")
