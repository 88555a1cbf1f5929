"""The board, read as Prometheus reads it."""

import math

from prometheus_client.parser import text_string_to_metric_families

from acd.engine.model.config import AgentProfile, EngineConfig, Service
from acd.engine.model.events import ConfigChanged
from acd.engine.model.facts import (
    AgentStateChanged,
    CallEscalated,
    CallOverflowed,
    LineFaultBegan,
    LineFaultEnded,
    MissesUndone,
    SurgeAnswered,
    SurgeBegan,
    SurgeEnded,
    SurgePlayed,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from acd.engine.model.state import Agent, Call, LineFault, Offer, Queued, State, Surge
from acd.metrics import render
from acd.metrics.gauges import AGENT_STATES
from acd.metrics.series import OFFER_RESULTS
from tests.acd.metrics.journal import Line

CONTRACT = {
    "cozum_call_wait_seconds": "histogram",
    "cozum_call_answer_delay_seconds": "histogram",
    "cozum_calls": "counter",
    "cozum_calls_waiting": "gauge",
    "cozum_longest_wait_seconds": "gauge",
    "cozum_average_speed_of_answer_seconds": "gauge",
    "cozum_service_level_ratio": "gauge",
    "cozum_calls_within_target_ratio": "gauge",
    "cozum_target_wait_seconds": "gauge",
    "cozum_agents": "gauge",
    "cozum_offers": "counter",
    "cozum_ami_connected": "gauge",
    "cozum_journal_lag_events": "gauge",
    "cozum_loop_stall_seconds": "histogram",
    "cozum_escalations": "counter",
    "cozum_surge_messages": "counter",
    "cozum_line_fault": "gauge",
    "cozum_line_faults": "counter",
    "cozum_misses_undone": "counter",
}


def profile(extension: str) -> AgentProfile:
    return AgentProfile(id=AgentId(extension), name="Ayşe", endpoint=f"PJSIP/{extension}", node=NodeId("ast1"))


async def test_every_promised_name_is_there_with_its_type() -> None:
    line = Line()
    line.metrics.set_ami_connected("ast1", True)
    line.metrics.set_reader_lag("projector", 3)
    body, content_type = await render(line.metrics.registry)
    families = {family.name: family.type for family in text_string_to_metric_families(body.decode())}
    assert CONTRACT.items() <= families.items()
    assert content_type.startswith("text/plain; version=0.0.4")


def test_a_call_is_counted_once_with_its_wait() -> None:
    line = Line()
    call = line.answer(5.8, "ambulance", "urgent")
    line.end("answered", 5.8, "ambulance", "urgent", call)
    labels = {"service": "ambulance", "priority": "urgent", "outcome": "answered"}
    assert line.value("cozum_calls_total", **labels) == 1
    assert line.value("cozum_call_wait_seconds_count", **labels) == 1
    assert line.value("cozum_call_wait_seconds_bucket", le="5.5", **labels) == 0
    assert line.value("cozum_call_wait_seconds_bucket", le="6.0", **labels) == 1
    assert line.value("cozum_call_answer_delay_seconds_sum", **labels) == 13.8


def test_how_daemons_before_this_one_ended() -> None:
    line = Line()
    line.metrics.set_ends({"died": 2, "hung": 0})
    assert line.value("cozum_daemon_ends_total", why="died") == 2
    assert line.value("cozum_daemon_ends_total", why="hung") == 0


def test_a_surge_message_that_is_set_shows_until_it_ends() -> None:
    line = Line()
    assert line.value("cozum_surge_active") == 0
    line.write(SurgeBegan(at=line.now, surge="surge-1", services=(ServiceId("request"),)))
    assert line.value("cozum_surge_active") == 1
    line.write(  # another one takes its place
        SurgeEnded(at=line.now, surge="surge-1", why="replaced", played=0, answered=0),
        SurgeBegan(at=line.now, surge="surge-2", services=(ServiceId("request"),)),
    )
    assert line.value("cozum_surge_active") == 1
    line.write(SurgeEnded(at=line.now, surge="surge-2", why="expired", played=0, answered=0))
    assert line.value("cozum_surge_active") == 0
    restarted = Line()
    restarted.metrics.restore(
        State(surge=Surge(id="surge-3", since=1.0, services=(ServiceId("request"),), prompts={"tr": "goodbye"}))
    )
    assert restarted.value("cozum_surge_active") == 1


def test_a_fault_of_the_line_shows_until_it_is_over_and_is_counted() -> None:
    line = Line()
    assert line.value("cozum_line_fault") == 0
    assert line.value("cozum_line_faults_total", why="set_aside") == 0
    line.write(
        LineFaultBegan(at=line.now, why="set_aside"),
        MissesUndone(at=line.now, agents=(AgentId("1001"), AgentId("1002"))),
    )
    assert line.value("cozum_line_fault") == 1
    assert line.value("cozum_line_faults_total", why="set_aside") == 1
    assert line.value("cozum_misses_undone_total") == 2
    line.write(LineFaultEnded(at=line.now, lasted_s=60.0, legs=0, undone=2))
    assert line.value("cozum_line_fault") == 0
    restarted = Line()
    restarted.metrics.restore(State(line_fault=LineFault(since=1.0, until=61.0)))
    assert restarted.value("cozum_line_fault") == 1


def test_surge_messages_and_escalations_are_counted() -> None:
    line = Line()
    assert line.value("cozum_surge_messages_total", result="played") == 0
    for answered in (False, True):
        about = {"at": line.now, "call": line.call(), "surge": "surge-1", "service": ServiceId("request")}
        line.write(SurgePlayed(**about))  # type: ignore[arg-type]  # fields by name
        if answered:
            line.write(SurgeAnswered(**about))  # type: ignore[arg-type]  # fields by name
    assert line.value("cozum_surge_messages_total", result="played") == 2
    assert line.value("cozum_surge_messages_total", result="answered") == 1
    call = line.queue()
    line.write(
        CallEscalated(at=line.now, call=call, service=ServiceId("request"), priority="urgent", number="0532", times=1)
    )
    assert line.value("cozum_escalations_total", service="request") == 1
    assert line.value("cozum_calls_waiting", service="request", priority="urgent") == 1


def test_a_call_that_never_waited_has_no_wait() -> None:
    line = Line()
    line.end("abandoned_in_menu", None, None, None)
    labels = {"service": "none", "priority": "none", "outcome": "abandoned_in_menu"}
    assert line.value("cozum_calls_total", **labels) == 1
    assert line.value("cozum_call_wait_seconds_count", **labels) is None


def test_known_series_exist_before_anything_happens() -> None:
    line = Line()
    assert line.value("cozum_calls_total", service="ambulance", priority="urgent", outcome="abandoned") == 0
    assert all(line.value("cozum_offers_total", result=result) == 0 for result in OFFER_RESULTS)
    assert all(line.value("cozum_agents", state=state) == 0 for state in AGENT_STATES)
    assert line.value("cozum_calls_waiting", service="ambulance", priority="urgent") == 0


def test_labels_stay_bounded_and_hold_no_personal_data() -> None:
    line = Line()
    for number in range(50):
        line.end("abandoned", 3.0, f"service-{number}", "routine")
    assert line.value("cozum_calls_total", service="other", priority="routine", outcome="abandoned") == 50
    values = {
        value
        for family in line.metrics.registry.collect()
        for sample in family.samples
        for value in sample.labels.values()
    }
    assert not {value for value in values if "905" in value or "service-" in value or "Ayşe" in value}


def test_who_waits_and_how_long() -> None:
    line = Line()
    first = line.queue()
    line.now += 10
    urgent = line.queue("ambulance", "urgent")
    line.queue()
    line.now += 4
    assert line.value("cozum_calls_waiting", service="request", priority="routine") == 2
    assert line.value("cozum_longest_wait_seconds", priority="routine") == 14
    assert line.value("cozum_longest_wait_seconds", priority="urgent") == 4
    line.answer(4.0, "ambulance", "urgent", urgent)
    line.end("abandoned", 14.0, call=first)
    assert line.value("cozum_calls_waiting", service="ambulance", priority="urgent") == 0
    assert line.value("cozum_longest_wait_seconds", priority="urgent") == 0
    assert line.value("cozum_longest_wait_seconds", priority="routine") == 4


def test_a_caller_who_overflows_keeps_their_waiting_time() -> None:
    line = Line()
    call = line.queue()
    line.now += 30
    line.write(
        CallOverflowed(
            at=line.now,
            call=call,
            service=ServiceId("request"),
            priority="urgent",
            to=ServiceId("ambulance"),
            why="max_wait",
        )
    )
    assert line.value("cozum_longest_wait_seconds", priority="urgent") == 30
    assert line.value("cozum_calls_waiting", service="request", priority="routine") == 0


def test_the_answer_speed_is_known_at_the_answer_not_at_the_end() -> None:
    line = Line()
    line.answer(4.0)
    line.answer(8.0)
    assert line.value("cozum_average_speed_of_answer_seconds", window="5m", **{"class": "all"}) == 6.0
    assert line.value("cozum_service_level_ratio", window="day", formula="offered", **{"class": "routine"}) == 1.0
    urgent = line.value("cozum_average_speed_of_answer_seconds", window="5m", **{"class": "urgent"})
    assert urgent is not None
    assert math.isnan(urgent)
    line.now += 300
    gone = line.value("cozum_average_speed_of_answer_seconds", window="5m", **{"class": "all"})
    assert gone is not None
    assert math.isnan(gone)
    assert line.value("cozum_average_speed_of_answer_seconds", window="1h", **{"class": "all"}) == 6.0


def test_who_gives_up_lowers_the_service_level() -> None:
    line = Line()
    line.answer(4.0)
    line.end("abandoned", 40.0)
    line.end("timed_out", 90.0)
    assert line.metrics.statistics()["windows"]["day"]["all"] == {
        "offered": 3,
        "answered": 1,
        "abandoned": 1,
        "called_back": 0,
        "other": 1,
        "asa_s": 4.0,
        "within_target": 0.5,
        "service_level": {"answered": 1.0, "answered_or_abandoned": 0.5, "offered": 1 / 3},
    }


def test_the_share_within_the_target_runs_an_urgent_callers_clock_from_the_lines_answer() -> None:
    line = Line(target_s=10.0)
    line.answer(9.9)  # routine: the wait
    line.end("abandoned", 9.9)
    line.end("abandoned", 10.0)  # at the target, not before it
    line.end("timed_out", 1.0)  # neither answered nor abandoned
    line.answer(1.9, "ambulance", "urgent")  # picked up 9.9 s after the line was
    line.answer(2.1, "ambulance", "urgent")

    def share(priority: str, window: str = "5m") -> float | None:
        return line.value("cozum_calls_within_target_ratio", window=window, priority=priority)

    assert (share("routine"), share("urgent"), share("all")) == (2 / 3, 1 / 2, 3 / 5)
    assert share("all", "day") == 3 / 5
    assert line.value("cozum_target_wait_seconds") == 10.0
    figures = line.metrics.statistics()
    assert (figures["target_wait_s"], figures["windows"]["1h"]["urgent"]["within_target"]) == (10.0, 0.5)
    line.now += 300
    gone = share("all")
    assert gone is not None
    assert math.isnan(gone)


def test_who_was_called_back_is_counted_as_such_and_in_no_speed_of_answer() -> None:
    line = Line()
    line.answer(4.0)
    line.end("called_back", 900.0)
    line.end("callback_failed", 900.0)
    day = line.metrics.statistics()["windows"]["day"]["all"]
    assert (day["offered"], day["answered"], day["called_back"], day["other"], day["asa_s"]) == (3, 1, 1, 1, 4.0)
    assert line.value("cozum_calls_total", service="request", priority="routine", outcome="called_back") == 1


def test_a_restart_forgets_counters_only() -> None:
    line = Line()
    call = line.answer(6.0)
    line.end("answered", 6.0, call=call)
    line.end("abandoned", 60.0)
    line.offer("answered")
    before = line.metrics.statistics()
    known = list(line.entries)
    line.metrics = line.another()
    line.metrics.replay(known)
    assert line.metrics.statistics() == before
    assert line.value("cozum_calls_total", service="request", priority="routine", outcome="answered") == 0
    assert line.value("cozum_offers_total", result="answered") == 0


def test_a_replay_may_go_on_while_new_calls_come() -> None:
    line = Line()
    for wait_s in (2.0, 4.0):
        line.answer(wait_s)
        line.now += 200
    known = list(line.entries)
    line.metrics = line.another()
    line.queue("ambulance", "urgent")
    line.agent("1001", "ready")
    line.answer(9.0)
    line.metrics.replay(known)
    windows = line.metrics.statistics()["windows"]
    assert (windows["day"]["all"]["answered"], windows["day"]["all"]["asa_s"]) == (3, 5.0)
    assert windows["5m"]["all"]["asa_s"] == 6.5  # the oldest is 400 s old
    assert line.value("cozum_calls_waiting", service="ambulance", priority="urgent") == 1
    assert line.value("cozum_agents", state="ready") == 1


def test_a_replay_reaches_back_to_midnight_or_an_hour_whichever_is_more() -> None:
    line = Line()
    assert line.metrics.replay_from() == line.now - 12 * 3600
    line.now += 12 * 3600 + 600  # ten past midnight: the hour reaches into yesterday
    assert line.metrics.replay_from() == line.now - 3600
    line.now -= 900
    line.answer(9.0)
    line.now += 900
    line.metrics = line.another()
    line.metrics.replay(line.entries)
    assert line.metrics.statistics()["windows"]["1h"]["all"]["answered"] == 1
    assert line.metrics.statistics()["windows"]["day"]["all"]["answered"] == 0


def test_the_engines_state_settles_what_the_journal_of_today_cannot_tell() -> None:
    line = Line()
    line.queue()
    config = EngineConfig(
        services=(Service(id=ServiceId("doctor"), priority="urgent"),), agents=(profile("1001"), profile("1002"))
    )
    call = Call(
        id=CallId("ast1-9.9"),
        node=NodeId("ast1"),
        channel="PJSIP/trunk-1",
        number="",
        name="",
        dialled="",
        arrived_at=line.now - 30,
        phase="offered",
        queued=Queued(
            call=CallId("ast1-9.9"),
            service=ServiceId("doctor"),
            priority="urgent",
            language="tr",
            at=line.now - 20,
            order=1,
            moved_at=line.now - 20,
        ),
        offer=Offer(id=OfferId("ast1-9.9#1"), agent=AgentId("1001"), made_at=line.now, expires_at=line.now + 20),
    )
    agents = {AgentId("1001"): Agent(profile=profile("1001"), shown="ringing")}
    line.metrics.restore(State(config=config, calls={call.id: call}, agents=agents))
    assert line.value("cozum_calls_waiting", service="doctor", priority="urgent") == 1
    assert line.value("cozum_calls_waiting", service="other", priority="routine") is None
    assert line.value("cozum_longest_wait_seconds", priority="urgent") == 20
    assert line.value("cozum_agents", state="ringing") == 1


def test_agents_follow_the_configuration() -> None:
    line = Line()

    def configure(*extensions: str) -> None:
        config = EngineConfig(agents=tuple(profile(extension) for extension in extensions))
        line.write(event=ConfigChanged(at=line.now, config=config))

    configure("1001", "1002")
    line.agent("1001", "talking")
    assert line.value("cozum_agents", state="offline") == 1
    configure("1002")
    assert line.value("cozum_agents", state="talking") == 1  # the call is finished first
    line.write(AgentStateChanged(at=line.now, agent=AgentId("1001"), state="offline"))
    assert line.value("cozum_agents", state="talking") == 0
    assert line.value("cozum_agents", state="offline") == 1


def test_an_engine_failure_is_counted() -> None:
    line = Line()
    line.write(error="EngineBug: two calls for one agent")
    assert line.value("cozum_engine_errors_total") == 1


def test_what_the_runtime_tells() -> None:
    line = Line()
    line.metrics.set_ami_connected("ast1", True)
    line.metrics.set_ami_connected("ast2", False)
    line.metrics.set_reader_lag("projector", 17)
    line.metrics.set_journal(last_seq=900, unwritten=4, size_bytes=65536)
    line.metrics.count_http_refused("slow_head")
    assert line.value("cozum_ami_connected", node="ast1") == 1
    assert line.value("cozum_ami_connected", node="ast2") == 0
    assert line.value("cozum_journal_lag_events", reader="projector") == 17
    assert line.value("cozum_journal_last_seq") == 900
    assert line.value("cozum_journal_unwritten_events") == 4
    assert line.value("cozum_journal_size_bytes") == 65536
    assert line.value("cozum_http_refused_total", reason="slow_head") == 1


def test_the_worst_stall_is_remembered_for_one_to_two_minutes() -> None:
    line = Line()
    line.metrics.observe_stall(0.030)
    line.metrics.observe_stall(0.001)
    assert line.value("cozum_loop_stall_worst_seconds") == 0.030
    line.now += 61
    line.metrics.observe_stall(0.002)
    assert line.value("cozum_loop_stall_worst_seconds") == 0.030
    line.now += 61
    line.metrics.observe_stall(0.001)
    assert line.value("cozum_loop_stall_worst_seconds") == 0.002
    line.now += 600
    assert line.value("cozum_loop_stall_worst_seconds") == 0
    assert line.value("cozum_loop_stall_seconds_count") == 4
