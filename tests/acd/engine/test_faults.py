"""Checks of configurations: one that contradicts itself never comes into force, and the message names the key, the
value and what is allowed."""

import math
from typing import Any

import pytest

from acd.engine.model.config import Announcements, EngineConfig, Relaxation, Schedule, Service
from acd.engine.model.config_checks import LEAST, announcement_faults, checked
from acd.engine.model.errors import BadConfig
from acd.engine.model.ids import ServiceId
from tests.acd.engine.line import profile

FUNERAL = Service(id=ServiceId("funeral"), priority="urgent")
AGENT = Service(id=ServiceId("agent"))
OFFICE = Schedule(id="office", open=((0.0, 1.0),), known_until=9.0)


def service(name: str = "request", **fields: Any) -> Service:
    return Service(id=ServiceId(name), **fields)


def config(*services: Service, **fields: Any) -> EngineConfig:
    """These services beside an urgent and a routine one."""
    return EngineConfig(**{"services": (*services, FUNERAL, AGENT), "schedules": (OFFICE,), **fields})


def faults(*services: Service, **fields: Any) -> list[str]:
    with pytest.raises(BadConfig) as caught:
        checked(config(*services, **fields))
    return str(caught.value).splitlines()


def urgent_and_back(**fields: Any) -> tuple[Service, ...]:
    """One service of each class that goes over into the other of its class, and has this besides."""
    return (
        service("request", overflow_to=ServiceId("agent"), **fields),
        service("doctor", priority="urgent", overflow_to=ServiceId("funeral"), **fields),
    )


def test_a_good_one_comes_back_as_it_is() -> None:
    good = config()
    assert checked(good) is good


@pytest.mark.parametrize("key", LEAST)
def test_each_number_has_a_least_value_and_an_end(key: str) -> None:
    for value in (LEAST[key] - 1, math.inf, math.nan):
        assert faults(**{key: value}) == [f"{key} = {value}: at least {LEAST[key]} is allowed"]
    checked(config(**{key: LEAST[key]}))


def test_every_number_of_the_configuration_is_looked_at() -> None:
    numbers = {key for key in EngineConfig.__struct_fields__ if type(getattr(EngineConfig(), key)) in (int, float)}
    assert numbers == set(LEAST)


# --- services


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"max_waiting": 5}, ["max_waiting = 5: needs overflow_to, one of request, funeral, agent"]),
        ({"max_waiting": 0, "overflow_to": "agent"}, ["max_waiting = 0: 1 or more is allowed"]),
        ({"max_wait_s": 0.0}, ["max_wait_s = 0.0: more than 0 and up to 2592000 is allowed"]),
        ({"max_wait_s": 2592000.1}, ["max_wait_s = 2592000.1: more than 0 and up to 2592000 is allowed"]),
        ({"max_wait_s": math.nan}, ["max_wait_s = nan: more than 0 and up to 2592000 is allowed"]),
        ({"ageing": 0.0}, ["ageing = 0.0: more than 0 and up to 1000000 is allowed"]),
        ({"ageing": 1000000.1}, ["ageing = 1000000.1: more than 0 and up to 1000000 is allowed"]),
        ({"ageing": math.inf}, ["ageing = inf: more than 0 and up to 1000000 is allowed"]),
        # where it overflows
        ({"overflow_to": "shop"}, ["overflow_to = 'shop': one of request, funeral, agent is allowed"]),
        ({"overflow_to": ""}, ["overflow_to = '': one of request, funeral, agent is allowed"]),
        (
            {"overflow_to": "agent", "priority": "urgent"},
            ["overflow_to = 'agent': is routine: an urgent caller may only go to an urgent service"],
        ),
        ({"overflow_to": "request"}, ["overflow_to = 'request': goes round in a circle: request → request"]),
        # when callers may not queue
        (
            {"priority": "urgent", "join_empty": "release", "leave_empty": "release"},
            [
                "join_empty = 'release': an urgent caller is never let go; wait or overflow is allowed",
                "leave_empty = 'release': an urgent caller is never let go; wait or overflow is allowed",
            ],
        ),
        (
            {"join_empty": "overflow", "leave_empty": "overflow"},
            ["join_empty = 'overflow': needs overflow_to", "leave_empty = 'overflow': needs overflow_to"],
        ),
        (
            {"priority": "urgent", "hours": "office"},
            ["hours = 'office': an urgent service is always open; leave hours out"],
        ),
        ({"hours": "shop"}, ["hours = 'shop': one of office is allowed"]),
        ({"hours": "office", "closed": "overflow"}, ["closed = 'overflow': needs overflow_to"]),
        # what agents dial to send callers there
        ({"transfer_code": "1x"}, ["transfer_code = '1x': 1 to 6 digits are allowed"]),
        ({"transfer_code": "1234567"}, ["transfer_code = '1234567': 1 to 6 digits are allowed"]),
        ({"transfer_code": "٣"}, ["transfer_code = '٣': 1 to 6 digits are allowed"]),
        # what it asks of agents
        ({"min_level": 0}, ["min_level = 0: 1 to 10 is allowed"]),
        ({"min_level": 11}, ["min_level = 11: 1 to 10 is allowed"]),
        (
            {"relax": (Relaxation(after_s=5),)},
            ["relax.0: asks no less than before; set level or any_language = true"],
        ),
        (
            {"relax": (Relaxation(after_s=0, any_language=True),)},
            ["relax.0.after_s = 0: more than 0 and up to 2592000 is allowed, each step after the last"],
        ),
        (
            {"relax": (Relaxation(after_s=math.inf, any_language=True),)},
            ["relax.0.after_s = inf: more than 0 and up to 2592000 is allowed, each step after the last"],
        ),
        (
            {"relax": (Relaxation(after_s=5.5, any_language=True), Relaxation(after_s=5.5, any_language=True))},
            ["relax.1.after_s = 5.5: more than 5.5 and up to 2592000 is allowed, each step after the last"],
        ),
        (
            {"min_level": 2, "relax": (Relaxation(after_s=5, level=2),)},
            ["relax.0.level = 2: at least 1 and less than 2 is allowed"],
        ),
        (
            {"min_level": 5, "relax": (Relaxation(after_s=5, level=0),)},
            ["relax.0.level = 0: at least 1 and less than 5 is allowed"],
        ),
        (
            {
                "min_level": 5,
                "relax": (
                    Relaxation(after_s=5, level=3),
                    Relaxation(after_s=6, any_language=True),
                    Relaxation(after_s=7, level=3),
                ),
            },
            ["relax.2.level = 3: at least 1 and less than 3 is allowed"],
        ),
    ],
)
def test_what_a_service_must_not_say(fields: dict[str, Any], said: list[str]) -> None:
    assert faults(service(**fields)) == [f"service.request.{line}" for line in said]


