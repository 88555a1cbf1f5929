"""What Asterisk says of phones, and what people read."""

from typing import get_args

import pytest

from acd.engine.facts import AgentState
from agents.presence import (
    PAUSE_REASONS,
    STATE_LABELS,
    contact_state,
    device_state,
    pause_label,
    pause_reason_by_key,
    state_label,
)


@pytest.mark.parametrize("state", ["NOT_INUSE", "INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"])
def test_a_phone_in_use_can_be_reached(state: str) -> None:
    assert device_state(state) == "available"


@pytest.mark.parametrize("state", ["UNAVAILABLE", "INVALID", "UNKNOWN"])
def test_a_phone_that_is_not_registered_cannot(state: str) -> None:
    assert device_state(state) == "unavailable"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Reachable", "available"),
        ("NonQualified", "available"),
        ("Created", "available"),
        ("Updated", "available"),
        ("Unreachable", "unavailable"),
        ("Removed", "unavailable"),
        ("Unknown", "unavailable"),
        ("", "unavailable"),
    ],
)
def test_contacts(status: str, expected: str) -> None:
    assert contact_state(status) == expected


def test_the_keys_of_pause_reasons() -> None:
    by_key = {key: reason.id for key in "0123456789*#" if (reason := pause_reason_by_key(key))}
    assert by_key == {"1": "break", "2": "meal", "3": "prayer", "4": "training"}
    assert pause_reason_by_key("") is None


def test_labels() -> None:
    assert [pause_label(reason.id) for reason in PAUSE_REASONS[:4]] == ["Mola", "Yemek", "Namaz", "Eğitim"]
    assert pause_label("meal", "en") == "Meal"
    assert pause_label("toplantı") == "toplantı"
    assert set(STATE_LABELS) == set(get_args(AgentState))
    assert (state_label("talking"), state_label("talking", "en")) == ("Görüşmede", "Talking")
