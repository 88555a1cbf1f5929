"""Doctor: the duty lists of the units that must accept requests within minutes."""

from acd.cli.finding import Findings, ok, unknown, warning
from acd.config.settings import Settings

NAME = "duty"


def check_duty(settings: Settings) -> Findings:
    """Whether somebody can be rung about each urgent request. Without a trunk nobody is rung at all."""
    from acd.desk.town_files import SOONER, not_on_duty, town_of, urgent_without_unit
    from acd.engine.model.errors import BadConfig
    from tickets.town.haste import high_in_days

    try:
        town = town_of(settings)
        found, unserved = not_on_duty(settings, town), urgent_without_unit(settings, town)
    except BadConfig:
        return  # the check of the rules names it
    for service in unserved:
        yield warning(
            NAME,
            f"the urgent service {service} goes to no unit, so its requests ring nobody; name it in services of a "
            "unit, in units.toml",
        )
    slow = high_in_days(town)
    for topic in slow:
        yield warning(NAME, f"the topic {topic} has priority high and is due in days; {SOONER}")
    if not settings.rings_duty_s():
        yield unknown(NAME, "nobody is rung about urgent requests: callback_trunk or duty_ring_s is not set")
        return
    for text in found:
        yield warning(NAME, f"{text} in duty.toml, so an urgent request then rings nobody; add a shift there")
    if not found and not unserved and not slow:
        yield ok(NAME, "each unit with urgent requests has somebody on duty all week")
