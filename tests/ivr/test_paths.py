"""The seconds of each way through the flow, beside those of a caller who follows the flow itself."""

import pytest

from ivr import flow as f
from ivr.catalogue import load_catalogues
from ivr.interpreter import Choose
from ivr.paths import Walk, Way
from ivr.sound import measure
from ivr.speak import SOUNDS
from tests.ivr.caller import call
from tests.ivr.flows import hotline, small

TEXTS = load_catalogues()


def ways(flow: f.Flow, language: str = "tr", *, early: bool) -> dict[tuple[str, ...], Way]:
    walk = Walk(
        flow,
        lambda prompt: measure(SOUNDS / language / f"{prompt}.wav").duration_s,
        lambda prompt: TEXTS[language][prompt].text,
        early=early,
    )
    return {way.did: way for way in walk.ways()}


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("recording", [True, False])
def test_it_is_what_a_caller_with_a_stopwatch_has(language: str, recording: bool) -> None:
    flow = hotline(recording=recording)
    found = ways(flow, language, early=False)
    presses = {
        ("1", "1"): [("option_urgent", "1"), ("option_funeral", "1")],
        ("1", "5"): [("option_urgent", "1"), ("option_injured_animal", "5")],
        ("2",): [("option_request", "2")],
        ("0",): [("option_agent", "0")],
        ("silence",): [],
    }
    for did, pressed in presses.items():
        heard = call(flow, SOUNDS, pressed, language=language)
        assert isinstance(heard.end, Choose)
        assert found[did].service == heard.end.service
        assert found[did].seconds == pytest.approx(heard.end_at, abs=0.35), "silence at the ends of prompts is counted"


def test_a_phone_rings_from_the_urgent_key_on() -> None:
    quiet, told = ways(hotline(), early=True), ways(hotline(recording=True), early=True)
    assert (quiet["1",].rings, quiet["1",].service) == (True, "ambulance")
    assert quiet["1",].seconds <= 2.1
    notice_s = measure(SOUNDS / "tr" / "recording_short.wav").duration_s
    assert told["1",].seconds == pytest.approx(quiet["1",].seconds + notice_s, abs=0.1)
    kinds = [quiet["1", key] for key in "41235"]
    assert [way.service for way in kinds] == ["ambulance", "funeral", "doctor", "patient_transfer", "injured_animal"]
    assert [way.seconds for way in kinds] == sorted(way.seconds for way in kinds), "in the order in which they are said"


def test_every_end_of_the_flow_is_reached_by_some_way() -> None:
    flow = hotline()
    ends = {name for name, step in flow.steps.items() if isinstance(step, f.Choose | f.Finish)}
    assert {way.end for way in ways(flow, early=False).values()} == ends


def test_what_leads_back_is_not_followed() -> None:
    flow = small(
        """
        start = "a"
        fallback = "agent"
        [steps.a]
        type = "menu"
        prompts = ["hello"]
        no_key = "agent"
        keys = {1 = "a", 2 = "agent"}
        [steps.agent]
        type = "choose"
        service = "agent"
        """
    )
    found = Walk(flow, lambda prompt: 1.0, lambda prompt: "bir").ways()
    assert [way.did for way in found] == [("2",), ("silence",)]
