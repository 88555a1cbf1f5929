"""Callers who are called back: a part of `acd.config.settings`."""

import re

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from acd.lib.networks import has_a_port

TRUNK = re.compile(r"(?:[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:]{2,39}\])(?::[0-9]{1,5})?")
RANGE = re.compile(r"\+[1-9][0-9]{0,14}")


class CallbackFields(BaseSettings):
    """Settings of callbacks. `acd.config.settings` checks what they need of each other."""

    callback_trunk: str = Field(
        "",
        description="host or host:port of the SIP trunk for callbacks, calls about outcomes, people on duty and "
        "hand-overs; empty: nobody is called",
    )
    callback_key: str = Field(
        "2", pattern=r"^[0-9*#]?$", description="the key by which waiting callers ask for a callback"
    )
    callback_offer_after_s: float = Field(
        90.0,
        ge=0,
        le=3600,
        description="callers with a wait (or an estimate) this long are offered a callback or a message; 0: nobody is",
    )
    callback_tries: int = Field(3, ge=1, le=10, description="how often the line tries to reach a caller")
    callback_retry_s: float = Field(300.0, ge=10, le=86_400, description="from one try to the next")
    callback_ring_s: float = Field(30.0, ge=5, le=120, description="how long the caller's phone rings")
    callback_abandoned_urgent: bool = Field(
        False, description="urgent callers who hang up while waiting are called back; needs callback_trunk"
    )
    callbacks_per_number: int = Field(
        3, ge=0, le=1000, description="most callbacks of a number within 24 hours; 0: no limit"
    )
    callbacks_per_hour: int = Field(
        60,
        ge=0,
        le=100_000,
        description="most callbacks of routine callers in an hour, and as many of urgent callers; 0: no limit",
    )
    callback_denied: tuple[str, ...] = Field(
        ("+90392", "+90900", "+90444", "+870", "+881", "+882", "+883", "+979"),
        description="numbers that begin so are never called back: Northern Cyprus, premium, shared, satellite",
    )

    @field_validator("callback_denied")
    @classmethod
    def _ranges(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(RANGE.fullmatch(one) for one in value):
            raise ValueError("a list of how numbers begin is allowed, with country code, such as +90392")
        return value

    @field_validator("callback_trunk")
    @classmethod
    def _a_trunk(cls, value: str) -> str:
        if value and not (TRUNK.fullmatch(value) and has_a_port(f"//{value}")):
            raise ValueError("host or host:port is allowed, such as sip.example.net:5060")
        return value
