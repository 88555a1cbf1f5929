"""Services for the shift beside what the files say."""

from pathlib import Path

from msgspec.structs import replace

from acd.config.rules import Rules
from acd.engine.model.config import AgentProfile, EngineConfig
from acd.engine.model.events import ConfigChanged
from acd.engine.model.facts import AgentStateChanged
from acd.engine.model.ids import AgentId, ServiceId
from acd.engine.model.journal import Entry
from acd.line.rules_in_force import RulesInForce
from acd.link.messages import AgentServicesWished
from tests.acd.config.test_rules import folder, shipped

__all__ = ["folder"]

AGENT = AgentId("1003")


class Line:
    """Rules in force, and what the engine was given."""

    def __init__(self, rules: Rules, before: EngineConfig | None = None) -> None:
        self.posted: list[ConfigChanged] = []
        self.of = RulesInForce(rules, before or EngineConfig(), self.posted.append)

    def gives(self, *services: str) -> None:
        wish = AgentServicesWished(at=1.0, agent=AGENT, services=tuple(ServiceId(one) for one in services))
        self.posted.append(self.of.give_services(wish))

    def profile(self) -> AgentProfile:
        return next(one for one in self.of.rules.config.agents if one.id == AGENT)

    def says(self, fact: AgentStateChanged) -> None:
        self.of.follow([Entry(seq=1, event=self.posted[-1], facts=(fact,))])


def test_other_hours_and_a_reload_leave_the_shift_as_it_is(folder: Path) -> None:
    line = Line(shipped(folder))
    line.gives("funeral")
    line.of.take_hours(line.of.rules)
    line.of.read_anew(shipped(folder))
    assert set(map(str, line.profile().services)) == {"funeral"}
    assert line.profile().for_shift
    assert line.posted[-1].config == line.of.rules.config


def test_a_start_takes_the_shift_from_the_last_configuration(folder: Path) -> None:
    line = Line(shipped(folder))
    line.gives("funeral", "request")
    again = Line(shipped(folder), line.of.rules.config)
    assert again.profile() == line.profile()


def test_a_service_that_a_reload_takes_away_is_no_more_taken(folder: Path) -> None:
    line = Line(shipped(folder))
    line.gives("funeral")
    rules = shipped(folder)
    fewer = tuple(one for one in rules.config.services if one.id != "funeral")
    anew = replace(rules, config=replace(rules.config, services=fewer))
    line.of.read_anew(anew)
    assert not line.profile().for_shift


def test_who_signs_out_takes_what_the_file_says_and_nobody_else_does(folder: Path) -> None:
    line = Line(shipped(folder))
    filed = line.profile()
    line.gives("funeral")
    before = len(line.posted)
    line.says(AgentStateChanged(at=2.0, agent=AgentId("1004"), state="offline"))
    line.says(AgentStateChanged(at=2.0, agent=AGENT, state="unavailable"))
    assert len(line.posted) == before
    line.says(AgentStateChanged(at=3.0, agent=AGENT, state="offline"))
    assert line.profile() == filed
    assert line.posted[-1].config.agents == line.of.rules.config.agents
