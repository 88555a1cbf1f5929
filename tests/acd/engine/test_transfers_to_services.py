"""Callers whom an agent sends on to a service: by its code, and where it does not take everybody."""

import pytest

from acd.engine.model.config import Schedule, Service
from acd.engine.model.events import CallDetached, Transferred
from acd.engine.model.facts import (
    CallOverflowed,
)
from acd.engine.model.ids import CallId, ServiceId
from tests.acd.engine.handing_on import C1, SERVICES, talking
from tests.acd.engine.line import Line, profile


def sent_to(code: str) -> Line:
    """c0 waits where only one may; c1, who came before, is sent to a service."""
    services = (
        Service(id=ServiceId("agent"), transfer_code="0"),
        Service(id=ServiceId("full"), transfer_code="1", max_waiting=1, overflow_to=ServiceId("agent")),
        Service(id=ServiceId("night"), transfer_code="2", hours="h", closed="overflow", overflow_to=ServiceId("full")),
        Service(id=ServiceId("shut"), transfer_code="3", hours="h", closed="release"),
        Service(id=ServiceId("funeral"), priority="urgent", opens_ticket=True),
    )
    line = Line("1001 1002", services, wrapup_s=0, schedules=(Schedule(id="h", open=((0.0, 5.0),), known_until=1e9),))
    line.ready("1001")
    line.arrives("c1", "funeral" if code == "*83!" else "agent")
    line.answers("c1")
    line.passes(30)
    line.wishes("1001", "paused")
    line.arrives("c0", "full")
    line.comes_back("c1", line.sends("c1", code.rstrip("!")), code.rstrip("!"))
    return line


@pytest.mark.parametrize(
    ("code", "service", "moved"),
    [("*81", "agent", ["agent"]), ("*82", "agent", ["full", "agent"]), ("*83", "shut", []), ("*83!", "shut", [])],
    ids=["full", "closed and full", "closed", "closed, urgent"],
)
def test_to_a_service_that_is_full_or_closed(code: str, service: str, moved: list[str]) -> None:
    """They go on to where it overflows, and are never let go: an agent sent them."""
    line = sent_to(code)
    assert [fact.to for fact in line.facts(CallOverflowed)] == moved
    call = line.engine.state.calls[CallId("c1")]
    assert (call.service, call.phase, call.place.at) == (service, "waiting", 1000)
    assert call.priority == ("urgent" if code.endswith("!") else "routine")
    line.ready("1002")
    assert line.offered == {"1002": "c1"}


def test_who_becomes_urgent_by_a_transfer_is_in_the_queue_before_the_agent_is_free_for_others() -> None:
    """One agent is held back from routine callers. Word of the session frees the agent who sent the caller on, who can
    take none of those who wait; that lets the other go, who was offered to c0 while c1 waited (random events)."""
    services = (
        Service(id=ServiceId("funeral"), priority="urgent", transfer_code="1"),
        Service(id=ServiceId("agent")),
        Service(id=ServiceId("request")),
    )
    agents = (profile("1001", "agent"), profile("1002", "request funeral"))
    line = Line(agents, services, wrapup_s=0, reserve=1)
    line.ready("1001", "1002")
    line.arrives("c1", "agent")
    line.answers("c1")
    line.arrives("c0", "request")
    assert line.offered == {}
    line.comes_back("c1", line.leg("c1"), "*81")
    assert line.offered == {"1002": "c1"}


# --- who sent the caller on, and takes the service too


@pytest.mark.parametrize("first", ["the transfer", "the leg's end", "the session"])
@pytest.mark.parametrize("recall", [True, False])
def test_an_urgent_caller_does_not_wait_for_who_sent_them_on_where_there_is_no_other(first: str, recall: bool) -> None:
    """They were waited for five seconds, as if they had let the caller pass."""
    line = talking("1001", "funeral", wrapup_s=10 if recall else 0, wrapup_recall=recall)
    leg = line.leg("c1")
    if first == "the leg's end":
        line.agent_hangs_up("c1")
    if first != "the session":
        line.sends("c1", "*811") if first == "the transfer" else line.do(
            Transferred(at=line.at, call=C1, leg=leg, kind="blind", dialled="*811")
        )
    line.comes_back("c1", leg, "*811")
    assert line.offered == {"1001": "c1"}
    assert not [timer for timer in line.timers if timer.startswith("retry:")]


