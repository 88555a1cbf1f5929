"""Rules from files: one bad line anywhere stops the start, and all bad lines are named at once."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from acd.config.load_settings import load_settings
from acd.config.rules import Rules, load_rules, menus_of, parse_services
from acd.config.services import services_text
from acd.config.settings import Settings, SettingsError
from acd.engine.model.commands import CallBack
from acd.engine.model.config import EngineConfig, ServiceClass
from acd.engine.model.errors import BadConfig
from acd.engine.model.ids import TASK_MARK, AgentId, CallId, OfferId, ServiceId
from agents.demo import demo_agents_toml
from agents.pins import hash_pin

DEMO = demo_agents_toml(lambda pin: hash_pin(pin, b"0123456789abcdef"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "agents.toml").write_text(DEMO, encoding="utf-8")
    return tmp_path


def settings(folder: Path, **more: Any) -> Settings:
    return load_settings(data_dir=folder, **more)


def told(folder: Path, **more: object) -> str:
    with pytest.raises(BadConfig) as caught:
        load_rules(settings(folder, **more))
    return str(caught.value)


def shipped(folder: Path) -> Rules:
    return load_rules(settings(folder))


def test_what_ships_is_good(folder: Path) -> None:
    rules = shipped(folder)
    urgent = {service.id for service in rules.config.services if service.priority == "urgent"}
    assert urgent == {"funeral", "doctor", "patient_transfer", "ambulance", "injured_animal"}
    assert all(service.opens_ticket == (service.id in urgent) for service in rules.config.services)
    assert [agent.id for agent in rules.config.agents] == [str(1001 + n) for n in range(10)]
    assert rules.config.wrapup_recall
    assert rules.config.ring_recall
    assert rules.config.escalation_key == "9"
    assert rules.config.rules["disposition_required"] is True


def test_without_recall_nobody_is_kept_and_only_who_says_otherwise_is_refused(folder: Path) -> None:
    config = load_rules(settings(folder, wrapup_recall=False)).config
    assert config.rules["disposition_required"] is False
    fault = told(folder, wrapup_recall=False, disposition_required=True)
    assert fault == "disposition_required = True: needs wrapup_recall: no urgent caller waits for paper"


def test_an_agent_is_known_by_the_phone_and_not_by_what_it_says(folder: Path) -> None:
    rules = shipped(folder)
    assert rules.agent_of("PJSIP/1003") == "1003"
    assert rules.agent_of("PJSIP/9999") is None
    assert rules.pin_hash(rules.config.agents[0].id).startswith("$argon2id$")


def test_agents_see_what_a_call_is_about(folder: Path) -> None:
    rules = shipped(folder)
    assert rules.label(ServiceId("funeral"), "urgent") == "ACİL: Cenaze"
    assert rules.label(ServiceId("request"), "routine") == "İstek ve şikâyet"


@pytest.mark.parametrize(
    ("call", "priority", "shown"),
    [
        ("ast1-1.1", "urgent", "Geri arama: ACİL: İstek ve şikâyet"),
        ("ast1-1.1", "outcome", "Geri arama: SONUÇ: İstek ve şikâyet"),
        (f"ast1{TASK_MARK}26-000001-9.3.1", "outcome", "Görev araması: İstek ve şikâyet"),
    ],
)
def test_agents_see_why_a_citizen_is_called(folder: Path, call: str, priority: ServiceClass, shown: str) -> None:
    order = CallBack(
        call=CallId(call),
        offer=OfferId(f"{call}#1"),
        agent=AgentId("1001"),
        endpoint="PJSIP/1001",
        ring_s=20,
        answer_s=30,
        service=ServiceId("request"),
        priority=priority,
        number="05321000001",
    )
    assert shipped(folder).callback_label(order) == shown


def services(folder: Path, text: str) -> Path:
    path = folder / "services.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = = 1", "services.toml: not valid TOML"),
        ("[service.agent]\nclass = 'soon'\n", 'service.agent.class = "soon": must be urgent or routine'),
        ("[service.agent]\nmax_wait = 5\n", 'max_wait = 5: no such key (did you mean "max_wait_s"?)'),
        ("[service.'böyle']\n", "service.böyle: a service's name is a small letter and then letters a-z, digits or _"),
        ("sevices = 1\n[service.agent]\n", "sevices = 1: no such key"),
        ("default_service = 'agent'\n", "at least one [service.NAME] is needed"),
    ],
)
def test_a_bad_services_file_is_named(text: str, expected: str) -> None:
    with pytest.raises(BadConfig) as caught:
        parse_services(text, "services.toml")
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("default_service = 'x'\n", 'default_service = "x": one of '),
        ("[service.a]\noverflow_to = 'b'\n[service.b]\noverflow_to = 'a'\n", "goes round in a circle: a → b → a"),
        (
            "[service.u]\nclass = 'urgent'\noverflow_to = 'agent'\n",
            "is routine: an urgent caller may only go to an urgent",
        ),
        ("[service.a]\noverflow_to = 'none'\n", 'services.toml: service.a.overflow_to = "none": one of '),
        ("[service.a]\nmax_waiting = 3\n", "max_waiting = 3: needs overflow_to"),
        ("[service.a]\nmax_wait_s = 0\n", "max_wait_s = 0: must be seconds, more than 0"),
        ("[service.a]\nageing = -1\n", "ageing = -1: must be points a second, more than 0"),
    ],
)
def test_rules_that_contradict_each_other_are_named(folder: Path, text: str, expected: str) -> None:
    urgent = ("funeral", "doctor", "patient_transfer", "ambulance", "injured_animal")
    names = (*urgent, "request", "information", "ticket_status", "agent")
    path = services(folder, text + "".join(f"[service.{name}]\n" for name in names))
    assert expected in told(folder, services_file=path)


def test_a_flow_that_leads_to_no_service_is_named(folder: Path) -> None:
    path = services(folder, "[service.agent]\n")
    assert "funeral" in told(folder, services_file=path)


def test_a_bad_agent_is_named(folder: Path) -> None:
    (folder / "agents.toml").write_text(DEMO.replace('extension = "1002"', 'extension = "1001"'), encoding="utf-8")
    text = told(folder)
    assert "agents.toml: agent.1.extension" in text
    assert "each agent needs their own" in text


def test_missing_files_and_prompts_are_named(folder: Path, tmp_path: Path) -> None:
    assert "cannot be read" in told(folder, agents_file=folder / "none.toml")
    assert "services_file = " in told(folder, services_file=folder / "none.toml")
    no_recording = told(folder, prompts_dir=tmp_path)
    assert "greeting.wav: no such prompt" in no_recording
    last = no_recording.splitlines()[-1]
    assert last.startswith(f"prompts_dir = {str(tmp_path)!r}: lacks ")
    assert last.endswith(" prompts; name the folder that has them, or leave the setting out for the shipped ones")


@pytest.mark.parametrize("name", ["agents_file", "services_file", "numbers_file", "flow_file", "prompts_dir"])
def test_a_setting_that_names_nothing_is_told_with_its_key(folder: Path, name: str) -> None:
    kind, other = ("folder", folder / "agents.toml") if name == "prompts_dir" else ("file", folder)
    for place, why in (
        (folder / "none", "No such file or directory"),
        (other, "Not a directory" if name == "prompts_dir" else "Is a directory"),
    ):
        way_out = f"name a {kind} that is there, or leave the setting out"
        assert told(folder, **{name: place}) == f"{name} = {str(place)!r}: cannot be read: {why}; {way_out}"


def test_demo_passwords_are_refused_beyond_loopback(folder: Path) -> None:
    for name in ("bind_host", "http_host"):
        text = told(folder, **{name: "192.0.2.1"})
        assert f"{name} = '192.0.2.1': agents 1001, 1002" in text
        assert "demo password" in text


def borders(name: str) -> tuple[float, float] | None:
    """The least and the greatest value of a number among the settings, where it has both."""
    found: dict[str, float] = {}
    for rule in Settings.model_fields[name].metadata:
        found |= {key: value for key in ("ge", "le") if (value := getattr(rule, key, None)) is not None}
    return (found["ge"], found["le"]) if len(found) == 2 else None


RULED = sorted(name for name in Settings.model_fields if name in EngineConfig.__struct_fields__ or "announce" in name)


@pytest.mark.parametrize("name", [name for name in RULED if borders(name)])
def test_a_number_that_the_settings_take_the_engine_takes_too(folder: Path, name: str) -> None:
    low, high = borders(name) or (0, 0)
    taken = 0
    for value in (low, low + 0.5, low + 1, 5, 9.9, 10, high - 1, high):
        known, told = None, ""
        try:
            known = settings(folder, callback_trunk="127.0.0.1", **{name: value})
        except SettingsError as refused:
            told = str(refused)
        if known is None:
            assert f"{name} = {value}: " in told
            continue
        config = load_rules(known).config
        assert msgspec.json.decode(msgspec.json.encode(config), type=EngineConfig) == config
        taken += 1
    assert taken >= 3
    wrongs: list[object] = [low - 1, high + 1, float("nan"), float("inf"), "", "x", [], True, None]
    for wrong in wrongs:
        with pytest.raises(SettingsError, match=f"{name} = "):
            settings(folder, **{name: wrong})


OTHER: dict[str, object] = {
    "strategy": "linear", "escalation_key": "7", "callback_key": "3", "callback_denied": ("+90392",),
    "recording": "all",
}  # fmt: skip


@pytest.mark.parametrize(
    "name", sorted(name for name in Settings.model_fields if name in EngineConfig.__struct_fields__)
)
def test_every_rule_among_the_settings_reaches_the_engine(folder: Path, name: str) -> None:
    before = getattr(shipped(folder).config, name)
    other = OTHER[name] if isinstance(before, str | tuple) else not before if isinstance(before, bool) else before + 1
    known = settings(folder, callback_trunk="127.0.0.1", **{name: other})
    assert getattr(load_rules(known).config, name) == other != before


def test_an_agent_takes_other_services_until_the_rules_are_read_anew(folder: Path) -> None:
    rules = shipped(folder)
    first, second = rules.config.agents[:2]
    changed = rules.with_services(first.id, ["funeral", "request"])
    assert changed.config.agents[0].services == {"funeral", "request"}
    assert changed.config.agents[1:] == rules.config.agents[1:]
    assert changed.with_hours(0.0, "Europe/Istanbul").config.agents == changed.config.agents
    assert shipped(folder).config.agents[0] == first
    levels = msgspec.structs.replace(
        second, services=frozenset(), skills={ServiceId("funeral"): 3, ServiceId("agent"): 2}
    )
    config = msgspec.structs.replace(rules.config, agents=(first, levels))
    kept = msgspec.structs.replace(rules, config=config).with_services(second.id, ["funeral", "request"])
    changed_levels = kept.config.agents[1]
    assert changed_levels.services == {"request"}
    assert type(changed_levels.services) is frozenset, "the compiled engine takes no other"
    assert dict(changed_levels.skills) == {ServiceId("funeral"): 3}


@pytest.mark.parametrize(("extension", "services"), [("1001", []), ("1001", ["nothing"]), ("9999", ["request"])])
def test_services_that_cannot_be_taken_are_refused_with_what_is_allowed(
    folder: Path, extension: str, services: list[str]
) -> None:
    with pytest.raises(BadConfig) as caught:
        shipped(folder).with_services(extension, services)
    assert "services" in str(caught.value) or "1001" in str(caught.value)


def test_services_of_ones_own_in_data_dir_decide_which_menus_are_heard_while_a_phone_rings(folder: Path) -> None:
    assert menus_of(settings(folder))
    own = services_text(None)[1].replace(
        '[service.doctor]\nlabel = "Doktor"\nclass = "urgent"', '[service.doctor]\nlabel = "Doktor"\nclass = "routine"'
    )
    services(folder, own)
    assert menus_of(settings(folder)) == ()
