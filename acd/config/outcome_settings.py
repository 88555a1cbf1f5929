"""How citizens are told outcomes, and people on duty of urgent requests: a part of `acd.config.settings`."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class OutcomeFields(BaseSettings):
    """Settings of the way back. `acd.desk.town_files.outcome_rules` checks the hours."""

    public_number: str = Field(
        "444 04 11",
        pattern=r"^\+?[0-9][0-9 ]{1,18}[0-9]$",
        description="the line's number as the citizen's page writes it; spaces are kept",
    )
    say_number: bool = Field(
        True,
        description="say the number of the request that a call has opened to a caller who is still there when the "
        "agent has hung up; the agent is free before, the call lasts some seconds longer",
    )
    outcome_call: Literal["agent", "automatic", "off"] = Field(
        "agent",
        description="how citizens are told outcomes: an agent is rung, and then the citizen; or the line itself rings "
        "the citizen and says it (both need callback_trunk, without which a person's task is opened); or nobody is",
    )
    outcome_at_once: int = Field(2, ge=1, le=20, description="so many automatic calls are up at once")
    outcome_greeting_s: float = Field(
        3.5,
        ge=0,
        le=10,
        description="in an automatic call, a phone that speaks for so long without a pause is a machine; 0: none is "
        "looked for",
    )
    outcome_remark_s: float = Field(
        60.0, ge=0, le=300, description="the longest spoken remark in an automatic call; 0: none is taken"
    )
    outcome_tries: int = Field(3, ge=1, le=10, description="so often a citizen is called about an outcome")
    outcome_pause_s: float = Field(4 * 3600.0, ge=1, le=7 * 86_400, description="from one such call to the next")
    outcome_hours: str = Field(
        "mon-fri 09:00-20:00; sat 10:00-18:00",
        description="when citizens are called about outcomes; on official holidays only where `holiday` is named",
    )
    outcome_quiet: str = Field("fri 12:45-14:00", description="when they are not, within these hours; empty: never")
    outcome_prayer_minutes: int = Field(
        0, ge=0, le=120, description="so long from the beginning of each prayer they are not; 0: prayers do not matter"
    )
    outcome_prayer_place: str = Field(
        "",
        pattern=r"^(-?[0-9]{1,2}(\.[0-9]{1,6})? -?[0-9]{1,3}(\.[0-9]{1,6})?)?$",
        description="where these times of prayer are computed for: latitude and longitude, such as 41.035 28.675; "
        "empty: the middle of the town's mahalle.geojson",
    )
    outcome_report_s: float = Field(
        300.0,
        ge=1,
        le=86_400,
        description="so long after the talk its agent may say how it went; then a person finds out",
    )
    task_calls_per_number: int = Field(
        5,
        ge=0,
        le=1000,
        description="most calls to a citizen's number about tasks within 24 hours; calls about urgent requests are not "
        "refused; 0: no limit",
    )
    duty_ring_s: float = Field(
        60.0,
        ge=0,
        le=120,
        description="how long a person on duty is rung about an urgent request before the next (needs callback_trunk "
        "and the town's duty.toml); 0: nobody is rung",
    )
