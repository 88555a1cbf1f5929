"""The windows against a plain recount of everything that ever happened."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.metrics.windows import FORMULAS, LENGTHS, Leaving, Left, Tally, Windows, day_bounds

ISTANBUL = ZoneInfo("Europe/Istanbul")
BERLIN = ZoneInfo("Europe/Berlin")
EVENING = datetime(2025, 11, 24, 23, 0, tzinfo=ISTANBUL).timestamp()

calls = st.lists(
    st.tuples(
        st.floats(0, 2000),  # seconds since the call before
        st.booleans(),
        st.sampled_from(["answered", "abandoned", "other"]),
        st.integers(0, 60_000),  # wait in milliseconds
        st.booleans(),  # met the target
    ),
    max_size=60,
)


@given(calls, st.floats(0, 8000), st.integers(0, 60))
def test_a_window_is_what_a_recount_says(
    calls: list[tuple[float, bool, Leaving, int, bool]], later: float, known: int
) -> None:
    """As after a restart: the calls from the `known`th on come first, and then those before them from the journal."""
    windows = Windows(service_level_s=15, zone=ISTANBUL)
    at, seen = EVENING, []
    for pause, urgent, how, wait_ms, met in calls:
        at += pause
        seen.append((at, urgent, how, wait_ms, met))
    now = at + later
    for left, urgent, how, wait_ms, met in seen[known:] + seen[:known]:
        windows.add(left, urgent=urgent, how=how, wait_s=wait_ms / 1000, on_target=met)
    begin_of_day = day_bounds(now, ISTANBUL)[0]
    for name, group, tally in windows.at(now):
        recount = Tally(15_000)
        since = begin_of_day if name == "day" else now - LENGTHS[name]
        for left, urgent, how, wait_ms, met in seen:
            inside = left >= since if name == "day" else left > since
            if inside and group in ("all", "urgent" if urgent else "routine"):
                recount.count(Left(left, urgent, how, wait_ms, met))
        assert {slot: getattr(tally, slot) for slot in Tally.__slots__} == {
            slot: getattr(recount, slot) for slot in Tally.__slots__
        }, (name, group)


def test_the_three_formulas_differ_as_the_field_defines_them() -> None:
    windows = Windows(service_level_s=15, zone=ISTANBUL)
    for how, wait_s in [
        ("answered", 3.0),
        ("answered", 15.0),
        ("answered", 15.001),
        ("abandoned", 2.0),
        ("abandoned", 40.0),
        ("other", 90.0),
    ]:
        windows.add(EVENING, urgent=False, how=how, wait_s=wait_s, on_target=wait_s <= 3)  # type: ignore[arg-type]  # drawn from the four ways
    tally = next(tally for name, group, tally in windows.at(EVENING) if (name, group) == ("day", "all"))
    assert tally.service_level("answered") == 2 / 3
    assert tally.service_level("answered_or_abandoned") == 3 / 5
    assert tally.service_level("offered") == 2 / 6
    assert tally.asa_s == pytest.approx((3.0 + 15.0 + 15.001) / 3)
    assert tally.within_target == 2 / 5  # of the answered and abandoned


def test_an_empty_window_has_no_figures() -> None:
    for _, _, tally in Windows(service_level_s=15, zone=ISTANBUL).at(EVENING):
        assert tally.offered == 0
        assert tally.asa_s is None
        assert tally.within_target is None
        assert {tally.service_level(formula) for formula in FORMULAS} == {None}


def test_an_unknown_formula_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="answered_or_abandoned"):
        Tally(15_000).service_level("erlang")


def test_the_day_ends_at_local_midnight_even_if_nobody_calls() -> None:
    windows = Windows(service_level_s=15, zone=ISTANBUL)
    windows.add(EVENING, urgent=False, how="answered", wait_s=1, on_target=True)

    def day(now: float) -> int:
        return next(tally.answered for name, group, tally in windows.at(now) if (name, group) == ("day", "all"))

    assert day(EVENING + 3599.999) == 1
    assert day(EVENING + 3600) == 0


@pytest.mark.parametrize(
    ("day", "hours"),
    [((2025, 3, 30), 23), ((2025, 10, 26), 25), ((2025, 6, 1), 24)],
    ids=["spring", "autumn", "summer"],
)
def test_a_day_is_as_long_as_its_clocks_say(day: tuple[int, int, int], hours: int) -> None:
    begin, end = day_bounds(datetime(*day, 12, tzinfo=BERLIN).timestamp(), BERLIN)
    assert end - begin == hours * 3600


def test_a_line_too_busy_to_hold_says_so_and_keeps_the_newest() -> None:
    windows = Windows(service_level_s=15, zone=ISTANBUL, max_calls=3)
    for second in range(5):
        windows.add(EVENING + second, urgent=False, how="answered", wait_s=second, on_target=True)
    assert windows.cut(EVENING + 4)
    five = next(tally for name, group, tally in windows.at(EVENING + 4) if (name, group) == ("5m", "all"))
    assert (five.answered, five.asa_s) == (3, 3.0)
    assert not windows.cut(EVENING + 3601)  # the hour's last missing call has left it by then
