"""With `disposition_required` an agent at the page stays in after-call work until their routine call has a word."""

from typing import Any

import msgspec
import pytest

from acd.engine.machine import Engine
from acd.engine.model.config import EngineConfig, Service
from acd.engine.model.config_checks import checked
from acd.engine.model.errors import BadConfig
from acd.engine.model.events import ConfigChanged, EngineStarted
from acd.engine.model.facts import WrapupEnded
from acd.engine.model.ids import CallId, ServiceId
from acd.engine.model.request_events import CallDisposed, DeskSeen
from acd.engine.rules.required_disposition import RULE
from acd.engine.rules.wrapup import DESK_AWAY_S
from tests.acd.engine.kept_callers import KEPT_S, kept, page
from tests.acd.engine.line import SERVICES, Line, profile

REQUIRED: dict[str, float | bool] = {"disposition_required": True}


def required(agents: Any = "1001", source: str = "page", **rules: Any) -> Line:
    """A line that requires it, with a desk; its agents have said at the page that they are ready."""
    line = Line(agents, **{"wrapup_s": 10, "wrapup_recall": True, "rules": REQUIRED, **rules})
    line.do(DeskSeen(at=line.at, connected=True))
    line.ready(*line.engine.state.agents, source=source)
    return line


def talk(line: Line, call: str, service: str = "request") -> None:
    """A talk that is over, with its call."""
    line.arrives(call, service)
    line.answers(call)
    line.passes(5)
    line.agent_hangs_up(call)
    line.caller_gone(call)


def disposed(line: Line, call: str) -> None:
    line.do(CallDisposed(at=line.at, call=CallId(call)))
    line.passes(0)


def worked(line: Line) -> dict[str, float]:
    return {fact.call: fact.wrapup_s for fact in line.facts(WrapupEnded)}


def with_rules(line: Line, rules: dict[str, float | bool]) -> None:
    """The town reads other settings."""
    config = EngineConfig(
        **{name: getattr(line.config, name) for name in line.config.__struct_fields__} | {"rules": rules}
    )
    line.do(ConfigChanged(at=line.at, config=config))
    line.passes(0)


def test_the_agent_waits_in_after_call_work_until_they_say_that_they_are_ready() -> None:
    line = required()
    talk(line, "r1")
    line.passes(3600)
    line.arrives("r2", "request")
    assert (line.shown("1001"), line.offered) == ("wrapup", {})
    line.wishes("1001", "ready")
    assert line.offered == {"1001": "r2"}
    assert worked(line) == {"r1": 3600}


def test_who_says_the_word_late_is_ready_at_once_without_a_further_step() -> None:
    line = required()
    talk(line, "r1")
    line.passes(60)
    line.arrives("r2", "request")
    disposed(line, "r1")
    assert line.offered == {"1001": "r2"}
    assert worked(line) == {"r1": 60}
    assert [fact.asked_s for fact in line.facts(WrapupEnded)] == [50]


def test_who_says_the_word_early_is_ready_when_the_time_is_over() -> None:
    line = required()
    talk(line, "r1")
    line.passes(2)
    disposed(line, "r1")
    line.passes(7)
    assert line.shown("1001") == "wrapup"
    line.passes(1)
    assert (line.shown("1001"), worked(line)) == ("ready", {"r1": 10})


def test_a_request_that_was_saved_in_the_talk_is_the_word() -> None:
    line = required()
    line.arrives("r1", "request")
    line.answers("r1")
    disposed(line, "r1")
    line.agent_hangs_up("r1")
    line.passes(10)
    assert line.shown("1001") == "ready"


def test_the_word_on_another_call_is_none_on_this() -> None:
    line = required()
    talk(line, "r1")
    disposed(line, "r0")
    line.passes(60)
    assert line.shown("1001") == "wrapup"


def test_without_after_call_work_they_are_asked_too() -> None:
    line = required(wrapup_s=0)
    talk(line, "r1")
    line.passes(5)
    assert line.shown("1001") == "wrapup"
    disposed(line, "r1")
    assert (line.shown("1001"), worked(line)) == ("ready", {"r1": 5})


@pytest.mark.parametrize("state", ["paused", "offline"])
def test_a_break_and_the_way_home_stay_open(state: str) -> None:
    line = required()
    talk(line, "r1")
    line.passes(20)
    line.wishes("1001", state)
    assert (line.shown("1001"), worked(line)) == (state, {"r1": 20})


def test_who_wants_a_break_after_the_call_has_it_when_the_time_is_over() -> None:
    line = required()
    line.arrives("r1", "request")
    line.answers("r1")
    line.wishes("1001", "paused", "meal")
    line.agent_hangs_up("r1")
    line.passes(10)
    assert line.shown("1001") == "paused/meal"


