"""Why an agent was chosen, as the fact of the offer says it."""

from typing import Any

import msgspec
import pytest

from acd.engine.model.config import ServiceClass
from acd.engine.model.events import ConfigChanged, EngineStarted
from acd.engine.model.facts import OfferMade
from acd.engine.model.ids import AgentId
from acd.engine.model.talk_facts import Choice
from acd.engine.rules.choice import Lead, lead
from acd.engine.rules.repeat_callers import LATER
from tests.acd.engine import handing_over as handovers
from tests.acd.engine import kept_callers as page_reload
from tests.acd.engine.handing_on import talking
from tests.acd.engine.line import Line, profile
from tests.acd.engine.repeats import comes


def last(line: Line) -> OfferMade:
    """The latest offer."""
    return [fact for fact in line.history if isinstance(fact, OfferMade)][-1]


def choice(line: Line) -> Choice:
    """The reason of the latest offer."""
    chosen = last(line).why
    assert chosen is not None
    return chosen


def why(line: Line) -> tuple[Any, ...]:
    """The agent, the reason and its numbers."""
    chosen = choice(line)
    return last(line).agent, chosen.chosen, round(chosen.by, 3), chosen.free, chosen.others, chosen.held


def taken(line: Line, call: str) -> None:
    """A call that is answered and over at once."""
    line.arrives(call, "request")
    line.answers(call)
    line.agent_hangs_up(call)
    line.caller_gone(call)


def test_the_only_one_free_and_for_how_long() -> None:
    line = Line("1001 1002")
    line.ready("1001")
    line.passes(4)
    line.arrives("c1", "request")
    assert why(line) == ("1001", "only", 4.0, 1, (), 0)


def test_the_one_idle_longest_and_who_else_was_free() -> None:
    line = Line("1001 1002 1003")
    line.ready("1002")
    line.passes(1)
    line.ready("1003", "1001")
    line.passes(2)
    line.arrives("c1", "request")
    assert why(line) == ("1002", "longest_idle", 3.0, 3, ("1003", "1001"), 0)


def test_the_first_five_of_the_others_are_named() -> None:
    line = Line(" ".join(str(1001 + n) for n in range(8)))
    line.ready(*(str(1001 + n) for n in range(8)))
    line.arrives("c1", "request")
    assert why(line) == ("1001", "longest_idle", 0.0, 8, ("1002", "1003", "1004", "1005", "1006"), 0)


def test_who_cannot_take_the_caller_or_let_them_pass_was_not_free() -> None:
    agents = (profile("1001"), profile("1002", "funeral"), profile("1003"), profile("1004"), profile("1005"))
    line = Line(agents, max_misses=5)
    line.ready("1001", "1002", "1003", "1004", "1005")
    line.arrives("c1", "request")
    line.fails("c1", "NOANSWER")
    assert why(line) == ("1003", "longest_idle", 0.0, 3, ("1004", "1005"), 0)
    line.fails("c1", "NOANSWER")
    assert why(line) == ("1004", "longest_idle", 0.0, 2, ("1005",), 0)
    line.fails("c1", "NOANSWER")
    assert why(line) == ("1005", "only", 0.0, 1, (), 0)


def test_fewest_calls_and_how_many() -> None:
    line = Line("1001 1002", wrapup_s=0, strategy="least_calls")
    line.ready("1001")
    for n in range(3):
        taken(line, f"a{n}")
    line.ready("1002")
    for n in range(2):
        taken(line, f"b{n}")
    line.passes(9)
    line.arrives("c1", "request")
    assert why(line) == ("1002", "least_calls", 2.0, 2, ("1001",), 0)


def test_the_first_of_the_list() -> None:
    line = Line("1003 1001", strategy="linear")
    line.ready("1001", "1003")
    line.passes(3)
    line.arrives("c1", "request")
    assert why(line) == ("1003", "linear", 0.0, 2, ("1001",), 0)


def test_who_picks_up_soonest_and_after_how_long() -> None:
    line = Line("1001 1002", wrapup_s=0, strategy="quickest")
    for extension, rang_s in (("1001", 9), ("1002", 2)):
        line.ready(extension)
        line.arrives(f"c{extension}", "request")
        line.rings(f"c{extension}")
        line.passes(rang_s)
        line.answers(f"c{extension}")
    for call in ("c1001", "c1002"):
        line.agent_hangs_up(call)
    line.passes(3)
    line.arrives("c1", "request")
    known_s = (2 + 5 * (9 + 2) / 2) / 6  # one ring of their own; the line's average counts as five
    assert why(line)[:4] == ("1002", "quickest", round(known_s, 3), 2)


