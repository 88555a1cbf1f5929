"""Two phones of one agent, combined into one: events of phones in, the agent's events out."""

import pytest

from acd.asterisk.phones import AgentPhones
from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.event_base import DeviceState
from acd.engine.model.ids import AgentId

DESK, PAGE = "PJSIP/1001", "PJSIP/1001-web"
OTHER = "PJSIP/1002"
PHONES = {DESK: AgentId("1001"), PAGE: AgentId("1001"), OTHER: AgentId("1002")}


class Agent:
    """An agent's phones, and what the engine is told."""

    def __init__(self, *there: str) -> None:
        self.phones = AgentPhones(PHONES, there)

    def tell(self, endpoint: str, state: DeviceState) -> list[str]:
        """States of the agent that follow from a phone's."""
        change = DeviceStateChanged(at=1.0, agent=PHONES[endpoint], state=state, endpoint=endpoint)
        return [one.state for one in self.phones.take(change)]


def test_an_agent_is_there_while_one_of_their_phones_is() -> None:
    agent = Agent()
    assert agent.tell(DESK, "available") == ["available"]
    assert agent.tell(PAGE, "available") == ["available"], "a caller may be kept until it is back"
    assert agent.tell(PAGE, "available") == []
    assert agent.tell(DESK, "unavailable") == []
    assert agent.tell(DESK, "available") == []
    assert agent.tell(DESK, "unavailable") == []
    assert agent.tell(PAGE, "unavailable") == ["unavailable"]


def test_the_same_word_twice_is_no_news() -> None:
    agent = Agent()
    assert agent.tell(DESK, "unavailable") == []
    assert agent.tell(DESK, "available") == ["available"]
    assert agent.tell(DESK, "available") == []
    assert agent.tell(OTHER, "available") == ["available"]


def test_where_the_phone_that_would_ring_goes_its_call_is_offered_anew() -> None:
    """The page closes while it rings, and the telephone on the desk is there: the ring must not go on to its end."""
    agent = Agent(DESK, PAGE)
    assert agent.tell(PAGE, "unavailable") == ["unavailable", "available"]
    assert agent.phones.dialled(DESK) == DESK


@pytest.mark.parametrize(
    ("there", "dialled"),
    [((), DESK), ((DESK,), DESK), ((PAGE,), PAGE), ((DESK, PAGE), PAGE), ((OTHER,), DESK)],
)
def test_the_page_rings_if_it_is_there_else_the_telephone(there: tuple[str, ...], dialled: str) -> None:
    assert AgentPhones(PHONES, there).dialled(DESK) == dialled


def test_an_endpoint_of_nobody_is_dialled_as_it_is() -> None:
    assert AgentPhones(PHONES, (PAGE,)).dialled("PJSIP/9999") == "PJSIP/9999"


def test_what_is_known_need_not_be_asked_for() -> None:
    phones = AgentPhones(PHONES, (PAGE,))
    assert phones.knows(PAGE, "available")
    assert phones.knows(DESK, "unavailable")
    assert not phones.knows(PAGE, "unavailable")
    phones.reset([DESK])
    assert phones.there == {DESK}
