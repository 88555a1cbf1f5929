"""The caller's clock, computed from the audio as it is: what we promise from pick-up to a voice."""

from pathlib import Path
from statistics import median

import pytest

from ivr.flow import Flow
from ivr.interpreter import Choose
from ivr.paths import URGENT_SAID_S
from ivr.sound import measure
from ivr.speak import SOUNDS
from tests.ivr.caller import call
from tests.ivr.flows import hotline

HOTLINE = hotline()
RECORDED = hotline(recording=True)
MONITORED = hotline(monitoring=True)
AGENT_S = 0.3
"""From the choice to an idle agent who picks up at once: offer, INVITE, answer."""
URGENT = {
    "ambulance": ("option_ambulance", "4"),
    "funeral": ("option_funeral", "1"),
    "doctor": ("option_doctor", "2"),
    "patient_transfer": ("option_patient_transfer", "3"),
    "injured_animal": ("option_injured_animal", "5"),
}


def urgent(language: str, service: str) -> float:
    prompt, key = URGENT[service]
    heard = call(RECORDED, SOUNDS, [("option_urgent", "1"), (prompt, key)], language=language)
    assert isinstance(heard.end, Choose)
    assert heard.end.service == service
    assert heard.keys == 2
    return heard.end_at + AGENT_S


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_first_word_comes_within_a_second(language: str) -> None:
    heard = call(HOTLINE, SOUNDS, [], language=language)
    assert heard.first_word_at is not None
    assert heard.first_word_at <= 0.25, "the rest of the second belongs to Asterisk and the daemon"


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_urgent_key_is_the_first_thing_said(language: str) -> None:
    heard = call(HOTLINE, SOUNDS, [], language=language)
    assert min(heard.said_at, key=lambda prompt: heard.said_at[prompt]) == "option_urgent"
    assert heard.said_at["option_urgent"] <= URGENT_SAID_S


def test_an_urgent_caller_speaks_to_an_idle_agent_within_8_seconds() -> None:
    times = {service: urgent("tr", service) for service in URGENT}
    assert median(times.values()) <= 8.0, times
    assert times["ambulance"] <= 8.0, "112 told and all"
    assert max(times.values()) <= 10.0, times


def test_an_urgent_english_caller_needs_hardly_longer() -> None:
    times = {service: urgent("en", service) for service in URGENT}
    assert median(times.values()) <= 9.0, times


def test_the_notice_of_monitoring_takes_an_urgent_caller_a_second() -> None:
    def at(flow: Flow) -> float:
        return call(flow, SOUNDS, [("greeting", "1"), URGENT["ambulance"]]).end_at

    assert 0 < at(MONITORED) - at(HOTLINE) <= 1.0
    assert at(MONITORED) + AGENT_S <= 9.0


def test_who_knows_the_keys_need_not_listen() -> None:
    heard = call(HOTLINE, SOUNDS, [("", "1"), ("", "1")])
    assert isinstance(heard.end, Choose)
    assert heard.end.service == "funeral"
    assert heard.end_at <= 0.5
    assert heard.said_at == {}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_who_presses_nothing_speaks_to_an_agent_within_25_seconds(language: str) -> None:
    heard = call(RECORDED, SOUNDS, [], language=language)  # the longer of the two
    assert isinstance(heard.end, Choose)
    assert heard.end.service == "agent"
    assert {
        "option_urgent",
        "greeting",
        "recording",
        "privacy",
        "option_agent",
        "connecting",
    } <= heard.said_at.keys(), "all was said, once"
    assert heard.end_at + AGENT_S <= 22.0, "three seconds are left for the agent's hand"


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_callers_own_request_delays_no_urgent_key_and_silence_by_few_seconds(language: str) -> None:
    own = {"count": "1", "group1": "park", "unit1": "park_ve_bahceler", "state1": "in_progress", "due1": "2026-11-23"}
    for keys in ([("option_urgent", "1"), ("option_ambulance", "4")], [("option_urgent", "1")], [("", "1"), ("", "4")]):
        known, unknown = (call(HOTLINE, SOUNDS, list(keys), language=language, own=one) for one in (own, None))
        assert (known.end, known.end_at, known.said_at) == (unknown.end, unknown.end_at, unknown.said_at)
    silent = call(RECORDED, SOUNDS, [], language=language, own=own)
    assert {"own_parks", "own_park_ve_bahceler", "own_due", "month_11"} <= silent.said_at.keys()
    assert silent.end_at + AGENT_S <= 30.0


def test_who_says_it_is_urgent_and_no_more_speaks_to_an_agent_within_15_seconds() -> None:
    heard = call(HOTLINE, SOUNDS, [("option_urgent", "1")])
    assert heard.end is not None
    assert heard.end_at + AGENT_S <= 15.0


@pytest.mark.parametrize("language", ["tr", "en"])
def test_while_the_line_is_full_callers_have_six_seconds_to_say_that_it_is_urgent(language: str) -> None:
    silent = call(HOTLINE, SOUNDS, [], language=language, step=HOTLINE.when_full)
    assert isinstance(silent.end, Choose)
    assert silent.end.service == "agent", "who is let go by the engine, if no place has become free"
    assert 6.0 <= silent.end_at <= 7.5, "each of the last places is had by one caller at a time"
    urgent = call(HOTLINE, SOUNDS, [("full_question", "1"), ("", "1")], language=language, step=HOTLINE.when_full)
    assert isinstance(urgent.end, Choose)
    assert urgent.end.service == "funeral"
    assert measure(SOUNDS / language / "queue_goodbye_full.wav").duration_s <= 7.0


@pytest.mark.parametrize("path", sorted(SOUNDS.glob("*/*.wav")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_prompt_begins_at_once_and_is_as_loud_as_the_others(path: Path) -> None:
    one = measure(path)
    assert one.leading_s < 0.06
    assert one.trailing_s < 0.2
    assert -22.0 <= one.level_db <= -18.0
    assert one.peak_db <= -1.0
    assert 0.2 <= one.duration_s <= 15.0