def test_of_those_who_pick_up_soonest_the_one_idle_longest() -> None:
    line = Line("1001 1002", rules={"urgent_pick_up_s": 1.0})
    line.ready("1001")
    line.passes(2)
    line.ready("1002")
    line.arrives("u1", "funeral")
    assert why(line) == ("1001", "quick", 2.0, 2, ("1002",), 0)
    line = Line("1001 1002", rules={"urgent_pick_up_s": 1.0})
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    assert why(line)[1] == "longest_idle", "a rule for urgent callers"


@pytest.mark.parametrize("reserve", [0, 1])
def test_who_became_free_by_this_event(reserve: int) -> None:
    line = Line("1001", wrapup_s=0, reserve=reserve)
    line.arrives("u1", "funeral")
    line.passes(3)
    line.ready("1001")
    assert why(line)[:3] == ("1001", "freed", 0.0)


def test_a_freed_agent_is_said_so_after_after_call_work_too() -> None:
    line = Line("1001", wrapup_s=5)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    line.agent_hangs_up("c1")
    line.passes(5)
    assert why(line) == ("1001", "freed", 0.0, 0, (), 0)


def test_who_was_idle_before_was_not_freed_by_it() -> None:
    """The callers of before are all back: the agents who are offered were idle."""
    line = Line("1001 1002", regroup_s=2)
    line.arrives("c1", "request")
    line.do(EngineStarted(at=line.at))
    line.ready("1001", "1002")
    line.passes(1)
    line.attaches("c1")
    assert why(line)[:5] == ("1001", "longest_idle", 1.0, 2, ("1002",))


def test_an_agent_of_a_callers_ticket_who_is_idle() -> None:
    line = Line("1001 1002", owner_first_s=20)
    line.ready("1001", "1002")
    line.attaches("u1")
    line.chooses("u1", "funeral", preferred=AgentId("1002"))
    assert why(line) == ("1002", "preferred", 0.0, 2, ("1001",), 0)
    line = Line("1001 1002", owner_first_s=20)
    line.ready("1001", "1002")
    line.attaches("c1")
    line.chooses("c1", "request", preferred=AgentId("1002"))
    assert why(line) == ("1002", "preferred", 0.0, 1, (), 0), "they wait for nobody else"


def test_an_agent_whom_a_routine_caller_waited_for_is_freed() -> None:
    line = Line("1001 1002", owner_first_s=20, wrapup_s=0, reserve=1)
    line.ready("1002")
    line.arrives("u0", "funeral")
    line.answers("u0")
    line.ready("1001")
    line.attaches("c1")
    line.chooses("c1", "request", preferred=AgentId("1002"))
    line.agent_hangs_up("u0")
    assert why(line)[:4] == ("1002", "freed", 0.0, 1)


def test_who_can_take_no_urgent_caller_while_the_others_are_held_back() -> None:
    agents = (profile("1001"), profile("1002", "request"), profile("1003", "request"), profile("1004"))
    line = Line(agents, reserve=2)
    line.ready("1001", "1002", "1003", "1004")
    line.passes(1)
    line.arrives("c1", "request")
    assert why(line) == ("1002", "longest_idle", 1.0, 2, ("1003",), 2)
    line.arrives("c2", "request")
    assert why(line) == ("1003", "only", 1.0, 1, (), 2)
    line.arrives("u1", "funeral")
    assert why(line) == ("1001", "longest_idle", 1.0, 2, ("1004",), 0), "nobody is held back from urgent callers"


def test_who_let_a_caller_pass_is_not_held_back_from_them() -> None:
    agents = (profile("1001"), profile("1002", "request"), profile("1003"))
    line = Line(agents, reserve=1, max_misses=5)
    line.ready("1001", "1002")
    line.wishes("1002", "paused")
    line.ready("1003")
    line.arrives("c1", "request")
    assert why(line) == ("1001", "longest_idle", 0.0, 2, ("1003",), 0)
    line.fails("c1", "NOANSWER")
    assert why(line)[:2] == ("1003", "only")
    line.arrives("u1", "funeral")
    line.ready("1002")
    line.fails("c1", "NOANSWER")
    assert why(line) == ("1002", "only", 0.0, 1, (), 0)


def test_who_was_held_back_until_another_agent_was_idle_too() -> None:
    line = Line((profile("1001"), profile("1002", "funeral")), reserve=1)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(3)
    assert not line.offered
    line.ready("1002")
    assert why(line) == ("1001", "not_held", 3.0, 1, (), 0)


def test_who_was_held_back_from_a_caller_who_waits_for_them_alone() -> None:
    line = Line((profile("1001"), profile("1002", "funeral")), reserve=1, owner_first_s=20)
    line.ready("1001")
    line.attaches("c1")
    line.chooses("c1", "request", preferred=AgentId("1001"))
    line.passes(3)
    assert not line.offered
    line.ready("1002")
    assert why(line) == ("1001", "not_held", 3.0, 1, (), 0)


