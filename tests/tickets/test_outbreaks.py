"""Outbreaks: the figures against worked examples, how often a false one is raised, and what is proposed."""

import math
import random
from datetime import datetime

import pytest

from tests.tickets.clock.dates import ZONE, at
from tests.tickets.life import AGENT, RULES
from tests.tickets.towns import TOWN
from tickets.changes import Changed
from tickets.opening import open_ticket
from tickets.outbreaks import (
    Cell,
    Outbreak,
    Report,
    Watch,
    callers,
    find_all,
    find_outbreaks,
    judge,
    message_of,
    most_callers,
    past_windows,
)

NOW = at("2026-06-01 20:00")
WATCH = Watch()
CELL: Cell = ("su_kesintisi", "esenkent")


def reports(
    count: int, *, topic: str = "su_kesintisi", mahalle: str = "esenkent", spread_s: float = 60.0
) -> list[Report]:
    return [
        Report(
            at=NOW - spread_s * n,
            topic=topic,
            mahalle=mahalle,
            caller=f"+9053200000{n:02d}",
            ticket=f"26-0000{n:02d}-0",
        )
        for n in range(count)
    ]


def found(count: int, *past: int) -> list[Outbreak]:
    return find_outbreaks(reports(count), {CELL: past}, NOW, TOWN, WATCH)


def test_the_conditional_test_against_values_worked_out_by_hand() -> None:
    nothing_before = judge(5, [0] * 8)
    assert nothing_before.p_conditional == pytest.approx((1 / 9) ** 5)
    two_weeks = judge(3, [1, 0])  # P(Bin(4, 1/3) >= 3) = 4 * (1/3)^3 * 2/3 + (1/3)^4 = 9/81
    assert two_weeks.p_conditional == pytest.approx(1 / 9)
    assert judge(0, [3, 4]).p == 1.0


def test_the_guard_against_a_negative_binomial_worked_out_by_hand() -> None:
    one = judge(2, [2, 2])  # m = 9/4, v = 27/8: size 9/2, p 2/3; P(X < 2) = p^4.5 * (1 + 4.5 / 3)
    assert one.dispersion == 1.0
    assert one.p_guard == pytest.approx(1 - (2 / 3) ** 4.5 * 2.5)
    wild = judge(20, [2, 20, 3, 15, 1, 18, 4, 2])
    assert wild.dispersion == pytest.approx(8.0, abs=0.01)
    assert wild.p_conditional < 0.01 < wild.p_guard == wild.p


def test_far_tails_are_no_noise() -> None:
    assert judge(60, [0] * 8).p_guard < 1e-40
    assert 0 < judge(40, [1] * 8).p_guard < 1e-15


def test_many_callers_where_there_were_none_are_an_outbreak() -> None:
    (one,) = found(5)
    assert (one.topic, one.mahalle, one.figures.callers, one.figures.expected) == (*CELL, 5, 0.0)
    assert found(4) == [], "fewer than the least"


def test_what_is_usual_at_that_hour_is_no_outbreak() -> None:
    assert found(9, 6, 8, 7, 9, 5, 8, 6, 7) == []
    assert len(found(24, 6, 8, 7, 9, 5, 8, 6, 7)) == 1
    assert found(24, 2, 30, 3, 25, 1, 28, 4, 2) == [], "weeks that differ that much"


def test_one_person_with_a_telephone_is_no_outbreak() -> None:
    same = [Report(at=NOW - n, topic=CELL[0], mahalle=CELL[1], caller="+905320000001") for n in range(50)]
    withheld = [Report(at=NOW - n, topic=CELL[0], mahalle=CELL[1]) for n in range(50)]
    assert callers(same) == callers(withheld) == 1
    assert find_outbreaks([*same, *withheld], {}, NOW, TOWN, WATCH) == []


def called(at_s: float, who: int, *, erased: bool = False) -> Report:
    caller = "" if erased else f"+90532000{who:04d}"
    return Report(at=at_s, topic=CELL[0], mahalle=CELL[1], caller=caller, erased=erased)


@pytest.mark.parametrize("erased", [False, True])
def test_what_is_usual_is_no_outbreak_once_the_numbers_of_past_weeks_are_erased(erased: bool) -> None:
    """They counted as one caller a week: what came each week was an outbreak then."""
    before = [
        called(until - 60 * n, 100 * week + n, erased=erased)
        for week, (_, until) in enumerate(past_windows(NOW, WATCH, ZONE))
        for n in range(12)
    ]
    now = [called(NOW - 60 * n, n) for n in range(12)]
    assert find_all([*before, *now], [], None, NOW, TOWN, WATCH, ZONE) == []
    (one,) = find_all(now, [], None, NOW, TOWN, WATCH, ZONE)
    assert one.figures.past == (0,) * 8


def test_erased_numbers_of_now_are_one_caller_and_withheld_ones_always() -> None:
    """Somebody who has called seven times, and is erased within the hour, is no outbreak."""
    now = [called(NOW - n, 0, erased=True) for n in range(7)]
    withheld = Report(at=NOW, topic=CELL[0], mahalle=CELL[1])
    assert find_all(now, [], None, NOW, TOWN, WATCH, ZONE) == []
    assert (callers(now), most_callers(now)) == (1, 7)
    assert (callers([*now, withheld]), most_callers([*now, withheld, withheld])) == (1, 8)


