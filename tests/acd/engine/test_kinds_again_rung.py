"""Whose phone rings when a caller presses another key of the menu of kinds."""

from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened
from acd.engine.model.commands import CancelOffer, OfferCall
from acd.engine.model.events import OfferAnswered
from acd.engine.model.facts import OfferEnded
from acd.engine.model.ids import AgentId, CallId
from acd.engine.rules.kind_menu import CHANGES
from tests.acd.engine.line import Line, profile
from tests.acd.engine.telling_kinds import (
    ONE_EACH,
    changes,
    line_of,
    presses,
    rung,
    says_urgent,
    service_of,
    sets_kind,
    tickets,
)

C1 = CallId("c1")


def exchanged(line: Line) -> list[str]:
    """The agents whose phones were stopped for another agent; nobody has missed a call."""
    ended = line.facts(OfferEnded)
    assert {one.result for one in ended} <= {"exchanged", "answered"}
    return [one.agent for one in ended if one.result == "exchanged"]


def rings(line: Line, agent: str) -> None:
    """The phone of the agent who is rung for c1 rings, and Asterisk has named its channel."""
    leg = line.leg("c1")
    assert line.offered == {agent: "c1"}
    line.do(AgentChannelOpened(at=line.at, agent=AgentId(agent), channel=leg))
    line.rings("c1")


def test_the_agent_is_exchanged_for_one_who_takes_the_second_kind_without_a_miss() -> None:
    line = line_of(ONE_EACH, max_misses=1)
    line.ready("1001", "1002", "1003")
    says_urgent(line)
    rings(line, "1001")
    presses(line, "1")
    rings(line, "1002")
    presses(line, "2")
    (offer,) = [one for one in line.out if isinstance(one, OfferCall)]
    assert (offer.agent, offer.service, offer.music, offer.keys, offer.untold) == ("1003", "doctor", "", "124", False)
    assert exchanged(line) == ["1001", "1002"]
    assert [line.engine.state.agents[AgentId(one)].misses for one in ("1001", "1002")] == [0, 0]


def test_keys_count_in_the_talk_of_an_offer_that_was_made_after_the_first_key() -> None:
    line = line_of()
    says_urgent(line)
    presses(line, "1")
    line.ready("1001")
    (offer,) = [one for one in line.out if isinstance(one, OfferCall)]
    assert (offer.keys, offer.untold) == ("124", False)
    line.answers("c1")
    line.passes(2.0)
    presses(line, "2")
    assert changes(line) == [("doctor", "2")]


def test_no_keys_are_awaited_once_an_agent_has_set_the_kind() -> None:
    line = line_of()
    says_urgent(line)
    presses(line, "1")
    sets_kind(line, "doctor")
    line.ready("1001")
    (offer,) = [one for one in line.out if isinstance(one, OfferCall)]
    assert (offer.keys, offer.untold) == ("", False)


def test_a_key_that_leads_back_to_the_rung_agents_kind_leaves_their_phone_alone() -> None:
    line = line_of(ONE_EACH)
    line.ready("1001")
    says_urgent(line)
    rings(line, "1001")
    presses(line, "1")
    presses(line, "4")
    line.ready("1002")
    assert line.offered == {"1001": "c1"}
    assert exchanged(line) == []


def test_nobody_is_exchanged_in_a_talk_that_has_just_begun() -> None:
    line = line_of(ONE_EACH)
    line.ready("1001", "1002")
    says_urgent(line)
    rings(line, "1001")
    line.answers("c1")
    presses(line, "1")
    presses(line, "2")
    presses(line, "1")
    assert line.talking == {"1001": "c1"}
    assert not [one for one in line.history if isinstance(one, CancelOffer)]
    assert (service_of(line), changes(line)) == ("funeral", [("doctor", "2"), ("funeral", "1")])


def test_an_agent_who_picks_up_as_they_are_exchanged_does_not_have_the_caller() -> None:
    line = line_of(ONE_EACH)
    line.ready("1001", "1002", "1003")
    says_urgent(line)
    first = line.leg("c1")
    rings(line, "1001")
    presses(line, "1")
    second = line.leg("c1")
    rings(line, "1002")
    presses(line, "2")
    for old in (first, second):
        line.out = line.do(OfferAnswered(at=line.at, call=C1, channel=old))
        assert [one.channel for one in line.out if isinstance(one, CancelOffer)] == [old]
    assert line.offered == {"1003": "c1"}


def test_thirty_keys_of_a_child_ring_few_phones_and_write_few_corrections() -> None:
    line = line_of((*ONE_EACH, profile("1004", "ambulance"), profile("1005", "funeral"), profile("1006", "doctor")))
    line.ready(*(str(1001 + n) for n in range(6)))
    says_urgent(line)
    for n in range(30):
        (agent,) = line.offered
        leg = line.leg("c1")
        line.do(AgentChannelOpened(at=line.at, agent=AgentId(agent), channel=leg))
        line.rings("c1")
        presses(line, "1242"[n % 4])
        if agent not in line.offered:
            line.do(AgentChannelClosed(at=line.at, agent=AgentId(agent), channel=leg))
        line.passes(0.3)
    assert len(changes(line)) == CHANGES
    assert len(exchanged(line)) <= CHANGES + 1
    assert len(rung(line)) <= CHANGES + 2
    assert len(tickets(line)) == 1


def test_after_too_many_changes_the_agent_says_it() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    for key in "1212"[: CHANGES + 1]:
        presses(line, key)
    last = service_of(line)
    presses(line, "4")
    assert service_of(line) == last
    line.answers("c1")
    presses(line, "4")
    assert service_of(line) == last
    sets_kind(line, "ambulance")
    assert service_of(line) == "ambulance"
