"""Whom an agent asks at a service: ready, able, not asked yet; who speaks the language, then who is idle longest."""

from typing import Any

import pytest

from acd.desk.consultants import NAMED_S, Consultants, consultant
from acd.engine.model.config import AgentProfile, EngineConfig, Service
from acd.engine.model.ids import AgentId, NodeId, ServiceId
from console.ports import Record, Refused

WATER, FUNERAL = ServiceId("water"), ServiceId("funeral")


def config(*agents: AgentProfile, **more: Any) -> EngineConfig:
    services = (Service(id=WATER, min_level=2), Service(id=FUNERAL, priority="urgent"))
    return EngineConfig(services=services, agents=agents, **more)


def agent(name: str, *, water: int = 2, languages: str = "", backup: bool = False) -> AgentProfile:
    return AgentProfile(
        id=AgentId(name), name=f"N{name}", endpoint=f"PJSIP/{name}", node=NodeId("a"), skills={WATER: water},
        languages=frozenset(languages.split()), backup=backup,
    )  # fmt: skip


def live(name: str, since: float = 0.0, state: str = "ready") -> Record:
    return {"extension": name, "name": f"N{name}", "state": state, "since": since}


def asked(found: EngineConfig, *agents: Record, service: str = "water", without: tuple[str, ...] = ()) -> str:
    record = consultant(found, agents, service, "tr", without)
    assert record["name"] == f"N{record['extension']}"
    return str(record["extension"])


def test_the_ready_agent_who_is_idle_longest_is_asked_and_then_the_next() -> None:
    found = config(agent("1"), agent("2"), agent("3"))
    shown = (live("1", 30.0), live("2", 10.0), live("3", 20.0))
    assert asked(found, *shown) == "2"
    assert asked(found, *shown, without=("2",)) == "3"
    with pytest.raises(Refused) as refused:
        asked(found, *shown, without=("1", "2", "3"))
    assert refused.value.key == "service"


def test_the_files_order_counts_where_the_line_goes_by_it() -> None:
    assert asked(config(agent("1"), agent("2"), strategy="linear"), live("2", 1.0), live("1", 2.0)) == "1"


@pytest.mark.parametrize("state", ["paused", "ringing", "talking", "wrapup", "offline"])
def test_only_who_is_ready_is_asked(state: str) -> None:
    assert asked(config(agent("1"), agent("2")), live("1", 1.0, state), live("2", 2.0)) == "2"


def test_only_who_can_take_the_service_is_asked() -> None:
    found = config(agent("1", water=1), agent("2"))
    assert asked(found, live("1", 1.0), live("2", 2.0)) == "2"
    with pytest.raises(Refused):  # nobody has it among their skills
        asked(found, live("1"), live("2"), service="funeral")
    with pytest.raises(Refused, match="there is no service"):
        asked(found, live("1"), service="gas")


def test_who_speaks_the_callers_language_is_asked_first_and_others_rather_than_nobody() -> None:
    found = config(agent("1", languages="en"), agent("2", languages="tr"))
    assert asked(found, live("1", 1.0), live("2", 2.0)) == "2"
    assert asked(found, live("1", 1.0), live("2", 2.0), without=("2",)) == "1"


def test_the_backup_tier_is_asked_last() -> None:
    found = config(agent("1", backup=True), agent("2", languages="en"))
    assert asked(found, live("1", 1.0), live("2", 2.0)) == "2"
    assert asked(found, live("1", 1.0)) == "1"


def test_who_was_taken_out_of_the_file_is_not_asked() -> None:
    with pytest.raises(Refused):
        asked(config(agent("1")), live("9"))


def test_two_agents_who_ask_at_once_are_named_different_colleagues() -> None:
    found, now = config(agent("1"), agent("2")), 100.0
    ready = (live("1", 1.0), live("2", 2.0))
    consultants = Consultants(lambda: now)

    def names(*shown: Record) -> str:
        return str(consultants.choose(found, shown, "water", "tr", ())["extension"])

    assert [names(*ready), names(*ready)] == ["1", "2"]
    assert names(live("1", 1.0)) == "1", "one who will ring in a moment rather than nobody"
    now += NAMED_S
    assert names(*ready) == "1", "they were asked, and are ready again"


def test_one_of_the_backup_tier_is_asked_before_one_who_will_ring_in_a_moment() -> None:
    consultants = Consultants(lambda: 0.0)
    found = config(agent("1"), agent("2", backup=True))
    asked = [consultants.choose(found, (live("1"), live("2")), "water", "tr", ())["extension"] for _ in range(2)]
    assert asked == ["1", "2"]
