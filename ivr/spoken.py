"""Composed prompts: digits and dates."""

from typing import Final


def digit_prompt(digit: str) -> str:
    """The prompt that says a digit."""
    return f"digit_{digit}"


def date_prompts(day: str) -> tuple[str, ...]:
    """The prompts that say the day and month of a date, `2026-06-15`; none if it is no date."""
    _, dash, rest = day.partition("-")
    month, _, number = rest.partition("-")
    if not (dash and month in MONTHS and number in _DAYS):
        return ()
    return (*_DAYS[number], f"month_{int(month)}")


def _day_prompts(day: int) -> tuple[str, ...]:
    """The prompts of a number up to 31."""
    if day < 10:
        return (digit_prompt(str(day)),)
    if day < 20 or day % 10 == 0:
        return (f"number_{day}",)
    return (f"number_{day - day % 10}", digit_prompt(str(day % 10)))


MONTHS: Final = tuple(f"{month:02}" for month in range(1, 13))


_DAYS: Final = {f"{day:02}": _day_prompts(day) for day in range(1, 32)}


DATE_PROMPTS: Final = frozenset(prompt for words in _DAYS.values() for prompt in words) | {
    f"month_{month}" for month in range(1, 13)
}
"""All prompts of dates."""