@pytest.mark.parametrize("after_s", [3.0, 60.0])
def test_an_urgent_caller_waits_for_no_paper_and_the_question_comes_back(after_s: float) -> None:
    line = required()
    talk(line, "r1")
    line.passes(after_s)
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1"}
    line.answers("u1")
    line.passes(30)
    line.agent_hangs_up("u1")
    line.caller_gone("u1")
    line.passes(100)
    line.arrives("u2", "funeral")
    assert line.offered == {"1001": "u2"}
    line.fails("u2", "BUSY")
    line.caller_gone("u2")
    assert line.shown("1001") == "wrapup"
    disposed(line, "r1")
    line.passes(20)
    assert line.shown("1001") == "ready"
    assert worked(line)["r1"] == max(10, after_s)


def test_a_recalled_agent_who_says_the_word_in_the_urgent_talk_is_asked_nothing_after_it() -> None:
    line = required()
    talk(line, "r1")
    line.passes(60)
    line.arrives("u1", "funeral")
    line.answers("u1")
    disposed(line, "r1")
    line.agent_hangs_up("u1")
    line.passes(10)
    assert line.shown("1001") == "ready"


def test_who_misses_recalls_is_set_aside_as_ever() -> None:
    line = required(max_misses=1)
    talk(line, "r1")
    line.passes(60)
    line.arrives("u1", "funeral")
    line.rings("u1")
    line.passes(30)
    assert line.shown("1001").startswith("paused")
    assert "r1" in worked(line)


def test_after_an_urgent_call_nothing_is_asked() -> None:
    line = required()
    talk(line, "u1", "funeral")
    line.passes(10)
    assert line.shown("1001") == "ready"


def test_nor_where_the_line_opens_the_request_nor_of_the_backup_tier() -> None:
    opens = Service(id=ServiceId("request"), opens_ticket=True)
    line = required(services=(*SERVICES[:2], opens, SERVICES[3]))
    talk(line, "r1")
    line.passes(10)
    assert line.shown("1001") == "ready"
    backup = required((profile("1001"), profile("1009", backup=True)))
    backup.arrives("r1", "request")
    backup.answers("r1")
    backup.hands_over("r1", "1009")
    backup.caller_gone("r1")
    backup.passes(10)
    assert [backup.shown(one) for one in ("1001", "1009")] == ["ready", "ready"]


def test_the_last_agent_is_asked_and_not_who_sent_the_caller_on() -> None:
    line = required("1001 1002")
    line.arrives("r1", "request")
    (first,) = line.offered
    second = "1002" if first == "1001" else "1001"
    line.answers("r1")
    leg = line.sends("r1", second)
    line.comes_back("r1", leg, second)
    line.answers("r1")
    line.agent_hangs_up("r1")
    line.caller_gone("r1")
    line.passes(60)
    assert (line.shown(first), line.shown(second)) == ("ready", "wrapup")


@pytest.mark.parametrize(
    ("kept_s", "page_rings", "shown"), [(2, False, "wrapup"), (2, True, "wrapup"), (KEPT_S, False, "ready")]
)
def test_whose_page_went_is_asked_if_the_caller_hung_up_meanwhile_and_not_if_somebody_else_has_them(
    kept_s: float, page_rings: bool, shown: str
) -> None:
    line = required(rules=REQUIRED | {"page_reload_s": KEPT_S, "empty_chair_s": 6.0})
    kept(line)
    line.passes(kept_s)
    if page_rings:
        page(line, "1001", "available")
    line.caller_gone("c1")
    page(line, "1001", "available")
    line.passes(60)
    assert line.shown("1001") == shown


def test_without_a_desk_nobody_is_kept() -> None:
    line = required("1001 1002")
    talk(line, "r1")
    line.passes(60)
    assert "wrapup" in (line.shown("1001"), line.shown("1002"))
    line.do(DeskSeen(at=line.at, connected=False))
    line.passes(DESK_AWAY_S - 1)
    assert "wrapup" in (line.shown("1001"), line.shown("1002"))
    line.passes(1)
    assert (line.shown("1001"), line.shown("1002")) == ("ready", "ready")
    talk(line, "r2")
    line.passes(10)
    assert (line.shown("1001"), line.shown("1002")) == ("ready", "ready")


def test_a_desk_that_is_back_soon_finds_them_kept() -> None:
    line = required()
    talk(line, "r1")
    line.passes(60)
    line.do(DeskSeen(at=line.at, connected=False))
    line.passes(DESK_AWAY_S - 1)
    line.do(DeskSeen(at=line.at, connected=True))
    line.passes(60)
    assert line.shown("1001") == "wrapup"


