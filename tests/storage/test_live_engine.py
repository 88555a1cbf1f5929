"""The live view against the engine itself: folding its facts shows what its state says."""

from collections.abc import Iterator

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd.engine.index.queues import Waiting
from acd.engine.index.skills import Need, Skills
from acd.engine.machine import Engine
from acd.engine.model.events import AnyEvent, CallDetached, CallImported
from acd.engine.model.facts import CallAnswered, Fact
from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.journal import Entry
from acd.engine.model.recording_events import RecordingFailed, RecordingMissed, RecordingMuted
from acd.engine.model.target import TARGET_S, within_target
from acd.line.runtime import handle
from storage.live import LiveView
from tests.acd.engine.chance import Chance
from tests.acd.engine.handing_on import talking
from tests.acd.engine.handing_over import TRUNK, answered, fails, rung
from tests.acd.engine.kept_callers import KEPT_S, comes_back, falls_silent, page, pages, picks_up, talks
from tests.acd.engine.test_messages import AST1, C1, speaking
from tests.acd.engine.test_recording import recorded
from tests.acd.engine.test_recording import talks as recording_talks


def follow(events: list[AnyEvent]) -> Iterator[LiveView]:
    """The view after each event; it shows what the state says."""
    engine, view = Engine(), LiveView()
    for seq, event in enumerate(events, 1):
        out, _ = handle(engine, event)
        view.apply(Entry(seq=seq, event=event, facts=tuple(item for item in out if isinstance(item, Fact))))
        there = LiveView.of(engine.state, seq, event.at)
        assert (view.agents(), view.calls(), view.queue()) == (there.agents(), there.calls(), there.queue()), event
        assert view.outside() == there.outside(), event
        yield view


def test_a_recording_that_does_not_run_is_not_paused() -> None:
    line = recorded()
    recording_talks(line)
    line.do(RecordingFailed(at=line.at, call=C1))
    line.do(RecordingMuted(at=line.at, call=C1, paused=True, by="desk"))
    assert [(view.call("c1") or {}).get("recording") for view in follow(line.events)][-2:] == ["", ""]


def test_a_recording_that_the_desk_does_not_find_runs_no_more() -> None:
    line = recorded()
    recording_talks(line)
    line.do(RecordingMissed(at=line.at, call=C1, why="no_file"))
    line.do(RecordingMuted(at=line.at, call=C1, paused=True, by="desk"))
    assert [(view.call("c1") or {}).get("recording") for view in follow(line.events)][-3:] == ["on", "", ""]


def test_a_caller_whom_the_standby_takes_out_of_a_message_is_shown_waiting() -> None:
    line = speaking()
    line.do(CallDetached(at=line.at, call=C1, lost=True))
    line.do(
        CallImported(
            at=line.at, call=C1, node=AST1, channel="PJSIP/trunk-c1", number="", arrived_at=line.at - 20,
            queued_at=line.at - 10,
        )
    )  # fmt: skip
    assert [(view.call("c1") or {}).get("state") for view in follow(line.events)][-3:] == ["menu", "menu", "waiting"]


def test_a_caller_who_is_kept_for_an_agent_is_shown_so() -> None:
    line = pages("1001 1002")
    leg = talks(line)
    page(line, "1001", "unavailable")
    falls_silent(line, "c1", leg)
    comes_back(line, "c1", leg)
    page(line, "1001", "available")
    page(line, "1001", "unavailable")
    line.passes(KEPT_S)
    picks_up(line, "c1")
    shown = []
    for view in follow(line.events):
        call, agent = view.call("c1"), view.agent("1001")
        if call is not None and agent is not None:
            shown.append((call["state"], call["agent"], agent["keeps"]))
    assert [one for one, before in zip(shown, [None, *shown], strict=False) if one != before][1:] == [
        ("ringing", "1001", False),
        ("talking", "1001", False),
        ("kept", "1001", True),
        ("ringing", "1001", False),
        ("kept", "1001", True),
        ("ringing", "1002", False),
        ("talking", "1002", False),
    ]