@pytest.mark.parametrize(
    "fields",
    [
        {"max_waiting": 1},
        {"max_wait_s": 0.001},
        {"max_wait_s": 2592000.0},
        {"ageing": 0.001},
        {"ageing": 1000000.0},
        {"join_empty": "overflow", "leave_empty": "overflow", "closed": "overflow"},
        {"transfer_code": ""},
        {"min_level": 1},
        {"min_level": 10},
        {"relax": (Relaxation(after_s=0.1, any_language=True), Relaxation(after_s=2592000.0, any_language=True))},
        {"min_level": 2, "relax": (Relaxation(after_s=5, level=1),)},
        {"min_level": 10, "relax": (Relaxation(after_s=5, level=9, any_language=True), Relaxation(after_s=6, level=8))},
    ],
)
def test_what_a_service_may_just_say(fields: dict[str, Any]) -> None:
    checked(config(*urgent_and_back(**fields)))


def test_a_routine_service_may_be_closed_and_let_callers_go_or_send_them_on_as_urgent() -> None:
    checked(config(service(hours="office", join_empty="release", leave_empty="release", closed="release")))
    checked(config(service(hours="office", closed="overflow", overflow_to=ServiceId("funeral"))))


def test_hours_where_no_schedule_is() -> None:
    assert faults(service(hours="office"), schedules=()) == ["service.request.hours = 'office': one of none is allowed"]
    shop = Schedule(id="shop", open=(), known_until=0.0)
    assert faults(service(hours="x"), schedules=(OFFICE, shop)) == [
        "service.request.hours = 'x': one of office, shop is allowed"
    ]


def test_each_service_and_each_code_stands_once() -> None:
    assert faults(service("agent")) == ["service: each id may stand once only"]
    assert faults(service("a", transfer_code="12"), service("b", transfer_code="12")) == [
        "service.a.transfer_code = '12': each code may stand once only",
        "service.b.transfer_code = '12': each code may stand once only",
    ]
    checked(config(service("a", transfer_code="1"), service("b", transfer_code="123456")))


def test_overflow_comes_to_an_end() -> None:
    """Each service of a circle is told, and who would only come into it."""
    a, b, c = (service(name, overflow_to=ServiceId(to)) for name, to in ("ab", "bc", "cb"))
    assert faults(a, b, c) == [
        "service.a.overflow_to = 'b': goes round in a circle: a → b → c → b",
        "service.b.overflow_to = 'c': goes round in a circle: b → c → b",
        "service.c.overflow_to = 'b': goes round in a circle: c → b → c",
    ]
    assert faults(a, service("b", overflow_to=ServiceId("x"))) == [
        "service.b.overflow_to = 'x': one of a, b, funeral, agent is allowed"
    ]
    checked(config(a, b, service("c", overflow_to=ServiceId("agent"))))


