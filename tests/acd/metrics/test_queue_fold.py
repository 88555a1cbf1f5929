"""The board against the engine itself: folding its facts shows what its state says, so a desk that restarts shows the
same figures."""

from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd.engine.machine import Engine
from acd.engine.model.commands import AnyCommand
from acd.engine.model.events import AnyEvent, CalleeAnswered, KindSet
from acd.engine.model.facts import AnyFact, Fact
from acd.engine.model.ids import CallId, ServiceId
from acd.engine.model.journal import Entry
from acd.line.runtime import handle
from acd.metrics import Metrics
from tests.acd.engine.chance import Chance
from tests.acd.engine.handing_on import talking
from tests.acd.engine.handing_over import TRUNK, fails, rung
from tests.acd.engine.kept_callers import KEPT_S, falls_silent, pages, picks_up
from tests.acd.engine.line import Line
from tests.acd.engine.test_messages import speaking
from tests.acd.engine.test_outcome_calls import wishes
from tests.acd.metrics.journal import ISTANBUL


def board() -> Metrics:
    return Metrics(clock=lambda: 0.0, zone=ISTANBUL, service_level_s=15.0)


def shown(metrics: Metrics) -> dict[str, Any]:
    """What a restart of the desk must not change."""
    return {
        "waiting": sorted(metrics.queue.waiting()),
        "callbacks": sorted(metrics.queue.to_call_back()),
        "agents": metrics.agents,
        "surge": metrics.registry.get_sample_value("cozum_surge_active"),
        "fault": metrics.registry.get_sample_value("cozum_line_fault"),
    }


def follow(events: list[AnyEvent]) -> Metrics:
    """The board after these events."""
    engine, metrics = Engine(), board()
    for seq, event in enumerate(events, 1):
        out, _ = handle(engine, event)
        metrics.fold(Entry(seq=seq, event=event, facts=facts_of(out)))
    return metrics


def facts_of(out: Iterable[AnyCommand | AnyFact]) -> tuple[AnyFact, ...]:
    return tuple(item for item in out if isinstance(item, Fact))


def services(metrics: Metrics) -> list[str]:
    """The services of those who wait."""
    return [one.service for one in metrics.queue.waiting()]


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), calls=st.integers(1, 8), count=st.integers(1, 250))
def test_the_fold_shows_what_the_state_says(seed: int, calls: int, count: int) -> None:
    chance, engine, metrics, restarted = Chance(seed, calls), Engine(), board(), board()
    for seq, event in enumerate(chance.stream(count), 1):
        out, error = handle(engine, event)
        chance.learn(list(out))
        metrics.fold(Entry(seq=seq, event=event, facts=facts_of(out), error=error))
        restarted.restore(engine.state)
        assert shown(metrics) == shown(restarted), event


def test_a_caller_who_speaks_a_message_does_not_wait() -> None:
    line = speaking()
    assert services(follow(line.events)) == []


def test_a_caller_who_is_back_from_an_outside_telephone_waits_as_long_as_before() -> None:
    line = talking(**TRUNK)
    (queued_at,) = (call.place.at for call in line.engine.state.calls.values())
    rung(line)
    assert services(follow(line.events)) == []
    fails(line, "BUSY")
    line.attaches("c1")
    assert [one.queued_at for one in follow(line.events).queue.waiting()] == [queued_at]


def test_a_citizen_whose_agents_page_does_not_come_back_holds_the_line_as_a_routine_caller() -> None:
    line = pages("1001", callbacks=True)
    call = wishes(line)
    leg = picks_up(line, call)
    line.do(CalleeAnswered(at=line.at, call=CallId(call), channel=leg, callee="PJSIP/outside-1"))
    falls_silent(line, call, leg)
    line.passes(KEPT_S)
    told, restored = follow(line.events), board()
    restored.restore(line.engine.state)
    assert [one.priority for one in told.queue.waiting()] == ["routine"]
    assert shown(told) == shown(restored)


def test_the_kind_that_an_agent_sets_is_the_service_that_is_waited_for() -> None:
    line = Line("1001")
    line.arrives("u1", "funeral")
    line.do(KindSet(at=line.at, call=CallId("u1"), service=ServiceId("ambulance")))
    assert services(follow(line.events)) == ["ambulance"]
