"""The engine's opening hours while the line runs for long, and while its time is not people's."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import acd
from acd.config.load_settings import load_settings
from acd.config.rules import Rules, load_rules
from acd.config.settings import Settings
from acd.engine.model.config import Schedule
from acd.engine.rules.admission import is_open
from acd.lib.clock import SteadyClock
from acd.line import opening_hours
from acd.line.opening_hours import bring_hours_on
from tests import waiting

YEARS_S = 2 * 365 * 86_400


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A line with one service that is open on weekdays."""
    shipped = (Path(acd.__file__).parent / "config" / "services.toml").read_text("utf-8")
    names = re.findall(r"^\[(service\.\w+)\]", shipped, re.M)
    (tmp_path / "services.toml").write_text(
        "".join(f"[{name}]\n" for name in names if name != "service.request")
        + '[service.request]\nhours = "office"\n[hours.office]\nweek = { mon-fri = "09:00-18:00" }\n'
    )
    (tmp_path / "agents.toml").write_text("")
    return load_settings(data_dir=tmp_path, services_file=tmp_path / "services.toml")


@asynccontextmanager
async def brought_on(rules: Rules, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Rules]]:
    """The rules in force, oldest first, while hours are looked at all the time."""
    monkeypatch.setattr(opening_hours, "LOOK_S", 0.01)
    force = [rules]
    task = asyncio.create_task(bring_hours_on(lambda: force[-1], settings.timezone, force.append))
    await asyncio.sleep(0)  # it begins
    try:
        yield force
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_opening_hours_are_brought_on_before_they_run_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are worked out for two months, and the line runs for longer than that."""
    old = load_rules(settings).with_hours(time.time() - 59 * 86_400, settings.timezone)
    assert old.config.schedules[0].known_until < time.time() + 3 * 86_400
    monkeypatch.setattr(opening_hours, "EVERY_S", 0.0)
    async with brought_on(old, settings, monkeypatch) as force:
        await waiting.until(lambda: len(force) > 1, "the opening hours are brought on")
    assert force[1].config.schedules[0].known_until > time.time() + 50 * 86_400


def week(plan: Schedule, ahead_s: float) -> list[bool]:
    """Whether it is open at each hour of a week of people's time, by the engine's, which is ahead."""
    monday = 1_795_392_000.0  # 2026-11-23 00:00 UTC
    return [is_open(plan, monday + hour * 3600 + 1800 + ahead_s) for hour in range(7 * 24)]


async def test_hours_are_people_s_while_the_line_s_time_is_years_ahead(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that was wrong for one event must not close the line at noon, and not for good either."""
    now = 1_795_392_000.0 + 3600
    clock = SteadyClock(lambda: now, lambda: now)
    monkeypatch.setattr(opening_hours, "clock", clock)
    right = load_rules(settings).with_hours(now, settings.timezone)
    expected = week(right.config.schedules[0], 0.0)
    assert sum(expected) == 5 * 9
    async with brought_on(right, settings, monkeypatch) as force:
        clock.not_before(now + YEARS_S)
        await waiting.until(lambda: len(force) > 1, "the opening hours are moved")
        assert week(force[-1].config.schedules[0], YEARS_S) == expected
        now += 7_000  # our time runs a twentieth slower: they are 350 s nearer to each other
        await waiting.until(lambda: len(force) > 2, "the opening hours are moved again")
    assert week(force[-1].config.schedules[0], clock.ahead_s) == expected
