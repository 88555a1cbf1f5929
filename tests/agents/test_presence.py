"""What people read of agents."""

from typing import get_args

from acd.engine.model.facts import AgentState
from agents.presence import (
    GIVEN_BY_THE_LINE,
    PAUSE_REASONS,
    STATE_LABELS,
    pause_label,
    pause_reason_by_key,
    reason_fault,
    state_label,
)


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


def test_nobody_chooses_the_reasons_that_the_line_gives() -> None:
    for reason in GIVEN_BY_THE_LINE:
        assert reason_fault(reason).endswith(f"{reason} is given by the line itself")
    assert reason_fault("meal") == reason_fault("") == ""
    assert "given by the line" not in reason_fault("lunch")
