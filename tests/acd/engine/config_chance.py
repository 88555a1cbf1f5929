"""Settings of the line by chance: few services and agents, with each rule on or off."""

import random

import msgspec

from acd.engine.model.config import AgentProfile, Announcements, EngineConfig, Relaxation, Schedule, Service
from acd.engine.model.ids import NodeId, ServiceId
from tests.acd.engine.line import profile

NODES = (NodeId("ast1"), NodeId("ast2"))
GONE = NodeId("ast9")
"""A node that is no more."""
SERVICES = (
    Service(id=ServiceId("funeral"), priority="urgent", opens_ticket=True, transfer_code="1"),
    Service(id=ServiceId("ambulance"), priority="urgent", min_level=2, relax=(Relaxation(after_s=3, level=1),)),
    Service(
        id=ServiceId("request"),
        transfer_code="2",
        max_wait_s=20,
        overflow_to=ServiceId("agent"),
        max_waiting=4,
        join_empty="overflow",
        leave_empty="overflow",
        hours="office",
        closed="overflow",
        min_level=3,
        relax=(Relaxation(after_s=2, level=2), Relaxation(after_s=5, level=1, any_language=True)),
    ),
    Service(
        id=ServiceId("agent"),
        max_wait_s=60,
        ageing=2.0,
        language_required=False,
        join_empty="release",
        leave_empty="release",
        hours="night",
    ),
)
CHOICES = (*(service.id for service in SERVICES), ServiceId("closed down"))
SCHEDULES = (
    Schedule(id="office", open=((1000.0, 1020.0), (1030.0, 1100.0)), known_until=1e5),
    Schedule(id="night", open=tuple((float(n), n + 90.0) for n in range(1000, 100_000, 100)), known_until=9e4),
)
AGENTS = (
    profile("1001", auto_answer="all"),
    profile("1002", languages="tr", auto_answer="urgent"),
    profile("1003", "funeral ambulance:2", languages="tr en"),
    profile("1004", "request:3 agent", languages="tr"),
    profile("1005", "agent", auto_answer="all"),
    profile("1006", backup=True),
    msgspec.structs.replace(profile("1007"), node=NODES[1]),
)


def random_config(rng: random.Random, agents: tuple[AgentProfile, ...]) -> EngineConfig:
    """Rules by chance: each of them on or off."""
    return EngineConfig(
        services=SERVICES,
        agents=agents,
        schedules=SCHEDULES,
        blocked=frozenset(rng.choice(((), (), (), ("05321",)))),
        vip={"5322": rng.choice((5.0, 60.0))},
        empty_grace_s=rng.choice((0, 2)),
        strategy=rng.choice(("longest_idle", "least_calls", "linear", "quickest")),
        wrapup_s=rng.choice((0, 3, 8)),
        max_misses=rng.choice((1, 3)),
        retry_s=2,
        skip_s=8,
        reserve=rng.choice((0, 0, 1)),
        headroom=rng.choice((0, 0, 2)),
        headroom_from=2,
        wrapup_recall=(recall := rng.random() < 0.7),
        ring_recall=rng.random() < 0.7,
        backup_after_s=4,
        owner_first_s=rng.choice((0, 3, 10)),
        escalation_key=rng.choice(("", "9")),
        rules=rng.choice(
            (
                {"empty_chair_s": 6.0, "message_s": 60.0, "messages_per_number": 1, "page_reload_s": 5.0},
                {"urgent_ring_s": 2.0, "empty_chair_s": 3.0, "disposition_required": recall},
                {"urgent_pick_up_s": 1.0, "message_s": 30.0, "messages_per_hour": 3, "page_reload_s": 20.0},
            )
        ),
        redial_s=rng.choice((0, 30)),
        recording=rng.choice(("none", "urgent", "all")),
        urgent_calls_per_hour=rng.choice((0, 1, 1, 2)),
        urgent_calls_withheld=rng.choice((0, 3)),
        first_time_agents=rng.choice((0, 1, 2)),
        switchboards=frozenset(rng.choice(((), (), ("5322",)))),
        callbacks=(callbacks := rng.random() < 0.7),
        callback_key="2",
        monitoring=True,
        callback_offer_after_s=rng.choice((0, 3, 15)),
        callback_tries=rng.choice((1, 2)),
        callback_retry_s=rng.choice((1, 5)),
        callback_ring_s=5,
        callback_abandoned_urgent=callbacks and rng.random() < 0.7,
        callbacks_per_number=rng.choice((0, 0, 1, 3)),
        callbacks_per_hour=rng.choice((0, 0, 2)),
        callback_denied=rng.choice(((), ("+905321",))),
        announcements=rng.choice(
            (
                (),
                (Announcements(priority="routine", position=True, wait=True, after_s=0, every_s=10),),
                (
                    Announcements(priority="urgent", position=True, after_s=2, every_s=0),
                    Announcements(priority="routine", wait=True, after_s=3, every_s=10),
                ),
            )
        ),
    )
