"""Outbreaks: more callers about one topic in one mahalle than is usual at that hour.

The question is whether `k` callers in this window can come from the rate that gave `S` callers in the same window of
the `n` weeks before. Two tests answer it, and the more careful of the two counts.

1. *The conditional test of two Poisson rates*: if the rate has not changed, then each of the k + S callers is in the
   present window with probability 1/(n + 1), so p = P(Bin(k + S, 1/(n + 1)) ≥ k). It needs no rate and is exact for any
   S, 0 included. J. Przyborowski, H. Wilenski, "Homogeneity of results in testing samples from Poisson series",
   Biometrika 31 (1940), 313-323.
2. *A guard against overdispersion*: weeks differ by more than chance (weather, bayram). With φ = max(1, variance ÷
   mean) of the past weeks, the count is compared with a negative binomial distribution of mean m = (S + ½)/n and
   variance φ·m·(1 + 1/n), the second factor for the uncertainty of m. The use of φ is that of C. P. Farrington et al.,
   "A statistical algorithm for the early detection of outbreaks of infectious disease", Journal of the Royal
   Statistical Society A 159 (1996), 547-563.

Each number counts once, and withheld numbers count as one caller together: one person with a telephone is no
outbreak. How many people are behind erased numbers is not known any more: at most as many as their calls, and at least
one. Past weeks have the most, the present window the least. So k is never too large and S never too small, and an
erasure raises no outbreak. As one caller together, what was erased made every past week look like one with a single
caller, and all that is usual like an outbreak. The price is small: somebody who called twice in an hour counts as two
once they are erased, and the rate looks higher by as much."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

import msgspec

from acd.lib.turkish import tr_lower
from tickets.opening import NewTicket
from tickets.town.model import Topic, Town

Cell = tuple[str, str]
"""Topic and mahalle, by id."""
CHANNEL: Final = "outbreak"
"""The channel of a parent ticket: it stands for an outbreak, and is no call itself."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """The thresholds of an outbreak."""

    window_s: float = 3600.0
    weeks: int = 8
    least: int = 5
    """The least number of callers of an outbreak."""
    alpha: float = 1e-4
    """The highest probability of taking a cell without an outbreak for one."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A call about a topic in a mahalle; `ticket` is the number of the ticket that it opened, if it did."""

    at: float
    topic: str
    mahalle: str
    caller: str = ""
    ticket: str | None = None
    erased: bool = False
    """Whether it had a number that was erased."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the test."""

    callers: int
    past: tuple[int, ...]
    expected: float
    """Mean of the past weeks."""
    dispersion: float
    p_conditional: float
    p_guard: float

    @property
    def p(self) -> float:
        """The probability of so many callers or more if nothing has changed."""
        return max(self.p_conditional, self.p_guard)


