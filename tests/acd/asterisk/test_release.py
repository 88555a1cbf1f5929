"""Which release is fetched, and the remarks about one."""

import pytest

from acd.asterisk.release import (
    FLOOR,
    STALE_DAYS,
    TRIED,
    NoRelease,
    Release,
    age_days,
    choose,
    date_of,
    remarks,
    told,
    upstream,
)

DAY_S = 86_400
PINNED = f"1:{told(TRIED)}+dfsg+~cs6.17-1"
NEWER = f"1:{TRIED[0]}.{TRIED[1] + 2}.0+dfsg+~cs6.17-1"
AT_FLOOR = f"1:{told(FLOOR)}+dfsg-2"
TOO_OLD = f"1:{TRIED[0]}.2.0~dfsg+~cs6.15-1"
OTHER_SERIES = f"1:{TRIED[0] + 1}.1.0+dfsg-1"
CANDIDATE = f"1:{TRIED[0]}.{TRIED[1] + 3}.0~~rc1~dfsg-1"


def test_the_release_in_a_debian_version() -> None:
    assert upstream("1:22.10.1+dfsg+~cs6.17.60671434-1") == (22, 10, 1)
    assert upstream("20.6.0~dfsg+~cs6.13-1build2") == (20, 6, 0)
    assert upstream("1:22.3.0~~rc1~dfsg+~cs6.15-1") is None
    assert upstream("none") is None


@pytest.mark.parametrize(
    ("available", "newest", "chosen"),
    [
        ([NEWER, PINNED, TOO_OLD], False, PINNED),
        ([NEWER, PINNED], True, NEWER),
        ([NEWER], False, NEWER),
        ([AT_FLOOR, TOO_OLD], False, AT_FLOOR),
        ([OTHER_SERIES, AT_FLOOR], True, AT_FLOOR),
        ([CANDIDATE, PINNED], True, PINNED),
    ],
)
def test_the_tried_release_is_taken_or_else_the_newest_of_its_series(
    available: list[str], newest: bool, chosen: str
) -> None:
    assert choose(available, newest=newest) == chosen


@pytest.mark.parametrize("available", [[], [TOO_OLD], [OTHER_SERIES], [CANDIDATE]])
def test_a_mirror_without_one_is_told_with_the_way_out(available: list[str]) -> None:
    with pytest.raises(NoRelease) as caught:
        choose(available, newest=False)
    assert f"{told(FLOOR)} or a newer {TRIED[0]} is needed: install an Asterisk" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_age_counts_from_the_build_or_else_from_the_unpacking() -> None:
    assert age_days(Release(TRIED, built_at=10 * DAY_S, unpacked_at=90 * DAY_S), 100.5 * DAY_S) == 90
    assert age_days(Release(TRIED, unpacked_at=90 * DAY_S), 100 * DAY_S) == 10
    assert age_days(Release(TRIED), 100 * DAY_S) is None
    assert age_days(Release(TRIED, built_at=200 * DAY_S), 100 * DAY_S) == 0  # a clock that was set back
    assert date_of(0.0) == "1970-01-01"


def test_what_is_remarked() -> None:
    now = 1000.0 * DAY_S
    fresh = now - STALE_DAYS * DAY_S
    assert remarks(Release(TRIED, built_at=fresh), now) == []
    assert remarks(Release((*TRIED[:1], 0, 1), built_at=fresh), now) == [f"older than {told(TRIED)}, which was tried"]
    assert remarks(Release((TRIED[0], 99, 0), built_at=fresh), now) == [f"not tried: {told(TRIED)} was"]
    assert remarks(Release((20, 6, 0), built_at=fresh), now) == [f"not tried: {told(TRIED)} was"]
    (old,) = remarks(Release(TRIED, built_at=fresh - DAY_S), now)
    assert old.startswith(f"{STALE_DAYS + 1} days old")
