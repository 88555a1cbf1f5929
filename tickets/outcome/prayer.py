"""The times of prayer in a town, during which nobody is called if the town says so.

Computed by `adhanpy` with the method of the Turkish Presidency of Religious Affairs: angles of 18° and 17°, and its
precautionary minutes (temkin)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Literal

from adhanpy.calculation.CalculationParameters import CalculationParameters
from adhanpy.calculation.PrayerAdjustments import PrayerAdjustments
from adhanpy.PrayerTimes import PrayerTimes

Prayer = Literal["fajr", "dhuhr", "asr", "maghrib", "isha"]
PRAYERS: tuple[Prayer, ...] = ("fajr", "dhuhr", "asr", "maghrib", "isha")

_FAJR_ANGLE, _ISHA_ANGLE = 18.0, 17.0
_TEMKIN = {"sunrise": -7, "dhuhr": 5, "asr": 4, "maghrib": 7}
"""Minutes."""


@lru_cache(maxsize=64)
def prayer_times(day: date, lat: float, lon: float, zone: tzinfo) -> Mapping[Prayer, datetime]:
    """When each prayer begins on a day, local time, to the minute."""
    parameters = CalculationParameters(
        fajr_angle=_FAJR_ANGLE, isha_angle=_ISHA_ANGLE, method_adjustments=PrayerAdjustments(**_TEMKIN)
    )
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    found = PrayerTimes((lat, lon), noon, calculation_parameters=parameters)
    return {prayer: getattr(found, prayer).astimezone(zone) for prayer in PRAYERS}