@pytest.mark.parametrize("desk", [True, False])
def test_a_restart_of_the_line_keeps_them_if_the_desk_comes_back(desk: bool) -> None:
    line = required()
    talk(line, "r1")
    line.passes(60)
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.passes(2)
    if desk:
        line.do(DeskSeen(at=line.at, connected=True))
    line.passes(DESK_AWAY_S)
    assert line.shown("1001") == ("wrapup" if desk else "ready")
    disposed(line, "r1")
    assert line.shown("1001") == "ready"


def test_a_town_that_requires_it_no_more_keeps_nobody() -> None:
    line = required()
    talk(line, "r1")
    line.passes(60)
    with_rules(line, {})
    assert line.shown("1001") == "ready"
    with_rules(line, REQUIRED)
    talk(line, "r2")
    line.passes(60)
    assert line.shown("1001") == "wrapup"


def test_an_agent_who_is_no_longer_configured_is_not_kept() -> None:
    line = required("1001 1002")
    talk(line, "r1")
    (kept,) = [one for one in ("1001", "1002") if line.shown(one) == "wrapup"]
    line.passes(60)
    left = tuple(one for one in line.config.agents if one.id != kept)
    config = EngineConfig(
        **{name: getattr(line.config, name) for name in line.config.__struct_fields__} | {"agents": left}
    )
    line.do(ConfigChanged(at=line.at, config=config))
    line.passes(0)
    assert kept not in line.engine.state.agents


def test_it_changes_nothing_unless_it_is_set() -> None:
    line = required(rules={})
    talk(line, "r1")
    line.passes(10)
    assert line.shown("1001") == "ready"


@pytest.mark.parametrize("source", ["phone", "api", "cli", "system"])
def test_who_did_not_say_ready_at_the_page_is_asked_nothing(source: str) -> None:
    line = required(source=source)
    talk(line, "r1")
    line.passes(10)
    assert (line.shown("1001"), worked(line)) == ("ready", {"r1": 10})


@pytest.mark.parametrize("source", ["phone", "api"])
def test_another_word_lets_go_and_nothing_is_asked_until_they_are_at_the_page_again(source: str) -> None:
    """`*48` at their telephone, or a lead who makes them ready."""
    line = required()
    talk(line, "r1")
    line.passes(60)
    line.wishes("1001", "ready", source=source)
    assert (line.shown("1001"), worked(line)) == ("ready", {"r1": 60})
    talk(line, "r2")
    line.passes(10)
    assert line.shown("1001") == "ready"
    line.wishes("1001", "paused", "meal", source="page")
    line.wishes("1001", "ready", source="page")
    talk(line, "r3")
    line.passes(60)
    assert line.shown("1001") == "wrapup"


def test_who_signed_in_by_telephone_and_comes_to_the_page_in_the_talk_is_asked() -> None:
    line = required(source="phone")
    line.arrives("r1", "request")
    line.answers("r1")
    line.wishes("1001", "ready", source="page")
    line.agent_hangs_up("r1")
    line.passes(60)
    assert line.shown("1001") == "wrapup"


def test_what_is_owed_over_an_urgent_talk_is_not_asked_of_who_says_ready_by_telephone_in_it() -> None:
    line = required()
    talk(line, "r1")
    line.passes(60)
    line.arrives("u1", "funeral")
    line.answers("u1")
    line.wishes("1001", "ready", source="phone")
    line.agent_hangs_up("u1")
    line.caller_gone("u1")
    line.passes(10)
    assert line.shown("1001") == "ready"
    assert worked(line) == {"r1": 60, "u1": 10}


def test_a_snapshot_of_before_keeps_nobody_until_they_say_something_at_the_page() -> None:
    line = required()
    state = msgspec.json.decode(line.engine.snapshot())
    for agent in state["agents"].values():
        del agent["at_page"]
    line.engine = Engine.restore(msgspec.json.encode(state))
    talk(line, "r1")
    line.passes(10)
    assert line.shown("1001") == "ready"
    line.wishes("1001", "ready", source="page")
    talk(line, "r2")
    line.passes(60)
    assert line.shown("1001") == "wrapup"


def test_it_needs_that_urgent_callers_recall_agents() -> None:
    config = Line(rules=REQUIRED, wrapup_recall=True).config
    assert checked(config) is config
    without = {name: getattr(config, name) for name in config.__struct_fields__} | {"wrapup_recall": False}
    with pytest.raises(BadConfig, match="disposition_required = True: needs wrapup_recall"):
        checked(EngineConfig(**without))


def test_why_says_for_how_long_they_were_asked_and_nothing_where_they_were_not() -> None:
    line = required()
    for call, seconds in (("r1", 60), ("r2", 4)):
        talk(line, call)
        line.passes(seconds)
        disposed(line, call)
        line.passes(10)
    late, early = [RULE.tells[WrapupEnded](fact) for fact in line.facts(WrapupEnded)]
    assert late is not None
    assert (late.key in RULE.words["en"], late.seconds, early) == (True, {"asked": 50}, None)
