"""The services file."""

import msgspec
import pytest

from acd.config.services import _Row, parse_services, services_text
from acd.engine.model.config import EngineConfig, Relaxation, Schedule
from acd.engine.model.config_checks import checked
from acd.engine.model.ids import ServiceId
from acd.lib.file_checks import BadFile


def test_the_shipped_file_is_what_it_says() -> None:
    source, text = services_text(None)
    shipped = parse_services(text, source)
    urgent = [service.id for service in shipped.services if service.priority == "urgent"]
    assert urgent == ["funeral", "doctor", "patient_transfer", "ambulance", "injured_animal"]
    assert shipped.default == "agent"
    assert shipped.labels[ServiceId("request")] == "İstek ve şikâyet"


def test_skills_languages_and_relaxation() -> None:
    text = """
        default_service = "request"
        [service.request]
        min_level = 3
        language = "any"
        relax = [{ after_s = 20, level = 2 }, { after_s = 40, level = 1, any_language = true }]
    """
    [service] = parse_services(text, "s.toml").services
    assert (service.min_level, service.language_required) == (3, False)
    assert service.relax == (Relaxation(after_s=20, level=2), Relaxation(after_s=40, level=1, any_language=True))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "s.toml: service: at least one [service.NAME] is needed"),
        ("[service.Agent]", "s.toml: service.Agent: a service's name is a small letter"),
        (
            "[service.agent]\nclas = 'urgent'",
            's.toml: service.agent.clas = "urgent": no such key (did you mean "class"?)',
        ),
        ("[service.agent]\nclass = 'top'", 's.toml: service.agent.class = "top": must be urgent or routine'),
        ("[service.agent]\nmin_level = 11", "s.toml: service.agent.min_level = 11: must be a level from 1 to 10"),
        ("[service.agent]\nrelax = [{ level = 1 }]", "s.toml: service.agent.relax = "),
        ("default_service = []\n[service.agent]", "s.toml: default_service = []: must be a service's name in quotes"),
        (
            "[service.agent]\nageing = inf",
            "s.toml: service.agent.ageing = inf: more than 0 and up to 1000000 is",
        ),
        ("[service.agent]\nmax_wait_s = inf", "s.toml: service.agent.max_wait_s = "),
        (
            "[service.agent]\nrelax = [{ after_s = inf, any_language = true }]",
            "s.toml: service.agent.relax.0.after_s = ",
        ),
        ('[service.agent]\ntransfer_code = "11\\n"', "s.toml: service.agent.transfer_code = "),
        (
            '[service.agent]\njoin_empty = "overflow"',
            's.toml: service.agent.join_empty = "overflow": needs overflow_to',
        ),
        ("[service.agent]\nmax_waiting = 1", "s.toml: service.agent.max_waiting = 1: needs overflow_to"),
        ('[service.agent]\noverflow_to = "agent"', "goes round in a circle: agent → agent"),
        ("[service.request]", 's.toml: default_service = "agent": one of request is allowed'),
        ("[service.agent]\nhours = 'office'", 's.toml: service.agent.hours = "office": one of none is allowed'),
    ],
)
def test_every_fault_is_named(text: str, fault: str) -> None:
    with pytest.raises(BadFile) as caught:
        parse_services(text, "s.toml")
    assert fault in str(caught.value)


VALUES = (
    "0", "1", "-1", "10", "11", "1e400", "inf", "-inf", "nan", "1e-320", "99999999999999999999", '""', '"x"', '"agent"',
    '"other"', '"urgent"', '"wait"', '"overflow"', '"office"', '"a\\nb"', '"\\u0000"', '"1"', '"11\\n"', "true", "[]",
    '"any"', "{}", "[{}]", "[{ after_s = 1, any_language = true }]", "[{ after_s = inf, any_language = true }]",
    "2026-01-01",
)  # fmt: skip
KEYS = [field.encode_name for field in msgspec.structs.fields(_Row)]


@pytest.mark.parametrize("key", KEYS)
def test_whatever_stands_there_is_refused_by_name_or_can_be_kept_in_the_journal(key: str) -> None:
    taken = 0
    more = 'overflow_to = "other"\n' if key == "max_waiting" else ""
    hours = "[hours.office]\nweek = { mon = '08:00-10:00' }\n"
    for value in VALUES:
        text = f"[service.agent]\n{more}{key} = {value}\n[service.other]\n{hours}"
        services, told = None, ""
        try:
            services = parse_services(text, "s.toml")
        except BadFile as bad:
            told = str(bad)
        if services is None:
            assert f"s.toml: service.agent.{key}" in told, value
            continue
        schedules = tuple(Schedule(id=one.id, open=(), known_until=0.0) for one in services.hours)
        config = EngineConfig(services=services.services, default_service=services.default, schedules=schedules)
        assert checked(config) is config, f"{key} = {value}: the engine refuses what the file's reader takes"
        assert msgspec.json.decode(msgspec.json.encode(config), type=EngineConfig) == config, value
        taken += 1
    assert taken
