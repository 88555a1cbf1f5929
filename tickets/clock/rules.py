"""How long a request may take: the rules of the town's clocks, and the limits that the law sets.

    [[clock]]
    id = "information"          # a clock named like a kind is that kind's own
    tr = "Bilgi edinme"
    en = "Freedom of information"
    limit = 15
    counts = "working_days"     # or "calendar_days", "minutes" (day and night)
    basis = "4982 m. 11"        # the law or decision behind it
    max_extension = 15          # by so much it may be extended in all; 0: not at all
    warn = 3                    # so much before the limit the unit is warned
    escalate = 0                # so much after the limit the head of the unit is told
    ends = "told"               # "outcome": the unit has finished; "told": the citizen has the answer
    stops = ["citizen", "fee"]  # what the clock stands still for
    answer_days = 15            # working days that the citizen has to answer or pay
    accept_minutes = 10         # a person must have accepted it by then, day and night; left out: no such limit

Warning and escalation are counted like the limit. Waiting for an outside body never stops a clock: law 4982, article 11
answers that case with the extension to 30 working days, and law 3071, article 7 has no other limit than its 30 days."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from acd.lib.file_checks import Checker
from tickets.kinds import KINDS, Kind

Counts = Literal["minutes", "working_days", "calendar_days"]
StopReason = Literal["citizen", "fee"]
Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=525_600)]
Amount = Annotated[int, msgspec.Meta(ge=0, le=525_600)]
Days = Annotated[int, msgspec.Meta(ge=1, le=365)]

MOST_DAYS = 365
_HINTS = {
    "id": "1 to 40 of a-z, 0-9 and _, the first a letter",
    "tr": "1 to 80 characters",
    "en": "1 to 80 characters",
    "counts": '"minutes", "working_days" or "calendar_days"',
    "ends": '"outcome" or "told"',
    "stops": 'a list of "citizen" and "fee"',
    "limit": "a whole number from 1",
    "answer_days": "a whole number from 1 to 365",
    "accept_minutes": "a whole number from 1",
}


class ClockRule(msgspec.Struct, frozen=True, kw_only=True):
    """How the deadline of a request is reached. Amounts are in what `counts` says."""

    id: Id
    tr: Name
    en: Name
    limit: Limit
    counts: Counts
    basis: str = ""
    max_extension: Amount = 0
    warn: Amount = 0
    escalate: Amount = 0
    ends: Literal["outcome", "told"] = "outcome"
    stops: tuple[StopReason, ...] = ("citizen", "fee")
    answer_days: Days = 15
    accept_minutes: Limit | None = None


class LegalLimit(msgspec.Struct, frozen=True, kw_only=True):
    """The most that the law allows a kind."""

    limit: int
    counts: Counts
    max_extension: int
    law: str


LEGAL: Mapping[str, LegalLimit] = {
    "information": LegalLimit(limit=15, counts="working_days", max_extension=15, law="law 4982, article 11"),
    "petition": LegalLimit(limit=30, counts="calendar_days", max_extension=0, law="law 3071, article 7"),
    "cimer": LegalLimit(limit=30, counts="calendar_days", max_extension=0, law="law 3071, article 7"),
    "cimer_information": LegalLimit(limit=15, counts="working_days", max_extension=15, law="law 4982, article 11"),
}
"""By the id of the clock. A town may promise less, never more."""

BOUND_BY_LAW: frozenset[Kind] = frozenset({"information", "petition", "cimer"})
"""Kinds whose clock a topic cannot change."""

ClockRules = Mapping[str, ClockRule]
"""By id; every kind is among them."""


def clock_for(rules: ClockRules, kind: Kind, topic_clock: str = "", *, asks_information: bool = False) -> ClockRule:
    """The rule for a request. The clock of the topic counts for kinds that no law binds.

    `asks_information`: a CİMER application that is one for information."""
    if kind == "cimer" and asks_information and "cimer_information" in rules:
        return rules["cimer_information"]
    if topic_clock and kind not in BOUND_BY_LAW and kind != "urgent" and topic_clock in rules:
        return rules[topic_clock]
    return rules[kind]


def parse_clocks(text: str, *, file: str) -> dict[str, ClockRule]:
    """The clocks of a file, by id. Raises `acd.lib.file_checks.BadFile` with every problem found."""
    check = Checker(file)
    table = check.toml(text)
    check.finish()
    rows = table.pop("clock", [])
    for key, value in table.items():
        check.unknown(key, value, "key", ["clock"])
    if not isinstance(rows, list):
        check.add("clock", rows, "must be tables under [[clock]]")
        rows = []
    rules: dict[str, ClockRule] = {}
    for place, row in enumerate(rows):
        rule = check.struct(ClockRule, row, f"clock.{place}", hints=_HINTS)
        if rule is None:
            continue
        if rule.id in rules:
            check.add(f"clock.{place}.id", rule.id, "must be unique, but another clock has it too")
        rules[rule.id] = rule
        _check_amounts(check, f"clock.{place}", rule)
        _check_law(check, f"clock.{place}", rule)
    if not check.problems:
        for kind in KINDS:
            if kind not in rules:
                check.add("clock", None, f'a clock with the id "{kind}" is missing: every kind needs one')
    check.finish()
    return rules


def _check_amounts(check: Checker, key: str, rule: ClockRule) -> None:
    if rule.counts != "minutes":
        for name, amount in (("limit", rule.limit), ("max_extension", rule.max_extension), ("escalate", rule.escalate)):
            if amount > MOST_DAYS:
                check.add(f"{key}.{name}", amount, f"must be at most {MOST_DAYS} days")
    if rule.warn >= rule.limit:
        check.add(f"{key}.warn", rule.warn, f"must be less than the limit ({rule.limit})")


def _check_law(check: Checker, key: str, rule: ClockRule) -> None:
    law = LEGAL.get(rule.id)
    if law is None:
        return
    if rule.counts == "minutes":
        check.add(f"{key}.counts", rule.counts, f'must be "{law.counts}": {law.law}')
    elif rule.limit > law.limit or (law.counts, rule.counts) == ("calendar_days", "working_days"):
        check.add(f"{key}.limit", rule.limit, f"must be at most {law.limit} {law.counts.replace('_', ' ')}: {law.law}")
    if rule.max_extension > law.max_extension:
        check.add(f"{key}.max_extension", rule.max_extension, f"must be at most {law.max_extension}: {law.law}")
    if rule.ends != "told":
        check.add(f"{key}.ends", rule.ends, f'must be "told": the law asks that the citizen has the answer ({law.law})')
