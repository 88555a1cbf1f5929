"""Rules about rules: a configuration that contradicts itself never comes into force."""

import math

import pytest

from acd.engine.config import Announcements, EngineConfig, Service
from acd.engine.errors import BadConfig
from acd.engine.faults import LEAST, checked
from acd.engine.ids import ServiceId

AGENT = Service(id=ServiceId("agent"))


def faults(**fields: object) -> str:
    with pytest.raises(BadConfig) as caught:
        checked(EngineConfig(**{"services": (AGENT,), **fields}))  # type: ignore[arg-type]
    return str(caught.value)


def test_a_good_one_comes_back_as_it_is() -> None:
    config = EngineConfig(services=(AGENT,))
    assert checked(config) is config


@pytest.mark.parametrize("key", LEAST)
def test_each_number_has_a_least_value_and_an_end(key: str) -> None:
    for value in (LEAST[key] - 1, math.inf, math.nan):
        assert f"{key} = {value}: at least {LEAST[key]} is allowed" in faults(**{key: value})
    checked(EngineConfig(services=(AGENT,), **{key: LEAST[key]}))  # type: ignore[arg-type]


def test_every_number_of_the_configuration_is_looked_at() -> None:
    numbers = {key for key in EngineConfig.__struct_fields__ if type(getattr(EngineConfig(), key)) in (int, float)}
    assert numbers == set(LEAST)


@pytest.mark.parametrize("every_s", [-1.0, 0.1, 9.9, math.inf, math.nan])
def test_announcements_do_not_follow_each_other_too_soon(every_s: float) -> None:
    told = (Announcements(klass="urgent", every_s=every_s),)
    assert f"announcements.urgent.every_s = {every_s}: 0 (once) or at least 10 is allowed" in faults(announcements=told)
    for good in (0.0, 10.0):
        checked(EngineConfig(services=(AGENT,), announcements=(Announcements(klass="urgent", every_s=good),)))


def test_all_faults_come_in_one_list_each_with_its_key_and_value() -> None:
    services = (AGENT, Service(id=ServiceId("b"), ageing=math.inf, max_wait_s=math.nan, max_waiting=0))
    told = faults(services=services, default_service=ServiceId("c"), vip={"5321234567": math.inf}).splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "default_service = 'c'",
        "service.b.max_waiting = 0",
        "service.b.max_waiting = 0",
        "service.b.max_wait_s = nan",
        "service.b.ageing = inf",
        "vip",
    ]
    assert not any("5321234567" in line for line in told), "numbers are not for logs"