def test_callers_without_a_choice_need_a_service_that_there_is() -> None:
    assert faults(default_service=ServiceId("shop")) == ["default_service = 'shop': one of funeral, agent is allowed"]


# --- agents


def test_what_is_said_of_agents() -> None:
    agents = (
        profile("1001", "shop bar agent mall:2 funeral:11"),
        profile("1002", "agent:0 funeral:10"),
        profile("1001", "agent:1"),
    )
    assert faults(agents=agents) == [
        "agent.1001.services = 'bar': no such service; allowed are funeral, agent",
        "agent.1001.services = 'shop': no such service; allowed are funeral, agent",
        "agent.1001.skills.funeral = 11: 1 to 10 is allowed",
        "agent.1001.skills = 'mall': no such service; allowed are funeral, agent",
        "agent.1002.skills.agent = 0: 1 to 10 is allowed",
        "agent.1001: each extension may stand once only",
    ]


# --- callers


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"after_s": -0.1}, "after_s = -0.1: 0 to 2592000 is allowed"),
        ({"after_s": 2592000.1}, "after_s = 2592000.1: 0 to 2592000 is allowed"),
        ({"after_s": math.nan}, "after_s = nan: 0 to 2592000 is allowed"),
        ({"every_s": -1.0}, "every_s = -1.0: 0 (once) or at least 10 is allowed"),
        ({"every_s": 9.9}, "every_s = 9.9: 0 (once) or at least 10 is allowed"),
        ({"every_s": 2592000.1}, "every_s = 2592000.1: 0 (once) or at least 10 is allowed"),
        ({"every_s": math.nan}, "every_s = nan: 0 (once) or at least 10 is allowed"),
    ],
)
def test_announcements_come_in_time_and_do_not_follow_each_other_too_soon(fields: Any, said: str) -> None:
    told = Announcements(priority="urgent", **fields)
    assert faults(announcements=(told,)) == [f"announcements.urgent.{said}"]
    assert [str(fault) for fault in announcement_faults(told)] == [said], "by itself, as a setting"


def test_announcements_once_for_each_class() -> None:
    told = (
        Announcements(priority="urgent", after_s=0, every_s=0),
        Announcements(priority="routine", after_s=2592000, every_s=2592000),
    )
    checked(config(announcements=told))
    checked(config(announcements=(Announcements(priority="urgent", every_s=10.0),)))
    assert faults(announcements=(*told, told[0])) == ["announcements.urgent: each class may stand once only"] * 2


def test_keys_are_two_and_nobody_is_called_back_without_a_trunk() -> None:
    assert faults(callback_key="9", escalation_key="9") == [
        "callback_key = '9': is the escalation_key already; choose another"
    ]
    checked(config(callback_key="2", escalation_key="9"))
    assert faults(callback_abandoned_urgent=True) == ["callback_abandoned_urgent = True: needs callbacks"]
    checked(config(callback_abandoned_urgent=True, callbacks=True))


def test_points_of_a_number_are_some_and_the_number_is_not_for_logs() -> None:
    vip = {"5321234561": 0.5, "5321234562": 0.0, "5321234563": math.inf, "5321234564": 1e9, "5321234565": -1.0}
    assert faults(vip=vip) == [f"vip: entry {entry}: more than 0 is allowed" for entry in (2, 3, 5)]


def test_all_faults_come_in_one_list_each_with_its_key_and_value() -> None:
    told = faults(
        service("b", ageing=math.inf, max_wait_s=math.nan, max_waiting=0, min_level=0, hours="x", transfer_code="x"),
        default_service=ServiceId("c"), agents=(profile("1001", "x"),), callback_key="1", escalation_key="1",
        callback_abandoned_urgent=True, announcements=(Announcements(priority="routine", after_s=-1, every_s=1),),
        vip={"5321234567": math.inf}, wrapup_s=-1, redial_s=-1,
    )  # fmt: skip
    assert [line.partition(":")[0] for line in told] == [
        "default_service = 'c'",
        "service.b.max_waiting = 0",
        "service.b.max_waiting = 0",
        "service.b.max_wait_s = nan",
        "service.b.ageing = inf",
        "service.b.min_level = 0",
        "service.b.hours = 'x'",
        "service.b.transfer_code = 'x'",
        "agent.1001.services = 'x'",
        "callback_key = '1'",
        "callback_abandoned_urgent = True",
        "announcements.routine.after_s = -1",
        "announcements.routine.every_s = 1",
        "vip",
        "wrapup_s = -1",
        "redial_s = -1",
    ]