def test_a_caller_who_waits_for_one_agent_alone_while_nobody_is_held_back_any_more() -> None:
    agents = (profile("1001"), profile("1002", "request"))
    line = Line(agents, reserve=1, owner_first_s=20)
    line.ready("1001", "1002")
    line.attaches("c1")
    line.chooses("c1", "request", preferred=AgentId("1001"))
    assert not line.offered
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, reserve=0)))
    assert why(line) == ("1001", "preferred", 0.0, 1, (), 0)


def test_the_others_are_named_in_order_whatever_their_skills() -> None:
    agents = (profile("1001"), profile("1002", "request"), profile("1003"), profile("1004", "request"))
    line = Line(agents)
    line.ready("1001", "1002", "1003", "1004")
    line.arrives("c1", "request")
    assert why(line)[3:5] == (4, ("1002", "1003", "1004"))


def test_whoever_was_kept_for_first_time_callers_counts_as_held_back() -> None:
    agents = (profile("1001"), profile("1002"), profile("1003"), profile("1004", "request"))
    line = Line(agents, urgent_calls_per_hour=1, first_time_agents=2, wrapup_s=0.0)
    line.ready("1001", "1002", "1003", "1004")
    for n in range(3):
        comes(line, f"x{n}", f"0599000000{n}")
        line.caller_gone(f"x{n}")
    for n in range(3):
        comes(line, f"y{n}", f"0599000000{n}")
    line.arrives("c1", "request")
    assert why(line)[:2] == ("1004", "only")
    assert choice(line).held == sum(line.shown(one) == "ready" for one in ("1001", "1002", "1003"))


def test_out_of_after_call_work_and_for_how_long_they_were_in_it() -> None:
    line = Line("1001 1002", wrapup_s=30, wrapup_recall=True)
    line.ready("1001", "1002")
    for call in ("c1", "c2"):
        line.arrives(call, "request")
        line.answers(call)
    for call in ("c1", "c2"):
        line.passes(2)
        line.agent_hangs_up(call)
    line.passes(3)
    line.arrives("u1", "funeral")
    assert why(line) == ("1001", "wrapup", 5.0, 0, (), 0)


def test_out_of_the_ring_of_a_routine_caller() -> None:
    line = Line("1001", ring_recall=True)
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    line.arrives("u1", "funeral")
    assert why(line) == ("1001", "ringing", 0.0, 0, (), 0)


def test_the_backup_tier() -> None:
    line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=5)
    line.ready("1009")
    line.arrives("u1", "funeral")
    line.passes(5)
    assert why(line) == ("1009", "backup", 0.0, 0, (), 0)


def test_an_agent_to_whom_another_one_sent_the_caller() -> None:
    line = talking("1001 1002")
    line.ready("1002")
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    assert why(line) == ("1002", "sent", 0.0, 0, (), 0)


def test_an_agent_who_had_handed_the_caller_over() -> None:
    line = talking("1001 1002", **handovers.TRUNK)
    leg = handovers.rung(line)
    handovers.fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    assert why(line) == ("1001", "handed_back", 0.0, 0, (), 0)


def test_an_agent_whose_page_is_back() -> None:
    line = page_reload.pages()
    page_reload.kept(line)
    page_reload.page(line, "1001", "available")
    assert why(line) == ("1001", "page_back", 0.0, 0, (), 0)


def test_the_callers_place_is_said() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    for n in range(3):
        taken(line, f"c{n}")
    assert [one.order for one in line.history if isinstance(one, OfferMade)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("mine", "order", "theirs", "other", "how"),
    [
        ("urgent", 9, "routine", 1, "class"),
        ("routine", 9, "outcome", 1, "class"),
        ("urgent", LATER + 9, "routine", 1, "class"),
        ("routine", 9 - LATER, "routine", 0, "put"),
        ("routine", 1 - LATER, "routine", 9 - LATER, "came"),
        ("urgent", 9 - LATER, "urgent", 1, "put"),
        ("urgent", 9, "urgent", LATER, "first_time"),
        ("urgent", LATER + 1, "urgent", LATER + 2, "came"),
        ("urgent", 1, "urgent", 2, "came"),
        ("routine", 0, "routine", 1, "came"),
        ("urgent", LATER, "urgent", LATER + 1, "came"),
        ("routine", 1, "routine", 2, "came"),
        ("routine", 2, "routine", 1, "points"),
        ("outcome", 1, "outcome", 2, "came"),
    ],
)
def test_in_what_a_caller_is_before_another(
    mine: ServiceClass, order: int, theirs: ServiceClass, other: int, how: Lead
) -> None:
    assert lead(mine, order, theirs, other) == how
