"""Legs on which Asterisk listens whether an agent is there."""

import pytest

from acd.asterisk.listening import Listening
from acd.engine.model.agent_events import AgentChannelClosed
from acd.engine.model.events import AgentHeard, AnyEvent, CallerGone, LegGone, OfferAnswered
from acd.engine.model.ids import AgentId, CallId

CALL, LEG, OTHER = CallId("ast1-1.1"), "PJSIP/1001-2", "PJSIP/1002-3"
HEARD = AgentHeard(at=3.0, call=CALL, channel=LEG)


def answered(leg: str = LEG) -> OfferAnswered:
    return OfferAnswered(at=2.0, call=CALL, channel=leg)


def is_marked(event: AnyEvent | None) -> bool:
    assert isinstance(event, OfferAnswered)
    return event.listens


def test_an_answer_on_such_a_leg_is_marked_and_the_first_sign_told() -> None:
    listening = Listening()
    listening.begin(LEG)
    assert is_marked(listening.take(answered()))
    assert not is_marked(listening.take(answered(OTHER)))
    assert listening.take(HEARD) == HEARD
    assert listening.take(HEARD) is None, "one sign is enough"


def test_who_speaks_during_the_beep_is_there_before_the_answer() -> None:
    listening = Listening()
    listening.begin(LEG)
    assert listening.take(HEARD) == HEARD
    assert not is_marked(listening.take(answered()))


def test_signs_of_other_legs_are_of_no_interest() -> None:
    """A key to an agent of a call whose kind may still be given, or a consultation."""
    listening = Listening()
    assert listening.take(HEARD) is None
    listening.begin(OTHER)
    assert listening.take(HEARD) is None


@pytest.mark.parametrize(
    "end",
    [
        LegGone(at=3.0, call=CALL, channel=LEG),
        AgentChannelClosed(at=3.0, agent=AgentId("1001"), channel=LEG),
        None,
    ],
    ids=["the leg is gone", "its channel is closed", "the connection is lost"],
)
def test_what_is_over_or_not_known_any_more_is_not_listened_to(end: AnyEvent | None) -> None:
    listening = Listening()
    listening.begin(LEG)
    if end is None:
        listening.clear()
    else:
        assert listening.take(end) == end
    assert not is_marked(listening.take(answered()))
    assert listening.take(HEARD) is None


def test_the_end_of_another_leg_changes_nothing() -> None:
    listening = Listening()
    listening.begin(LEG)
    for event in (LegGone(at=3.0, call=CALL, channel=OTHER), CallerGone(at=3.0, call=CALL)):
        assert listening.take(event) == event
    assert is_marked(listening.take(answered()))
