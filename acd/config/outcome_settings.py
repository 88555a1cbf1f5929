"""How citizens are told the outcomes of their requests: a part of `acd.config.settings`."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class OutcomeFields(BaseSettings):
    """Settings of the way back. `acd.desk.town_files.outcome_rules` checks the hours."""

    outcome_call: Literal["agent", "off"] = Field(
        "agent",
        description="how citizens are told outcomes: an agent is rung, and then the citizen (needs callback_trunk; "
        "without one a person's task is opened); or nobody is called",
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
    outcome_report_s: float = Field(
        300.0,
        ge=1,
        le=86_400,
        description="so long after the talk its agent may say how it went; then a person finds out",
    )