def test_an_urgent_caller_has_who_sent_them_on_where_the_others_are_busy() -> None:
    line = talking("1001 1002", "funeral", wrapup_s=0)
    line.ready("1002")
    line.arrives("c2", "request")
    line.answers("c2")
    leg = line.sends("c1", "*811")
    line.comes_back("c1", leg, "*811")
    assert line.offered == {"1001": "c1"}


@pytest.mark.parametrize("strategy", ["longest_idle", "linear", "least_calls", "quickest"])
def test_an_urgent_caller_has_another_before_who_sent_them_on(strategy: str) -> None:
    line = talking("1001 1002", "funeral", wrapup_s=0, strategy=strategy)
    line.ready("1002")
    leg = line.sends("c1", "*811")
    line.comes_back("c1", leg, "*811")
    assert line.offered == {"1002": "c1"}
    line.fails("c1", "NOANSWER")
    assert line.offered == {}, "who sent them on stays skipped where another was there"


def test_a_routine_caller_waits_for_another_agent_who_is_busy() -> None:
    line = talking("1001 1002", "request", wrapup_s=0, skip_s=60)
    line.ready("1002")
    line.arrives("c2", "request")
    line.answers("c2")
    leg = line.sends("c1", "*80")
    line.comes_back("c1", leg, "*80")
    assert line.offered == {}
    line.agent_hangs_up("c2")
    assert line.offered == {"1002": "c1"}


def test_a_routine_caller_has_who_sent_them_on_after_a_moment_where_there_is_no_other() -> None:
    """The backup tier is none for them."""
    agents = (profile("1001"), profile("1009", backup=True))
    line = talking(agents, "request", wrapup_s=0, retry_s=5, skip_s=60)
    line.ready("1009")
    leg = line.sends("c1", "*80")
    line.comes_back("c1", leg, "*80")
    line.passes(4.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1001": "c1"}


@pytest.mark.parametrize(("backup_after_s", "agent"), [(5, "1009"), (600, "1001")])
def test_the_backup_tier_is_another_once_it_is_rung_for_an_urgent_caller(backup_after_s: float, agent: str) -> None:
    agents = (profile("1001"), profile("1009", backup=True))
    line = talking(agents, "funeral", wrapup_s=0, backup_after_s=backup_after_s)
    line.ready("1009")
    leg = line.sends("c1", "*811")
    line.comes_back("c1", leg, "*811")
    assert line.offered == {agent: "c1"}


def test_who_let_an_urgent_caller_pass_is_waited_for_though_who_sent_them_on_has_them_back() -> None:
    line = Line("1001 1002", SERVICES, wrapup_s=0, retry_s=60, skip_s=60)
    line.ready("1002")
    line.arrives("c1", "funeral")
    line.fails("c1", "NOANSWER")
    line.ready("1001")
    line.answers("c1")
    leg = line.sends("c1", "*811")
    line.comes_back("c1", leg, "*811")
    assert line.offered == {"1001": "c1"}
    assert line.timers.get("retry:c1") == line.at + 60


def test_who_was_brought_back_and_is_brought_back_again_waits_on() -> None:
    """The session broke meanwhile; the dialplan says once more by whom the caller was sent."""
    line = talking("1001", wrapup_s=0, retry_s=60)
    leg = line.sends("c1", "*80")
    line.comes_back("c1", leg, "*80")
    line.do(CallDetached(at=line.at, call=C1, lost=True))
    line.comes_back("c1", leg, "*80")
    call = line.engine.state.calls[C1]
    assert (call.phase, call.attached, call.transfers) == ("waiting", True, 1)
