"""Ready is refused while the agent's last routine talk has no word, and the line is told of each word."""

from typing import Any

import pytest

from acd.desk.required_disposition import LastTalk, RequiredDisposition
from acd.engine.model.request_events import CallDisposed
from console.ports import Record, Refused, Unavailable
from tests.waiting import until

NOTHING = LastTalk(None, False, None)


class Around:
    """A line and a database of which the tests decide what they say."""

    def __init__(self, state: str = "wrapup", call: str | None = "r1", *last: LastTalk | Exception) -> None:
        self.rules: dict[str, float | bool] = {"disposition_required": True}
        self.state, self.call, self.last = state, call, list(last)
        self.asked = 0
        self.live: dict[str, Record] = {}
        self.wished: list[tuple[str, str, str, bool]] = []
        self.told: list[str] = []
        self.away = False
        self.tried = 0
        self.required = RequiredDisposition(
            lambda: self.rules, self._agent, self.live.get, self._last, self._keep, self._request
        )

    def _agent(self, extension: str) -> Record | None:
        return {"extension": extension, "state": self.state, "call": self.call}

    async def _last(self, extension: str) -> LastTalk:
        self.asked += 1
        said = self.last.pop(0) if len(self.last) > 1 else self.last[0]
        if isinstance(said, Exception):
            raise said
        return said

    async def _keep(self, wish: CallDisposed) -> bool:
        self.tried += 1
        if self.away:
            raise Unavailable("the line is away")
        self.told.append(wish.call)
        return True

    async def _request(self, extension: str, state: str, reason: str, at_page: bool) -> Record:
        self.wished.append((extension, state, reason, at_page))
        return {"extension": extension}

    async def says(self, state: str, reason: str = "", *, at_page: bool = True) -> Record:
        """The agent says it themselves, at the page."""
        return await self.required.request_agent_state("1001", state, reason, at_page)


@pytest.mark.parametrize("state", ["wrapup", "paused", "offline"])
async def test_ready_is_refused_with_the_call_the_key_and_the_way_out(state: str) -> None:
    around = Around(state, "r1" if state == "wrapup" else None, LastTalk("r1", True, "r1"))
    with pytest.raises(Refused) as refused:
        await around.says("ready")
    assert (refused.value.key, refused.value.value) == ("disposition", "r1")
    assert "POST calls/r1/disposition" in str(refused.value.allowed)
    assert around.wished == []


async def test_a_break_and_the_way_home_are_never_refused() -> None:
    around = Around("wrapup", "r1", LastTalk("r1", True, "r1"))
    await around.says("paused", "meal")
    await around.says("offline")
    assert around.wished == [("1001", "paused", "meal", True), ("1001", "offline", "", True)]
    assert around.asked == 0


@pytest.mark.parametrize("state", ["wrapup", "paused", "offline"])
async def test_a_program_and_a_lead_are_not_refused_who_may_act_for_a_telephone_alone(state: str) -> None:
    around = Around(state, "r1" if state == "wrapup" else None, LastTalk("r1", True, "r1"))
    await around.says("ready", at_page=False)
    assert (around.wished, around.asked) == ([("1001", "ready", "", False)], 0)


async def test_the_talk_of_after_call_work_is_waited_for_until_the_database_has_it() -> None:
    around = Around("wrapup", "r2", LastTalk("r1", True, None), LastTalk("r2", False, None), LastTalk("r2", True, "r2"))
    with pytest.raises(Refused):
        await around.says("ready")
    assert around.asked == 3


@pytest.mark.parametrize(
    ("state", "last"),
    [
        ("wrapup", LastTalk("r1", True, None)),
        ("paused", NOTHING),
        ("ready", LastTalk("r1", True, "r1")),
        ("talking", LastTalk("r1", True, "r1")),
        ("wrapup", Unavailable("no database")),
    ],
)
async def test_ready_passes_where_nothing_lacks_or_nobody_can_tell(state: str, last: LastTalk | Exception) -> None:
    around = Around(state, "r1", last)
    await around.says("ready")
    assert around.wished == [("1001", "ready", "", True)]


async def test_a_call_that_goes_on_with_somebody_else_is_not_waited_for() -> None:
    around = Around("wrapup", "r1", LastTalk("r1", False, None))
    around.live["r1"] = {"id": "r1"}
    await around.says("ready")
    assert (around.wished, around.asked) == ([("1001", "ready", "", True)], 1)


async def test_a_database_that_is_behind_for_long_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acd.desk.required_disposition.LOOK_S", 0.2)
    around = Around("wrapup", "r2", LastTalk("r1", True, None))
    await around.says("ready")
    assert around.wished == [("1001", "ready", "", True)]


async def test_a_town_that_does_not_require_it_asks_nothing() -> None:
    around = Around("wrapup", "r1", LastTalk("r1", True, "r1"))
    around.rules = {}
    await around.says("ready")
    around.required.said("r1")
    assert (around.wished, around.asked, around.tried) == ([("1001", "ready", "", True)], 0, 0)


async def test_the_line_is_told_of_a_word_and_one_that_is_away_harms_nobody() -> None:
    around: Any = Around("wrapup", "r1", NOTHING)
    around.required.said("r1")
    await until(lambda: around.told == ["r1"])
    around.away = True
    around.required.said("r2")
    await until(lambda: around.tried == 2)
    assert around.told == ["r1"]