def test_cells_are_told_apart() -> None:
    spread = [*reports(3), *reports(3, mahalle="fatih"), *reports(3, topic="elektrik_kesintisi")]
    assert find_outbreaks(spread, {}, NOW, TOWN, WATCH) == []
    old = [Report(at=NOW - 3600, topic=CELL[0], mahalle=CELL[1], caller=str(n)) for n in range(9)]
    assert find_outbreaks(old, {}, NOW, TOWN, WATCH) == [], "before the window"
    gone = [Report(at=NOW, topic="gone", mahalle="esenkent", caller=str(n)) for n in range(9)]
    assert find_outbreaks(gone, {}, NOW, TOWN, WATCH) == []
    assert find_outbreaks(reports(9), {}, NOW, TOWN, WATCH, known={CELL}) == []
    both = find_outbreaks([*reports(6), *reports(12, mahalle="fatih")], {}, NOW, TOWN, WATCH)
    assert [one.mahalle for one in both] == ["fatih", "esenkent"], "the least likely first"


def test_the_same_hours_of_past_weeks() -> None:
    windows = past_windows(NOW, WATCH, ZONE)
    assert len(windows) == 8
    assert windows[0] == (at("2026-05-25 19:00"), at("2026-05-25 20:00"))
    assert {datetime.fromtimestamp(until, ZONE).isoweekday() for _, until in windows} == {1}


def test_a_parent_ticket_and_a_surge_message_are_filled_in() -> None:
    (one,) = found(7, 1, 0, 0, 0)
    assert one.surge_tr == (
        "Esenkent Mahallesi'nden su kesintisi konusunda çok sayıda bildirim aldık ve kaydettik. Görevli kurum: İSKİ. "
        "Numaranız bize görünüyorsa, sonuçlandığında size haber vereceğiz."
    )
    assert one.surge_en == (
        "We have received many calls from Esenkent about this: Water cut. We have noted it. Responsible is: İSKİ "
        "(water and sewerage). "
        "If we can see your number, we will let you know when it is resolved."
    )
    assert "7 kişi aradı; son 8 haftanın aynı saatlerinde ortalama 0,1 kişi" in one.why_tr
    assert "7 people called in the last 60 minutes" in one.why_en
    assert one.tickets == tuple(f"26-0000{n:02d}-0" for n in range(7))
    done = open_ticket("26-000099-9", one.parent, AGENT, NOW, RULES)
    assert isinstance(done, Changed)
    assert (done.ticket.topic, done.ticket.district, done.ticket.contact) == (*CELL, "none")


def test_a_surge_message_says_whose_matter_it_is_and_not_that_they_know_of_it() -> None:
    """Nobody has told them before a lead has accepted the outbreak, and an outside body nobody tells at all."""
    for topic in TOWN.topics.values():
        said = message_of(topic, "esenkent", TOWN)
        for claim in ("bilgilendiril", "haber verildi", "arayacağız"):
            assert claim not in said["tr"]
        assert "informed" not in said["en"]
    own = message_of(TOWN.topics["yol_su_baskini"], "esenkent", TOWN)
    assert ("İlgili birim: Fen İşleri." in own["tr"], "Our unit for it: " in own["en"]) == (True, True)


@pytest.mark.parametrize("rate", [0.05, 0.5, 2.0, 8.0])
def test_false_alarms_are_as_rare_as_promised(rate: float) -> None:
    """Exactly, for Poisson counts: summed over all that the past and the present may be. The guard makes it rarer."""
    weeks, most = 8, int(rate * 8 + 12 * math.sqrt(rate * 8) + 30)

    def poisson(count: int, mean: float) -> float:
        return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))

    false = 0.0
    for total in range(most):
        past = [total // weeks + (n < total % weeks) for n in range(weeks)]
        count = WATCH.least
        while judge(count, past).p > WATCH.alpha:
            count += 1
        tail = math.fsum(poisson(more, rate) for more in range(count, count + 200))
        false += poisson(total, rate * weeks) * tail
    assert false <= WATCH.alpha


def test_false_alarms_stay_rare_when_weeks_differ_by_more_than_chance() -> None:
    chance = random.Random(7)

    def count(mean: float) -> int:
        rate = chance.gammavariate(2.0, mean / 2.0)  # variance of the count: mean + mean²/2
        total, product = 0, chance.random()
        while product > math.exp(-rate):
            total, product = total + 1, product * chance.random()
        return total

    windows, guarded, plain = 4_000, 0, 0
    for _ in range(windows):
        past, now = [count(6.0) for _ in range(8)], count(6.0)
        figures = judge(now, past)
        guarded += now >= WATCH.least and figures.p <= WATCH.alpha
        plain += now >= WATCH.least and figures.p_conditional <= WATCH.alpha
    assert guarded <= 20, "at most one in 200, where a plain Poisson test cries wolf far more often"
    assert plain > 3 * guarded


def test_a_real_outbreak_is_seen_within_a_few_calls() -> None:
    past = [0, 1, 0, 0, 1, 0, 0, 0]
    needed = next(count for count in range(1, 50) if count >= WATCH.least and judge(count, past).p <= WATCH.alpha)
    assert needed <= 7