class Outbreak(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal for the shift lead: the figures, a parent ticket and a surge message, filled in."""

    topic: str
    mahalle: str
    since: float
    until: float
    figures: Figures
    tickets: tuple[str, ...]
    """Tickets of these callers: the children of the parent."""
    parent: NewTicket
    surge_tr: str
    surge_en: str
    why_tr: str
    why_en: str


def past_windows(at: float, watch: Watch, zone: tzinfo) -> list[tuple[float, float]]:
    """The same hours of the weeks before, newest first: from, to (Unix seconds). Weeks are those of the local clock."""
    end = datetime.fromtimestamp(at, zone)
    found = []
    for week in range(1, watch.weeks + 1):
        until = (end - timedelta(weeks=week)).timestamp()
        found.append((until - watch.window_s, until))
    return found


def find_outbreaks(
    reports: Iterable[Report],
    past: Mapping[Cell, Sequence[int]],
    at: float,
    town: Town,
    watch: Watch,
    *,
    known: Collection[Cell] = (),
) -> list[Outbreak]:
    """The outbreaks at `at` (Unix seconds), the least likely first. `past` holds the callers of each cell in
    `past_windows`, zeros included or left out; cells in `known` have a parent ticket already."""
    cells: dict[Cell, list[Report]] = {}
    for report in reports:
        if at - watch.window_s < report.at <= at:
            cells.setdefault((report.topic, report.mahalle), []).append(report)
    found = []
    for cell, of_cell in cells.items():
        topic = town.topics.get(cell[0])
        if topic is None or cell in known:
            continue
        counts = [*past.get(cell, ())][: watch.weeks]
        figures = judge(callers(of_cell), [*counts, *[0] * (watch.weeks - len(counts))])
        if figures.callers >= watch.least and figures.p <= watch.alpha:
            found.append(_outbreak(cell, topic, of_cell, figures, at, town, watch))
    return sorted(found, key=lambda one: one.figures.p)


def find_all(
    requests: Sequence[Report],
    talks: Sequence[Report],
    since: float | None,
    at: float,
    town: Town,
    watch: Watch,
    zone: tzinfo,
    *,
    known: Collection[Cell] = (),
) -> list[Outbreak]:
    """The outbreaks at `at` among requests, and among requests and `talks` (calls that opened none) together, the least
    likely first.

    Agents have said the mahalle of talks only `since` (None: never), so a week before that has none to compare with and
    is left out where talks count. As long as such weeks are among those of the watch, requests alone are compared too,
    and each of the two questions has half of `alpha`."""
    windows = past_windows(at, watch, zone)
    weeks = 0 if since is None else sum(begin >= since for begin, _ in windows)
    halved = msgspec.structs.replace(watch, alpha=watch.alpha / 2)
    if not weeks:
        return _find(requests, windows, at, town, watch, known)
    both = [*requests, *talks]
    if weeks == watch.weeks:
        return _find(both, windows, at, town, watch, known)
    found = _find(both, windows[:weeks], at, town, msgspec.structs.replace(halved, weeks=weeks), known)
    found += _find(requests, windows, at, town, halved, known)
    likeliest: dict[Cell, Outbreak] = {}
    for one in sorted(found, key=lambda one: one.figures.p):
        likeliest.setdefault((one.topic, one.mahalle), one)
    return list(likeliest.values())


def _find(
    reports: Sequence[Report],
    windows: Sequence[tuple[float, float]],
    at: float,
    town: Town,
    watch: Watch,
    known: Collection[Cell],
) -> list[Outbreak]:
    """The outbreaks among these reports, compared with those of the windows."""
    past: dict[Cell, list[int]] = {}
    for place, (begin, end) in enumerate(windows):
        cells: dict[Cell, list[Report]] = {}
        for one in reports:
            if begin < one.at <= end:
                cells.setdefault((one.topic, one.mahalle), []).append(one)
        for cell, of_cell in cells.items():
            past.setdefault(cell, [0] * len(windows))[place] = most_callers(of_cell)
    return find_outbreaks(reports, past, at, town, watch, known=known)


def callers(reports: Iterable[Report]) -> int:
    """How many people have called, at least: each number once, all without one as one."""
    return len({report.caller for report in reports})


def most_callers(reports: Sequence[Report]) -> int:
    """The same, at most: each report whose number was erased is another person's."""
    return callers(one for one in reports if not one.erased) + sum(one.erased for one in reports)


def judge(count: int, past: Sequence[int]) -> Figures:
    """The figures of a count against those of past weeks. Needs at least one past week."""
    weeks, total = len(past), sum(past)
    mean = total / weeks
    variance = sum((one - mean) ** 2 for one in past) / (weeks - 1) if weeks > 1 else mean
    dispersion = max(1.0, variance / mean) if mean > 0 else 1.0
    careful = (total + 0.5) / weeks
    return Figures(
        callers=count,
        past=tuple(past),
        expected=mean,
        dispersion=dispersion,
        p_conditional=_binomial_tail(count, count + total, 1 / (weeks + 1)),
        p_guard=_negative_binomial_tail(count, careful, dispersion * careful * (1 + 1 / weeks)),
    )


def _binomial_tail(least: int, of: int, p: float) -> float:
    """P(X ≥ least) for X of `of` trials with probability p each."""
    if least <= 0:
        return 1.0
    terms = (
        math.exp(_log_choose(of, hits) + hits * math.log(p) + (of - hits) * math.log1p(-p))
        for hits in range(least, of + 1)
    )
    return min(1.0, math.fsum(terms))


def _negative_binomial_tail(least: int, mean: float, variance: float) -> float:
    """P(X ≥ least) for a negative binomial X; `variance` is more than `mean`."""
    if least <= 0:
        return 1.0
    size, p = mean * mean / (variance - mean), mean / variance
    below = math.fsum(_negative_binomial(count, size, p) for count in range(least))
    if below < 0.999:
        return 1.0 - below
    total, count = 0.0, least  # what is far out is summed by itself: 1 - below would be noise
    while True:
        term = _negative_binomial(count, size, p)
        total += term
        count += 1
        if term <= total * 1e-15:
            return total


def _negative_binomial(count: int, size: float, p: float) -> float:
    log = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
    return math.exp(log + size * math.log(p) + count * math.log1p(-p))


def _log_choose(of: int, hits: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(hits + 1) - math.lgamma(of - hits + 1)


# --- words


def _outbreak(
    cell: Cell, topic: Topic, reports: Sequence[Report], figures: Figures, at: float, town: Town, watch: Watch
) -> Outbreak:
    mahalle = town.name("mahalle", cell[1])
    message = message_of(topic, cell[1], town)
    minutes = round(watch.window_s / 60)
    usual = f"{figures.expected:.1f}"
    return Outbreak(
        topic=cell[0],
        mahalle=cell[1],
        since=at - watch.window_s,
        until=at,
        figures=figures,
        tickets=tuple(dict.fromkeys(report.ticket for report in reports if report.ticket)),
        parent=NewTicket(
            service="request",
            kind=topic.kind if topic.kind == "request" else "complaint",
            topic=cell[0],
            district=cell[1],
            text=f"{mahalle} mahallesinden {figures.callers} kişi {minutes} dakika içinde bildirdi: {topic.tr}",
            channel=CHANNEL,
            contact="none",
        ),
        surge_tr=message["tr"],
        surge_en=message["en"],
        why_tr=(
            f"Son {minutes} dakikada {figures.callers} kişi aradı; son {len(figures.past)} haftanın aynı saatlerinde "
            f"ortalama {usual.replace('.', ',')} kişi. Rastlantı olasılığı {_odds(figures.p).replace(',', '.')}."
        ),
        why_en=(
            f"{figures.callers} people called in the last {minutes} minutes; in the same hours of the last "
            f"{len(figures.past)} weeks it was {usual} on average. Probability by chance: {_odds(figures.p)}."
        ),
    )


def message_of(topic: Topic, mahalle: str, town: Town) -> dict[str, str]:
    """The surge message for callers about an outbreak, by language. It says what is true before anybody has done
    anything: what we know, whose matter it is, and that whoever is known to have called will hear of it."""
    name = town.name("mahalle", mahalle)
    who_tr, who_en = _whose(topic, mahalle, town)
    what = tr_lower(topic.tr[:1]) + topic.tr[1:]
    return {
        "tr": (
            f"{name} Mahallesi'nden {what} konusunda çok sayıda bildirim aldık ve kaydettik. {who_tr}. "
            "Numaranız bize görünüyorsa, sonuçlandığında size haber vereceğiz."
        ),
        "en": (
            f"We have received many calls from {name} about this: {topic.en}. We have noted it. {who_en}. "
            "If we can see your number, we will let you know when it is resolved."
        ),
    }


def _whose(topic: Topic, mahalle: str, town: Town) -> tuple[str, str]:
    """The words for who is responsible, in both languages."""
    who = topic.elsewhere.get(mahalle) or topic.unit or topic.body
    if who in town.units:
        return f"İlgili birim: {town.name('unit', who)}", f"Our unit for it: {town.name('unit', who, 'en')}"
    return f"Görevli kurum: {town.name('body', who)}", f"Responsible is: {town.name('body', who, 'en')}"


def _odds(p: float) -> str:
    return f"1/{round(1 / p):,}" if p > 1e-9 else "< 1/1,000,000,000"
