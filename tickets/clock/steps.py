"""The explanation of a deadline in words: one line per rule, Turkish and English."""

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import Literal

import msgspec

from tickets.clock.calendar import ONE_DAY, Calendar, Day
from tickets.clock.rules import ClockRule, Counts, StopReason

_UNITS: dict[Counts, tuple[str, str, str]] = {
    "minutes": ("dakika", "minute", "minutes"),
    "working_days": ("iş günü", "working day", "working days"),
    "calendar_days": ("gün", "calendar day", "calendar days"),
}
_WEEKDAYS_TR = ("Pazartesi", "Salı", "Çarşamba", "Perşembe", "Cuma", "Cumartesi", "Pazar")
"""With a capital, as Turkish writes the day of a date; a day without a date is written small."""
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_AWAITED: dict[StopReason | Literal["closed"], tuple[str, str]] = {
    "citizen": ("vatandaşın yanıtı bekleniyor", "an answer of the citizen is awaited"),
    "fee": ("ücretin ödenmesi bekleniyor", "the payment of a fee is awaited"),
    "closed": ("başvuru kapalıydı, sonra yeniden açıldı", "the request was closed, and was reopened later"),
}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `rule` names the rule that it explains."""

    rule: str
    tr: str
    en: str


class Skipped:
    """The days that did not count, and the half days that did."""

    def __init__(self) -> None:
        self.weekends: list[date] = []
        self.named: dict[tuple[str, str, str], list[date]] = {}
        """By kind of day, Turkish and English name."""
        self.halves: list[tuple[date, Day]] = []
        self.stopped: list[date] = []

    def free(self, day: date, calendar: Calendar) -> None:
        """Note a day that is no working day."""
        what = calendar.day(day)
        if what.kind == "weekend":
            self.weekends.append(day)
        else:
            self.named.setdefault((what.kind, what.tr, what.en), []).append(day)

    def half(self, day: date, calendar: Calendar) -> None:
        """Note a day that counts, if it is a half day."""
        what = calendar.day(day)
        if what.kind == "half":
            self.halves.append((day, what))


class Story:
    """Gathers the steps of one deadline."""

    def __init__(self, rule: ClockRule, zone: tzinfo) -> None:
        self._rule = rule
        self._zone = zone
        self._steps: list[Step] = []

    def steps(self) -> tuple[Step, ...]:
        """What was gathered."""
        return tuple(self._steps)

    def started(self, at: float) -> None:
        """When the request came."""
        if self._rule.counts == "minutes":
            self._add("start", f"{self._moment_tr(at)}: başvuru geldi", f"{self._moment_en(at)}: the request came")
            return
        day = datetime.fromtimestamp(at, self._zone).date()
        self._add(
            "start",
            f"{_day_tr(day)}: başvuru geldi; süre ertesi gün başlar",
            f"{_day_en(day)}: the request came; the period begins on the day after",
        )

    def limit(self) -> None:
        """How much time there is, without extensions."""
        basis_tr, basis_en = (f" ({self._rule.basis})", f" ({self._rule.basis})") if self._rule.basis else ("", "")
        amount_tr, amount_en = self._amount(self._rule.limit)
        unit_tr, unit_en, units_en = _UNITS[self._rule.counts]
        name_tr = "" if _says_how_long(self._rule.tr, unit_tr) else f", {self._rule.tr}"
        name_en = "" if _says_how_long(self._rule.en, unit_en, units_en) else f", {self._rule.en}"
        self._add(
            "limit",
            f"Süre: {amount_tr}{name_tr}{basis_tr}",
            f"Limit: {amount_en}{name_en}{basis_en}",
        )

    def extended(self, amount: int, reason: str) -> None:
        """An extension, as far as it counts."""
        amount_tr, amount_en = self._amount(amount)
        self._add("extension", f"Süre uzatıldı: {amount_tr} ({reason})", f"Extended by {amount_en} ({reason})")

    def not_extended(self, amount: int, counts: Counts | None, reason: str) -> None:
        """What was given under an earlier clock and does not count under this one."""
        amount_tr, amount_en = self._amount(amount, counts)
        self._add(
            "extension_void",
            f"Önceki süre türünde verilen uzatma sayılmadı: {amount_tr} ({reason})",
            f"Extension under the earlier clock, does not count: {amount_en} ({reason})",
        )

    def stopped(self, since: float, until: float | None, why: StopReason | Literal["closed"]) -> None:
        """A time during which the clock was stopped."""
        awaited_tr, awaited_en = _AWAITED[why]
        if until is None:
            self._add(
                "stop",
                f"{self._moment_tr(since)} tarihinden beri süre durdu: {awaited_tr}",
                f"The clock has stood still since {self._moment_en(since)}: {awaited_en}",
            )
        else:
            self._add(
                "stop",
                f"{self._moment_tr(since)} – {self._moment_tr(until)} arasında süre durdu: {awaited_tr}",
                f"The clock stood still from {self._moment_en(since)} to {self._moment_en(until)}: {awaited_en}",
            )

    def skipped(self, skipped: Skipped) -> None:
        """The days that did not count, by their rule."""
        if skipped.stopped:
            tr, en = _ranges(skipped.stopped)
            self._add("stopped_days", f"Süre durduğu için sayılmadı: {tr}", f"Not counted, the clock stood still: {en}")
        if skipped.weekends:
            tr, en = _ranges(skipped.weekends)
            self._add("weekend", f"Hafta sonu sayılmadı: {tr}", f"Weekends do not count: {en}")
        for (kind, name_tr, name_en), days in skipped.named.items():
            tr, en = _ranges(days)
            if kind == "half":
                self._add(
                    "half_day",
                    f"Yarım gün sayılmadı: {tr}, {name_tr}",
                    f"Half day, does not count: {en}, {name_en}",
                )
            elif kind == "leave":
                self._add("leave", f"İdari izin sayılmadı: {tr}, {name_tr}", f"Leave does not count: {en}, {name_en}")
            else:
                self._add(
                    "holiday", f"Resmî tatil sayılmadı: {tr}, {name_tr}", f"Holiday does not count: {en}, {name_en}"
                )
        if self._rule.counts == "working_days":
            for day, what in skipped.halves:
                self._add(
                    "half_day",
                    f"Yarım gün iş günü sayıldı: {_day_tr(day)}, {what.tr}",
                    f"Half day, counts as a working day: {_day_en(day)}, {what.en}",
                )

    def due_date(self, limit: int, last: date, due: date, calendar: Calendar) -> None:
        """The last day, and the day on which the deadline is."""
        _, unit_en, _ = _UNITS[self._rule.counts]
        unit_tr = _UNITS[self._rule.counts][0]
        if last != due:
            what = calendar.day(last)
            self._add(
                "last_day",
                f"{limit}. {unit_tr} {_day_tr(last)}, {what.tr}: süre ilk iş gününe uzar (2577 m. 8)",
                f"{unit_en.capitalize()} {limit} is {_day_en(last)}, {what.en}: moved to the next working day "
                "(law 2577, article 8)",
            )
            self._add("due", f"Son gün: {_day_tr(due)}", f"Due: {_day_en(due)}")
            return
        self._add("due", f"Son gün, {limit}. {unit_tr}: {_day_tr(due)}", f"Due, {unit_en} {limit}: {_day_en(due)}")

    def due_minute(self, at: float) -> None:
        """The moment of a deadline of minutes."""
        self._add("due", f"Son an: {self._moment_tr(at)}", f"Due: {self._moment_en(at)}")

    def stands(self, left: int) -> None:
        """The rest of the limit while the clock is stopped."""
        tr, en = self._amount(left)
        self._add(
            "left", f"Kalan süre: {tr}; süre işlemeye başlayınca sayılır", f"Left when the clock runs again: {en}"
        )

    def _amount(self, amount: int, counts: Counts | None = None) -> tuple[str, str]:
        tr, one, many = _UNITS[counts or self._rule.counts]
        return f"{amount} {tr}", f"{amount} {one if amount == 1 else many}"

    def _add(self, rule: str, tr: str, en: str) -> None:
        self._steps.append(Step(rule=rule, tr=tr, en=en))

    def _moment_tr(self, at: float) -> str:
        return datetime.fromtimestamp(at, self._zone).strftime("%d.%m.%Y %H:%M")

    def _moment_en(self, at: float) -> str:
        return datetime.fromtimestamp(at, self._zone).strftime("%Y-%m-%d %H:%M")


def _says_how_long(name: str, *units: str) -> bool:
    """Whether a clock's name is a number and its unit alone, such as "Seven working days"."""
    return any(name.endswith(f" {unit}") and " " not in name.removesuffix(f" {unit}") for unit in units)


def _day_tr(day: date) -> str:
    return f"{day:%d.%m.%Y} {_WEEKDAYS_TR[day.weekday()]}"


def _day_en(day: date) -> str:
    return f"{day:%Y-%m-%d} {_WEEKDAYS_EN[day.weekday()]}"


def _ranges(days: Sequence[date]) -> tuple[str, str]:
    """Days as ranges, in Turkish and English: `23-24.05.2026`, `2026-05-23 to 2026-05-24`."""
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and day - spans[-1][1] == ONE_DAY:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    tr = ", ".join(_span_tr(first, last) for first, last in spans)
    en = ", ".join(
        f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}" for first, last in spans
    )
    return tr, en


def _span_tr(first: date, last: date) -> str:
    if first == last:
        return f"{first:%d.%m.%Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%d}-{last:%d.%m.%Y}"
    return f"{first:%d.%m.%Y}-{last:%d.%m.%Y}"