def test_a_caller_at_an_outside_telephone_is_shown_with_who_handed_them_over() -> None:
    line = talking(**TRUNK)
    rung(line)
    left_at = line.at
    line.passes(4)
    answered(line)
    line.caller_gone("c1")
    shown = [
        [(one["id"], one["since"], one["state"], one["agent"], one["to"]) for one in view.outside()]
        for view in follow(line.events)
    ]
    rings, talks_there = [("c1", left_at, state, "1001", "acil_112") for state in ("ringing", "talking")]
    assert [one for one, before in zip(shown, [None, *shown], strict=False) if one != before] == [
        [], [rings], [talks_there], []
    ]  # fmt: skip


def test_a_caller_whom_the_outside_telephone_does_not_take_is_shown_there_no_more() -> None:
    line = talking(**TRUNK)
    rung(line)
    fails(line, "BUSY")
    line.attaches("c1")
    views = [(len(view.outside()), (view.call("c1") or {}).get("state")) for view in follow(line.events)]
    assert (1, "outside") in views
    assert views[-1] == (0, "ringing")


class Anything(Skills):
    """What an agent can do who can take every caller."""

    def takes(self, need: Need) -> bool:
        return True


def served(engine: Engine, at: float) -> list[CallId]:
    """Those who wait or are rung for, in the order in which the engine's own index gives them to an agent who can take
    every caller and whom nobody has let pass."""
    waiting, anybody = Waiting(engine.core.services), Anything(None, None)
    for call in engine.state.calls.values():
        parked = call.callback is not None and call.callback.until is not None
        if call.queued is not None and call.phase in ("waiting", "offered") and not parked:
            waiting.add(msgspec.structs.replace(call.queued, skipped=[], preferred=None))
    order: list[CallId] = []
    while (first := waiting.best_for(AgentId("any"), anybody, at)) is not None:
        order.append(first.call)
        waiting.remove(first)
    return order


def entry_of(engine: Engine, seq: int, event: AnyEvent, chance: Chance) -> Entry:
    out, error = handle(engine, event)
    chance.learn(list(out))
    return Entry(seq=seq, event=event, facts=tuple(item for item in out if isinstance(item, Fact)), error=error)


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), calls=st.integers(1, 8), count=st.integers(1, 250))
def test_the_fold_shows_what_the_state_says(seed: int, calls: int, count: int) -> None:
    chance, engine, view = Chance(seed, calls), Engine(), LiveView()
    for seq, event in enumerate(chance.stream(count), 1):
        view.apply(entry_of(engine, seq, event, chance))
        there = LiveView.of(engine.state, seq, event.at)
        assert view.agents() == there.agents(), event
        assert view.calls() == there.calls(), event
        assert view.queue() == there.queue(), event
        assert [one["id"] for one in view.queue()] == served(engine, event.at), event
        assert view.outside() == there.outside(), event
        assert view.callbacks() == there.callbacks(), event


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), calls=st.integers(1, 8), count=st.integers(1, 250))
def test_the_view_says_of_the_target_what_the_record_will_say(seed: int, calls: int, count: int) -> None:
    """Of each caller who waits, when their wait is over it; of each who was answered, whether they met it."""
    chance, engine, view = Chance(seed, calls), Engine(), LiveView()
    for seq, event in enumerate(chance.stream(count), 1):
        before = {one["id"]: one["target_at"] for one in view.queue()}
        entry = entry_of(engine, seq, event, chance)
        view.apply(entry)
        for fact in entry.facts:
            if not isinstance(fact, CallAnswered):
                continue
            met = within_target(fact, TARGET_S)
            if (there := view.call(fact.call)) is not None:
                assert there["within_target"] == met, event
            if met is not None and (target_at := before.get(fact.call)) is not None:
                assert (fact.at <= target_at + 0.001) >= met, event
                assert (fact.at > target_at - 0.001) >= (not met), event


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), count=st.integers(2, 250))
def test_a_view_taken_from_the_state_goes_on_like_the_other(seed: int, count: int) -> None:
    chance, engine, view = Chance(seed), Engine(), LiveView()
    later: LiveView | None = None
    for seq, event in enumerate(chance.stream(count), 1):
        one = entry_of(engine, seq, event, chance)
        view.apply(one)
        if later is not None:
            later.apply(one)
        if seq == count // 2:
            later = LiveView.of(engine.state, seq, event.at)
    if later is not None:
        assert (later.agents(), later.calls(), later.queue()) == (view.agents(), view.calls(), view.queue())
