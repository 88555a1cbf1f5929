"""The same agent is rung again for the same caller before AMI has told how the first ring or talk went: what is told
late of the first ends no later one."""

import pytest

from acd.engine.model.commands import CancelOffer
from acd.engine.model.events import LegGone, OfferAnswered, OfferFailed, OfferRinging, Transferred
from acd.engine.model.facts import OfferMade
from tests.acd.engine.kept_callers import kept, page, pages, phase, whys
from tests.acd.engine.line import Line
from tests.acd.engine.test_late_answers import C1, RING_S, connected, results, returned, talks

FIRST, SECOND = "PJSIP/1001-00000001", "PJSIP/1001-00000002"


@pytest.mark.parametrize("told", [True, False])
def test_what_ami_tells_late_of_an_earlier_ring_of_this_agent_ends_no_later_one(*, told: bool) -> None:
    """Rung from 1000 to 1015, and again from 1017; AMI is four seconds late."""
    line = connected(max_misses=9, retry_s=2)
    line.arrives("c1", "request")
    if told:
        line.do(OfferRinging(at=line.at, call=C1, channel=FIRST))
    line.passes(RING_S)
    returned(line, "NOANSWER")
    line.passes(4)
    assert [one.offer for one in line.facts(OfferMade)] == ["c1#1", "c1#2"]
    if not told:
        line.do(OfferRinging(at=line.at, late_s=19, call=C1, channel=FIRST))
    line.do(LegGone(at=line.at, late_s=4, call=C1, channel=FIRST, cause_code=17))
    line.do(OfferFailed(at=line.at, late_s=4, call=C1, channel=FIRST, status="NOANSWER"))
    offer = line.engine.state.calls[C1].offer
    assert offer is not None
    assert (offer.id, offer.channel, offer.cause_code) == ("c1#2", "", 0)
    line.passes(2)
    line.do(OfferRinging(at=line.at, late_s=4, call=C1, channel=SECOND))
    line.do(OfferAnswered(at=line.at, late_s=1, call=C1, channel=SECOND))
    line.do(LegGone(at=line.at, call=C1, channel=SECOND))
    assert talks(line) == [("1001", 1020, 1021)]
    assert results(line) == [("1001", "no_answer"), ("1001", "answered")]


def test_an_earlier_leg_that_was_answered_after_all_is_hung_up() -> None:
    line = connected(max_misses=9, retry_s=2)
    line.arrives("c1", "request")
    line.do(OfferRinging(at=line.at, call=C1, channel=FIRST))
    line.passes(RING_S)
    returned(line, "NOANSWER")
    line.passes(4)
    line.do(OfferAnswered(at=line.at, call=C1, channel=FIRST))
    assert [one.channel for one in line.commands if isinstance(one, CancelOffer)] == [FIRST]
    assert line.offered == {"1001": "c1"}


@pytest.mark.parametrize("behind_s", [0.2, 1, 4])
def test_a_second_ring_counts_though_asterisks_clock_is_behind(behind_s: float) -> None:
    line = connected(max_misses=9, retry_s=2)
    line.arrives("c1", "request")
    line.do(OfferRinging(at=line.at, late_s=behind_s, call=C1, channel=FIRST))
    line.passes(RING_S)
    returned(line, "NOANSWER")
    while not line.offered:
        line.passes(1)
    line.do(OfferRinging(at=line.at, late_s=behind_s, call=C1, channel=SECOND))
    offer = line.engine.state.calls[C1].offer
    assert offer is not None
    assert offer.channel == SECOND
    line.passes(0.1)
    line.do(OfferAnswered(at=line.at, late_s=behind_s, call=C1, channel=SECOND))
    assert line.talking == {"1001": "c1"}
    assert not [one for one in line.history if isinstance(one, CancelOffer)]


# --- the first was a talk


def sent_on() -> Line:
    """1001 has talked, and sent an urgent caller on; they are rung for them again before AMI has told anything."""
    line = connected("1001", wrapup_recall=True)
    line.arrives("c1", "funeral")
    line.passes(6)
    returned(line, "", unsure=True)
    line.comes_back("c1", FIRST, "1001")
    assert line.offered == {"1001": "c1"}
    return line


def test_what_ami_tells_late_of_a_talk_takes_no_caller_from_the_agent_who_is_rung_for_them_again() -> None:
    line = sent_on()
    line.passes(1)
    line.do(OfferRinging(at=line.at, late_s=7, call=C1, channel=FIRST))
    line.do(OfferAnswered(at=line.at, late_s=5, call=C1, channel=FIRST))
    assert (line.offered, line.talking) == ({"1001": "c1"}, {})
    line.do(Transferred(at=line.at, late_s=1, call=C1, leg=FIRST, kind="blind", dialled="1001"))
    line.do(LegGone(at=line.at, late_s=1, call=C1, channel=FIRST))
    call = line.engine.state.calls[C1]
    assert (line.offered, call.attached, call.transfers) == ({"1001": "c1"}, True, 1)
    assert talks(line) == [("1001", 1006, 1006)]
    line.do(OfferRinging(at=line.at, call=C1, channel=SECOND))
    line.do(OfferAnswered(at=line.at, call=C1, channel=SECOND))
    assert line.talking == {"1001": "c1"}
    assert SECOND not in [one.channel for one in line.history if isinstance(one, CancelOffer)]


def test_a_caller_who_comes_back_after_a_break_with_the_leg_that_sent_them_is_sent_on_once() -> None:
    """The dialplan names that leg until the caller is sent on again."""
    line = sent_on()
    line.comes_back("c1", FIRST, "1001")
    assert results(line) == [("1001", "answered"), ("1001", "lost")]
    assert (len(talks(line)), line.engine.state.calls[C1].transfers) == (1, 1)


# --- the first rang at a page that went


def test_what_is_told_late_of_a_page_that_went_while_it_rang_ends_no_ring_of_the_page_that_is_back() -> None:
    line = pages("1001 1002")
    kept(line)
    page(line, "1001", "available")
    line.do(OfferRinging(at=line.at, call=C1, channel=(leg := "PJSIP/1001-web-00000002")))
    page(line, "1001", "unavailable")
    assert phase(line) == "kept"
    page(line, "1001", "available")
    line.do(OfferFailed(at=line.at, call=C1, channel=leg, status="NOANSWER"))
    assert (line.offered, whys(line)) == ({"1001": "c1"}, [])
